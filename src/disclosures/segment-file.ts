import fs from 'node:fs';
import { BoltsealError } from '../core/errors.ts';
import type { DisclosureColumns } from './port.ts';
import { HEADER_BYTES, readFailure, Sealer, saltOf, TAG_BYTES, Unsealer } from './sealed.ts';

/** Most disclosures in a segment: a segment in memory is 32 MiB, and 100 million disclosures are 48 of them, enough for threads to share. */
export const SEGMENT_ROWS = 2_097_152;

/** Bytes of one element of a column on disk: 0 when all are 0. */
export type Width = 0 | 1 | 2 | 4;

/** Widths of the columns, in the order time (differences), principal, subject, fields, purpose. */
export type Widths = readonly [Width, Width, Width, Width, Width];

/** What the manifest knows of a segment. */
export interface StoredSegment {
  /** Number in the file's name. */
  readonly file: number;
  /** The file's random salt, hexadecimal: no older file takes its place. */
  readonly salt: string;
  readonly rows: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  readonly widths: Widths;
}

/** The name of a segment's file. */
export function segmentName(file: number): string {
  return `segment-${file}.bin`;
}

/** Bytes of a segment's file. */
export function segmentBytes({ rows, widths }: StoredSegment): number {
  return HEADER_BYTES + widths.reduce<number>((sum, width) => sum + width * rows + TAG_BYTES, 0);
}

/**
 * Writes columns, sorted by time and not empty, to a new file and brings it to the disk.
 *
 * Each column is one sealed message of little-endian numbers as wide as its largest needs; times are differences to the one before, the first one to
 * `fromSeconds`. So a disclosure takes at most 4 + 4 + 4 + 2 + 2 = 16 bytes, and mostly 10 to 12.
 */
export function writeSegment(path: string, key: Uint8Array, file: number, columns: DisclosureColumns): StoredSegment {
  const { time } = columns;
  const rows = time.length;
  const fromSeconds = time[0]!;
  const steps = new Uint32Array(rows);
  for (let row = 1; row < rows; row++) steps[row] = time[row]! - time[row - 1]!;
  const parts = [steps, columns.principal, columns.subject, columns.fields, columns.purpose];
  const widths = parts.map(widthOf) as unknown as Widths;
  const sealer = new Sealer(key, 'segment');
  const fd = fs.openSync(path, 'wx', 0o600);
  try {
    writeAll(fd, sealer.header);
    parts.forEach((values, index) => {
      for (const bytes of sealer.seal(pack(values, widths[index]!))) writeAll(fd, bytes);
    });
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  return { file, salt: saltOf(sealer.header), rows, fromSeconds, untilSeconds: time[rows - 1]!, widths };
}

/** Memory for a column that other threads can read. */
const allocate = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

/** Reads a segment into shared memory, checks it whole. Fails with DISCLOSURES_DAMAGED, DISCLOSURES_READ, DISCLOSURES_FORMAT or KEY_UNUSABLE. */
export function readSegment(path: string, key: Uint8Array, stored: StoredSegment): DisclosureColumns {
  const { rows, widths, fromSeconds } = stored;
  const name = segmentName(stored.file);
  const damaged = (): BoltsealError => new BoltsealError('DISCLOSURES_DAMAGED', { file: name });
  const trying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw readFailure(name, cause);
    }
  };
  const fd = trying(() => fs.openSync(path, 'r'));
  try {
    const read = (bytes: number): Uint8Array => {
      const target = Buffer.allocUnsafeSlow(bytes);
      for (let at = 0; at < bytes; ) {
        const got = trying(() => fs.readSync(fd, target, at, bytes - at, null));
        if (got === 0) throw damaged();
        at += got;
      }
      return target;
    };
    const header = read(HEADER_BYTES);
    if (fs.fstatSync(fd).size !== segmentBytes(stored)) throw damaged();
    const unsealer = new Unsealer(key, 'segment', name, header);
    if (saltOf(header) !== stored.salt) throw damaged();
    const column = (index: number): Uint8Array => unsealer.open(index, read(widths[index]! * rows + TAG_BYTES));
    const words = (): Uint32Array => new Uint32Array(allocate(4 * rows));
    const halves = (): Uint16Array => new Uint16Array(allocate(2 * rows));
    const time = words();
    const steps = view(column(0), widths[0]);
    let now = fromSeconds;
    for (let row = 0; row < rows; row++) {
      now += steps[row] ?? 0;
      time[row] = now;
    }
    if (now !== stored.untilSeconds) throw damaged();
    const principal = words();
    principal.set(view(column(1), widths[1]));
    const subject = words();
    subject.set(view(column(2), widths[2]));
    const fields = halves();
    fields.set(view(column(3), widths[3]));
    const purpose = halves();
    purpose.set(view(column(4), widths[4]));
    return { time, principal, subject, fields, purpose };
  } finally {
    fs.closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
}

function widthOf(values: Uint32Array | Uint16Array): Width {
  let bits = 0;
  for (let i = 0; i < values.length; i++) bits |= values[i]!;
  bits >>>= 0;
  if (bits === 0) return 0;
  if (bits < 0x100) return 1;
  return bits < 0x10000 ? 2 : 4;
}

function pack(values: Uint32Array | Uint16Array, width: Width): Uint8Array {
  if (width === 0) return new Uint8Array(0);
  if (width === values.BYTES_PER_ELEMENT) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const narrow = width === 1 ? new Uint8Array(values.length) : new Uint16Array(values.length);
  narrow.set(values);
  return new Uint8Array(narrow.buffer);
}

/** A column as numbers of its width; empty when all are 0. */
function view(bytes: Uint8Array, width: Width): Uint8Array | Uint16Array | Uint32Array {
  if (width === 0 || width === 1) return bytes;
  // What decipher gives out may begin anywhere in its buffer.
  const at = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return width === 2
    ? new Uint16Array(at.buffer, at.byteOffset, at.length / 2)
    : new Uint32Array(at.buffer, at.byteOffset, at.length / 4);
}
