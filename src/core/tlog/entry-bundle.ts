import { concatBytes, toBigEndian } from '../bytes.ts';

/** Most bytes of an entry: its length is a u16 (C2SP tlog-tiles, "Log entries"). */
export const MAX_ENTRY_BYTES = 0xffff;

/** The bytes of a bundle: each entry behind its length, u16 big endian. */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(entries.flatMap((entry) => [toBigEndian(entry.length, 2), entry]));
}

/** The entries of a bundle, or null when the bytes are none. Hostile. */
export function parseEntryBundle(bytes: Uint8Array): Uint8Array[] | null {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [high, low] = bytes.subarray(at, at + 2);
    if (high === undefined || low === undefined) return null;
    const end = at + 2 + high * 256 + low;
    if (end > bytes.length) return null;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
