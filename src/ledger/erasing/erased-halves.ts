import path from 'node:path';
import type { Files } from '../files/port.ts';
import { readWhole } from '../files/whole-files.ts';
import { shardDamage } from '../shard-place.ts';

/*
 * What a dropped shard leaves of its openings: which of its entries lacked a half, by which erasure. Tombstones in later shards name those entries by one hash, and could
 * not be checked any more without them. It tells nothing but numbers; whoever changes it makes tombstones wrong.
 */

/** A half of an entry that an erasure took. */
export interface ErasedHalf {
  /** Number of the erasure in the store of keys. */
  readonly erasure: number;
  readonly index: number;
}

const NAME = 'erased';
/** Erasure (u48), index (u64). */
const ROW_BYTES = 14;

/** Where they stand in a shard's folder. */
export function erasedHalvesFile(shardFolder: string): string {
  return path.join(shardFolder, NAME);
}

/** The bytes of the file. */
export function formatErasedHalves(halves: readonly ErasedHalf[]): Uint8Array {
  const bytes = Buffer.alloc(ROW_BYTES * halves.length);
  for (const [row, { erasure, index }] of halves.entries()) {
    bytes.writeUIntBE(erasure, ROW_BYTES * row, 6);
    bytes.writeBigUInt64BE(BigInt(index), ROW_BYTES * row + 6);
  }
  return bytes;
}

/** Reads what a dropped shard left; null when the file is not there. Fails with LEDGER_DAMAGED. */
export function readErasedHalves(files: Files, shardFolder: string): ErasedHalf[] | null {
  const whole = readWhole(files, erasedHalvesFile(shardFolder));
  if (whole === null) return null;
  const bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.length);
  if (bytes.length % ROW_BYTES !== 0) throw shardDamage(NAME, 'it does not end with a row');
  return Array.from({ length: bytes.length / ROW_BYTES }, (_, row) => {
    const index = Number(bytes.readBigUInt64BE(ROW_BYTES * row + 6));
    if (!Number.isSafeInteger(index)) throw shardDamage(NAME, 'it has an index that no log has');
    return { erasure: bytes.readUIntBE(ROW_BYTES * row, 6), index };
  });
}
