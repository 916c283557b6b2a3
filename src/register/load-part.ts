import { CHUNK_BYTES, readChunk, readWhole, WordReader } from './chunked-files.ts';
import type { AllocateArray, ImageArray, SubjectRange, WholeFile } from './image-memory.ts';
import {
  COMMON_VALUE_RECORDS,
  CONTROL_BIT,
  LINE_BYTES,
  LINE_ENTRIES,
  PADDING_OWNER,
  type RegisterImage,
  SUBJECT_MASK,
} from './layout.ts';
import { LineBuilder, type LineSink, lineCountFor } from './lines.ts';
import type { OpenGeneration } from './store.ts';

/** How far the number of a part's lines may be from what its records need. */
const NEARLY = 0.1;

/**
 * Loads the part of a generation that belongs to `range`: the files are streamed twice, first to count, then to fill a table of the right size.
 * Memory: the part and a few buffers of 8 MiB.
 */
export function loadPart(generation: OpenGeneration, allocate: AllocateArray, range: SubjectRange): RegisterImage {
  const { manifest } = generation;
  const words = (name: ImageArray, count: number): Uint32Array => {
    const bytes = allocate(name, 4 * count);
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  };
  const whole = (name: WholeFile): Uint32Array => {
    const file = generation.open(name);
    const array = words(name, file.stored.bytes / 4);
    readWhole(file, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };

  const { lineCount, overflowCount } = measureTable(generation, range);
  const table = words('table', 4 * (LINE_ENTRIES * lineCount + overflowCount));
  fillTable(generation, range, lineCount, table);

  const confirmIndex = words('confirm-index.bin', range.to - range.from + 1);
  const [firstEntry, endEntry] = fillIndex(generation, range, confirmIndex);
  const confirm = words('confirm.bin', 2 * (endEntry - firstEntry));
  readSlice(
    generation,
    'confirm.bin',
    8 * firstEntry,
    new Uint8Array(confirm.buffer, confirm.byteOffset, confirm.byteLength),
  );
  const confirmFields = allocate('confirm-fields.bin', endEntry - firstEntry);
  readSlice(generation, 'confirm-fields.bin', firstEntry, confirmFields);

  return {
    subjectCount: manifest.subjects,
    lineCount,
    entryCount: table.length / 4,
    currentPeriods: manifest.currentPeriods,
    table,
    confirmIndex,
    confirm,
    confirmFields,
    periods: whole('periods.bin'),
    created: whole('created.bin'),
  };
}

function belongs(owner: number, { from, to }: SubjectRange): boolean {
  if (owner >= CONTROL_BIT) return from === 0;
  const subject = owner & SUBJECT_MASK;
  return subject >= from && subject < to;
}

/**
 * Visits, in the order of fingerprints, every record that belongs to the range. A value that is common in the whole register (more than
 * COMMON_VALUE_RECORDS records) must be so in every part that has any of it: where too few are left, records of nobody fill it up.
 */
function forEachKept(
  { manifest, open }: OpenGeneration,
  range: SubjectRange,
  visit: (lo: number, hi: number, owner: number, period: number) => void,
): void {
  const lines = new WordReader(open('lines.bin'));
  const overflow = new WordReader(open('overflow.bin'));
  const line = new Uint32Array(LINE_BYTES / 4);
  let groupLo = 0;
  let groupHi = 0;
  let total = 0;
  let kept = 0;
  const endGroup = (): void => {
    if (total > COMMON_VALUE_RECORDS && kept > 0) {
      for (; kept <= COMMON_VALUE_RECORDS; kept++) visit(groupLo, groupHi, PADDING_OWNER, 0);
    }
  };
  const take = (lo: number, hi: number, owner: number, period: number): void => {
    if (lo !== groupLo || hi !== groupHi) {
      endGroup();
      groupLo = lo;
      groupHi = hi;
      total = 0;
      kept = 0;
    }
    total++;
    if (!belongs(owner, range)) return;
    kept++;
    visit(lo, hi, owner, period);
  };
  for (let number = 0; number < manifest.lines; number++) {
    for (let i = 0; i < line.length; i++) line[i] = lines.word();
    const [own, rest] = [line[0]!, line[1]!];
    for (let at = 4; at < 4 * (1 + own); at += 4) take(line[at]!, line[at + 1]!, line[at + 2]!, line[at + 3]!);
    for (let i = 0; i < rest; i++) take(overflow.word(), overflow.word(), overflow.word(), overflow.word());
  }
  endGroup();
}

/** Lines and overflow of a part's table: as many lines as its records need, or nearly so when its subjects have as many as others; that saves a reading of the files. */
function measureTable(generation: OpenGeneration, range: SubjectRange): { lineCount: number; overflowCount: number } {
  const { subjects, records } = generation.manifest;
  const guess = lineCountFor((records * (range.to - range.from)) / Math.max(1, subjects));
  const measured = layOut(generation, range, guess);
  const lineCount = lineCountFor(measured.records);
  if (Math.abs(guess - lineCount) <= NEARLY * lineCount) return { lineCount: guess, overflowCount: measured.overflow };
  return { lineCount, overflowCount: layOut(generation, range, lineCount).overflow };
}

/** Records of a part, and how many of them stand in the overflow of a table of so many lines. */
function layOut(
  generation: OpenGeneration,
  range: SubjectRange,
  lineCount: number,
): { records: number; overflow: number } {
  const line = { words: new Uint32Array(LINE_BYTES / 4), at: 0, lineDone: () => {} };
  const table = new LineBuilder(lineCount, line, { word: () => {} });
  let records = 0;
  forEachKept(generation, range, (lo, hi, owner, period) => {
    table.add(lo, hi, owner, period);
    records++;
  });
  return { records, overflow: table.overflowCount };
}

function fillTable(generation: OpenGeneration, range: SubjectRange, lineCount: number, words: Uint32Array): void {
  let overflow = 4 * LINE_ENTRIES * lineCount;
  const table = new LineBuilder(lineCount, new LinesInMemory(words), {
    word: (value) => {
      words[overflow++] = value;
    },
  });
  forEachKept(generation, range, (lo, hi, owner, period) => table.add(lo, hi, owner, period));
  table.finish();
}

/** Fills the part's index, counted from the part's first entry; answers the first entry and the one after the last. */
function fillIndex({ open }: OpenGeneration, { from, to }: SubjectRange, index: Uint32Array): [number, number] {
  const reader = new WordReader(open('confirm-index.bin'));
  for (let subject = 0; subject < from; subject++) reader.word();
  const first = reader.word();
  index[0] = 0;
  for (let subject = from + 1; subject <= to; subject++) index[subject - from] = reader.word() - first;
  return [first, first + index[to - from]!];
}

/** Reads the bytes from `start` on into `target`; the pieces that hold them are checked as wholes. */
function readSlice({ open }: OpenGeneration, name: WholeFile, start: number, target: Uint8Array): void {
  const file = open(name);
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, file.stored.bytes));
  for (let at = 0; at < target.length; ) {
    const index = Math.floor((start + at) / CHUNK_BYTES);
    const size = readChunk(file, index, chunk);
    const offset = start + at - index * CHUNK_BYTES;
    const part = chunk.subarray(offset, Math.min(size, offset + target.length - at));
    target.set(part, at);
    at += part.length;
  }
}

class LinesInMemory implements LineSink {
  readonly words: Uint32Array;
  at = 0;

  constructor(words: Uint32Array) {
    this.words = words;
  }

  lineDone(): void {
    this.at += LINE_BYTES / 4;
  }
}
