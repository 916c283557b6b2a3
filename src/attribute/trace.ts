import type { DumpSubjects, WatchedReads } from './port.ts';
import { bucketOf, bucketStart, NOT_DUMP, requiredFields, stableOrder } from './rows.ts';
import type { Period } from './score.ts';
import type { Judged, SearchResult } from './search.ts';
import { NO_HIT, type Units } from './units.ts';

/** Disclosures that gave a field of a subject of the dump while its versions were current: those of principal `p` are `row[start[p]]` to before `row[start[p + 1]]`. */
export interface ExplainingReads {
  readonly start: Uint32Array;
  readonly row: Uint32Array;
}

/** Finds them once, for all suspects. */
export function explainingReads(reads: WatchedReads, dump: DumpSubjects, principals: number): ExplainingReads {
  const found = new Uint32Array(reads.count);
  // Most disclosures are about others: a bit for each subject spares them the search.
  const isDump = new Uint32Array(((dump.subject.at(-1) ?? 0) >>> 5) + 1);
  for (const subject of dump.subject) isDump[subject >>> 5]! |= 1 << (subject & 31);
  let count = 0;
  for (let row = 0; row < reads.count; row++) {
    const subject = reads.subject[row]!;
    if ((((isDump[subject >>> 5] ?? 0) >>> (subject & 31)) & 1) === 0) continue;
    const place = findSubject(dump.subject, subject);
    const time = reads.time[row]!;
    if (time < dump.from[place]! || time >= dump.until[place]!) continue;
    const wanted = requiredFields(dump.fields[place]!);
    const got = reads.fields[row]!;
    if (got === 0 || (got & wanted) !== 0 || wanted === 0) found[count++] = row;
  }
  const principal = new Uint32Array(count);
  for (let i = 0; i < count; i++) principal[i] = reads.principal[found[i]!]!;
  const order = stableOrder(principal, principals, null);
  const start = new Uint32Array(principals + 1);
  for (const one of principal) start[one + 1]!++;
  for (let p = 0; p < principals; p++) start[p + 1]! += start[p]!;
  return { start, row: order.map((i) => found[i]!) };
}

/** The first and the last of the explaining disclosures of a period, seconds; the ends of the period when there are none. */
export function activeTimes(
  { who }: Judged,
  { first, last }: Period,
  { rows }: SearchResult,
  { time: times }: Pick<WatchedReads, 'time'>,
  explaining: ExplainingReads,
): { readonly from: number; readonly to: number } {
  const start = bucketStart(rows, first);
  const end = bucketStart(rows, last + 1);
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const member of who.kind === 'principal' ? [who.principal] : who.group.members) {
    for (let i = explaining.start[member]!; i < explaining.start[member + 1]!; i++) {
      const time = times[explaining.row[i]!]!;
      if (time < start || time >= end) continue;
      if (time < from) from = time;
      if (time > to) to = time;
    }
  }
  return to === 0 ? { from: start, to: end - 1 } : { from, to };
}

function findSubject(subjects: Uint32Array, subject: number): number {
  let low = 0;
  let high = subjects.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = subjects[middle]!;
    if (found === subject) return middle;
    if (found < subject) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** How many watched subjects of the dump the named sources explain together; groups of the attribute `pattern` are not named. */
export function explainedSubjects({ rows, units, groups, sources }: SearchResult, pattern: string | null): number {
  const explained = new Uint8Array(rows.subjects);
  const mark = (from: Units, reader: number, { first, last }: Period): void => {
    for (let unit = from.start[reader]!; unit < from.start[reader + 1]!; unit++) {
      const bucket = bucketOf(from.cell[unit]!);
      if (from.hit[unit] !== NO_HIT && bucket >= first && bucket <= last) explained[from.subject[unit]!] = 1;
    }
  };
  for (const { members } of sources) {
    for (const { who, alone, beside } of members) {
      const { period } = beside ?? alone;
      if (who.kind === 'principal') mark(units, who.principal, period);
      else if (who.group.attribute !== pattern) {
        const attribute = groups.find((one) => one.attribute === who.group.attribute);
        if (attribute !== undefined) mark(attribute.units, attribute.groups.indexOf(who.group), period);
      }
    }
  }
  return explained.reduce((sum, one, subject) => sum + (one === 1 && rows.dumpRow[subject] !== NOT_DUMP ? 1 : 0), 0);
}
