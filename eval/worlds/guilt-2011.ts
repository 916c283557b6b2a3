import type { Base } from './base.ts';
import { groupBy } from './columns.ts';
import { phoneText } from './people.ts';
import type { Truth } from './theft-kinds.ts';

/*
 * The published baseline: the guilt model of P. Papadimitriou and H. Garcia-Molina, "Data Leakage Detection", IEEE TKDE 23(1), 2011. With V_t all who were given object t,
 * and p the chance that t was got without any of them: Pr{G_i | S} = 1 − Π over t in S ∩ R_i of (1 − (1 − p) / |V_t|). It knows no times and no versions.
 */

/** Chance that a row came from outside. */
const GUESSED = 0.5;
/** From which guilt on the model is taken to name somebody. */
const NAMED_FROM = 0.99;

/** What the guilt model makes of one dump. */
export interface GuiltResult {
  /** Rank of the best of the true sources, counting half of those with the same guilt; null when there is none. */
  readonly rank: number | null;
  readonly named: boolean;
  /** How many others it would name. */
  readonly falseNames: number;
}

/** Who was ever given each subject: principals of subject s are holders[starts[s]] to before holders[starts[s + 1]]. */
interface Holders {
  readonly starts: Uint32Array;
  readonly holders: Uint32Array;
}

/** Prepares a world and returns the judge of its dumps. */
export function makeGuiltModel(base: Base): (csv: string, truth: Truth) => GuiltResult {
  const held = findHolders(base);
  const find = indexSubjects(base);
  const numberOf = new Map(base.fleet.principals.map(({ principal }, n) => [principal, n]));
  return (csv, truth) => {
    // Logarithm of the chance of innocence; as a product it would underflow.
    const innocence = new Float64Array(base.fleet.principals.length);
    for (const subject of find(csv)) {
      const [from, until] = [held.starts[subject] as number, held.starts[subject + 1] as number];
      const step = Math.log1p(-(1 - GUESSED) / (until - from));
      for (let i = from; i < until; i++) innocence[held.holders[i] as number]! += step;
    }
    const guilty = truth.principals.map((name) => numberOf.get(name) as number);
    const spared = new Set([...guilty, ...truth.twins.map((name) => numberOf.get(name) as number)]);
    const isNamed = (n: number) => -Math.expm1(innocence[n] as number) >= NAMED_FROM;
    return {
      rank: guilty.length === 0 ? null : Math.min(...guilty.map((n) => rankOf(innocence, n))),
      named: guilty.some(isNamed),
      falseNames: innocence.reduce((count, _, n) => count + (isNamed(n) && !spared.has(n) ? 1 : 0), 0),
    };
  };
}

function rankOf(innocence: Float64Array, principal: number): number {
  const own = innocence[principal] as number;
  let better = 0;
  let same = -1;
  for (const other of innocence) {
    if (other < own) better++;
    else if (other === own) same++;
  }
  return 1 + better + same / 2;
}

function findHolders({ columns, people, fleet }: Base): Holders {
  const bySubject = groupBy(columns.subject, people.count);
  const starts = new Uint32Array(people.count + 1);
  const holders = new Uint32Array(columns.count);
  const lastSubject = new Int32Array(fleet.principals.length).fill(-1);
  let count = 0;
  for (let s = 0; s < people.count; s++) {
    starts[s] = count;
    for (let i = bySubject.starts[s] as number; i < (bySubject.starts[s + 1] as number); i++) {
      const principal = columns.principal[bySubject.order[i] as number] as number;
      if (lastSubject[principal] === s) continue;
      lastSubject[principal] = s;
      holders[count++] = principal;
    }
  }
  starts[people.count] = count;
  return { starts, holders: holders.slice(0, count) };
}

/** Finds the subjects of a dump by any phone that they ever had: exact digits, its own reading of the file. */
function indexSubjects({ people }: Base): (csv: string) => Set<number> {
  const subjectOf = new Map<number, number>();
  for (let c = 0; c < people.count; c++) {
    for (let v = people.firstVersion[c] as number; v < (people.firstVersion[c + 1] as number); v++) {
      subjectOf.set(Number(phoneText(people.phone[v] as number)), c);
    }
  }
  return (csv) => {
    const [header = '', ...lines] = csv.trimEnd().split('\n');
    const column = header.split(',').indexOf('phone');
    const found = new Set<number>();
    for (const line of lines) {
      const digits = (line.split(',')[column] ?? '').replace(/\D/g, '').slice(-11);
      const subject = subjectOf.get(Number(digits));
      if (subject !== undefined) found.add(subject);
    }
    return found;
  };
}
