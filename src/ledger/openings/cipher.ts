import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { SEAL_BYTES } from '../keys/wrapping.ts';
import { sha256 } from '../sha256.ts';
import type { PartName } from './parts.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const nonceLabel = Buffer.from('boltseal ledger nonce 1\0', 'latin1');
const partBytes: Readonly<Record<PartName, number>> = { matter: 0, principal: 1 };

/**
 * Nonces for both halves of one opening: the two parts of SHA-256(label || index (u64) || lengths || both halves in the clear), 12 bytes each.
 *
 * Why no counter: the same (index, part) can be sealed twice with different content under one key. Records that were acknowledged keep their index, and a bundle
 * that is derived again after a crash seals the same bytes; but a disk that lost what it had called synced, a restored backup or a machine set back to a snapshot
 * gives the index of a lost record to another one, about the same person in the same month, and AES-GCM under a repeated nonce gives away both texts' difference and
 * the key of its tags. Random nonces would be set back with the machine as well. Here the nonce is a hash of all that is sealed, with 64 bytes of
 * seeds in it that nobody can guess: the same content gives the same bytes again, other content another nonce. It is as good as random against
 * collisions: one key seals what one person or principal has in a month, and for 2^24 parts the chance of a repetition is below 2^-48 (SP 800-38D allows 2^-32).
 */
export function noncesOf(index: number, parts: Readonly<Record<PartName, Uint8Array>>): Record<PartName, Uint8Array> {
  const { matter, principal } = parts;
  const input = Buffer.allocUnsafe(nonceLabel.length + 12 + matter.length + principal.length);
  nonceLabel.copy(input);
  let at = writeIndex(input, nonceLabel.length, index);
  at = input.writeUInt32BE(matter.length, at);
  input.set(matter, at);
  input.set(principal, at + matter.length);
  const digest = sha256(input);
  return { matter: digest.subarray(0, NONCE_BYTES), principal: digest.subarray(NONCE_BYTES, 2 * NONCE_BYTES) };
}

/** Seals and opens halves of one log: AES-256-GCM with origin, 0x00, index (u64) and half (u8) as associated data. */
export class PartCipher {
  readonly #context: Buffer;

  constructor(origin: string) {
    this.#context = Buffer.concat([Buffer.from(`${origin}\0`), Buffer.alloc(9)]);
  }

  /** Nonce, ciphertext, tag. */
  seal(key: KeyObject, index: number, part: PartName, nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(this.#contextOf(index, part));
    const text = cipher.update(plain);
    cipher.final();
    const sealed = Buffer.allocUnsafe(SEAL_BYTES + text.length);
    sealed.set(nonce);
    sealed.set(text, NONCE_BYTES);
    sealed.set(cipher.getAuthTag(), NONCE_BYTES + text.length);
    return sealed;
  }

  /** What was sealed there under that key; null when it was not. */
  open(key: KeyObject, index: number, part: PartName, sealed: Uint8Array): Uint8Array | null {
    if (sealed.length < SEAL_BYTES) return null;
    const end = sealed.length - TAG_BYTES;
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#contextOf(index, part));
    decipher.setAuthTag(sealed.subarray(end));
    try {
      const plain = decipher.update(sealed.subarray(NONCE_BYTES, end));
      decipher.final();
      return plain;
    } catch {
      return null;
    }
  }

  #contextOf(index: number, part: PartName): Uint8Array {
    const at = this.#context.length - 9;
    writeIndex(this.#context, at, index);
    this.#context[at + 8] = partBytes[part];
    return this.#context;
  }
}

function writeIndex(bytes: Buffer, at: number, index: number): number {
  bytes.writeUInt32BE(Math.floor(index / 2 ** 32), at);
  return bytes.writeUInt32BE(index % 2 ** 32, at + 4);
}
