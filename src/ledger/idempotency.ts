import { hash, type KeyObject } from 'node:crypto';
import type { NewEntry } from './port.ts';

/** Bytes of a request's fingerprint. */
export const REQUEST_BYTES = 16;

/** Fields of a disclosure that a repeated request may have otherwise: its time and its signature. */
const VARIABLE_FIELDS: ReadonlySet<number> = new Set([5, 7]);

/** Bytes of a block of SHA-256: the key fills one, so that what is hashed with it begins with a state that nobody else has. */
const KEY_BLOCK_BYTES = 64;

/** What a request is known by; null when it has no idempotency key. */
export type RequestFingerprint = (entry: NewEntry) => Uint8Array | null;

/**
 * Makes fingerprints of requests, 16 bytes each, from idempotency key and what is disclosed. The content is in them so that nobody can have a disclosure left out of
 * the log by giving it the key of another one; and they are keyed (32 bytes of the home) so that who finds them, in files that outlive the segments, cannot try guesses of
 * the content.
 *
 * SHA-256(key, filled to a block with zeros || idempotency key || kind (u8) || length (u32) and value of each field), cut to its first half: the cut is what makes a keyed
 * cascade a pseudorandom function of messages of any length (Bellare, Bernstein, Tessaro, "Hash-Function Based PRFs: AMAC and Its Multi-User Security", Eurocrypt 2016,
 * with truncation as the output transform); HMAC's second hash would cost a tenth of an append.
 */
export function makeRequestFingerprint(key: KeyObject): RequestFingerprint {
  let scratch = Buffer.alloc(4096);
  key.export().copy(scratch);
  return ({ idempotencyKey, kind, fields }) => {
    if (idempotencyKey === null) return null;
    let needed = KEY_BLOCK_BYTES + 32;
    for (const field of fields) needed += 4 + field.length;
    if (scratch.length < needed) scratch = Buffer.concat([scratch.subarray(0, KEY_BLOCK_BYTES)], 2 * needed);
    scratch.set(idempotencyKey, KEY_BLOCK_BYTES);
    let end = scratch.writeUInt8(kind, KEY_BLOCK_BYTES + idempotencyKey.length);
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (kind === 1 && VARIABLE_FIELDS.has(i)) continue;
      end = scratch.writeUInt32BE(field.length, end);
      scratch.set(field, end);
      end += field.length;
    }
    return hash('sha256', scratch.subarray(0, end), 'buffer').subarray(0, REQUEST_BYTES);
  };
}

/** An open-addressing table from fingerprints to indices. Fingerprints are outputs of SHA-256, so that their first bits serve as hash. */
class RequestTable {
  #capacity = 1024;
  #keys = new Uint32Array(4 * this.#capacity);
  /** Index + 1; 0: empty. */
  #indices = new Float64Array(this.#capacity);
  count = 0;

  /** -1 when it is not there. */
  get(key: Uint32Array): number {
    return this.#indices[this.#find(key)]! - 1;
  }

  set(key: Uint32Array, index: number): void {
    if (4 * this.count >= 3 * this.#capacity) this.#grow();
    const slot = this.#find(key);
    if (this.#indices[slot] === 0) this.count++;
    this.#keys.set(key, 4 * slot);
    this.#indices[slot] = index + 1;
  }

  /** Removes everything from `index` on. */
  dropFrom(index: number): void {
    this.#rebuild(this.#capacity, index);
  }

  #find(key: Uint32Array): number {
    const mask = this.#capacity - 1;
    for (let slot = key[0]! & mask; ; slot = (slot + 1) & mask) {
      if (this.#indices[slot] === 0) return slot;
      const at = 4 * slot;
      if (
        this.#keys[at] === key[0] &&
        this.#keys[at + 1] === key[1] &&
        this.#keys[at + 2] === key[2] &&
        this.#keys[at + 3] === key[3]
      ) {
        return slot;
      }
    }
  }

  #grow(): void {
    this.#rebuild(2 * this.#capacity, Number.POSITIVE_INFINITY);
  }

  #rebuild(capacity: number, before: number): void {
    const keys = this.#keys;
    const indices = this.#indices;
    this.#capacity = capacity;
    this.#keys = new Uint32Array(4 * capacity);
    this.#indices = new Float64Array(capacity);
    this.count = 0;
    for (let slot = 0; slot < indices.length; slot++) {
      const index = indices[slot]! - 1;
      if (index >= 0 && index < before) this.set(keys.subarray(4 * slot, 4 * slot + 4), index);
    }
  }
}

/** How long requests are known, and how many. */
export interface IdempotencyLimits {
  readonly windowMs: number;
  /** Beyond these the older half is forgotten early. */
  readonly mostRequests: number;
}

/** Requests of the last while and the indices that they got. They are forgotten between one and two windows after they came. */
export class RecentRequests {
  readonly #limits: IdempotencyLimits;
  #current = new RequestTable();
  #before = new RequestTable();
  #currentSinceMs: number;
  readonly #words = new Uint32Array(4);
  readonly #bytes = new Uint8Array(this.#words.buffer);

  constructor(limits: IdempotencyLimits, nowMs: number) {
    this.#limits = limits;
    this.#currentSinceMs = nowMs;
  }

  get count(): number {
    return this.#current.count + this.#before.count;
  }

  /** The index that the request got; null when it is new. */
  find(request: Uint8Array): number | null {
    this.#bytes.set(request);
    const index = this.#current.get(this.#words);
    const found = index >= 0 ? index : this.#before.get(this.#words);
    return found >= 0 ? found : null;
  }

  note(request: Uint8Array, index: number, nowMs: number): void {
    const isFull = 2 * this.#current.count >= this.#limits.mostRequests;
    if (isFull || nowMs - this.#currentSinceMs >= this.#limits.windowMs) {
      // A pause of more than a window makes both tables too old.
      if (nowMs - this.#currentSinceMs >= 2 * this.#limits.windowMs) this.#current = new RequestTable();
      this.#before = this.#current;
      this.#current = new RequestTable();
      this.#currentSinceMs = nowMs;
    }
    this.#bytes.set(request);
    this.#current.set(this.#words, index);
  }

  /** Forgets requests whose entries were refused after they had got indices from `index` on. */
  dropFrom(index: number): void {
    this.#current.dropFrom(index);
    this.#before.dropFrom(index);
  }
}
