import { customerId } from '../core/fields/customer-id.ts';
import type { Fingerprint } from '../core/fingerprint/keys.ts';
import type { LoadedRegister, SubjectRange } from './image-memory.ts';
import { CONTROL_BIT, FIELD_SHIFT, LINE_ENTRIES, LINE_SLOTS, type RegisterImage, SUBJECT_MASK } from './layout.ts';
import { findRecords, forEachRecord } from './lookup.ts';
import type { ControlCount } from './manifest.ts';
import { hasBit, setBit } from './old-versions.ts';

/** What is taken out of an image. */
interface Gone {
  /** One bit a subject. */
  readonly subjects: Uint32Array;
  /** By field: high halves of sampled values, whose controls say too much of them. */
  readonly samples: readonly ReadonlySet<number>[];
}

/**
 * Takes subjects with these ids out of a register that was just loaded, in place: their records, confirming values, times, and the controls that were made from their values. Their numbers stay, and
 * have nothing. One pass over the table, and none when nobody is there. Gives the register without them, and their numbers.
 */
export function takeOut(
  loaded: LoadedRegister,
  ids: readonly Fingerprint[],
): { readonly loaded: LoadedRegister; readonly subjects: readonly number[] } {
  const { image, manifest, range } = loaded;
  const subjects = findSubjects(image, ids);
  if (subjects.length === 0) return { loaded, subjects };
  const bits = new Uint32Array((image.subjectCount + 31) >>> 5);
  for (const subject of subjects) {
    setBit(bits, subject);
    image.created[subject] = 0;
  }
  const gone = { subjects: bits, samples: samplesOf(image, bits, manifest.controls) };
  for (let line = 0; line < image.lineCount; line++) thinLine(image.table, line, gone);
  const entries = thinConfirming(image, range, bits);
  return {
    loaded: {
      ...loaded,
      image: {
        ...image,
        confirm: image.confirm.subarray(0, 2 * entries),
        confirmFields: image.confirmFields.subarray(0, entries),
      },
    },
    subjects,
  };
}

function findSubjects({ table, ...image }: RegisterImage, ids: readonly Fingerprint[]): readonly number[] {
  const found = new Set<number>();
  for (const { lo, hi } of ids) {
    const { first, count } = findRecords({ table, ...image }, lo, hi);
    for (let record = first; record < first + count; record++) {
      const owner = table[4 * record + 2]!;
      if (owner < CONTROL_BIT && owner >>> FIELD_SHIFT === customerId.id) found.add(owner & SUBJECT_MASK);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** The sample stands at the front of the table. */
function samplesOf(
  image: RegisterImage,
  gone: Uint32Array,
  controls: readonly ControlCount[],
): readonly ReadonlySet<number>[] {
  const samples = Array.from({ length: 8 }, () => new Set<number>());
  const thresholds = new Uint32Array(8);
  for (const { id, threshold } of controls) thresholds[id] = threshold;
  const highest = Math.max(...thresholds);
  if (highest === 0) return samples;
  const visit = (_lo: number, hi: number, record: number): void => {
    const owner = image.table[4 * record + 2]!;
    const field = (owner >>> FIELD_SHIFT) & 7;
    if (owner < CONTROL_BIT && hi < thresholds[field]! && hasBit(gone, owner & SUBJECT_MASK)) samples[field]!.add(hi);
  };
  forEachRecord(image, visit, highest);
  return samples;
}

/** Moves what stays of a line, and of its part of the overflow, together: ascending they stay. */
function thinLine(table: Uint32Array, line: number, gone: Gone): void {
  const head = LINE_ENTRIES * line;
  const own = table[4 * head]!;
  const rest = table[4 * head + 1]!;
  const keptOwn = thin(table, head + 1, own, gone);
  if (keptOwn !== own) {
    table[4 * head] = keptOwn;
    table.fill(0, 4 * (head + 1 + keptOwn), 4 * (head + 1 + LINE_SLOTS));
  }
  if (rest === 0) return;
  const keptRest = thin(table, table[4 * head + 2]!, rest, gone);
  if (keptRest === rest) return;
  table[4 * head + 1] = keptRest;
  if (keptRest === 0) table[4 * head + 2] = 0;
}

/** Entries that stay of `count` from `first` on. */
function thin(table: Uint32Array, first: number, count: number, gone: Gone): number {
  let to = first;
  for (let entry = first; entry < first + count; entry++) {
    if (isGone(table[4 * entry + 2]!, table[4 * entry + 3]!, gone)) continue;
    if (to !== entry) table.copyWithin(4 * to, 4 * entry, 4 * entry + 4);
    to++;
  }
  return to - first;
}

/** `word`: period of a customer's record; high half of the sampled value of a control. */
function isGone(owner: number, word: number, { subjects, samples }: Gone): boolean {
  if (owner < CONTROL_BIT) return hasBit(subjects, owner & SUBJECT_MASK);
  const sample = samples[(owner >>> FIELD_SHIFT) & 7]!;
  return sample.size > 0 && sample.has(word);
}

/** Gives the number of entries that stay. */
function thinConfirming(
  { confirm, confirmFields, confirmIndex }: RegisterImage,
  range: SubjectRange,
  gone: Uint32Array,
): number {
  let to = 0;
  let from = 0;
  for (let subject = range.from; subject < range.to; subject++) {
    const end = confirmIndex[subject - range.from + 1]!;
    if (!hasBit(gone, subject)) {
      if (to !== from) {
        confirm.copyWithin(2 * to, 2 * from, 2 * end);
        confirmFields.copyWithin(to, from, end);
      }
      to += end - from;
    }
    from = end;
    confirmIndex[subject - range.from + 1] = to;
  }
  return to;
}
