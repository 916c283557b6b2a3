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
  /** Events are one subject and one bucket in which anybody read it, numbered by subject and bucket. */
  readonly event: Uint32Array;
  readonly events: number;
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
  readonly fromSeconds: number;
  readonly bucketSeconds: number;
}

/** The bucket of a cell, divided as whole numbers. */
export function bucketOf(cell: number): number {
  return (cell / STRATA) | 0;
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
  const numbering = new Numbering(reads.subject);
  const { subjects } = numbering;
  const dumpRow = new Uint32Array(subjects).fill(NOT_DUMP);
  for (let i = 0; i < dump.subject.length; i++) {
    if (numbering.has(dump.subject[i]!)) dumpRow[numbering.of(dump.subject[i]!)] = i;
  }
  const otherWeight = sampling.others > 0 ? sampling.dump / sampling.others : 1;
  const subject = new Uint32Array(count);
  const info = new Uint32Array(count);
  const bucketBy = new Uint32Array(count);
  const firstBucket = new Uint8Array(subjects).fill(BUCKETS - 1);
  for (let row = 0; row < count; row++) {
    const number = numbering.of(reads.subject[row]!);
    const time = reads.time[row]!;
    const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor((time - fromSeconds) / bucketSeconds)));
    const place = dumpRow[number]!;
    const isCurrent = place !== NOT_DUMP && dump.from[place]! <= time && time < dump.until[place]!;
    subject[row] = number;
    bucketBy[row] = bucket;
    // A log that does not say which fields were read: they may have been any.
    info[row] = (reads.fields[row]! || FIELDS_MASK) | (bucket << BUCKET_SHIFT) | (isCurrent ? CURRENT_BIT : 0);
    if (bucket < firstBucket[number]!) firstBucket[number] = bucket;
  }
  const order = stableOrder(subject, subjects, stableOrder(bucketBy, BUCKETS, null));
  const orderedSubject = pick(subject, order);
  const orderedInfo = pick(info, order);
  const event = findEvents(orderedSubject, orderedInfo);
  return {
    count,
    subject: orderedSubject,
    principal: pick(reads.principal, order),
    info: orderedInfo,
    event,
    events: count === 0 ? 0 : event[count - 1]! + 1,
    subjects,
    dumpRow,
    required: requirements(dump, dumpRow),
    mayGive: partsGiven(dump),
    otherWeight,
    stratum: stratify(orderedSubject, orderedInfo, firstBucket, { dumpRow, otherWeight }),
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

/** The subjects that occur, numbered from 0 on, ascending: a bit each, and how many come before each word of 32, so that it stays in the processor's cache for ten million. */
class Numbering {
  readonly subjects: number;
  readonly #bits: Uint32Array;
  readonly #before: Uint32Array;

  constructor(subject: Uint32Array) {
    let most = 0;
    for (let i = 0; i < subject.length; i++) if (subject[i]! > most) most = subject[i]!;
    const bits = new Uint32Array((most >>> 5) + 1);
    for (let i = 0; i < subject.length; i++) bits[subject[i]! >>> 5]! |= 1 << (subject[i]! & 31);
    const before = new Uint32Array(bits.length);
    let count = 0;
    for (let word = 0; word < bits.length; word++) {
      before[word] = count;
      count += countBits(bits[word]!);
    }
    this.#bits = bits;
    this.#before = before;
    this.subjects = count;
  }

  has(subject: number): boolean {
    return (((this.#bits[subject >>> 5] ?? 0) >>> (subject & 31)) & 1) === 1;
  }

  /** Of one that occurs. */
  of(subject: number): number {
    const word = subject >>> 5;
    return this.#before[word]! + countBits(this.#bits[word]! & ((1 << (subject & 31)) - 1));
  }
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

/** Of rows by subject and bucket. */
function findEvents(subject: Uint32Array, info: Uint32Array): Uint32Array {
  const event = new Uint32Array(subject.length);
  let last = -1;
  let number = -1;
  for (let row = 0; row < subject.length; row++) {
    const place = subject[row]! * BUCKETS + ((info[row]! >>> BUCKET_SHIFT) & BUCKET_MASK);
    if (place !== last) number++;
    last = place;
    event[row] = number;
  }
  return event;
}

/** The order of rows by their keys (0 to `keys` − 1), those with equal keys as in `previous` (null: ascending). Counting sort. */
export function stableOrder(key: Uint32Array, keys: number, previous: Uint32Array | null): Uint32Array {
  const next = new Uint32Array(keys + 1);
  for (let row = 0; row < key.length; row++) next[key[row]! + 1]!++;
  for (let k = 0; k < keys; k++) next[k + 1]! += next[k]!;
  const order = new Uint32Array(key.length);
  for (let i = 0; i < key.length; i++) {
    const row = previous === null ? i : previous[i]!;
    order[next[key[row]!]!++] = row;
  }
  return order;
}

function pick(values: Uint32Array, order: Uint32Array): Uint32Array {
  const picked = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) picked[i] = values[order[i]!]!;
  return picked;
}
