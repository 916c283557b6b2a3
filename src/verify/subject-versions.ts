import { CONTROL_BIT, FIELD_SHIFT, type RegisterImage, STILL_CURRENT, SUBJECT_MASK } from '../register/layout.ts';
import { hasBit, listBits, type Marks } from '../scan/marks.ts';
import { type Ranks, rankOf } from '../scan/ranks.ts';
import { threadTask } from '../scan/tasks.ts';

/*
 * What threads do to turn the marks of a scan into the evidence of each subject (subject-evidence.ts), on arrays that all of them see.
 *
 * Seen records stand in the order of fingerprints, and what is known of a subject anywhere: one after the other, each would miss the cache and the page tables.
 * So each thread first lists the versions of its part of the table by groups of subjects near each other, then takes groups, which fit its cache, from all threads' lists.
 */

/** What is known of the subjects that one pass touched, a place each, ascending by `subject`. */
export interface SubjectColumns {
  /** The place of each touched subject. */
  readonly ranks: Ranks;
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
  /** The time in which all versions were current; from `settle` on, the time that is told. */
  readonly latestFrom: Uint32Array;
  readonly earliestUntil: Uint32Array;
  /** From the first version to the last. */
  readonly earliestFrom: Uint32Array;
  readonly latestUntil: Uint32Array;
  readonly strong: Uint8Array;
}

/** The times of periods, by their number. */
export interface PeriodTimes {
  /** Since when versions of the period may have been true. */
  readonly from: Uint32Array;
  /** Pairs, of which the second is the end. */
  readonly periods: Uint32Array;
}

/** One thread's share of subjects, in words of their bitmap. */
export interface SubjectShare {
  readonly columns: SubjectColumns;
  readonly times: PeriodTimes;
  readonly fromWord: number;
  readonly toWord: number;
  /** First subject of the image. */
  readonly firstSubject: number;
  readonly image: Pick<RegisterImage, 'confirm' | 'confirmFields' | 'confirmIndex' | 'created'>;
  readonly marks: Pick<Marks, 'strong' | 'confirmSeen'>;
}

/** Gives the subjects of a share their places, and adds their confirming versions. */
export function beginSubjects({ columns, times, fromWord, toWord, firstSubject, image, marks }: SubjectShare): void {
  const { ranks, subject, fields } = columns;
  const first = ranks.before[fromWord]!;
  const count = listBits(ranks.bits, 32 * fromWord, 32 * toWord, subject.subarray(first));
  columns.earliestUntil.fill(STILL_CURRENT, first, first + count);
  columns.earliestFrom.fill(STILL_CURRENT, first, first + count);
  columns.latestUntil.fill(0, first, first + count);
  if (marks.confirmSeen.length === 0) return;
  const { confirm, confirmFields, confirmIndex } = image;
  for (let place = first; place < first + count; place++) {
    const at = subject[place]! - firstSubject;
    for (let entry = confirmIndex[at]!; entry < confirmIndex[at + 1]!; entry++) {
      if (!hasBit(marks.confirmSeen, entry)) continue;
      fields[place]! |= 1 << confirmFields[entry]!;
      addPeriod(columns, times, place, confirm[2 * entry + 1]!);
    }
  }
}

/** Decides the time of the subjects of a share, when all their versions have been added. */
export function settleSubjects({
  columns,
  fromWord,
  toWord,
  image: { created },
  marks: { strong },
}: SubjectShare): void {
  const { ranks, subject, latestFrom, earliestUntil, earliestFrom, latestUntil, strong: isStrong } = columns;
  const end = ranks.before[toWord]!;
  for (let place = ranks.before[fromWord]!; place < end; place++) {
    // Never before its subject was there.
    const birth = created[subject[place]!]!;
    const together = Math.max(latestFrom[place]!, birth);
    const overlaps = together < earliestUntil[place]!;
    latestFrom[place] = overlaps ? together : Math.max(earliestFrom[place]!, birth);
    if (!overlaps) earliestUntil[place] = latestUntil[place]!;
    isStrong[place] = hasBit(strong, subject[place]!) ? 1 : 0;
  }
}

/** Words of a piece of a list: the end of the piece before it (0: there is none), a spare one, and versions as pairs: field and subject as in a record, and period. */
export const PIECE_WORDS = 256;

/** Lists of versions by groups of subjects, in pieces that their thread takes one after the other. */
export interface VersionLists {
  readonly words: Uint32Array;
  /** Per group, the end of its list: the first word after its last version; 0 when it is empty. */
  readonly tops: Uint32Array;
}

/** One thread's share of the table, in words of the bitmap of its records. */
export interface TableShare {
  readonly table: Uint32Array;
  readonly recordSeen: Uint32Array;
  readonly fromWord: number;
  readonly toWord: number;
  /** Subjects of a group, as a power of two. */
  readonly groupBits: number;
  readonly lists: VersionLists;
}

/** Lists the versions of the records seen, until there is no room for those of another word; answers the first word that is not done. The lists are empty before. */
export function listVersions({ table, recordSeen, fromWord, toWord, groupBits, lists }: TableShare): number {
  const { words, tops } = lists;
  const pieces = words.length / PIECE_WORDS;
  // Piece 0 stays empty: no list ends at 0.
  let next = 1;
  for (let word = fromWord; word < toWord; word++) {
    let rest = recordSeen[word]!;
    if (rest === 0) continue;
    if (next + 32 > pieces) return word;
    do {
      const record = 4 * (32 * word + 31 - Math.clz32(rest & -rest));
      rest &= rest - 1;
      const owner = table[record + 2]!;
      if (owner >= CONTROL_BIT) continue;
      const group = (owner & SUBJECT_MASK) >>> groupBits;
      let at = tops[group]!;
      if (at % PIECE_WORDS === 0) {
        words[next * PIECE_WORDS] = at;
        at = next++ * PIECE_WORDS + 2;
      }
      words[at] = owner;
      words[at + 1] = table[record + 3]!;
      tops[group] = at + 2;
    } while (rest !== 0);
  }
  return toWord;
}

/** One thread's share of the groups: those whose number is `share` modulo `shares`. */
export interface GroupShare {
  readonly columns: SubjectColumns;
  readonly times: PeriodTimes;
  /** Of all threads. */
  readonly lists: readonly VersionLists[];
  readonly share: number;
  readonly shares: number;
}

/** Adds the versions that were listed to what is known of their subjects. */
export function addVersions({ columns, times, lists, share, shares }: GroupShare): void {
  const { ranks, fields } = columns;
  const groups = lists[0]?.tops.length ?? 0;
  for (let group = share; group < groups; group += shares) {
    for (const { words, tops } of lists) {
      for (let end = tops[group]!; end !== 0; ) {
        const piece = Math.ceil(end / PIECE_WORDS) - 1;
        for (let at = piece * PIECE_WORDS + 2; at < end; at += 2) {
          const owner = words[at]!;
          const place = rankOf(ranks, owner & SUBJECT_MASK);
          // A value of many people points to nobody.
          if (place < 0) continue;
          fields[place]! |= 1 << (owner >>> FIELD_SHIFT);
          addPeriod(columns, times, place, words[at + 1]!);
        }
        end = words[piece * PIECE_WORDS]!;
      }
    }
  }
}

function addPeriod(
  { latestFrom, earliestUntil, earliestFrom, latestUntil }: SubjectColumns,
  { from, periods }: PeriodTimes,
  place: number,
  period: number,
): void {
  const begun = from[period]!;
  const until = periods[2 * period + 1]!;
  if (begun > latestFrom[place]!) latestFrom[place] = begun;
  if (until < earliestUntil[place]!) earliestUntil[place] = until;
  if (begun < earliestFrom[place]!) earliestFrom[place] = begun;
  if (until > latestUntil[place]!) latestUntil[place] = until;
}

export const beginningSubjects = threadTask(import.meta.url, beginSubjects);
export const settlingSubjects = threadTask(import.meta.url, settleSubjects);
export const listingVersions = threadTask(import.meta.url, listVersions);
export const addingVersions = threadTask(import.meta.url, addVersions);
