import fs from 'node:fs';
import { customerId } from '../core/fields/customer-id.ts';
import { CONTROL_BIT, FIELD_SHIFT, LINE_BYTES, LINE_SLOTS, RECORD_BYTES } from './layout.ts';
import { lineOf } from './lookup.ts';
import { openGeneration } from './store.ts';

/** Far more than any line has: what a damaged one says is not believed. */
const MOST_IN_LINE = 100_000;

/**
 * How many of these ids, given by their fingerprints, the register of a home has; without loading it: a few reads each. What is read is not checked for damage, a count can be wrong then.
 * Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_FORMAT or KEY_UNUSABLE.
 */
export function countIds(
  home: string,
  registerKey: Uint8Array,
  ids: readonly { readonly idLo: number; readonly idHi: number }[],
): number {
  const generation = openGeneration(home, registerKey, ['lines.bin', 'overflow.bin', 'records.bin']);
  const read = (name: 'lines.bin' | 'overflow.bin' | 'records.bin', bytes: number, at: number): Buffer => {
    const buffer = Buffer.alloc(bytes);
    fs.readSync(generation.open(name).fd, buffer, 0, bytes, at);
    return buffer;
  };
  const isId = (lo: number, hi: number): boolean => {
    const line = read('lines.bin', LINE_BYTES, LINE_BYTES * lineOf(hi, generation.manifest.lines));
    const base = line.readUInt32LE(0);
    const count = Math.min(line.readUInt32LE(4), MOST_IN_LINE);
    const own = count > LINE_SLOTS ? LINE_SLOTS - 1 : Math.min(count, LINE_SLOTS);
    for (let i = 0; i < count; i++) {
      const print =
        i < own
          ? line.subarray(8 + 8 * i, 16 + 8 * i)
          : read('overflow.bin', 8, 8 * (line.readUInt32LE(8 + 8 * own) + i - own));
      if (print.readUInt32LE(0) !== lo || print.readUInt32LE(4) !== hi) continue;
      const owner = read('records.bin', 4, RECORD_BYTES * (base + i)).readUInt32LE(0);
      if (owner < CONTROL_BIT && owner >>> FIELD_SHIFT === customerId.id) return true;
    }
    return false;
  };
  try {
    return ids.filter(({ idLo, idHi }) => isId(idLo, idHi)).length;
  } finally {
    generation.close();
  }
}
