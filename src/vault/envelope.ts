import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';
import type { Slot } from './slots.ts';

/** Of AES-256, and of every key of the vault. */
export const KEY_BYTES = 32;
/** Bytes of a print (blind-index.ts). */
export const PRINT_BYTES = 16;
const FORMAT = 1;
const HEADER_BYTES = 11;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What an envelope adds to its text. */
export const ENVELOPE_BYTES = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

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

/*
 * Nonces are random: a counter would be set back with a backup of the database. A subject's key seals each of its versions once, so the bound of 2^32 seals under
 * one key (NIST SP 800-38D, section 8.3) is out of reach. They are drawn in blocks: each call of the generator costs more than its bytes.
 */
const drawn = Buffer.allocUnsafe(NONCE_BYTES * 256);
let drawnAt = drawn.length;

/** A nonce that was never given before; valid until the next call. */
function nextNonce(): Buffer {
  if (drawnAt === drawn.length) {
    randomFillSync(drawn);
    drawnAt = 0;
  }
  drawnAt += NONCE_BYTES;
  return drawn.subarray(drawnAt - NONCE_BYTES, drawnAt);
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
    const nonce = nextNonce();
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(this.#contextOf(subject, slot, version, sinceMs));
    const sealed = cipher.update(text, 'utf8');
    cipher.final();
    const envelope = Buffer.allocUnsafe(ENVELOPE_BYTES + sealed.length);
    envelope[0] = FORMAT;
    envelope.writeUInt32BE(version, 1);
    envelope.writeUIntBE(sinceMs, 5, 6);
    nonce.copy(envelope, HEADER_BYTES);
    sealed.copy(envelope, HEADER_BYTES + NONCE_BYTES);
    cipher.getAuthTag().copy(envelope, envelope.length - TAG_BYTES);
    return envelope;
  }

  /** Fails with VAULT_DAMAGED when a bit of it is another one, or it was made for another place or under another key. */
  open(key: KeyObject, subject: Uint8Array, slot: Slot, envelope: Uint8Array): Opened {
    const bytes = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength);
    if (bytes.length < ENVELOPE_BYTES || bytes[0] !== FORMAT) throw damaged(slot);
    const version = bytes.readUInt32BE(1);
    const sinceMs = bytes.readUIntBE(5, 6);
    const end = bytes.length - TAG_BYTES;
    const nonce = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#contextOf(subject, slot, version, sinceMs));
    decipher.setAuthTag(bytes.subarray(end));
    const plain = decipher.update(bytes.subarray(HEADER_BYTES + NONCE_BYTES, end));
    try {
      decipher.final();
    } catch {
      throw damaged(slot);
    }
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

function damaged(slot: Slot): BoltsealError {
  return new BoltsealError('VAULT_DAMAGED', { what: slot });
}

/**
 * Wraps a key of 32 bytes under another with AES-256-GCM: nonce, ciphertext, tag, 60 bytes. `context` is associated data.
 */
export function wrapKey(by: KeyObject, context: Uint8Array, key: Uint8Array): Uint8Array {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', by, nonce);
  cipher.setAAD(context);
  const wrapped = Buffer.allocUnsafe(WRAPPED_KEY_BYTES);
  nonce.copy(wrapped);
  cipher.update(key).copy(wrapped, NONCE_BYTES);
  cipher.final();
  cipher.getAuthTag().copy(wrapped, NONCE_BYTES + KEY_BYTES);
  return wrapped;
}

/** What `wrapKey` wrapped under the same key and context; null when it is not. */
export function unwrapKey(by: KeyObject, context: Uint8Array, wrapped: Uint8Array): Uint8Array | null {
  if (wrapped.length !== WRAPPED_KEY_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', by, wrapped.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(wrapped.subarray(NONCE_BYTES + KEY_BYTES));
  const key = decipher.update(wrapped.subarray(NONCE_BYTES, NONCE_BYTES + KEY_BYTES));
  try {
    decipher.final();
    return key;
  } catch {
    return null;
  }
}

export const WRAPPED_KEY_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
