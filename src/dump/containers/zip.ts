import { crc32, inflateRawSync } from 'node:zlib';
import { BoltsealError } from '../../core/errors.ts';
import { openRandom, type RandomFile } from '../random-file.ts';
import type { ByteInput, Container, Member, MemberFailure, ReadContext } from '../reader.ts';
import { budgetOf, type ExpansionBudget, meterOutput } from './budget.ts';
import { bunzip2 } from './bzip2.ts';
import { ChunkReader } from './chunk-reader.ts';
import { extractMembers } from './engine.ts';
import { inflateRaw } from './inflate.ts';
import {
  AES_MAC_BYTES,
  type AesDecryptor,
  aesHeaderBytes,
  type Decryptor,
  openZipAes,
  openZipCrypto,
  ZIPCRYPTO_HEADER_BYTES,
} from './zip-crypto.ts';
import { type Directory, type DirectoryEntry, findDirectory, readDirectory, viewOf } from './zip-directory.ts';
import { loneArchive } from './zip-lone.ts';
import { salvageMembers } from './zip-salvage.ts';
import { unzstd } from './zstd.ts';

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
/** A stream of zlib costs as much as decompressing so much: smaller members are decompressed at once. */
const SMALL_BYTES = 65_536;
const SMALL_OUTPUT_BYTES = 1_048_576;

/** Methods (APPNOTE 4.4.5) that 7-Zip has and Node has not: deflate64, LZMA, xz, PPMd. */
const ENGINE_METHODS = new Set([9, 14, 95, 98]);
const METHODS = new Set([0, 8, 12, 20, 93, ...ENGINE_METHODS]);
const METHOD_AES = 99;

/** zip, also ZIP64, split and encrypted (APPNOTE 6.3.10). The central directory says what is inside; without one, local headers are followed. */
export const zip: Container = {
  format: 'zip',
  detect: ({ head }) => {
    if (head[0] !== 0x50 || head[1] !== 0x4b) return false;
    // A member, the end of an empty archive, or the mark of a split one before the first member.
    const kind = ((head[2] ?? 0) << 8) | (head[3] ?? 0);
    return kind === 0x0304 || kind === 0x0506 || (kind === 0x0708 && head[4] === 0x50 && head[5] === 0x4b);
  },
  open: openArchive,
};

async function* openArchive(input: ByteInput, context: ReadContext): AsyncGenerator<Member, void, undefined> {
  const budget = budgetOf(input, context);
  const file = await openRandom(input, context);
  try {
    const directory = await findDirectory(file);
    if (directory === null) {
      yield* salvageMembers(file, budget);
      return;
    }
    const starts = await readStarts(file, directory, budget);
    let previousStart = -1;
    for await (const entry of readDirectory(file, directory)) {
      if (entry.path.endsWith('/') && entry.sizeBytes === 0) continue;
      const located = await locate(file, entry, starts, directory, entry.position === previousStart);
      previousStart = entry.position;
      yield openEntry(file, entry, located, context, budget);
    }
  } finally {
    file.close();
  }
}

/** The positions of all members, ascending; counts the members. */
async function readStarts(file: RandomFile, directory: Directory, budget: ExpansionBudget): Promise<Float64Array> {
  let starts = new Float64Array(1024);
  let count = 0;
  for await (const { position } of readDirectory(file, directory)) {
    budget.takeMember(file.name);
    if (count === starts.length) {
      const wider = new Float64Array(2 * count);
      wider.set(starts);
      starts = wider;
    }
    starts[count++] = position;
  }
  return starts.subarray(0, count).sort();
}

/** Where an entry's bytes lie, or why they cannot be read. */
type Located = { readonly from: number; readonly to: number } | MemberFailure;

/**
 * Compares an entry with its local header. Members that share bytes with others are refused: so bombs are made that need no nesting (Fifield, "A better zip bomb",
 * WOOT 2019); no program that packs files writes them.
 */
async function locate(
  file: RandomFile,
  entry: DirectoryEntry,
  starts: Float64Array,
  directory: Directory,
  isAgain: boolean,
): Promise<Located> {
  const local = file.readAt(entry.position, LOCAL_BYTES + entry.nameBytes.length);
  if (local.length < LOCAL_BYTES || isAgain) return 'DUMP_CORRUPT';
  const view = viewOf(local);
  const isSame =
    view.getUint32(0, true) === LOCAL_SIGNATURE &&
    view.getUint16(8, true) === entry.method &&
    view.getUint16(26, true) === entry.nameBytes.length &&
    entry.nameBytes.every((byte, k) => local[LOCAL_BYTES + k] === byte);
  // Encrypted central directories hide the names in local headers (APPNOTE 7.3.4).
  if ((entry.flags & 0x2000) !== 0) return 'DUMP_FORMAT';
  if (!isSame) return 'DUMP_CORRUPT';
  const from = entry.position + LOCAL_BYTES + entry.nameBytes.length + view.getUint16(28, true);
  const to = from + entry.compressedBytes;
  const next = firstAbove(starts, entry.position);
  if (to > Math.min(next ?? directory.from, directory.from)) return 'DUMP_CORRUPT';
  return { from, to };
}

function firstAbove(ascending: Float64Array, value: number): number | undefined {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return ascending[low];
}

function openEntry(
  file: RandomFile,
  entry: DirectoryEntry,
  located: Located,
  context: ReadContext,
  budget: ExpansionBudget,
): Member {
  const refuse = (failure: MemberFailure): Member => ({
    path: entry.path,
    sizeBytes: null,
    failure,
    stream: () => failing(failure, file.name),
  });
  const kind = entry.unixMode & 0o170_000;
  if (kind !== 0 && kind !== 0o100_000) return refuse('DUMP_NOT_FILE');
  if (typeof located === 'string') return refuse(located);
  const method = entry.method === METHOD_AES ? (entry.aes?.method ?? -1) : entry.method;
  if (!METHODS.has(method)) return refuse('DUMP_FORMAT');
  const name = `${file.name} › ${entry.path}`;
  if (ENGINE_METHODS.has(method)) {
    if ((entry.flags & 1) !== 0 && context.passwords.length === 0) return refuse('DUMP_PASSWORD');
    return {
      path: entry.path,
      sizeBytes: entry.sizeBytes,
      failure: null,
      stream: () => extract(file, entry, located, name, context, budget),
    };
  }
  return {
    path: entry.path,
    sizeBytes: entry.sizeBytes,
    failure: (entry.flags & 1) !== 0 && context.passwords.length === 0 ? 'DUMP_PASSWORD' : null,
    stream: () => meterOutput(readEntry(file, entry, method, located, name, context), budget, file.name),
  };
}

/** The member's bytes; its checksum is looked at in the end. */
async function* readEntry(
  file: RandomFile,
  entry: DirectoryEntry,
  method: number,
  located: { from: number; to: number },
  name: string,
  context: ReadContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { from, to } = located;
  const isEncrypted = (entry.flags & 1) !== 0;
  const compressed = isEncrypted ? decrypted(file, entry, located, name, context.passwords) : file.stream(from, to);
  // AE-2 leaves the checksum out: the authentication code stands for it.
  const isChecked = entry.aes?.version !== 2 || !isEncrypted;
  let check = 0;
  let bytesOut = 0;
  const small =
    method === 8 && !isEncrypted && to - from <= SMALL_BYTES ? inflateSmall(file.readAt(from, to - from)) : null;
  for await (const chunk of small !== null ? [small] : decompressed(compressed, method, name)) {
    bytesOut += chunk.length;
    if (isChecked) check = crc32(chunk, check);
    yield chunk;
  }
  if (isChecked && check !== entry.crc) {
    // One wrong password in 256 passes ZipCrypto's own check.
    throw new BoltsealError(isEncrypted && entry.aes === null ? 'DUMP_PASSWORD' : 'DUMP_CORRUPT', { path: name });
  }
  if (bytesOut !== entry.sizeBytes) throw new BoltsealError('DUMP_CORRUPT', { path: name });
}

/** A small member at once, or null when it is damaged or large after all: then the stream tells what can be told. */
function inflateSmall(bytes: Uint8Array): Uint8Array | null {
  try {
    return inflateRawSync(bytes, { maxOutputLength: SMALL_OUTPUT_BYTES });
  } catch {
    return null;
  }
}

async function* decompressed(
  compressed: AsyncIterable<Uint8Array>,
  method: number,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (method === 0) yield* compressed;
  else if (method === 12) yield* bunzip2(compressed, name);
  else if (method === 20 || method === 93) yield* unzstd(compressed, name);
  else {
    const reader = new ChunkReader(compressed);
    try {
      yield* inflateRaw(reader, name);
      // What follows the deflated bytes is nobody's; but the authentication code comes after it.
      while ((await reader.some(SMALL_BYTES)) !== null);
    } finally {
      await reader.close();
    }
  }
}

async function* decrypted(
  file: RandomFile,
  entry: DirectoryEntry,
  { from, to }: { from: number; to: number },
  name: string,
  passwords: readonly string[],
): AsyncGenerator<Uint8Array, void, undefined> {
  const headerBytes = entry.aes === null ? ZIPCRYPTO_HEADER_BYTES : aesHeaderBytes(entry.aes.strength);
  const macBytes = entry.aes === null ? 0 : AES_MAC_BYTES;
  const header = file.readAt(from, headerBytes);
  if (from + headerBytes + macBytes > to) throw new BoltsealError('DUMP_CORRUPT', { path: name });
  let aes: AesDecryptor | null = null;
  let decryptor: Decryptor | null = null;
  for (const password of passwords) {
    if (entry.aes === null) {
      // The checksum's top byte, or the time's where the checksum comes only after the data (APPNOTE 6.1.6).
      const check = (entry.flags & 8) !== 0 ? entry.modifiedTime >>> 8 : entry.crc >>> 24;
      decryptor = openZipCrypto(password, header, check);
    } else {
      aes = openZipAes(password, header, entry.aes.strength);
      decryptor = aes;
    }
    if (decryptor !== null) break;
  }
  if (decryptor === null) throw new BoltsealError('DUMP_PASSWORD', { path: name });
  for await (const chunk of file.stream(from + headerBytes, to - macBytes)) yield decryptor.decrypt(chunk);
  if (aes !== null && !aes.isAuthentic(file.readAt(to - macBytes, macBytes))) {
    throw new BoltsealError('DUMP_CORRUPT', { path: name });
  }
}

/** A member for 7-Zip: an archive of this member alone, made of its bytes and headers around them. */
async function* extract(
  file: RandomFile,
  entry: DirectoryEntry,
  { from, to }: { from: number; to: number },
  name: string,
  context: ReadContext,
  budget: ExpansionBudget,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { before, after } = loneArchive(entry, to - from);
  const segments = [before, ...file.segments(from, to), after];
  const request = { files: [{ name: 'member.zip', segments }], type: 'zip', passwords: context.passwords };
  for await (const member of extractMembers(request, name, budget)) {
    if (member.failure !== null) throw failed(member.failure, name);
    yield* member.stream();
    return;
  }
  throw new BoltsealError('DUMP_CORRUPT', { path: name });
}

async function* failing(failure: MemberFailure, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* [];
  throw failed(failure, name);
}

function failed(failure: MemberFailure, name: string): BoltsealError {
  return new BoltsealError(failure, {
    path: name,
    kind: failure === 'DUMP_NOT_FILE' ? 'link or device' : 'a compression method of its own',
  });
}
