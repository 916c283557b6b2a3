import type { DisclosureColumns } from '../disclosures/port.ts';
import type { DumpSubjects, Sampling, WatchedReads } from './port.ts';

/**
 * Disclosures that are kept for the model. With all of a ledger of 100 M disclosures it would sort 100 M rows; 1.2 M rows at most, about samples of subjects, leave a principal with
 * 20,000 reads some 160 of them to be compared with: an error of 8 % in what is expected of it, which the spread between principals allows for.
 */
const MOST_READS = 1_600_000;
/** Part of them about subjects of the dump: a quarter of a large dump's people show what it is as well as half of them, and small dumps are watched whole. */
const DUMP_PART = 0.25;
/** Part of them about others. Of these there are never enough: what is expected of a reader is learnt from them. */
const OTHERS_PART = 0.5;

/** One bit a subject of the register: whether its disclosures are kept. */
export interface WatchList {
  readonly bits: Uint32Array;
  readonly subjects: number;
  readonly sampling: Sampling;
}

/** A number from 0 to 2^32 − 1 that looks random and is always the same for a subject. Finaliser of MurmurHash3 (Appleby, public domain). */
export function hashSubject(subject: number): number {
  let h = (subject + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Chooses whom to watch: all subjects of the dump and as many others as there is room for (all of them in a small ledger), by a hash of their numbers. `bits` is in shared memory.
 * `registered`: subjects of the register; `disclosures`: rows of the ledger.
 */
export function chooseWatched(
  dump: DumpSubjects,
  registered: number,
  disclosures: number,
  mostReads: number = MOST_READS,
): WatchList {
  const perSubject = disclosures / Math.max(1, registered);
  // Subjects of a loot are read more than others: twice as much is reckoned with.
  const dumpReads = Math.min(disclosures, 2 * perSubject * dump.subject.length);
  const sampling: Sampling =
    disclosures <= mostReads
      ? { dump: 1, others: 1 }
      : {
          dump: Math.min(1, (DUMP_PART * mostReads) / Math.max(1, dumpReads)),
          others: Math.min(1, (OTHERS_PART * mostReads) / disclosures),
        };
  const bits = new Uint32Array(new SharedArrayBuffer(4 * (Math.ceil(registered / 32) + 1)));
  const limit = sampling.others * 2 ** 32;
  for (let subject = 0; subject < registered; subject++) {
    if (hashSubject(subject) < limit) bits[subject >>> 5]! |= 1 << (subject & 31);
  }
  const dumpLimit = sampling.dump * 2 ** 32;
  for (const subject of dump.subject) {
    if (subject >= registered) continue;
    // A subject of the dump is watched by the dump's sample and not by that of the others.
    if (hashSubject(subject) < dumpLimit) bits[subject >>> 5]! |= 1 << (subject & 31);
    else bits[subject >>> 5]! &= ~(1 << (subject & 31));
  }
  return { bits, subjects: registered, sampling };
}

/** Collects the disclosures about watched subjects, segment by segment; memory grows with what is kept. */
export class ReadCollector {
  readonly #bits: Uint32Array;
  readonly #subjects: number;
  readonly #kept: WatchedReads[] = [];

  constructor({ bits, subjects }: Pick<WatchList, 'bits' | 'subjects'>) {
    this.#bits = bits;
    this.#subjects = subjects;
  }

  /** Takes what is watched of one segment. */
  add({ time, principal, subject, fields }: Omit<DisclosureColumns, 'purpose'>): void {
    const bits = this.#bits;
    const subjects = this.#subjects;
    const rows = subject.length;
    const at = new Uint32Array(rows);
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const who = subject[row]!;
      if (who >= subjects) continue;
      // Written always and counted when wanted: a branch that nobody can predict costs more than a store.
      at[count] = row;
      count += (bits[who >>> 5]! >>> (who & 31)) & 1;
    }
    const kept = allocateReads(count);
    for (let i = 0; i < count; i++) {
      const row = at[i]!;
      kept.time[i] = time[row]!;
      kept.principal[i] = principal[row]!;
      kept.subject[i] = subject[row]!;
      kept.fields[i] = fields[row]!;
    }
    this.#kept.push(kept);
  }

  /** Everything kept since the beginning, one piece a segment. */
  pieces(): readonly WatchedReads[] {
    return this.#kept;
  }
}

/** Puts pieces one behind the other. */
export function joinReads(pieces: readonly WatchedReads[]): WatchedReads {
  const joined = allocateReads(pieces.reduce((sum, { count }) => sum + count, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.time.set(piece.time, at);
    joined.principal.set(piece.principal, at);
    joined.subject.set(piece.subject, at);
    joined.fields.set(piece.fields, at);
    at += piece.count;
  }
  return joined;
}

function allocateReads(count: number): WatchedReads {
  const words = (): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * count));
  return {
    count,
    time: words(),
    principal: words(),
    subject: words(),
    fields: new Uint16Array(new SharedArrayBuffer(2 * count)),
  };
}
