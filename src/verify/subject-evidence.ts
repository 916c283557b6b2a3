import type { RegisterImage } from '../register/layout.ts';
import type { RegisterManifest } from '../register/manifest.ts';
import type { ResidentRegister } from '../scan/image.ts';
import type { Marks } from '../scan/marks.ts';
import { countRanks, rankBits } from '../scan/ranks.ts';
import { divide, type TaskRunner } from '../scan/tasks.ts';
import {
  addingVersions,
  beginningSubjects,
  listingVersions,
  type PeriodTimes,
  PIECE_WORDS,
  type SubjectColumns,
  settlingSubjects,
} from './subject-versions.ts';

/**
 * The subjects that a dump has, in parallel arrays ascending by `subject`.
 *
 * - `fields`: mask by field id of the values matched.
 * - `from`, `until`: seconds in which all matched versions can have been current, `until` excluded; STILL_CURRENT: still. Where the versions cannot have been current together, the time from the first to the last of them.
 * - `strong`: 1 when two values agreed in one row.
 */
export interface SubjectEvidence {
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  readonly strong: Uint8Array;
}

/** Enough that few rounds are needed, and the groups stay in a thread's cache for thousands of versions. */
const LIST_BYTES = 8 * 1024 * 1024;
/** What is known of the subjects of a group fits a thread's cache; of a large register, groups are larger rather than more. */
const GROUP_BITS = 15;
const MOST_GROUPS = 1024;

/** Gathers, pass by pass, when the matched versions of each subject were current. 23 bytes a touched subject, 15 of which stay, and 8 MiB a thread. */
export class SubjectEvidenceGatherer {
  readonly #pieces: SubjectEvidence[] = [];
  readonly #beginnings: Map<number, number>;
  readonly #listBytes: number;

  /** `listBytes`: most that a thread's lists of versions take; of more, groups are taken in several rounds. */
  constructor({ adds }: Pick<RegisterManifest, 'adds'>, { listBytes = LIST_BYTES } = {}) {
    this.#beginnings = earliestBeginnings(adds);
    this.#listBytes = listBytes;
  }

  /** Adds what one pass over a dump has marked: each subject is in one pass only. `spare`: memory that this may overwrite, for what does not stay: 80 MB with ten million people. */
  async gather(
    { loaded }: Pick<ResidentRegister, 'loaded'>,
    marks: Marks,
    runner: TaskRunner,
    spare: SharedArrayBuffer | null = null,
  ): Promise<void> {
    const { image, range } = loaded;
    const take = takerOf(spare);
    const columns = makeColumns(marks.touched, take);
    const times = { from: this.#beginningsOf(image.periods), periods: image.periods };
    const words = divide(range.from >>> 5, Math.ceil(range.to / 32), runner.threads);
    const { confirm, confirmFields, confirmIndex, created } = image;
    const { strong, confirmSeen } = marks;
    const shares = words.map(([fromWord, toWord]) => ({
      columns,
      times,
      fromWord,
      toWord,
      firstSubject: range.from,
      image: { confirm, confirmFields, confirmIndex, created },
      marks: { strong, confirmSeen },
    }));
    await runner.run(beginningSubjects, shares);
    await addRecords(image, marks, columns, times, { runner, take, listBytes: this.#listBytes });
    await runner.run(settlingSubjects, shares);
    const { subject, fields, latestFrom: from, earliestUntil: until, strong: isStrong } = columns;
    this.#pieces.push({ subject, fields, from, until, strong: isStrong });
  }

  /** A value seen first in a snapshot was true since some time after the snapshot before. Periods are few, records are many. */
  #beginningsOf(periods: Uint32Array): Uint32Array {
    const beginnings = sharedWords(periods.length >>> 1);
    for (let i = 0; i < beginnings.length; i++) {
      beginnings[i] = this.#beginnings.get(periods[2 * i]!) ?? periods[2 * i]!;
    }
    return beginnings;
  }

  /** What was gathered, which is then forgotten. */
  finish(): SubjectEvidence {
    const pieces = this.#pieces.splice(0);
    const [only] = pieces;
    // One pass is the rule, and millions of subjects need not stand in memory twice.
    if (pieces.length === 1 && only !== undefined) return only;
    const total = pieces.reduce((sum, { subject }) => sum + subject.length, 0);
    const evidence = {
      subject: new Uint32Array(total),
      fields: new Uint16Array(total),
      from: new Uint32Array(total),
      until: new Uint32Array(total),
      strong: new Uint8Array(total),
    };
    let at = 0;
    for (const piece of pieces) {
      for (const column of ['subject', 'fields', 'from', 'until', 'strong'] as const)
        evidence[column].set(piece[column], at);
      at += piece.subject.length;
    }
    return evidence;
  }
}

/** Adds the identifying versions seen: in rounds, each thread lists those of its part of the table and then takes its share of the groups. */
async function addRecords(
  { table, entryCount, subjectCount }: RegisterImage,
  { recordSeen }: Marks,
  columns: SubjectColumns,
  times: PeriodTimes,
  { runner, take, listBytes }: { readonly runner: TaskRunner; readonly take: TakeWords; readonly listBytes: number },
): Promise<void> {
  const groupBits = Math.max(GROUP_BITS, Math.ceil(Math.log2(Math.max(1, subjectCount) / MOST_GROUPS)));
  const groups = (subjectCount >>> groupBits) + 1;
  const needed = groups + Math.ceil((2 * entryCount) / (PIECE_WORDS - 2));
  // One is never used, and a word of the bitmap can begin as many as it has bits.
  const pieces = 33 + Math.min(Math.ceil(listBytes / (4 * PIECE_WORDS)), needed);
  const words = divide(0, Math.ceil(entryCount / 32), runner.threads);
  let open = words.map(([fromWord, toWord]) => ({
    table,
    recordSeen,
    fromWord,
    toWord,
    groupBits,
    lists: { words: take(pieces * PIECE_WORDS), tops: sharedWords(groups) },
  }));
  const lists = open.map((share) => share.lists);
  const shares = lists.length;
  while (open.length > 0) {
    const done = await runner.run(listingVersions, open);
    await runner.run(
      addingVersions,
      lists.map((_, share) => ({ columns, times, lists, share, shares })),
    );
    for (const { lists: own } of open) own.tops.fill(0);
    open = open.flatMap((share, i) => (done[i]! < share.toWord ? [{ ...share, fromWord: done[i]! }] : []));
  }
}

function makeColumns(touched: Uint32Array, take: TakeWords): SubjectColumns {
  const ranks = rankBits(touched);
  const count = countRanks(ranks);
  return {
    ranks,
    subject: sharedWords(count),
    fields: new Uint16Array(new SharedArrayBuffer(2 * count)),
    latestFrom: sharedWords(count),
    earliestUntil: sharedWords(count),
    earliestFrom: take(count),
    latestUntil: take(count),
    strong: new Uint8Array(new SharedArrayBuffer(count)),
  };
}

/** Gives memory of so many words that may hold anything. */
type TakeWords = (count: number) => Uint32Array;

/** Takes from what may be overwritten as long as there is any, piece after piece. */
function takerOf(spare: SharedArrayBuffer | null): TakeWords {
  let at = 0;
  return (count) => {
    if (spare === null || at + 4 * count > spare.byteLength) return sharedWords(count);
    const words = new Uint32Array(spare, at, count);
    at += 4 * count;
    return words;
  };
}

function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(4 * count));
}

/** Per time of a snapshot or delta: since when a value first seen in it may have been true, that is since the table before; since ever for the first. */
function earliestBeginnings(adds: RegisterManifest['adds']): Map<number, number> {
  const times = adds.filter(({ mode }) => mode !== 'history').map(({ asOfSeconds }) => asOfSeconds);
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  return new Map(sorted.map((time, i) => [time, sorted[i - 1] ?? 0]));
}
