/** The text that the bytes are in UTF-8, or null: strict (Unicode 16, table 3-7), a byte order mark stays. Takes many times its size in memory: for short values. */
export function fromUtf8(bytes: Uint8Array): string | null {
  let escaped = '';
  for (const byte of bytes) escaped += byte < 0x10 ? `%0${byte.toString(16)}` : `%${byte.toString(16)}`;
  try {
    return decodeURIComponent(escaped);
  } catch {
    return null;
  }
}
