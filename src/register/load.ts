import { type OpenFile, readWhole } from './chunked-files.ts';
import { takeOut } from './erased-image.ts';
import { readErasures } from './erasures.ts';
import type { AllocateArray, LoadedRegister, SubjectRange, WholeFile } from './image-memory.ts';
import { ENTRY_BYTES, type RegisterImage } from './layout.ts';
import { loadPart } from './load-part.ts';
import { imageFiles, type RegisterManifest } from './manifest.ts';
import { type OpenGeneration, openGeneration } from './store.ts';

/**
 * Loads the current generation, or the part of it that belongs to some subjects, into memory that the caller gives; every byte is checked on the way.
 *
 * A part has its own smaller table, with the controls only when it begins with subject 0. Loading one takes 40 MB of buffers beside the part.
 * Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_READ, REGISTER_FORMAT or KEY_UNUSABLE.
 */
export function loadRegister(
  home: string,
  registerKey: Uint8Array,
  allocate: AllocateArray,
  options: { readonly subjectRange?: SubjectRange } = {},
): LoadedRegister {
  const generation = openGeneration(home, registerKey, imageFiles);
  try {
    const { manifest } = generation;
    const from = Math.min(options.subjectRange?.from ?? 0, manifest.subjects);
    const to = Math.max(from, Math.min(options.subjectRange?.to ?? manifest.subjects, manifest.subjects));
    const range = { from, to };
    const isPart = from > 0 || to < manifest.subjects;
    return withoutErased(home, registerKey, {
      image: isPart ? loadPart(generation, allocate, range) : loadWhole(generation, allocate),
      manifest,
      range,
    });
  } finally {
    generation.close();
  }
}

/** A register whose arrays have their memory, and what is still to be read into it. */
export interface OpenedRegister {
  /** Its arrays are at the places where they are going to be. */
  readonly image: RegisterImage;
  readonly contents: readonly FileContents[];
  /** To be called when all of it was read: takes out who was erased. Fails with REGISTER_DAMAGED. */
  finish(): LoadedRegister;
  close(): void;
}

/** A file and the memory that gets its bytes. */
export interface FileContents {
  readonly file: OpenFile;
  readonly target: Uint8Array;
}

/** Opens the current generation for a caller who reads the files' contents himself, in pieces and in any order (`readChunk`), and then closes it. Fails like `loadRegister`. */
export function openRegister(home: string, registerKey: Uint8Array, allocate: AllocateArray): OpenedRegister {
  const generation = openGeneration(home, registerKey, imageFiles);
  try {
    const { manifest } = generation;
    const { image, contents } = layOut(generation, allocate);
    const range = { from: 0, to: manifest.subjects };
    const finish = (): LoadedRegister => withoutErased(home, registerKey, { image, manifest, range });
    return { image, contents, finish, close: () => generation.close() };
  } catch (error) {
    generation.close();
    throw error;
  }
}

function loadWhole(generation: OpenGeneration, allocate: AllocateArray): RegisterImage {
  const { image, contents } = layOut(generation, allocate);
  for (const { file, target } of contents) readWhole(file, target);
  return image;
}

/** What was loaded without those who were erased since the generation was written. */
function withoutErased(home: string, registerKey: Uint8Array, read: Omit<LoadedRegister, 'erased'>): LoadedRegister {
  const { ids } = readErasures(home, registerKey);
  const loaded = { ...read, erased: { entries: ids.length, subjects: [] } };
  const waiting = ids.slice(read.manifest.erased?.entries ?? 0);
  if (waiting.length === 0) return loaded;
  const { loaded: thinned, subjects } = takeOut(loaded, waiting);
  return { ...thinned, erased: { entries: ids.length, subjects } };
}

/** The arrays of a whole register, still empty, and what belongs into them. */
function layOut(
  { manifest, open }: OpenGeneration,
  allocate: AllocateArray,
): { image: RegisterImage; contents: readonly FileContents[] } {
  const contents: FileContents[] = [];
  const bytes = (name: WholeFile): Uint8Array => {
    const file = open(name);
    const target = allocate(name, file.stored.bytes);
    contents.push({ file, target });
    return target;
  };
  const words = (name: WholeFile): Uint32Array => asWords(bytes(name));
  const [lines, overflow] = [open('lines.bin'), open('overflow.bin')];
  const table = allocate('table', lines.stored.bytes + overflow.stored.bytes);
  contents.push({ file: lines, target: table.subarray(0, lines.stored.bytes) });
  contents.push({ file: overflow, target: table.subarray(lines.stored.bytes) });
  const image: RegisterImage = {
    subjectCount: manifest.subjects,
    lineCount: manifest.lines,
    entryCount: table.length / ENTRY_BYTES,
    currentPeriods: manifest.currentPeriods,
    table: asWords(table),
    confirmIndex: words('confirm-index.bin'),
    confirm: words('confirm.bin'),
    confirmFields: bytes('confirm-fields.bin'),
    periods: words('periods.bin'),
    created: words('created.bin'),
  };
  return { image, contents };
}

/** What the current generation holds, without loading it. Fails like `loadRegister`. */
export function readManifest(home: string, registerKey: Uint8Array): RegisterManifest {
  const generation = openGeneration(home, registerKey);
  generation.close();
  return generation.manifest;
}

function asWords(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}
