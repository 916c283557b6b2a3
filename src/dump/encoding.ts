import type { Encoding } from './port.ts';

/** Encodings of text by their WHATWG labels (UTF-32, which that standard has not, by Unicode's names); ISO 8859-1, -9 and the like are read as the Windows code pages that hold them. */
export type SingleEncoding =
  | Encoding
  | 'utf-16le'
  | 'utf-16be'
  | 'utf-32le'
  | 'utf-32be'
  | 'big5'
  | 'euc-kr'
  | 'euc-jp'
  | 'shift_jis'
  | 'windows-1250'
  | 'windows-1251'
  | 'windows-1252'
  | 'windows-1253'
  | 'windows-1254'
  | 'iso-8859-2'
  | 'koi8-r';

/** What the text of a part may be in: one encoding, or UTF-8 in some lines and another in the others. `Encoding` are those that the scanner reads itself. */
export type TextEncoding = SingleEncoding | `mixed:utf-8+${SingleEncoding}`;

/** A byte-order mark at the start of `bytes`, or null; `sizeBytes` is its length. Unicode Standard 23.8. */
export function byteOrderMark(bytes: Uint8Array): { encoding: string; sizeBytes: number } | null {
  const [a, b, c, d] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', sizeBytes: 3 };
  if (a === 0x84 && b === 0x31 && c === 0x95 && d === 0x33) return { encoding: 'gb18030', sizeBytes: 4 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { encoding: 'utf-32le', sizeBytes: 4 };
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { encoding: 'utf-32be', sizeBytes: 4 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', sizeBytes: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', sizeBytes: 2 };
  return null;
}

/** Share of NUL bytes from which a sample is no text in an encoding that we read. */
const NUL_SHARE = 0.05;

/**
 * What a sample full of NUL bytes is: 'utf-16le' or 'utf-16be' when most of one byte of each pair is NUL and hardly any of the
 * other, 'binary' when the NULs stand anyhow, null when there are few.
 */
export function nulPattern(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | 'binary' | null {
  let even = 0;
  let odd = 0;
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== 0) continue;
    if (index % 2 === 0) even++;
    else odd++;
  }
  if (even + odd <= bytes.length * NUL_SHARE) return null;
  const half = bytes.length / 2;
  if (odd > half * 0.2 && even < half * 0.02) return 'utf-16le';
  if (even > half * 0.2 && odd < half * 0.02) return 'utf-16be';
  return 'binary';
}
