import {
  AGAIN,
  type CopyEvidence,
  makeAxis,
  SEEN,
  SHARED,
  type TimeAxis,
} from '../../src/verify/dating/copy-evidence.ts';
import { LifespanCounter } from '../../src/verify/dating/lifespans.ts';
import type { PersonVersion } from '../people.ts';
import { identifyingFields, type PlainField, plainNormalise } from '../plain-normalise.ts';

const fieldIds: Readonly<Record<PlainField, number>> = { customerId: 1, phone: 2, email: 3, name: 8, address: 9 };
const STILL = 0xffffffff;
const COMMON_VALUE_RECORDS = 64;

interface Holding {
  readonly subject: number;
  readonly key: string;
  readonly field: PlainField;
  readonly periods: [from: number, until: number][];
}

/** The register as Maps of strings, from which the evidence of a dump is made without the product: for trials by the hundred. */
export class PlainHistory {
  readonly #holdings: Map<string, Holding>[] = [];
  readonly #holders = new Map<string, Holding[]>();
  readonly #valuesOf = new Map<PersonVersion, string[]>();
  readonly fromSeconds: number;
  readonly untilSeconds: number;

  constructor(versions: readonly PersonVersion[]) {
    const numbers = new Map<string, number>();
    let [first, last] = [Infinity, 0];
    for (const version of versions) {
      let subject = numbers.get(version.id);
      if (subject === undefined) {
        subject = numbers.size;
        numbers.set(version.id, subject);
        this.#holdings.push(new Map());
      }
      const until = version.untilSeconds ?? STILL;
      first = Math.min(first, version.fromSeconds);
      last = Math.max(last, version.fromSeconds, until === STILL ? 0 : until);
      for (const key of this.valuesOf(version)) {
        const own = this.#holdings[subject]!;
        let holding = own.get(key);
        if (holding === undefined) {
          holding = { subject, key, field: key.slice(0, key.indexOf('\n')) as PlainField, periods: [] };
          own.set(key, holding);
          const holders = this.#holders.get(key) ?? [];
          holders.push(holding);
          this.#holders.set(key, holders);
        }
        holding.periods.push([version.fromSeconds, until]);
      }
    }
    for (const own of this.#holdings) for (const holding of own.values()) unite(holding.periods);
    this.fromSeconds = first;
    this.untilSeconds = last;
  }

  valuesOf(version: PersonVersion): string[] {
    const known = this.#valuesOf.get(version);
    if (known !== undefined) return known;
    const keys = new Set<string>();
    for (const { field, cell } of version.cells) {
      const value = plainNormalise(field, cell);
      if (value !== null) keys.add(`${field}\n${value}`);
    }
    const values = [...keys];
    this.#valuesOf.set(version, values);
    return values;
  }

  /** What a dump of these rows shows; only the fields named stand in it. */
  evidence(rows: readonly PersonVersion[], dumpFields: ReadonlySet<PlainField>): CopyEvidence {
    const seen = new Set<Holding>();
    const strong = new Set<number>();
    for (const row of rows) {
      const keys = this.valuesOf(row).filter((key) => dumpFields.has(key.slice(0, key.indexOf('\n')) as PlainField));
      const candidates = new Set<number>();
      for (const key of keys) {
        const holders = this.#holders.get(key)!;
        if (!identifyingFields.has(holders[0]!.field)) continue;
        if (holders.reduce((sum, { periods }) => sum + periods.length, 0) > COMMON_VALUE_RECORDS) continue;
        for (const holder of holders) candidates.add(holder.subject);
      }
      for (const subject of candidates) {
        let agreed = 0;
        for (const key of keys) {
          const holding = this.#holdings[subject]!.get(key);
          if (holding === undefined) continue;
          agreed++;
          seen.add(holding);
        }
        if (agreed >= 2) strong.add(subject);
      }
    }
    return this.#collect(seen, strong, dumpFields);
  }

  #collect(seen: ReadonlySet<Holding>, strong: ReadonlySet<number>, dumpFields: ReadonlySet<PlainField>): CopyEvidence {
    const axis = makeAxis(this.fromSeconds, this.untilSeconds);
    const own = new Set<number>();
    for (const holding of seen) {
      if (identifyingFields.has(holding.field) && this.#holders.get(holding.key)!.length === 1)
        own.add(holding.subject);
    }
    const index = [0];
    const [from, until, field, flags]: number[][] = [[], [], [], []];
    for (const subject of strong) {
      for (const holding of this.#holdings[subject]!.values()) {
        if (!dumpFields.has(holding.field)) continue;
        const shared =
          identifyingFields.has(holding.field) &&
          this.#holders.get(holding.key)!.some((other) => other.subject !== subject && own.has(other.subject));
        holding.periods.forEach(([start, end], i) => {
          from!.push(start);
          until!.push(end);
          field!.push(fieldIds[holding.field]);
          flags!.push((seen.has(holding) ? SEEN : 0) | (shared ? SHARED : 0) | (i > 0 ? AGAIN : 0));
        });
      }
      index.push(from!.length);
    }
    return {
      axis,
      snapshots: [],
      history: {
        subjects: index.length - 1,
        index: Uint32Array.from(index),
        created: new Uint32Array(index.length - 1),
        from: Uint32Array.from(from!),
        until: Uint32Array.from(until!),
        field: Uint8Array.from(field!),
        flags: Uint8Array.from(flags!),
      },
      lifespans: this.#lifespans(axis, strong),
      usable: strong.size,
    };
  }

  #lifespans(axis: TimeAxis, strong: ReadonlySet<number>): CopyEvidence['lifespans'] {
    const counter = new LifespanCounter(axis, []);
    this.#holdings.forEach((own, subject) => {
      let [began, ended] = [STILL, 0];
      for (const { periods } of own.values()) {
        began = Math.min(began, periods[0]![0]);
        ended = Math.max(ended, periods.at(-1)![1]);
      }
      if (own.size > 0) counter.add(counter.placeOf(began), counter.placeOf(ended), strong.has(subject));
    });
    return counter.finish();
  }
}

function unite(periods: [number, number][]): void {
  periods.sort((a, b) => a[0] - b[0]);
  const united: [number, number][] = [];
  for (const [from, until] of periods) {
    const last = united.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else united.push([from, until]);
  }
  periods.splice(0, periods.length, ...united);
}
