import { timingSafeEqual } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import { COMMITMENT_BYTES } from '../../core/ledger-entry/commitments.ts';
import { fieldsOf } from '../../core/ledger-entry/kinds.ts';
import { hmac, type LedgerSecrets } from '../keys/wrapping.ts';

/** Entries of a whole bundle, and so openings of a whole file (C2SP tlog-tiles, "Log entries"). */
export const BUNDLE_ENTRIES = 256;

/** One half of an opening: what is about the subject, or what is about the principal. */
export interface OpeningPart {
  /** Number of the key that seals it, or sealed it. */
  readonly keyNumber: number;
  /** Whether it was erased: `bytes` are then the commitments of its fields, behind the number of each, as far as they were known. */
  readonly isErased: boolean;
  readonly bytes: Uint8Array;
}

/** The opening of one entry, still sealed. */
export interface SealedOpening {
  readonly kind: number;
  readonly matter: OpeningPart;
  readonly principal: OpeningPart;
}

/** Of which file, for its authentication. */
export interface OpeningsPlace {
  readonly origin: string;
  readonly bundle: number;
}

/** Number and commitment of an erased field. */
export const ERASED_FIELD_BYTES = 1 + COMMITMENT_BYTES;

const magic = Buffer.from('bltsopen', 'latin1');
const FORMAT = 1;
const HEADER_BYTES = 24;
const ROW_BYTES = 18;
const MAC_BYTES = 32;
const MATTER_ERASED = 1;
const PRINCIPAL_ERASED = 2;

/**
 * The bytes of a file of openings (docs/spec/ledger.md, "Openings"): header, a row for each entry, then the parts in the order of the rows, then HMAC-SHA-256 over
 * origin, 0x00 and all that. Numbers are big endian.
 */
export function formatOpenings(
  secrets: Pick<LedgerSecrets, 'openings'>,
  place: OpeningsPlace,
  openings: readonly SealedOpening[],
): Uint8Array {
  let sizeBytes = HEADER_BYTES + ROW_BYTES * openings.length;
  for (const { matter, principal } of openings) sizeBytes += matter.bytes.length + principal.bytes.length;
  const prefix = Buffer.from(`${place.origin}\0`);
  const whole = Buffer.allocUnsafe(prefix.length + sizeBytes + MAC_BYTES);
  prefix.copy(whole);
  const file = whole.subarray(prefix.length);
  magic.copy(file);
  file.writeUInt32BE(FORMAT, 8);
  file.writeUInt32BE(openings.length, 12);
  file.writeBigUInt64BE(BigInt(place.bundle), 16);
  let row = HEADER_BYTES;
  let at = HEADER_BYTES + ROW_BYTES * openings.length;
  for (const { kind, matter, principal } of openings) {
    file[row] = kind;
    file[row + 1] = (matter.isErased ? MATTER_ERASED : 0) | (principal.isErased ? PRINCIPAL_ERASED : 0);
    file.writeUIntBE(matter.keyNumber, row + 2, 6);
    file.writeUIntBE(principal.keyNumber, row + 8, 6);
    file.writeUInt16BE(matter.bytes.length, row + 14);
    file.writeUInt16BE(principal.bytes.length, row + 16);
    row += ROW_BYTES;
    file.set(matter.bytes, at);
    file.set(principal.bytes, at + matter.bytes.length);
    at += matter.bytes.length + principal.bytes.length;
  }
  file.set(hmac(secrets.openings, whole.subarray(0, prefix.length + sizeBytes)), sizeBytes);
  return file;
}

/** What `formatOpenings` wrote for that place; its parts are views of `file`. Fails with LEDGER_DAMAGED. */
export function parseOpenings(
  secrets: Pick<LedgerSecrets, 'openings'>,
  place: OpeningsPlace,
  file: Uint8Array,
): SealedOpening[] {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const end = bytes.length - MAC_BYTES;
  if (end < HEADER_BYTES || !bytes.subarray(0, 8).equals(magic)) throw damaged(place, 'it is no file of openings');
  if (bytes.readUInt32BE(8) !== FORMAT) throw damaged(place, 'it is of an unknown version');
  const mac = hmac(secrets.openings, Buffer.concat([Buffer.from(`${place.origin}\0`), bytes.subarray(0, end)]));
  if (!timingSafeEqual(mac, bytes.subarray(end))) throw damaged(place, 'it was changed, or is of another place');
  const count = bytes.readUInt32BE(12);
  // Authentic, so only a fault of this program would be found by what follows.
  if (bytes.readBigUInt64BE(16) !== BigInt(place.bundle) || count > BUNDLE_ENTRIES)
    throw damaged(place, 'it is of another place');
  const openings: SealedOpening[] = [];
  let at = HEADER_BYTES + ROW_BYTES * count;
  const take = (keyNumber: number, isErased: boolean, length: number): OpeningPart => {
    at += length;
    return { keyNumber, isErased, bytes: bytes.subarray(at - length, at) };
  };
  for (let row = HEADER_BYTES; openings.length < count; row += ROW_BYTES) {
    const [kind = 0, flags = 0] = bytes.subarray(row, row + 2);
    openings.push({
      kind,
      matter: take(bytes.readUIntBE(row + 2, 6), (flags & MATTER_ERASED) !== 0, bytes.readUInt16BE(row + 14)),
      principal: take(bytes.readUIntBE(row + 8, 6), (flags & PRINCIPAL_ERASED) !== 0, bytes.readUInt16BE(row + 16)),
    });
  }
  if (at !== end || openings.some(({ kind }) => fieldsOf(kind) === null)) throw damaged(place, 'its rows do not fit');
  return openings;
}

/** Openings that a file says it has; nothing else of it is looked at. Fails with LEDGER_DAMAGED. */
export function countOpenings(file: Uint8Array): number {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const isOne = bytes.length >= HEADER_BYTES + MAC_BYTES && bytes.subarray(0, 8).equals(magic);
  const count = isOne ? bytes.readUInt32BE(12) : Number.POSITIVE_INFINITY;
  if (count > BUNDLE_ENTRIES)
    throw new BoltsealError('LEDGER_DAMAGED', { file: 'openings', problem: 'it is no file of openings' });
  return count;
}

/** LEDGER_DAMAGED for a file of openings. */
export function damaged({ bundle }: OpeningsPlace, problem: string): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file: `openings/${bundle}`, problem });
}
