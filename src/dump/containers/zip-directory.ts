import { BoltsealError } from '../../core/errors.ts';
import type { RandomFile } from '../random-file.ts';
import { decodeMemberName } from './member-name.ts';

const END_SIGNATURE = 0x06054b50;
const END64_LOCATOR_SIGNATURE = 0x07064b50;
const END64_SIGNATURE = 0x06064b50;
const ENTRY_SIGNATURE = 0x02014b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
/** An entry with name, extra fields and comment of 65,535 bytes each. */
const ENTRY_BYTES_MOST = ENTRY_BYTES + 3 * 65_535;
const READ_BYTES = 1_048_576;

/** Where the central directory lies. */
export interface Directory {
  readonly from: number;
  readonly to: number;
  /** What was put before the archive: it is added to all positions. */
  readonly shiftBytes: number;
}

/** An entry of the central directory (APPNOTE 6.3.10, 4.3.12). Sizes are what it says, never trusted. */
export interface DirectoryEntry {
  readonly path: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly modifiedTime: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly sizeBytes: number;
  /** Of the local header, in all pieces together. */
  readonly position: number;
  /** Unix mode when it was made there, else 0. */
  readonly unixMode: number;
  /** WinZip AES: strength 1 to 3, version 1 or 2, and the method of compression. */
  readonly aes: { readonly strength: number; readonly version: number; readonly method: number } | null;
}

/** Finds the central directory from the end of the file (APPNOTE 4.3.14 to 4.3.16); null when there is none, as in a file that is cut off. */
export async function findDirectory(file: RandomFile): Promise<Directory | null> {
  const tailFrom = Math.max(0, file.sizeBytes - END_BYTES - 65_535);
  const tail = file.readAt(tailFrom, file.sizeBytes - tailFrom);
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail[at] !== 0x50 || view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) > tail.length) continue;
    const disk = view.getUint16(at + 6, true);
    const found = await checkDirectory(file, tailFrom + at, {
      disk,
      sizeBytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    });
    if (found !== null) return found;
  }
  return null;
}

async function checkDirectory(
  file: RandomFile,
  endAt: number,
  end: { disk: number; sizeBytes: number; offset: number },
): Promise<Directory | null> {
  let { disk, sizeBytes, offset } = end;
  let to = endAt;
  if (disk === 0xffff || sizeBytes === 0xffffffff || offset === 0xffffffff) {
    const locator = viewOf(file.readAt(endAt - 20, 20));
    if (locator.byteLength < 20 || locator.getUint32(0, true) !== END64_LOCATOR_SIGNATURE) return null;
    const end64At = (file.pieceStart(locator.getUint32(4, true)) ?? 0) + readUint64(locator, 8);
    const end64 = viewOf(file.readAt(end64At, 56));
    if (end64.byteLength < 56 || end64.getUint32(0, true) !== END64_SIGNATURE) return null;
    disk = end64.getUint32(20, true);
    sizeBytes = readUint64(end64, 40);
    offset = readUint64(end64, 48);
    to = end64At;
  }
  const stated = (file.pieces.length > 1 ? (file.pieceStart(disk) ?? 0) : 0) + offset;
  const from = to - sizeBytes;
  if (from < 0 || !Number.isSafeInteger(from)) return null;
  if (sizeBytes > 0) {
    const first = viewOf(file.readAt(from, 4));
    if (first.byteLength < 4 || first.getUint32(0, true) !== ENTRY_SIGNATURE) return null;
  }
  return { from, to, shiftBytes: from - stated };
}

/** The entries in order. Fails with DUMP_CORRUPT where the directory cannot be read on. */
export async function* readDirectory(
  file: RandomFile,
  directory: Directory,
): AsyncGenerator<DirectoryEntry, void, undefined> {
  let window: Uint8Array = new Uint8Array(0);
  let windowFrom = directory.from;
  for (let at = directory.from; at < directory.to; ) {
    if (at + ENTRY_BYTES_MOST > windowFrom + window.length && windowFrom + window.length < directory.to) {
      window = file.readAt(at, Math.min(READ_BYTES, directory.to - at));
      windowFrom = at;
    }
    const bytes = window.subarray(at - windowFrom);
    const view = viewOf(bytes);
    if (bytes.length < ENTRY_BYTES || view.getUint32(0, true) !== ENTRY_SIGNATURE) {
      throw new BoltsealError('DUMP_CORRUPT', { path: file.name });
    }
    const nameEnd = ENTRY_BYTES + view.getUint16(28, true);
    const extraEnd = nameEnd + view.getUint16(30, true);
    const entryBytes = extraEnd + view.getUint16(32, true);
    if (entryBytes > bytes.length) throw new BoltsealError('DUMP_CORRUPT', { path: file.name });
    yield readEntry(file, directory, view, bytes.subarray(ENTRY_BYTES, nameEnd), bytes.subarray(nameEnd, extraEnd));
    at += entryBytes;
  }
}

function readEntry(
  file: RandomFile,
  directory: Directory,
  view: DataView,
  nameBytes: Uint8Array,
  extra: Uint8Array,
): DirectoryEntry {
  let sizeBytes = view.getUint32(24, true);
  let compressedBytes = view.getUint32(20, true);
  let disk = view.getUint16(34, true);
  let offset = view.getUint32(42, true);
  const extras = readExtras(extra);
  const zip64 = extras.get(0x0001);
  if (zip64 !== undefined) {
    const fields = viewOf(zip64);
    let at = 0;
    const wide = (value: number): number => {
      if (value !== 0xffffffff || at + 8 > zip64.length) return value;
      at += 8;
      return readUint64(fields, at - 8);
    };
    sizeBytes = wide(sizeBytes);
    compressedBytes = wide(compressedBytes);
    offset = wide(offset);
    if (disk === 0xffff && at + 4 <= zip64.length) disk = fields.getUint32(at, true);
  }
  const aes = extras.get(0x9901);
  // Without a strength that there is, the method stays that of AES itself, which nobody reads.
  const aesView = aes !== undefined && aes.length >= 7 && [1, 2, 3].includes(aes[4] ?? 0) ? viewOf(aes) : null;
  const unicodeName = extras.get(0x7075);
  const path = unicodeName !== undefined && unicodeName.length > 5 ? unicodeName.subarray(5) : nameBytes;
  const start = file.pieces.length > 1 ? (file.pieceStart(disk) ?? 0) : 0;
  return {
    path: decodeMemberName(path),
    nameBytes: nameBytes.slice(),
    flags: view.getUint16(8, true),
    method: view.getUint16(10, true),
    modifiedTime: view.getUint16(12, true),
    crc: view.getUint32(16, true),
    compressedBytes,
    sizeBytes,
    position: start + offset + directory.shiftBytes,
    unixMode: view.getUint8(5) === 3 ? view.getUint16(40, true) : 0,
    aes:
      aesView === null
        ? null
        : { version: aesView.getUint16(0, true), strength: aesView.getUint8(4), method: aesView.getUint16(5, true) },
  };
}

/** Extra fields by their number (APPNOTE 4.5); the first of each. */
function readExtras(extra: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const id = view.getUint16(at, true);
    const to = at + 4 + view.getUint16(at + 2, true);
    if (to > extra.length) break;
    if (!fields.has(id)) fields.set(id, extra.subarray(at + 4, to));
    at = to;
  }
  return fields;
}

/** Loses precision beyond 2^53: no file is that large, so such positions lie outside anyway. */
function readUint64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
