import { BoltsealError } from '../../core/errors.ts';
import type { ByteInput, Container, Member, MemberFailure, ReadContext } from '../reader.ts';
import { budgetOf, type ExpansionBudget, meterInput } from './budget.ts';
import { ChunkReader } from './chunk-reader.ts';
import { decodeMemberName } from './member-name.ts';

const BLOCK_BYTES = 512;
/** Long names and pax records that are larger are not looked at. */
const EXTENSION_BYTES_MOST = 1_048_576;
const STREAM_BYTES = 1_048_576;

/** tar: v7, ustar and pax (POSIX.1-2024, pax, "ustar Interchange Format" and "pax Interchange Format"), GNU long names. Streams; damaged headers are skipped. */
export const tar: Container = {
  format: 'tar',
  detect: ({ head }) => head.length >= BLOCK_BYTES && head[0] !== 0 && isHeader(head.subarray(0, BLOCK_BYTES)),
  open: readArchive,
};

/** What pax records and GNU long names say of the next member. */
interface Overrides {
  path: string | null;
  sizeBytes: number | null;
  isSparse: boolean;
}

async function* readArchive(input: ByteInput, context: ReadContext): AsyncGenerator<Member, void, undefined> {
  const budget = budgetOf(input, context);
  const reader = new ChunkReader(meterInput(input, budget));
  let next: Overrides = { path: null, sizeBytes: null, isSparse: false };
  let isDamaged = false;
  try {
    while (true) {
      const block = await reader.upTo(BLOCK_BYTES);
      if (block.length === 0) break;
      if (block.length < BLOCK_BYTES) {
        if (isZero(block)) break;
        throw new BoltsealError('DUMP_TRUNCATED', { path: input.name });
      }
      // Two blocks of zeros end an archive; another may have been appended.
      if (isZero(block)) continue;
      if (!isHeader(block)) {
        isDamaged = true;
        continue;
      }
      const type = String.fromCharCode(block[156] ?? 0);
      const size = readNumber(block, 124, 12);
      if (size === null) {
        isDamaged = true;
        continue;
      }
      if ('xgLK'.includes(type)) {
        const content = await readExtension(reader, size, input.name);
        if (content !== null && type === 'x') next = readPax(content, next);
        else if (content !== null && type === 'L') next.path = decodeMemberName(untilNul(content));
        continue;
      }
      const path = next.path ?? headerPath(block);
      const failure: MemberFailure | null = next.isSparse || type === 'S' ? 'DUMP_FORMAT' : failureOf(type);
      // Links, devices and folders have no content, whatever their size says; an override is for files only.
      const sizeBytes = '123456'.includes(type) ? 0 : (next.sizeBytes ?? size);
      next = { path: null, sizeBytes: null, isSparse: false };
      if (type === 'S') await skipSparseHeaders(reader, block);
      if (type === '5' || 'VMDN'.includes(type) || (path.endsWith('/') && sizeBytes === 0)) {
        await skip(reader, padded(sizeBytes), input.name);
        continue;
      }
      budget.takeMember(input.name);
      const content = new Content(reader, sizeBytes, input.name, budget);
      yield { path, sizeBytes, failure, stream: () => content.read() };
      await content.finish();
    }
  } finally {
    await reader.close();
  }
  if (isDamaged) throw new BoltsealError('DUMP_CORRUPT', { path: input.name });
}

/** The bytes of one member, and the padding after them. */
class Content {
  readonly #reader: ChunkReader;
  readonly #name: string;
  readonly #budget: ExpansionBudget;
  #left: number;
  #padding: number;

  constructor(reader: ChunkReader, sizeBytes: number, name: string, budget: ExpansionBudget) {
    this.#reader = reader;
    this.#name = name;
    this.#budget = budget;
    this.#left = sizeBytes;
    this.#padding = padded(sizeBytes) - sizeBytes;
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      const part = await this.#reader.some(Math.min(this.#left, STREAM_BYTES));
      if (part === null) throw new BoltsealError('DUMP_TRUNCATED', { path: this.#name });
      this.#left -= part.length;
      this.#budget.takeOut(part.length, this.#name);
      yield part;
    }
  }

  async finish(): Promise<void> {
    const rest = this.#left + this.#padding;
    this.#left = 0;
    this.#padding = 0;
    await skip(this.#reader, rest, this.#name);
  }
}

async function skip(reader: ChunkReader, bytes: number, name: string): Promise<void> {
  if (!(await reader.skip(bytes))) throw new BoltsealError('DUMP_TRUNCATED', { path: name });
}

/** The content of an extension header, or null when it is too large. */
async function readExtension(reader: ChunkReader, size: number, name: string): Promise<Uint8Array | null> {
  if (size > EXTENSION_BYTES_MOST) {
    await skip(reader, padded(size), name);
    return null;
  }
  const content = (await reader.upTo(size)).slice();
  if (content.length < size) throw new BoltsealError('DUMP_TRUNCATED', { path: name });
  await skip(reader, padded(size) - size, name);
  return content;
}

/** Records `length key=value\n`; what is no such record ends the reading. */
function readPax(content: Uint8Array, before: Overrides): Overrides {
  const next = { ...before };
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    if (space < 0 || space - at > 10) break;
    const length = Number(latin1(content.subarray(at, space)));
    if (!Number.isSafeInteger(length) || length < space - at + 3 || at + length > content.length) break;
    const record = content.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    at += length;
    if (equals < 0) continue;
    const key = latin1(record.subarray(0, equals));
    const value = record.subarray(equals + 1);
    if (key === 'path' || key === 'GNU.sparse.name') next.path = decodeMemberName(value);
    if (key === 'size') {
      const size = Number(latin1(value.subarray(0, 20)));
      if (Number.isSafeInteger(size) && size >= 0) next.sizeBytes = size;
    }
    if (key.startsWith('GNU.sparse.')) next.isSparse = true;
  }
  return next;
}

/** Old GNU sparse members carry further maps after their header, each saying whether another follows. */
async function skipSparseHeaders(reader: ChunkReader, header: Uint8Array): Promise<void> {
  for (let more = header[482] === 1; more; ) {
    const block = await reader.upTo(BLOCK_BYTES);
    more = block.length === BLOCK_BYTES && block[504] === 1;
  }
}

function failureOf(type: string): MemberFailure | null {
  if ('123456'.includes(type)) return 'DUMP_NOT_FILE';
  return null;
}

function headerPath(block: Uint8Array): string {
  const name = decodeMemberName(untilNul(block.subarray(0, 100)));
  // "ustar" and NUL: POSIX; GNU writes "ustar" and a space, and other things in the prefix's place.
  const hasPrefix = latin1(block.subarray(257, 263)) === 'ustar\0' && block[345] !== 0;
  return hasPrefix ? `${decodeMemberName(untilNul(block.subarray(345, 500)))}/${name}` : name;
}

/** Whether the checksum over the header is right, with the checksum's own place as spaces. */
function isHeader(block: Uint8Array): boolean {
  const expected = readNumber(block, 148, 8);
  if (expected === null) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK_BYTES; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum === expected && sum > 8 * 0x20;
}

/** An octal number, or one in base 256 (GNU, when the first bit is set); null when it is neither, negative or too large. */
function readNumber(block: Uint8Array, at: number, length: number): number | null {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    let value = (block[at] ?? 0) & 0x7f;
    for (let k = 1; k < length; k++) value = value * 256 + (block[at + k] ?? 0);
    return Number.isSafeInteger(value) ? value : null;
  }
  const text = latin1(untilNul(block.subarray(at, at + length))).trim();
  if (!/^[0-7]*$/.test(text)) return null;
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function isZero(block: Uint8Array): boolean {
  for (const byte of block) if (byte !== 0) return false;
  return true;
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
