import { BUCKET_MASK, BUCKET_SHIFT, CURRENT_BIT, FIELDS_MASK, NOT_DUMP, type Rows, STRATA } from './rows.ts';

/** `hit` of a unit that explains nothing. */
export const NO_HIT = 255;

/**
 * What readers got, without repetitions: one unit is one reader, one subject, one bucket. A reader is a principal or a group of them. The units of reader `r` are `start[r]` to `start[r + 1]`,
 * ordered by subject and bucket.
 */
export interface Units {
  readonly readers: number;
  readonly start: Uint32Array;
  readonly subject: Uint32Array;
  /** Bucket × STRATA + stratum. */
  readonly cell: Uint16Array;
  /** The event (rows.ts) of its subject and bucket. */
  readonly event: Uint32Array;
  /** The bucket in which the reader got the subject the time before, plus 1; 0: never before. */
  readonly previous: Uint8Array;
  /** Of units that explain a subject of the dump: the bucket of the explanation before, plus 1 (0: none before). Else NO_HIT. */
  readonly hit: Uint8Array;
  /** How many people a unit stands for: of the dump, 1; of others, as many as are watched by a sample, as far as the reader got the fields that people of the dump have. */
  readonly weight: Float32Array;
}

/** A row belongs to no reader. */
export const NO_READER = 0xffffffff;

/**
 * Finds what each reader got. `readerOf` gives the reader of a principal in a bucket, or NO_READER.
 *
 * A reader could have given a subject to the dump if all its reads of the subject together had the required fields. It explains a subject of the dump if those
 * reads do that lie in the time in which the dump's versions were current.
 */
export function findUnits(rows: Rows, readers: number, readerOf: (principal: number, bucket: number) => number): Units {
  const { dumpRow, required, mayGive, otherWeight, stratum } = rows;
  const { first, subject: subjectOf, info, event: eventOf } = orderByReader(rows, readers, readerOf);
  const count = first[readers]!;
  const start = new Uint32Array(readers + 1);
  const subject = new Uint32Array(count);
  const cell = new Uint16Array(count);
  const event = new Uint32Array(count);
  const previous = new Uint8Array(count);
  const hit = new Uint8Array(count);
  const weight = new Float32Array(count);
  let units = 0;
  for (let reader = 0; reader < readers; reader++) {
    const last = first[reader + 1]!;
    for (let at = first[reader]!, end = at; at < last; at = end) {
      const about = subjectOf[at]!;
      let allFields = 0;
      let currentFields = 0;
      for (; end < last && subjectOf[end] === about; end++) {
        const word = info[end]!;
        allFields |= word & FIELDS_MASK;
        if ((word & CURRENT_BIT) !== 0) currentFields |= word & FIELDS_MASK;
      }
      const wanted = required[about]!;
      const isDump = dumpRow[about] !== NOT_DUMP;
      const stands = isDump ? Number((allFields & wanted) === wanted) : otherWeight * mayGive[allFields]!;
      if (stands === 0) continue;
      const explains = isDump && (currentFields & wanted) === wanted;
      let lastBucket = 0;
      let lastHit = 0;
      for (let i = at; i < end; ) {
        const now = eventOf[i]!;
        const bucket = (info[i]! >>> BUCKET_SHIFT) & BUCKET_MASK;
        let isCurrent = false;
        for (; i < end && eventOf[i] === now; i++) {
          if ((info[i]! & CURRENT_BIT) !== 0) isCurrent = true;
        }
        subject[units] = about;
        cell[units] = bucket * STRATA + stratum[about]!;
        event[units] = now;
        weight[units] = stands;
        previous[units] = lastBucket;
        lastBucket = bucket + 1;
        if (explains && isCurrent) {
          hit[units] = lastHit;
          lastHit = bucket + 1;
        } else hit[units] = NO_HIT;
        units++;
      }
    }
    start[reader + 1] = units;
  }
  return {
    readers,
    start,
    subject: subject.subarray(0, units),
    cell: cell.subarray(0, units),
    event: event.subarray(0, units),
    previous: previous.subarray(0, units),
    hit: hit.subarray(0, units),
    weight: weight.subarray(0, units),
  };
}

/** Rows of readers, those of one reader in their order: `first[r]` to before `first[r + 1]`. Copied, since what is read reader by reader should lie side by side. */
function orderByReader(
  { count, principal, subject, info, event }: Rows,
  readers: number,
  readerOf: (principal: number, bucket: number) => number,
): Pick<Rows, 'subject' | 'info' | 'event'> & { readonly first: Uint32Array } {
  const who = new Uint32Array(count);
  const first = new Uint32Array(readers + 1);
  for (let row = 0; row < count; row++) {
    const reader = readerOf(principal[row]!, (info[row]! >>> BUCKET_SHIFT) & BUCKET_MASK);
    who[row] = reader;
    if (reader < readers) first[reader + 1]!++;
  }
  for (let reader = 0; reader < readers; reader++) first[reader + 1]! += first[reader]!;
  const next = first.slice();
  const all = first[readers]!;
  const ordered = { subject: new Uint32Array(all), info: new Uint32Array(all), event: new Uint32Array(all) };
  for (let row = 0; row < count; row++) {
    if (who[row]! >= readers) continue;
    const at = next[who[row]!]!++;
    ordered.subject[at] = subject[row]!;
    ordered.info[at] = info[row]!;
    ordered.event[at] = event[row]!;
  }
  return { first, ...ordered };
}

/** Principals that read anything comparable. */
export function countReaders({ readers, start }: Units): number {
  let count = 0;
  for (let reader = 0; reader < readers; reader++) if (start[reader + 1]! > start[reader]!) count++;
  return count;
}
