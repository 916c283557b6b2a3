import { CHUNK_BYTES, readChunk, readWhole, WordReader } from './chunked-files.ts';
import type { AllocateArray, ImageArray, SubjectRange } from './image-memory.ts';
import {
  COMMON_VALUE_RECORDS,
  CONTROL_BIT,
  LINE_SLOTS,
  PADDING_OWNER,
  type RegisterImage,
  SUBJECT_MASK,
} from './layout.ts';
import { LineBuilder, type LineSink, lineCountFor, type WordSink } from './lines.ts';
import { LINE_WORDS } from './lookup.ts';
import type { OpenGeneration } from './store.ts';

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
  const whole = (name: ImageArray): Uint32Array => {
    const file = generation.open(name);
    const array = words(name, file.stored.bytes / 4);
    readWhole(file, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };

  const recordCount = countRecords(generation, range);
  const lineCount = lineCountFor(recordCount);
  const lines = words('lines.bin', 16 * lineCount);
  const records = words('records.bin', 2 * recordCount);
  const overflow = fillTable(generation, range, lineCount, lines, records);
  const overflowWords = words('overflow.bin', overflow.count);
  overflow.copyTo(overflowWords);

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
    recordCount,
    currentPeriods: manifest.currentPeriods,
    lines,
    overflow: overflowWords,
    records,
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
  const records = new WordReader(open('records.bin'));
  const slots = new Uint32Array(2 * LINE_SLOTS);
  let groupLo = 0;
  let groupHi = 0;
  let total = 0;
  let kept = 0;
  const endGroup = (): void => {
    if (total > COMMON_VALUE_RECORDS && kept > 0) {
      for (; kept <= COMMON_VALUE_RECORDS; kept++) visit(groupLo, groupHi, PADDING_OWNER, 0);
    }
  };
  for (let line = 0; line < manifest.lines; line++) {
    lines.word();
    const count = lines.word();
    for (let i = 0; i < slots.length; i++) slots[i] = lines.word();
    const own = count > LINE_SLOTS ? LINE_SLOTS - 1 : count;
    for (let i = 0; i < count; i++) {
      const lo = i < own ? slots[2 * i]! : overflow.word();
      const hi = i < own ? slots[2 * i + 1]! : overflow.word();
      const owner = records.word();
      const period = records.word();
      if (lo !== groupLo || hi !== groupHi) {
        endGroup();
        groupLo = lo;
        groupHi = hi;
        total = 0;
        kept = 0;
      }
      total++;
      if (!belongs(owner, range)) continue;
      kept++;
      visit(lo, hi, owner, period);
    }
  }
  endGroup();
}

function countRecords(generation: OpenGeneration, range: SubjectRange): number {
  let count = 0;
  forEachKept(generation, range, () => {
    count++;
  });
  return count;
}

function fillTable(
  generation: OpenGeneration,
  range: SubjectRange,
  lineCount: number,
  lines: Uint32Array,
  records: Uint32Array,
): GrowingWords {
  const overflow = new GrowingWords();
  const table = new LineBuilder(lineCount, new LinesInMemory(lines), overflow);
  let filled = 0;
  forEachKept(generation, range, (lo, hi, owner, period) => {
    table.add(lo, hi);
    records[filled++] = owner;
    records[filled++] = period;
  });
  table.finish();
  return overflow;
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
function readSlice({ open }: OpenGeneration, name: ImageArray, start: number, target: Uint8Array): void {
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
    this.at += LINE_WORDS;
  }
}

/** For the overflow, whose size nobody knows before the table is built: about 4 % of it. */
class GrowingWords implements WordSink {
  readonly #full: Uint32Array[] = [];
  #tail = new Uint32Array(1 << 16);
  #used = 0;

  get count(): number {
    return this.#full.length * this.#tail.length + this.#used;
  }

  word(value: number): void {
    if (this.#used === this.#tail.length) {
      this.#full.push(this.#tail);
      this.#tail = new Uint32Array(this.#tail.length);
      this.#used = 0;
    }
    this.#tail[this.#used++] = value;
  }

  copyTo(target: Uint32Array): void {
    let at = 0;
    for (const words of this.#full) {
      target.set(words, at);
      at += words.length;
    }
    target.set(this.#tail.subarray(0, this.#used), at);
  }
}
