import { concatBytes, type Sha256, toBigEndian, toUtf8 } from '../bytes.ts';

/** Where an entry stands: in which log, and as which of its entries. */
export interface EntryPlace {
  readonly origin: string;
  readonly index: number;
}

/**
 * What an erasure's field "entries" says of the entries that it concerns: SHA-256 over, for each log in the order of its origin,
 * origin || 0x0A || number of its entries (u64) || their indices (u64 each, ascending).
 */
export function erasedEntriesHash(sha256: Sha256, places: readonly EntryPlace[]): Uint8Array {
  const byOrigin = Map.groupBy(places, ({ origin }) => origin);
  const pieces = [...byOrigin.keys()].sort().flatMap((origin) => {
    const indices = (byOrigin.get(origin) ?? []).map(({ index }) => index).sort((a, b) => a - b);
    return [toUtf8(`${origin}\n`), toBigEndian(indices.length, 8), ...indices.map((index) => toBigEndian(index, 8))];
  });
  return sha256(concatBytes(pieces));
}
