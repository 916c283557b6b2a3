/** ASCII whitespace: U+0009 to U+000D and space. The only characters that "trimming" means in the specification of fields. */
export function isAsciiSpace(unit: number): boolean {
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
}

/** Cuts ASCII whitespace (and no other) from both ends. */
export function trimAscii(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isAsciiSpace(text.charCodeAt(start))) start++;
  while (end > start && isAsciiSpace(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** Whether every UTF-16 unit is below 0x80. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/**
 * Whether the text has only ASCII and the ideographs U+4E00 to U+9FFF, which NFKC leaves alone (all are NFKC_Quick_Check=Yes
 * and combine with nothing), so that most cells never reach `String.normalize`.
 */
export function isNfkcInert(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80 && (unit < 0x4e00 || unit > 0x9fff)) return false;
  }
  return true;
}

// Sorting combining marks is quadratic in the length of a run: 50,000 alternating marks took 1.3 s. The bound is that of the
// Stream-Safe Text Format (UAX #15, section 13). The two half-width sound marks are letters that become combining marks.
const tooManyMarks = /[\p{M}\uff9e\uff9f]{31}/u;

/** NFKC of the text; null when more than 30 combining marks stand in a row, which no language writes. Linear time. */
export function nfkc(text: string): string | null {
  if (isNfkcInert(text)) return text;
  return tooManyMarks.test(text) ? null : text.normalize('NFKC');
}

/**
 * Case folding as the specification of fields means it: NFKC, then `toLowerCase` and NFKC again until nothing changes (at most
 * three rounds; all of Unicode needs two). Null as in `nfkc`. Idempotent.
 */
export function foldCase(text: string): string | null {
  if (isNfkcInert(text)) return text.toLowerCase();
  let folded = nfkc(text);
  for (let round = 0; folded !== null && round < 3; round++) {
    const next = nfkc(folded.toLowerCase());
    if (next === folded) return folded;
    folded = next;
  }
  return folded;
}

/** Upper case of the letters a to z and of nothing else: `toUpperCase` would turn other letters into ASCII ones (U+0131, U+00DF). */
export function upperAscii(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? text.replace(/[a-z]+/g, (run) => run.toUpperCase()) : text.toUpperCase();
}

/** Whether the text takes at most `limitBytes` in UTF-8; a lone surrogate counts as the three bytes of U+FFFD. */
export function fitsUtf8(text: string, limitBytes: number): boolean {
  if (text.length * 3 <= limitBytes) return true;
  if (text.length > limitBytes) return false;
  let sizeBytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) sizeBytes += 1;
    else if (unit < 0x800) sizeBytes += 2;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) {
      sizeBytes += 4;
      i++;
    } else sizeBytes += 3;
  }
  return sizeBytes <= limitBytes;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

// Terminal sequences go as a whole, so that no "[31m" stays behind: CSI (ECMA-48 5.4), and strings that begin with OSC, DCS, SOS,
// PM or APC (8.3) up to their end or, unfinished, to the end of the text. The bounds keep hostile input linear.
const terminalSequences =
  /(?:\x1b\[|\x9b)[\x20-\x3f]{0,64}[\x40-\x7e]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[\x20-\x2f]{0,8}[\x30-\x7e]?/g;

// Controls (Cc), format characters (Cf: bidirectional controls, zero-width characters, tags, BOM), line and paragraph
// separators, and the fillers and variation selectors that print as nothing.
const invisible = /\p{Cc}|\p{Cf}|[\u115f\u1160\u3164\uffa0]|\p{Variation_Selector}|\p{Default_Ignorable_Code_Point}/gu;

/**
 * Makes text from a hostile file safe to show on a terminal or page: no control characters, terminal sequences, bidirectional
 * controls or invisible characters; white space controls become one space; lone surrogates become U+FFFD; at most `maxLength`
 * code points, the last of them `…` when something was cut. It hides nothing: values must be masked before.
 */
export function printable(text: string, maxLength: number): string {
  // What is not shown needs no cleaning: a bounded part of the text is enough, and keeps the work bounded.
  const windowLength = maxLength * 4 + 256;
  const cut = text.length > windowLength;
  const clean = (cut ? text.slice(0, windowLength) : text)
    .replace(terminalSequences, '')
    .replace(/[\t-\r\x85\u2028\u2029]+/g, ' ')
    .replace(invisible, '')
    .toWellFormed();
  const shown = Array.from(clean);
  if (!cut && shown.length <= maxLength) return clean;
  return maxLength < 1 ? '' : `${shown.slice(0, maxLength - 1).join('')}…`;
}

/** A header for comparison with the registry's `headers`: NFKC, lower case, letters and digits of any script only. At most 128 units are read. */
export function headerKey(text: string): string {
  const folded = foldCase(text.slice(0, 128));
  return folded === null ? '' : folded.replace(/[^\p{L}\p{N}]+/gu, '');
}
