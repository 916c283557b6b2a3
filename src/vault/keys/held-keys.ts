import { createSecretKey, hash, type KeyObject } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import { unwrapKey, WRAPPED_KEY_BYTES, wrapKey } from '../envelope.ts';

/** Bytes of what says which key something is wrapped with. */
const NAME_BYTES = 8;

interface HeldKey {
  readonly name: Buffer;
  readonly key: KeyObject;
}

/** Keys that are in our own hands: the last of them wraps, all of them unwrap. What is wrapped begins with the name of its key. */
export class HeldKeys {
  readonly #keys: readonly HeldKey[];

  /** Keys of 32 bytes, oldest first. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys.map((bytes) => ({
      name: hash('sha256', Buffer.concat([Buffer.from('boltseal vault key name 1\0'), bytes]), 'buffer').subarray(
        0,
        NAME_BYTES,
      ),
      key: createSecretKey(bytes),
    }));
  }

  /** Fails with VAULT_KEY when there is no key. */
  wrap(key: Uint8Array, context: string): Uint8Array {
    const newest = this.#keys.at(-1);
    if (newest === undefined) throw new BoltsealError('VAULT_KEY', { problem: 'there is no key-encryption key' });
    return Buffer.concat([newest.name, wrapKey(newest.key, Buffer.from(context), key)]);
  }

  /** Fails with VAULT_KEY. */
  unwrap(wrapped: Uint8Array, context: string): Uint8Array {
    const held = this.#keys.find(({ name }) => name.equals(wrapped.subarray(0, NAME_BYTES)));
    if (held === undefined || wrapped.length !== NAME_BYTES + WRAPPED_KEY_BYTES)
      throw new BoltsealError('VAULT_KEY', { problem: 'the key-encryption key is another one, or missing' });
    const key = unwrapKey(held.key, Buffer.from(context), wrapped.subarray(NAME_BYTES));
    if (key === null)
      throw new BoltsealError('VAULT_KEY', { problem: 'they were made for another vault or tenant, or are damaged' });
    return key;
  }
}
