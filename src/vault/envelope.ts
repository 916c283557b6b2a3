import type { KeyObject } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';
import { GCM_BYTES, openGcm, sealGcm } from './gcm.ts';
import type { Slot } from './slots.ts';

/** Of AES-256, and of every key of the vault. */
export const KEY_BYTES = 32;
/** Bytes of a print (blind-index.ts). */
export const PRINT_BYTES = 16;
const FORMAT = 1;
const HEAD_BYTES = 11;
/** What an envelope adds to its text. */
export const ENVELOPE_BYTES = HEAD_BYTES + GCM_BYTES;
/** Bytes of a wrapped key. */
export const WRAPPED_KEY_BYTES = KEY_BYTES + GCM_BYTES;

/** Which value an envelope holds. */
export interface Stamp {
  /** From 1 to 2^32 - 1. */
  readonly version: number;
  /** Milliseconds since 1970, below 2^48. */
  readonly sinceMs: number;
}

/** An opened envelope; an empty text says that the value was taken away. */
export interface Opened extends Stamp {
  readonly text: string;
}

/**
 * Seals values of one tenant with AES-256-GCM, each bound to tenant, subject, slot, version and time: docs/spec/vault.md. An envelope that stands anywhere else does
 * not open.
 */
export class Envelopes {
  readonly #tenant: Buffer;
  readonly #contexts = new Map<Slot, Buffer>();

  constructor(tenant: string) {
    this.#tenant = Buffer.from(tenant, 'utf8');
  }

  /** `subject` is the print of the subject's id: a row whose print was changed opens as little as one whose value was. */
  seal(key: KeyObject, subject: Uint8Array, slot: Slot, { version, sinceMs }: Stamp, text: string): Uint8Array {
    const envelope = sealGcm(key, this.#contextOf(subject, slot, version, sinceMs), text, HEAD_BYTES);
    envelope[0] = FORMAT;
    envelope.writeUInt32BE(version, 1);
    envelope.writeUIntBE(sinceMs, 5, 6);
    return envelope;
  }

  /** Fails with VAULT_DAMAGED when a bit of it is another one, or it was made for another place or under another key. */
  open(key: KeyObject, subject: Uint8Array, slot: Slot, envelope: Uint8Array): Opened {
    const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
    if (bytes.length < ENVELOPE_BYTES || bytes[0] !== FORMAT || subject.length !== PRINT_BYTES)
      throw new BoltsealError('VAULT_DAMAGED', { what: slot });
    const version = bytes.readUInt32BE(1);
    const sinceMs = bytes.readUIntBE(5, 6);
    const context = this.#contextOf(subject, slot, version, sinceMs);
    const plain = openGcm(key, context, bytes.subarray(HEAD_BYTES));
    if (plain === null) throw new BoltsealError('VAULT_DAMAGED', { what: slot });
    const text = plain.toString('utf8');
    plain.fill(0);
    return { version, sinceMs, text };
  }

  /** Associated data: tenant, print of the subject's id, slot, version (u32) and time (u48), each behind its length (u16), big endian. The same bytes are used again and again. */
  #contextOf(subject: Uint8Array, slot: Slot, version: number, sinceMs: number): Buffer {
    let context = this.#contexts.get(slot);
    if (context === undefined) {
      const parts = [this.#tenant, Buffer.alloc(PRINT_BYTES), Buffer.from(slot), Buffer.alloc(4), Buffer.alloc(6)];
      context = Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length >> 8, part.length & 255]), part]));
      this.#contexts.set(slot, context);
    }
    context.set(subject, 4 + this.#tenant.length);
    context.writeUInt32BE(version, context.length - 12);
    context.writeUIntBE(sinceMs, context.length - 6, 6);
    return context;
  }
}

/** Since when what an envelope holds is current, as far as anybody can read it who has no key; 0 for what is none. */
export function sinceOf({ buffer, byteOffset, byteLength }: Uint8Array): number {
  return byteLength < HEAD_BYTES ? 0 : Buffer.from(buffer, byteOffset, byteLength).readUIntBE(5, 6);
}

/** Wraps a key of 32 bytes under another; `context` is associated data. */
export function wrapKey(by: KeyObject, context: Uint8Array, key: Uint8Array): Uint8Array {
  return sealGcm(by, context, key, 0);
}

/** What `wrapKey` wrapped under the same key and context; null when it is not. */
export function unwrapKey(by: KeyObject, context: Uint8Array, wrapped: Uint8Array): Uint8Array | null {
  if (wrapped.length !== WRAPPED_KEY_BYTES) return null;
  return openGcm(by, context, Buffer.from(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength));
}
