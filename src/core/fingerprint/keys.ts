import { blake3 } from '@noble/hashes/blake3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Field } from '../fields/field.ts';

/** Bytes of the register key and of every key derived from it. */
export const KEY_BYTES = 32;

/** Context of the key that seals the subject ids. */
export const idsContext = 'boltseal 2026-11 ids';
/** Context of the key that authenticates the manifest of a register. */
export const manifestContext = 'boltseal 2026-11 manifest';
/** Context of the key under which whole rows are hashed to count different ones. */
export const rowsContext = 'boltseal 2026-11 rows';
/** Context of the key that makes control values. */
export const controlsContext = 'boltseal 2026-11 controls';

/** Context of the key that authenticates the list of who was erased. */
export const erasedContext = 'boltseal 2026-11 erased';

/** Context of the key of a customer table's rows: another meaning of the cells gives unrelated fingerprints. */
export function rowContext(meaning: string): string {
  return `boltseal 2026-11 row of ${meaning}`;
}

/** Context, under the key of rows, of what says which key that is. */
export const rowCheckContext = 'boltseal 2026-11 row check';

/** Context of the key of what stands for rows that have no fingerprint; `check` says under which meaning. */
export function rowFillerContext(check: string): string {
  return `boltseal 2026-11 filling of rows ${check}`;
}

/** Context of a field's fingerprints: another field or another version of its normaliser gives unrelated fingerprints. */
export function fingerprintContext(field: Pick<Field, 'name' | 'version'>): string {
  return `boltseal 2026-11 fingerprint ${field.name} v${field.version}`;
}

/**
 * Derives the key of one purpose from the register key.
 *
 * BLAKE3 in derive_key mode (BLAKE3 specification, section 2.3): 32 bytes out, `registerKey` is 32 bytes, `context` is hashed as UTF-8.
 */
export function deriveKey(registerKey: Uint8Array, context: string): Uint8Array {
  return blake3(registerKey, { context: utf8ToBytes(context) });
}

/** Halves of a 64-bit fingerprint, u32 each. */
export interface Fingerprint {
  readonly lo: number;
  readonly hi: number;
}

/**
 * Fingerprint of a normalised value: the first 8 bytes, little endian, of BLAKE3 in keyed_hash mode over its UTF-8.
 *
 * `lo` is bytes 0 to 3, `hi` bytes 4 to 7; confirming fields use `lo` alone. `fieldKey` comes from `deriveKey` with `fingerprintContext`.
 */
export function fingerprint(fieldKey: Uint8Array, normalised: string): Fingerprint {
  const hash = blake3(utf8ToBytes(normalised), { key: fieldKey, dkLen: 8 });
  const view = new DataView(hash.buffer, hash.byteOffset, 8);
  return { lo: view.getUint32(0, true), hi: view.getUint32(4, true) };
}
