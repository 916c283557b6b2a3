import {
  BUCKET_MASK,
  BUCKET_SHIFT,
  CURRENT_BIT,
  FIELDS_MASK,
  NOT_DUMP,
  type Rows,
  STRATA,
  stableOrder,
} from './rows.ts';

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
  const { count, info, subject: subjectOf, dumpRow, required, mayGive, otherWeight, stratum } = rows;
  const bucketOf = (row: number): number => (info[row]! >>> BUCKET_SHIFT) & BUCKET_MASK;
  const whoOf = new Uint32Array(count);
  for (let row = 0; row < count; row++) {
    const who = readerOf(rows.principal[row]!, bucketOf(row));
    whoOf[row] = who < readers ? who : readers;
  }
  const order = stableOrder(count, readers + 1, (row) => whoOf[row]!, null);
  const start = new Uint32Array(readers + 1);
  const subject = new Uint32Array(count);
  const cell = new Uint16Array(count);
  const previous = new Uint8Array(count);
  const hit = new Uint8Array(count);
  const weight = new Float32Array(count);
  let units = 0;
  let reader = 0;
  let at = 0;
  while (at < count) {
    const first = order[at]!;
    const who = whoOf[first]!;
    if (who === readers) break;
    while (reader < who) start[++reader] = units;
    const about = subjectOf[first]!;
    let end = at;
    let allFields = 0;
    let currentFields = 0;
    for (; end < count; end++) {
      const row = order[end]!;
      if (subjectOf[row] !== about || whoOf[row] !== who) break;
      const word = info[row]!;
      allFields |= word & FIELDS_MASK;
      if ((word & CURRENT_BIT) !== 0) currentFields |= word & FIELDS_MASK;
    }
    const wanted = required[about]!;
    const isDump = dumpRow[about] !== NOT_DUMP;
    const stands = isDump ? Number((allFields & wanted) === wanted) : otherWeight * mayGive[allFields]!;
    if (stands > 0) {
      const explains = isDump && (currentFields & wanted) === wanted;
      let lastBucket = 0;
      let lastHit = 0;
      for (let i = at; i < end; ) {
        const bucket = bucketOf(order[i]!);
        let isCurrent = false;
        for (; i < end && bucketOf(order[i]!) === bucket; i++) {
          if ((info[order[i]!]! & CURRENT_BIT) !== 0) isCurrent = true;
        }
        subject[units] = about;
        cell[units] = bucket * STRATA + stratum[about]!;
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
    at = end;
  }
  while (reader < readers) start[++reader] = units;
  return {
    readers,
    start,
    subject: subject.slice(0, units),
    cell: cell.slice(0, units),
    previous: previous.slice(0, units),
    hit: hit.slice(0, units),
    weight: weight.slice(0, units),
  };
}

/** Principals that read anything comparable. */
export function countReaders({ readers, start }: Units): number {
  let count = 0;
  for (let reader = 0; reader < readers; reader++) if (start[reader + 1]! > start[reader]!) count++;
  return count;
}
