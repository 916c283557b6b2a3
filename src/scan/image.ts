import type { LoadedRegister, SubjectRange } from '../register/image-memory.ts';
import type { RegisterImage } from '../register/layout.ts';
import { loadRegister } from '../register/load.ts';
import type { Arena } from './arena.ts';
import type { ImageAddresses } from './context.ts';

/** Bitmaps over all subjects, in the shared memory; they outlive passes. */
export interface SubjectMarks {
  readonly touchedAt: number;
  readonly strongAt: number;
  readonly touched: Uint32Array;
  readonly strong: Uint32Array;
}

/** A register (or a part of it) in the shared memory, with the marks that a scan sets. */
export interface ResidentRegister {
  readonly loaded: LoadedRegister;
  readonly addresses: ImageAddresses;
  /** One bit a record, a confirming entry, a control. */
  readonly recordSeen: Uint32Array;
  readonly confirmSeen: Uint32Array;
  readonly controlSeen: Uint32Array;
}

const wordsFor = (bits: number): number => Math.ceil(bits / 32) + 1;

/** Allocates the marks of `subjects` subjects. */
export function createSubjectMarks(arena: Arena, subjects: number): SubjectMarks {
  const count = wordsFor(subjects);
  const touchedAt = arena.allocate(count * 4);
  const strongAt = arena.allocate(count * 4);
  return { touchedAt, strongAt, touched: arena.words(touchedAt, count), strong: arena.words(strongAt, count) };
}

/** Loads the current generation into the shared memory. Fails like `loadRegister`, and with MEMORY_TOO_SMALL. */
export function loadResident(
  arena: Arena,
  home: string,
  key: Uint8Array,
  marks: SubjectMarks,
  subjectRange?: SubjectRange,
): ResidentRegister {
  const allocate = (_name: string, byteLength: number): Uint8Array =>
    arena.bytes(arena.allocate(byteLength), byteLength);
  const loaded = loadRegister(home, key, allocate, subjectRange === undefined ? {} : { subjectRange });
  return withMarks(arena, loaded, marks);
}

/** A register without subjects: everything that is looked up is new. */
export function createEmptyResident(arena: Arena, marks: SubjectMarks): { readonly addresses: ImageAddresses } {
  const lines = arena.allocate(64);
  const nothing = arena.allocate(64);
  const addresses: ImageAddresses = {
    lines,
    lineCount: 1,
    overflow: nothing,
    records: nothing,
    confirmIndex: nothing,
    confirm: nothing,
    currentPeriods: 0,
    subjectFrom: 0,
    touched: marks.touchedAt,
    strong: marks.strongAt,
    recordSeen: nothing,
    confirmSeen: nothing,
    controlSeen: nothing,
  };
  return { addresses };
}

function withMarks(arena: Arena, loaded: LoadedRegister, marks: SubjectMarks): ResidentRegister {
  const { image, manifest, range } = loaded;
  const controls = manifest.controls.reduce((most, control) => Math.max(most, control.first + control.controls), 0);
  const bits = (count: number): { at: number; words: Uint32Array } => {
    const size = wordsFor(count);
    const at = arena.allocate(size * 4);
    return { at, words: arena.words(at, size) };
  };
  const records = bits(image.recordCount);
  const confirm = bits(image.confirm.length / 2);
  const control = bits(controls);
  return {
    loaded,
    addresses: {
      ...addressesOf(image),
      subjectFrom: range.from,
      touched: marks.touchedAt,
      strong: marks.strongAt,
      recordSeen: records.at,
      confirmSeen: confirm.at,
      controlSeen: control.at,
    },
    recordSeen: records.words,
    confirmSeen: confirm.words,
    controlSeen: control.words,
  };
}

/** The image's arrays view the shared memory: their offsets are the kernel's addresses. */
function addressesOf(
  image: RegisterImage,
): Pick<
  ImageAddresses,
  'lines' | 'lineCount' | 'overflow' | 'records' | 'confirmIndex' | 'confirm' | 'currentPeriods'
> {
  return {
    lines: image.lines.byteOffset,
    lineCount: image.lineCount,
    overflow: image.overflow.byteOffset,
    records: image.records.byteOffset,
    confirmIndex: image.confirmIndex.byteOffset,
    confirm: image.confirm.byteOffset,
    currentPeriods: image.currentPeriods,
  };
}

/** Whether bit `at` of a bitmap is set. */
export function hasBit(bits: Uint32Array, at: number): boolean {
  return ((bits[at >>> 5]! >>> (at & 31)) & 1) !== 0;
}

/** Number of bits that are set. */
export function countBits(bits: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    let word = bits[i]!;
    if (word === 0) continue;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
