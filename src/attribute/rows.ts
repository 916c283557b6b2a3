import { fieldByName } from '../core/fields/registry.ts';
import { BUCKETS } from './buckets.ts';
import { Grid } from './grid.ts';
import type { AttributionInput, DumpSubjects } from './port.ts';

/** Bins of in how many buckets a subject is read, times bins of when it was first read. */
const READ_BINS = 12;
const FIRST_BINS = 8;
/** Strata without the slice: the stratum modulo this. */
export const BASE_STRATA = READ_BINS * FIRST_BINS;
/** Whether a subject was read in the dump's slice of time: not, at its ends only, within. */
const SLICE_LEVELS = 3;
/** Strata of subjects: those of one stratum are read equally often, since the same time, and as much in the dump's slice. */
export const STRATA = BASE_STRATA * SLICE_LEVELS;
export const CELLS = BUCKETS * STRATA;

/** `info` of a row: mask of fields, bucket, and whether the dump's versions were current then. */
export const FIELDS_MASK = 0xffff;
export const BUCKET_SHIFT = 16;
export const BUCKET_MASK = BUCKETS - 1;
export const CURRENT_BIT = 0x80000000;

/** Gain (natural logarithm) from which on the dump is taken for a slice of time: 2,080 slices are to choose from. */
const LEAST_SLICE_GAIN = 12;

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
  /** Per subject of the dump: fields that a principal must have got. */
  readonly required: Uint16Array;
  /** By mask of fields: part of the dump's subjects whom somebody with these fields may have given. Of the others nobody knows which fields would have been in the dump. */
  readonly mayGive: Float32Array;
  /** How many subjects outside the dump one that is watched stands for. */
  readonly otherWeight: number;
  readonly stratum: Uint16Array;
  readonly events: Events;
  readonly fromSeconds: number;
  readonly bucketSeconds: number;
}

/**
 * Events: one subject and one bucket in which anybody read it, numbered by subject and bucket. Three words a subject, side by side because they are asked for together: its first event, and its buckets as bits (0 to 31, 32 to 63).
 */
export interface Events {
  readonly count: number;
  readonly words: Uint32Array;
}

/** The number of an event that exists. */
export function eventOf({ words }: Events, subject: number, bucket: number): number {
  const at = 3 * subject;
  const first = words[at]!;
  if (bucket < 32) return first + countBits(words[at + 1]! & ((1 << bucket) - 1));
  return first + countBits(words[at + 1]!) + countBits(words[at + 2]! & ((1 << (bucket - 32)) - 1));
}

/** Set bits of 32, added up in parallel (Warren, Hacker's Delight, 5-1). */
function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
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
export function orderRows({ dump, reads, sampling, fromSeconds, untilSeconds }: AttributionInput): Rows {
  const bucketSeconds = Math.max(1, Math.ceil((untilSeconds - fromSeconds + 1) / BUCKETS));
  const { count } = reads;
  const numbering = numberSubjects(reads.subject);
  const { subjects, numberOf } = numbering;
  const dumpRow = new Uint32Array(subjects).fill(NOT_DUMP);
  for (let i = 0; i < dump.subject.length; i++) {
    const number = numberOf[dump.subject[i]!] ?? 0;
    if (number > 0) dumpRow[number - 1] = i;
  }
  const otherWeight = sampling.others > 0 ? sampling.dump / sampling.others : 1;
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
    required: requirements(dump, dumpRow),
    mayGive: partsGiven(dump),
    otherWeight,
    stratum: stratify(orderedSubject, orderedInfo, firstBucket, { dumpRow, otherWeight }),
    events: findEvents(orderedSubject, orderedInfo, subjects),
    fromSeconds,
    bucketSeconds,
  };
}

interface Membership {
  readonly dumpRow: Uint32Array;
  /** Of a subject that is not of the dump. */
  readonly otherWeight: number;
}

/**
 * In how many buckets a subject is read says how much there is to know of it; the number of reads would not, because a parcel is scanned by several devices one after the other and a clerk looks somebody up once.
 */
function stratify(
  subject: Uint32Array,
  info: Uint32Array,
  firstBucket: Uint8Array,
  membership: Membership,
): Uint16Array {
  const active = new Uint8Array(firstBucket.length);
  forEachActive(subject, info, (about) => active[about]!++);
  const stratum = new Uint16Array(active.length);
  for (let s = 0; s < active.length; s++)
    stratum[s] = readBin(active[s]!) * FIRST_BINS + Math.floor((firstBucket[s]! * FIRST_BINS) / BUCKETS);
  const slice = findSlice(subject, info, stratum, membership);
  if (slice === null) return stratum;
  const level = new Uint8Array(stratum.length);
  forEachActive(subject, info, (about, bucket) => {
    if (bucket < slice.first || bucket > slice.last) return;
    const isEnd = bucket === slice.first || bucket === slice.last;
    level[about] = Math.max(level[about]!, isEnd ? 1 : 2);
  });
  for (let s = 0; s < stratum.length; s++) stratum[s]! += level[s]! * BASE_STRATA;
  return stratum;
}

/**
 * The slice of time whose customers the dump has: "everybody with a parcel in that week" is what a query of the database gives as well as what somebody reads, and who read most of these
 * people for that reason alone is not its source. The period in and out of which the dump's subjects are most unevenly spread beside all others of their strata (Poisson likelihood ratio); null when it is hardly uneven.
 */
function findSlice(
  subject: Uint32Array,
  info: Uint32Array,
  stratum: Uint16Array,
  { dumpRow, otherWeight }: Membership,
): { readonly first: number; readonly last: number } | null {
  const found = new Float64Array(BASE_STRATA);
  const all = new Float64Array(BASE_STRATA);
  let sum = 0;
  for (let s = 0; s < stratum.length; s++) {
    const isDump = dumpRow[s] !== NOT_DUMP;
    all[stratum[s]!]! += isDump ? 1 : otherWeight;
    if (!isDump) continue;
    found[stratum[s]!]!++;
    sum++;
  }
  const hits = new Grid();
  const chance = new Grid();
  let last = -1;
  let previous = 0;
  forEachActive(subject, info, (about, bucket) => {
    if (about !== last) previous = 0;
    last = about;
    const isDump = dumpRow[about] !== NOT_DUMP;
    if (isDump) hits.add(previous, bucket, 1);
    chance.add(previous, bucket, ((isDump ? 1 : otherWeight) * found[stratum[about]!]!) / all[stratum[about]!]!);
    previous = bucket + 1;
  });
  hits.accumulate();
  chance.accumulate();
  let best: { readonly gain: number; readonly first: number; readonly last: number } | null = null;
  for (let first = 0; first < BUCKETS; first++) {
    for (let end = first; end < BUCKETS; end++) {
      const inside = hits.fresh(first, end);
      const expected = chance.fresh(first, end);
      if (inside <= expected || expected <= 0) continue;
      const outside = sum - inside;
      const gain =
        inside * Math.log(inside / expected) + (outside > 0 ? outside * Math.log(outside / (sum - expected)) : 0);
      if (gain >= LEAST_SLICE_GAIN && gain > (best?.gain ?? 0)) best = { gain, first, last: end };
    }
  }
  return best;
}

/** Calls back once for each subject and bucket in which it was read, in their order. */
function forEachActive(subject: Uint32Array, info: Uint32Array, use: (subject: number, bucket: number) => void): void {
  let last = -1;
  for (let row = 0; row < subject.length; row++) {
    const bucket = (info[row]! >>> BUCKET_SHIFT) & BUCKET_MASK;
    const place = subject[row]! * BUCKETS + bucket;
    if (place !== last) use(subject[row]!, bucket);
    last = place;
  }
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

function requirements({ fields }: DumpSubjects, dumpRow: Uint32Array): Uint16Array {
  const required = new Uint16Array(dumpRow.length);
  for (let s = 0; s < dumpRow.length; s++) {
    const place = dumpRow[s]!;
    if (place !== NOT_DUMP) required[s] = requiredFields(fields[place]!);
  }
  return required;
}

/** For each mask of fields the part of the dump's subjects that require no other: sums over subsets, field by field. */
function partsGiven({ fields, subject }: DumpSubjects): Float32Array {
  const parts = new Float32Array(FIELDS_MASK + 1);
  for (const mask of fields) parts[requiredFields(mask)]! += 1 / Math.max(1, subject.length);
  for (let bit = 1; bit <= FIELDS_MASK; bit <<= 1) {
    for (let mask = 0; mask <= FIELDS_MASK; mask++) if ((mask & bit) !== 0) parts[mask]! += parts[mask ^ bit]!;
  }
  return parts;
}

function findEvents(subject: Uint32Array, info: Uint32Array, subjects: number): Events {
  const words = new Uint32Array(3 * subjects);
  let count = 0;
  let last = -1;
  forEachActive(subject, info, (about, bucket) => {
    if (about !== last) words[3 * about] = count;
    last = about;
    count++;
    if (bucket < 32) words[3 * about + 1]! |= 1 << bucket;
    else words[3 * about + 2]! |= 1 << (bucket - 32);
  });
  return { count, words };
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
