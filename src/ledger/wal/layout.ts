import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { SECTOR_BYTES } from '../files/port.ts';

/*
 * Bytes of write-ahead segments (docs/spec/ledger.md). All numbers are big endian.
 */

/** Records begin here: the header has a page of its own. */
export const FIRST_RECORD_AT = 4096;

export const RECORD_HEADER_BYTES = 64;
export const TAG_BYTES = 16;

/** Most bytes and entries of one record, that is of one group. */
export const MAX_PLAIN_BYTES = 1 << 20;
export const MAX_GROUP_ENTRIES = 1024;

/** Most bytes that one record takes in its segment. */
export const MAX_RECORD_BYTES = recordBytes(MAX_PLAIN_BYTES);

/** Most bytes of a group in segments of a size. */
export function mostGroupBytes(segmentBytes: number): number {
  return Math.min(MAX_PLAIN_BYTES, segmentBytes - FIRST_RECORD_AT - RECORD_HEADER_BYTES - TAG_BYTES);
}

const SEGMENT_MAGIC = 0x626c_7473_6c77_616cn; // bltslwal
const RECORD_MAGIC = 0x626c_7473_6c72_6563n; // bltslrec
const FORMAT = 1;
const WRAPPED_BYTES = 60;
const HEADER_CONTEXT_BYTES = 24;

/** What the header of a segment says. */
export interface SegmentHeader {
  /** Counted from 1. */
  readonly number: number;
  readonly sizeBytes: number;
  /** The segment's key, wrapped (60 bytes). */
  readonly wrapped: Uint8Array;
}

/** What a segment's key is wrapped with, so that no key serves in another segment or log. */
export function segmentContext(origin: string, number: number, sizeBytes: number): Uint8Array {
  return Buffer.concat([headerStart(number, sizeBytes), Buffer.from(origin, 'utf8')]);
}

/** The page that begins a segment. */
export function encodeSegmentHeader({ number, sizeBytes, wrapped }: SegmentHeader): Uint8Array {
  const page = Buffer.alloc(FIRST_RECORD_AT);
  headerStart(number, sizeBytes).copy(page);
  page.set(wrapped, HEADER_CONTEXT_BYTES);
  return page;
}

/** Null when it is no header of a segment of this format. */
export function decodeSegmentHeader(page: Uint8Array): SegmentHeader | null {
  if (page.length < FIRST_RECORD_AT) return null;
  const bytes = viewOf(page);
  if (bytes.readBigUInt64BE(0) !== SEGMENT_MAGIC || bytes.readUInt32BE(8) !== FORMAT) return null;
  const end = HEADER_CONTEXT_BYTES + WRAPPED_BYTES;
  if (!isZero(page.subarray(end))) return null;
  return {
    number: bytes.readUInt32BE(12),
    sizeBytes: Number(bytes.readBigUInt64BE(16)),
    wrapped: page.slice(HEADER_CONTEXT_BYTES, end),
  };
}

/** What the header of a record says. */
export interface RecordHeader {
  readonly plainBytes: number;
  /** Within the segment, from 0. */
  readonly sequence: number;
  readonly firstIndex: number;
  readonly count: number;
  readonly segment: number;
  /** 12 bytes. */
  readonly nonce: Uint8Array;
  /** When it was written: seconds since 1970, below 2^32 (year 2106). */
  readonly writtenSeconds: number;
  /** The tag of the record before, also in the segment before; zeros for the first of a log. */
  readonly previousTag: Uint8Array;
}

/** Bytes that a record takes: header, ciphertext, tag, zeros up to the next sector. */
export function recordBytes(plainBytes: number): number {
  return Math.ceil((RECORD_HEADER_BYTES + plainBytes + TAG_BYTES) / SECTOR_BYTES) * SECTOR_BYTES;
}

/** Sealed in pieces: the cipher makes an array for what it gives, and large ones cost more than the cipher itself. */
const SEAL_STEP_BYTES = 1 << 14;

/**
 * Seals a record into the beginning of `into`, which has room for `recordBytes`, and gives its tag. Its header and, through the header, the record before
 * are authenticated with it.
 */
export function sealRecord(key: KeyObject, header: RecordHeader, plain: Uint8Array, into: Buffer): Uint8Array {
  encodeRecordHeader(header, into);
  const cipher = createCipheriv('aes-256-gcm', key, header.nonce);
  cipher.setAAD(into.subarray(0, RECORD_HEADER_BYTES));
  for (let at = 0; at < plain.length; at += SEAL_STEP_BYTES) {
    into.set(cipher.update(plain.subarray(at, at + SEAL_STEP_BYTES)), RECORD_HEADER_BYTES + at);
  }
  cipher.final();
  const tag = cipher.getAuthTag();
  const end = RECORD_HEADER_BYTES + plain.length;
  into.set(tag, end);
  into.fill(0, end + TAG_BYTES, recordBytes(plain.length));
  return tag;
}

/** The plaintext and tag of a record, `bytes` as `recordBytes` says; null when it is not authentic. */
export function openRecord(
  key: KeyObject,
  header: RecordHeader,
  bytes: Uint8Array,
): { plain: Buffer; tag: Uint8Array } | null {
  const end = RECORD_HEADER_BYTES + header.plainBytes;
  const tag = bytes.slice(end, end + TAG_BYTES);
  if (!isZero(bytes.subarray(end + TAG_BYTES))) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, header.nonce);
  decipher.setAAD(bytes.subarray(0, RECORD_HEADER_BYTES));
  decipher.setAuthTag(tag);
  const plain = decipher.update(bytes.subarray(RECORD_HEADER_BYTES, end));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return { plain, tag };
}

/** Null when it is no header of a record, or one that nobody could have written. */
export function decodeRecordHeader(sector: Uint8Array): RecordHeader | null {
  const bytes = viewOf(sector);
  if (!hasRecordMagic(sector)) return null;
  const plainBytes = bytes.readUInt32BE(8);
  const count = bytes.readUInt32BE(24);
  const firstIndex = Number(bytes.readBigUInt64BE(16));
  if (plainBytes > MAX_PLAIN_BYTES || count === 0 || count > MAX_GROUP_ENTRIES) return null;
  if (!Number.isSafeInteger(firstIndex + count)) return null;
  return {
    plainBytes,
    sequence: bytes.readUInt32BE(12),
    firstIndex,
    count,
    segment: bytes.readUInt32BE(28),
    nonce: sector.slice(32, 44),
    writtenSeconds: bytes.readUInt32BE(44),
    previousTag: sector.slice(48, 64),
  };
}

/** Whether a sector begins as a record does. */
export function hasRecordMagic(sector: Uint8Array): boolean {
  return viewOf(sector).readBigUInt64BE(0) === RECORD_MAGIC;
}

const zeros = Buffer.alloc(1 << 16);

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const part = bytes.subarray(at, at + zeros.length);
    if (!zeros.subarray(0, part.length).equals(part)) return false;
  }
  return true;
}

function encodeRecordHeader(header: RecordHeader, into: Buffer): void {
  into.writeBigUInt64BE(RECORD_MAGIC, 0);
  into.writeUInt32BE(header.plainBytes, 8);
  into.writeUInt32BE(header.sequence, 12);
  into.writeBigUInt64BE(BigInt(header.firstIndex), 16);
  into.writeUInt32BE(header.count, 24);
  into.writeUInt32BE(header.segment, 28);
  into.set(header.nonce, 32);
  into.writeUInt32BE(header.writtenSeconds, 44);
  into.set(header.previousTag, 48);
}

function headerStart(number: number, sizeBytes: number): Buffer {
  const start = Buffer.alloc(HEADER_CONTEXT_BYTES);
  start.writeBigUInt64BE(SEGMENT_MAGIC, 0);
  start.writeUInt32BE(FORMAT, 8);
  start.writeUInt32BE(number, 12);
  start.writeBigUInt64BE(BigInt(sizeBytes), 16);
  return start;
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
