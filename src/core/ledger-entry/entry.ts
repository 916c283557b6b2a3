import type { Sha256 } from '../bytes.ts';
import { COMMITMENT_BYTES, rootOfRecord } from './commitments.ts';
import { type EntryKind, fieldsOf } from './kinds.ts';
import type { EntryRecord } from './record.ts';

/** Bytes of every entry. */
export const ENTRY_BYTES = 48;
/** Milliseconds of the unit of an entry's time. */
export const HOUR_MS = 3_600_000;

const ENTRY_VERSION = 1;
const ROOT_AT = ENTRY_BYTES - COMMITMENT_BYTES;

/** What an entry says by itself. */
export interface Entry {
  readonly kind: EntryKind;
  /** Whole hours since 1970-01-01T00:00Z. */
  readonly hour: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** The 48 bytes of an entry (docs/spec/ledger-entry.md, "Entry"). */
export function encodeEntry({ kind, hour, root }: Entry): Uint8Array {
  const bytes = new Uint8Array(ENTRY_BYTES);
  bytes[0] = ENTRY_VERSION;
  bytes[1] = kind;
  bytes[3] = fieldsOf(kind)?.length ?? 0;
  bytes[4] = hour >>> 24;
  bytes[5] = hour >>> 16;
  bytes[6] = hour >>> 8;
  bytes[7] = hour;
  bytes.set(root, ROOT_AT);
  return bytes;
}

/** What the bytes say; null when they are no entry. */
export function parseEntry(bytes: Uint8Array): Entry | null {
  const [version, kind = 0, countHigh, count] = bytes;
  const fields = fieldsOf(kind);
  if (bytes.length !== ENTRY_BYTES || version !== ENTRY_VERSION || fields === null) return null;
  if (countHigh !== 0 || count !== fields.length) return null;
  if (bytes.subarray(8, ROOT_AT).some((byte) => byte !== 0)) return null;
  const hour = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
  return { kind: kind as EntryKind, hour, root: bytes.slice(ROOT_AT) };
}

/** The entry of a record: the same bytes each time. */
export function entryOf(sha256: Sha256, record: EntryRecord): Uint8Array {
  const hour = Math.floor(record.timeMs / HOUR_MS);
  return encodeEntry({ kind: record.kind, hour, root: rootOfRecord(sha256, record, hour) });
}
