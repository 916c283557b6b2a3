import { attribute } from '../../src/attribute/attribute.ts';
import type { DumpSubjects, WatchedReads } from '../../src/attribute/port.ts';
import { usableSubjects } from '../../src/attribute/usable-subjects.ts';
import { chooseWatched } from '../../src/attribute/watch.ts';
import type { Attribution } from '../../src/contract/attribution.ts';
import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import type { Principal } from '../../src/disclosures/port.ts';
import { accesses } from './access.ts';
import type { Base } from './base.ts';
import { groupBy } from './columns.ts';
import { makePlainEvidence } from './plain-evidence.ts';

/*
 * The one file of the worlds that calls the product from within: `attribute` on disclosures that stay in memory, so that a thousand dumps can be asked about. Evidence is the evaluation's own reading
 * of the dump; a few dumps of each kind go through the public commands as well, and the answers are compared (trials.ts).
 */

const bitsOf = (names: readonly string[]): number =>
  names.reduce((mask, name) => mask | (1 << fieldByName(name as FieldName).id), 0);
const accessBits = Uint16Array.from(accesses, ({ fields }) => bitsOf(fields));

/** Prepares a world and returns what answers for its dumps. */
export function makeInProcess(base: Base): (csv: string) => Attribution {
  const { columns, people, config } = base;
  const bySubject = groupBy(columns.subject, people.count);
  const { order } = bySubject;
  const [time, principal, subject] = [columns.time, columns.principal, columns.subject].map((words) =>
    reorder(words, order, new Uint32Array(order.length)),
  ) as [Uint32Array, Uint32Array, Uint32Array];
  const fields = reorder(columns.access, order, new Uint16Array(order.length));
  for (let i = 0; i < fields.length; i++) fields[i] = accessBits[fields[i] as number] as number;
  const evidenceOf = makePlainEvidence(base);
  const principals = describePrincipals(base);
  const fromSeconds = columns.time[0] as number;
  const untilSeconds = columns.time[columns.count - 1] as number;
  const read = (dump: DumpSubjects) => {
    const { bits, sampling } = chooseWatched(dump, people.count, columns.count);
    const runs: [number, number][] = [];
    let count = 0;
    for (let s = 0; s < people.count; s++) {
      if ((((bits[s >>> 5] as number) >>> (s & 31)) & 1) === 0) continue;
      const [from, until] = [bySubject.starts[s] as number, bySubject.starts[s + 1] as number];
      runs.push([from, until]);
      count += until - from;
    }
    const reads: WatchedReads = {
      count,
      time: gather(time, runs, new Uint32Array(count)),
      principal: gather(principal, runs, new Uint32Array(count)),
      subject: gather(subject, runs, new Uint32Array(count)),
      fields: gather(fields, runs, new Uint16Array(count)),
    };
    return { reads, sampling };
  };
  return (csv) => {
    const plain = evidenceOf(csv);
    const evidence = { ...plain, fields: Uint16Array.from(plain.fields, bitsOf) };
    const dump = usableSubjects(evidence);
    const began = performance.now();
    const { reads, sampling } = read(dump);
    return attribute({
      version: 'eval',
      dump: {
        id: '',
        createdAt: new Date(untilSeconds * 1000).toISOString(),
        name: config.name,
        subjects: dump,
        // Left out: what is asked is what the disclosures say by themselves.
        copyShape: null,
        shareOfRegister: evidence.subject.length / people.count,
      },
      principals,
      ledger: {
        reads,
        sampling,
        disclosures: columns.count,
        fromSeconds,
        untilSeconds,
        seconds: (performance.now() - began) / 1000,
      },
      threads: 1,
      now: untilSeconds * 1000,
    });
  };

  function describePrincipals({ fleet: { principals: all } }: Pick<Base, 'fleet'>): Principal[] {
    return all.map(({ principal: name, ...attributes }, number) => {
      const known = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));
      return { number, name, attributes: known, history: [{ fromSeconds: 0, attributes: known }] };
    });
  }
}

/** `Typed.from` with a function goes through an iterator: ten times as slow for ten million. */
function reorder<T extends Uint32Array | Uint16Array>(values: Uint32Array | Uint8Array, order: Uint32Array, to: T): T {
  for (let i = 0; i < order.length; i++) to[i] = values[order[i] as number] as number;
  return to;
}

function gather<T extends Uint32Array | Uint16Array>(values: T, runs: readonly [number, number][], to: T): T {
  let at = 0;
  for (const [from, until] of runs) {
    to.set(values.subarray(from, until), at);
    at += until - from;
  }
  return to;
}
