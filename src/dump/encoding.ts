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

/** Which encoding a sample is in and how sure that is, 0 to 1. */
export interface DetectedEncoding {
  readonly encoding: Encoding;
  readonly confidence: number;
}

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

/**
 * Tells UTF-8 from GB18030 (GB 18030-2022, with GBK and GB 2312 in it) by counting what is valid in each. Samples must begin and
 * end at a row's boundary or at the input's; a sequence cut off at the very end is forgiven.
 *
 * Valid UTF-8 is hardly ever GB18030: two bytes of common Han (B0–F7, A1–FE) are a valid UTF-8 pair in about one of seven cases, so n sequences
 * leave a doubt of 1/7^n. The reverse is decided by Han rows: text in a Western code page is mostly valid GB18030 too, but its
 * accented letters are followed by ASCII ones.
 */
export function detectEncoding(samples: readonly Uint8Array[]): DetectedEncoding {
  const utf8 = { valid: 0, invalid: 0 };
  const gb = { valid: 0, invalid: 0, han: 0, paired: 0 };
  for (const sample of samples) {
    countUtf8(sample, utf8);
    countGb18030(sample, gb);
  }
  if (utf8.valid + utf8.invalid === 0) return { encoding: 'utf-8', confidence: 1 };
  if (utf8.invalid === 0) return { encoding: 'utf-8', confidence: 1 - (1 / 7) ** utf8.valid };
  const utf8Share = utf8.valid / (utf8.valid + utf8.invalid);
  const gbShare = gb.valid / (gb.valid + gb.invalid);
  const hanShare = gb.valid === 0 ? 0 : gb.han / gb.valid;
  const pairedShare = gb.valid === 0 ? 0 : gb.paired / gb.valid;
  // Misread UTF-8 has about half of its pairs in the common rows; written Chinese in GB 2312 has nearly all of them there.
  const gbScore = gbShare * (hanShare > 0.75 ? hanShare : hanShare * 0.8) * (pairedShare > 0.6 ? 1 : 0.5);
  if (utf8Share >= gbScore) return { encoding: 'utf-8', confidence: round(utf8Share * (1 - gbScore / 2)) };
  const enough = 1 - 0.5 ** gb.valid;
  return { encoding: 'gb18030', confidence: round(Math.min(1, gbShare * (0.3 + 0.7 * hanShare) * enough)) };
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}

/** Counts well-formed and broken sequences of more than one byte (Unicode Standard, table 3-7). */
function countUtf8(bytes: Uint8Array, counts: { valid: number; invalid: number }): void {
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] ?? 0;
    if (lead < 0x80) {
      index++;
      continue;
    }
    const length =
      lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    const second = bytes[index + 1] ?? 0x80;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let taken = length > 0 && second >= low && second <= high ? 2 : 1;
    while (taken > 1 && taken < length && ((bytes[index + taken] ?? 0x80) & 0xc0) === 0x80) taken++;
    if (taken === length) {
      if (index + length <= bytes.length) counts.valid++;
      index += length;
    } else {
      counts.invalid++;
      index += taken;
    }
  }
}

/** Counts valid two- and four-byte sequences, those in the common Han rows B0–F7 of GB 2312, and those whose second byte is no ASCII byte. */
function countGb18030(
  bytes: Uint8Array,
  counts: { valid: number; invalid: number; han: number; paired: number },
): void {
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] ?? 0;
    if (lead < 0x80) {
      index++;
      continue;
    }
    if (index + 1 === bytes.length) return;
    const second = bytes[index + 1] ?? 0;
    if (lead === 0x80 || lead === 0xff) {
      counts.invalid++;
      index++;
    } else if (second >= 0x40 && second !== 0x7f && second !== 0xff) {
      counts.valid++;
      if (second >= 0x80) counts.paired++;
      if (lead >= 0xb0 && lead <= 0xf7 && second >= 0xa1) counts.han++;
      index += 2;
    } else if (isFourByte(bytes, index)) {
      counts.valid++;
      counts.paired++;
      index += 4;
    } else {
      counts.invalid++;
      index++;
    }
  }
}

function isFourByte(bytes: Uint8Array, index: number): boolean {
  const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
  const third = bytes[index + 2] ?? 0;
  return isDigit(bytes[index + 1] ?? 0) && third >= 0x81 && third <= 0xfe && isDigit(bytes[index + 3] ?? 0);
}
