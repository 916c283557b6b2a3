import type { KeyObject } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';
import { canonicalSubject } from '../core/fields/canonical.ts';
import type { BlindIndex } from './blind-index.ts';
import type { Envelopes } from './envelope.ts';
import type { DataKeys } from './keys/data-keys.ts';
import type { DataStore, KeyStore } from './stores/port.ts';

/** What an open vault works with. */
export interface VaultParts {
  readonly data: DataStore;
  readonly keyStore: KeyStore;
  readonly keys: DataKeys;
  readonly envelopes: Envelopes;
  readonly index: BlindIndex;
  readonly nowMs: () => number;
}

/** Longest value, in bytes of UTF-8. */
export const MOST_VALUE_BYTES = 8192;
const MOST_MS = 2 ** 48 - 1;

/** How often a write is tried whose rows somebody else has changed meanwhile. */
export const WRITE_ATTEMPTS = 8;

/** Fails with VAULT_VALUE for a time that an envelope has no room for. */
export function checkTime(atMs: number): void {
  if (!Number.isInteger(atMs) || atMs < 0 || atMs > MOST_MS) throw new BoltsealError('VAULT_VALUE', { field: 'time' });
}

/** Print of an id that is about to be written. Fails with VAULT_VALUE. */
export function printOfId({ index }: VaultParts, id: string): Uint8Array {
  const print = index.ofId(id);
  if (print === null) throw new BoltsealError('VAULT_VALUE', { field: 'id' });
  return print;
}

/** An id as it is kept: answers, budgets and the ledger name a person in one way, however writers spell it. */
export function spellId(id: string): string {
  return canonicalSubject(id) ?? id;
}

/** Print of an id that may be that of somebody who was erased. Fails with VAULT_VALUE. */
export function printOfErasedId({ index }: VaultParts, id: string): Uint8Array {
  const print = index.ofErasedId(id);
  if (print === null) throw new BoltsealError('VAULT_VALUE', { field: 'id' });
  return print;
}

/** Keys by number; who was erased has none. Each number is asked for once. */
export async function keysOf({ keys }: VaultParts, numbers: Iterable<number>): Promise<ReadonlyMap<number, KeyObject>> {
  const asked = [...new Set(numbers)];
  const found = await keys.get(asked);
  const byNumber = new Map<number, KeyObject>();
  for (const [at, number] of asked.entries()) {
    const key = found[at];
    if (key !== null && key !== undefined) byNumber.set(number, key);
  }
  return byNumber;
}

/** Bytes as the key of a map. */
export function textOf(print: Uint8Array): string {
  return Buffer.from(print.buffer, print.byteOffset, print.byteLength).toString('latin1');
}

/** Whether two prints are the same. */
export function isSamePrint(a: Uint8Array | null, b: Uint8Array): boolean {
  return a !== null && Buffer.compare(a, b) === 0;
}
