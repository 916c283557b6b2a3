const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Map([...alphabet].map((letter, value) => [letter, value]));

/** Standard Base64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const word = (a << 16) | (b << 8) | c;
    const known = Math.min(3, bytes.length - at) + 1;
    for (let digit = 0; digit < 4; digit++) text += digit < known ? alphabet[(word >>> (18 - 6 * digit)) & 63] : '=';
  }
  return text;
}

/**
 * Bytes of standard Base64 with padding (RFC 4648, section 4), or null: other letters, missing padding, and bits that the padding leaves over and that are not
 * zero are refused, so that every value has one spelling.
 */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let at = 0, to = 0; at < text.length; at += 4) {
    let word = 0;
    for (let digit = 0; digit < 4; digit++) {
      const isPadding = at + digit >= text.length - padding;
      const value = isPadding ? 0 : values.get(text[at + digit] ?? '');
      if (value === undefined) return null;
      word = (word << 6) | value;
    }
    const known = Math.min(3, bytes.length - to);
    for (let byte = 0; byte < 3; byte++) {
      const value = (word >>> (16 - 8 * byte)) & 0xff;
      if (byte < known) bytes[to++] = value;
      else if (value !== 0) return null;
    }
  }
  return bytes;
}
