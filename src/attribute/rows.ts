import { fieldByName } from '../core/fields/registry.ts';
import type { AttributionInput, DumpSubjects } from './port.ts';
import { hashSubject } from './watch.ts';

/** Parts of the ledger's time: the finest active period that can be told, and 2,080 periods to choose from. */
export const BUCKETS = 64;
/** Bins of in how many buckets a subject is read, times bins of when it was first read. */
const READ_BINS = 12;
const FIRST_BINS = 8;
/** Strata of subjects: those of one stratum are read equally often and since the same time. */
export const STRATA = READ_BINS * FIRST_BINS;
export const CELLS = BUCKETS * STRATA;

/** `info` of a row: mask of fields, bucket, and whether the dump's versions were current then. */
export const FIELDS_MASK = 0xffff;
export const BUCKET_SHIFT = 16;
export const BUCKET_MASK = BUCKETS - 1;
export const CURRENT_BIT = 0x80000000;

/** The subject is not of the dump. */
export const NOT_DUMP = 0xffffffff;

/**
 * Watched disclosures ordered by subject and bucket, and what is known of each subject. Subjects are numbered anew from 0, in the order of their numbers in the register.
 */
export interface Rows {
  readonly count: number;
  readonly subject: Uint32Array;
  readonly principal: Uint32Array;
  readonly info: Uint32Array;
  readonly subjects: number;
  /** Per subject: its place in the dump, or NOT_DUMP. */
  readonly dumpRow: Uint32Array;
  /** Per subject: fields that a principal must have got. Of subjects outside the dump: as of one of the dump, chosen by chance. */
  readonly required: Uint16Array;
  readonly stratum: Uint8Array;
  readonly fromSeconds: number;
  readonly bucketSeconds: number;
}

/** Who reads a subject knows its id: logs name it by that and rarely count it as a field. */
const SUBJECT_ID_BIT = 1 << fieldByName('customerId').id;

/** The fields that a disclosure must have given, to explain a subject of the dump. */
export function requiredFields(fields: number): number {
  return fields & ~SUBJECT_ID_BIT & FIELDS_MASK;
}

/** First second of a bucket. */
export function bucketStart(rows: Pick<Rows, 'fromSeconds' | 'bucketSeconds'>, bucket: number): number {
  return rows.fromSeconds + bucket * rows.bucketSeconds;
}

/** Orders the watched disclosures and stratifies their subjects. Linear in their number. */
export function orderRows({ dump, reads, fromSeconds, untilSeconds }: AttributionInput): Rows {
  const bucketSeconds = Math.max(1, Math.ceil((untilSeconds - fromSeconds + 1) / BUCKETS));
  const { count } = reads;
  const numbering = numberSubjects(reads.subject);
  const { subjects, numberOf } = numbering;
  const dumpRow = new Uint32Array(subjects).fill(NOT_DUMP);
  for (let i = 0; i < dump.subject.length; i++) {
    const number = numberOf[dump.subject[i]!] ?? 0;
    if (number > 0) dumpRow[number - 1] = i;
  }
  const required = requirements(dump, dumpRow);
  const subject = new Uint32Array(count);
  const info = new Uint32Array(count);
  const firstBucket = new Uint8Array(subjects).fill(BUCKETS - 1);
  for (let row = 0; row < count; row++) {
    const number = numberOf[reads.subject[row]!]! - 1;
    const time = reads.time[row]!;
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor((time - fromSeconds) / bucketSeconds)));
    const place = dumpRow[number]!;
    const isCurrent = place !== NOT_DUMP && dump.from[place]! <= time && time < dump.until[place]!;
    subject[row] = number;
    // A log that does not say which fields were read: they may have been any.
    info[row] = (reads.fields[row]! || FIELDS_MASK) | (bucket << BUCKET_SHIFT) | (isCurrent ? CURRENT_BIT : 0);
    if (bucket < firstBucket[number]!) firstBucket[number] = bucket;
  }
  const byBucket = stableOrder(count, BUCKETS, (row) => (info[row]! >>> BUCKET_SHIFT) & BUCKET_MASK, null);
  const order = stableOrder(count, subjects, (row) => subject[row]!, byBucket);
  const orderedSubject = pick(subject, order);
  const orderedInfo = pick(info, order);
  return {
    count,
    subject: orderedSubject,
    principal: pick(reads.principal, order),
    info: orderedInfo,
    subjects,
    dumpRow,
    required,
    stratum: stratify(orderedSubject, orderedInfo, firstBucket),
    fromSeconds,
    bucketSeconds,
  };
}

/**
 * In how many buckets a subject is read says how much there is to know of it; the number of reads would not, because a parcel is scanned by several devices one after the other and a clerk looks somebody up once.
 */
function stratify(subject: Uint32Array, info: Uint32Array, firstBucket: Uint8Array): Uint8Array {
  const active = new Uint8Array(firstBucket.length);
  let last = -1;
  for (let row = 0; row < subject.length; row++) {
    const place = subject[row]! * BUCKETS + ((info[row]! >>> BUCKET_SHIFT) & BUCKET_MASK);
    if (place !== last) active[subject[row]!]!++;
    last = place;
  }
  return active.map(
    (buckets, s) => readBin(buckets) * FIRST_BINS + Math.floor((firstBucket[s]! * FIRST_BINS) / BUCKETS),
  );
}

/** 1, 2, 3, 4, to 6, to 8, to 12, to 16, to 24, to 32, to 48, more. */
function readBin(buckets: number): number {
  if (buckets <= 2) return Math.max(0, buckets - 1);
  const octave = 31 - Math.clz32(buckets - 1);
  return Math.min(READ_BINS - 1, 2 * octave + (((buckets - 1) >>> (octave - 1)) & 1));
}

/** Numbers the subjects that occur, from 1 on, ascending; 0: does not occur. */
function numberSubjects(subject: Uint32Array): { readonly subjects: number; readonly numberOf: Uint32Array } {
  let most = 0;
  for (const one of subject) if (one > most) most = one;
  const numberOf = new Uint32Array(subject.length === 0 ? 0 : most + 1);
  for (const one of subject) numberOf[one] = 1;
  let subjects = 0;
  for (let i = 0; i < numberOf.length; i++) if (numberOf[i] === 1) numberOf[i] = ++subjects;
  return { subjects, numberOf };
}

function requirements(dump: DumpSubjects, dumpRow: Uint32Array): Uint16Array {
  const required = new Uint16Array(dumpRow.length);
  const size = dump.subject.length;
  if (size === 0) return required;
  for (let s = 0; s < dumpRow.length; s++) {
    const place = dumpRow[s]!;
    required[s] = requiredFields(dump.fields[place === NOT_DUMP ? hashSubject(s) % size : place]!);
  }
  return required;
}

/** The order of rows by `key` (0 to `keys` − 1), those with equal keys as in `previous` (null: ascending). Counting sort. */
export function stableOrder(
  count: number,
  keys: number,
  key: (row: number) => number,
  previous: Uint32Array | null,
): Uint32Array {
  const next = new Uint32Array(keys + 1);
  for (let row = 0; row < count; row++) next[key(row) + 1]!++;
  for (let k = 0; k < keys; k++) next[k + 1]! += next[k]!;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const row = previous === null ? i : previous[i]!;
    order[next[key(row)]!++] = row;
  }
  return order;
}

function pick(values: Uint32Array, order: Uint32Array): Uint32Array {
  const picked = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) picked[i] = values[order[i]!]!;
  return picked;
}
