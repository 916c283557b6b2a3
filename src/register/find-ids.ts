import { customerId } from '../core/fields/customer-id.ts';
import { readAt } from './chunked-files.ts';
import { CONTROL_BIT, ENTRY_BYTES, FIELD_SHIFT, LINE_ENTRIES, LINE_SLOTS } from './layout.ts';
import { lineOf } from './lookup.ts';
import { openGeneration } from './store.ts';

/** Far more than any line has: what a damaged one says is not believed. */
const MOST_IN_OVERFLOW = 100_000;

/**
 * How many of these ids, given by their fingerprints, the register of a home has; without loading it: a few reads each. What is read is not checked for damage, a count can be wrong then.
 * Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_FORMAT or KEY_UNUSABLE.
 */
export function countIds(
  home: string,
  registerKey: Uint8Array,
  ids: readonly { readonly idLo: number; readonly idHi: number }[],
): number {
  const generation = openGeneration(home, registerKey, ['lines.bin', 'overflow.bin']);
  const { lines } = generation.manifest;
  /** Entries from number `entry` on: those of lines come first, then the overflow. */
  const read = (entry: number, count: number): Buffer => {
    const buffer = Buffer.alloc(count * ENTRY_BYTES);
    const own = LINE_ENTRIES * lines;
    const [name, from] = entry < own ? (['lines.bin', entry] as const) : (['overflow.bin', entry - own] as const);
    readAt(generation.open(name), buffer, from * ENTRY_BYTES);
    return buffer;
  };
  const hasId = (entries: Buffer, lo: number, hi: number): boolean => {
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      const owner = entries.readUInt32LE(at + 8);
      const isIt = entries.readUInt32LE(at) === lo && entries.readUInt32LE(at + 4) === hi;
      if (isIt && owner < CONTROL_BIT && owner >>> FIELD_SHIFT === customerId.id) return true;
    }
    return false;
  };
  const isId = (lo: number, hi: number): boolean => {
    const line = read(LINE_ENTRIES * lineOf(hi, lines), LINE_ENTRIES);
    const own = Math.min(line.readUInt32LE(0), LINE_SLOTS);
    const rest = Math.min(line.readUInt32LE(4), MOST_IN_OVERFLOW);
    if (hasId(line.subarray(ENTRY_BYTES, (1 + own) * ENTRY_BYTES), lo, hi)) return true;
    return rest > 0 && hasId(read(line.readUInt32LE(8), rest), lo, hi);
  };
  try {
    return ids.filter(({ idLo, idHi }) => isId(idLo, idHi)).length;
  } finally {
    generation.close();
  }
}
