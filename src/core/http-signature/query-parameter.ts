import { toUtf8 } from '../bytes.ts';
import { fromUtf8 } from '../utf8.ts';

/**
 * The value of the one query parameter with this name, both percent-encoded (RFC 9421, section 2.2.8: read as `application/x-www-form-urlencoded`, written again with that
 * encode set); null when it is not there, stands there twice, or its bytes are not UTF-8. `query` with its question mark.
 */
export function readQueryParameter(query: string, encodedName: string): string | null {
  let found: string | null = null;
  for (const pair of query.slice(1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    if (encodeAgain(equals < 0 ? pair : pair.slice(0, equals)) !== encodedName) continue;
    if (found !== null) return null;
    found = encodeAgain(equals < 0 ? '' : pair.slice(equals + 1));
    if (found === null) return null;
  }
  return found;
}

function encodeAgain(part: string): string | null {
  const text = fromUtf8(decode(part));
  return text === null ? null : encodeFormComponent(text);
}

/** Percent-encoded with the `application/x-www-form-urlencoded` encode set of the URL standard, blanks as `%20`. */
export function encodeFormComponent(text: string): string {
  let encoded = '';
  for (const byte of toUtf8(text)) encoded += isPlain(byte) ? String.fromCharCode(byte) : percent(byte);
  return encoded;
}

/** A percent sign that no two hexadecimal digits follow stands for itself, as browsers read it. */
function decode(part: string): Uint8Array {
  const raw = toUtf8(part);
  const bytes = new Uint8Array(raw.length);
  let to = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at]!;
    const high = hexDigit(raw[at + 1]);
    const low = hexDigit(raw[at + 2]);
    if (byte === 0x25 && high >= 0 && low >= 0) {
      bytes[to++] = high * 16 + low;
      at += 2;
    } else bytes[to++] = byte === 0x2b ? 0x20 : byte;
  }
  return bytes.subarray(0, to);
}

function hexDigit(byte: number | undefined): number {
  return byte === undefined ? -1 : '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
}

function isPlain(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2a ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x5f
  );
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
