import { isUtf8 } from 'node:buffer';
import { byteOrderMark, type SingleEncoding, type TextEncoding } from './encoding.ts';
import { costOfText, type Script } from './encoding-letters.ts';
import { undouble } from './transcode-undouble.ts';

/** What the text of a part is written in. */
export interface DetectedTextEncoding {
  readonly encoding: TextEncoding;
  /** 0 to 1. */
  readonly confidence: number;
  /** Whether most of its letters were UTF-8 that somebody took for another encoding and wrote as UTF-8 again. */
  readonly doubled: boolean;
}

/** In this order: of those that say the same about a sample the first is taken. */
const candidates: readonly (readonly [SingleEncoding, Script])[] = [
  ['gb18030', 'simplified'],
  ['big5', 'traditional'],
  ['euc-kr', 'korean'],
  ['shift_jis', 'japanese'],
  ['euc-jp', 'japanese'],
  ['windows-1252', 'western'],
  ['windows-1251', 'cyrillic'],
  ['koi8-r', 'cyrillic'],
  ['windows-1250', 'central'],
  ['iso-8859-2', 'central'],
  ['windows-1254', 'turkish'],
  ['windows-1253', 'greek'],
];

/** Bytes of lines beyond ASCII that are looked at: 64 KiB hold some thousand names. */
const JUDGED_BYTES = 65_536;
const JUDGED_LINE_BYTES = 2048;

/**
 * The encoding of samples that begin and end at a line's border (the last may be cut anywhere), the first at the start of the file. `mark` is the encoding of a byte-order mark or null.
 *
 * Lines that are valid UTF-8 speak for it; every other candidate decodes the lines and is judged by how likely the characters are in text of its script (`costOfText`), broken ones most
 * unlikely. Where many lines read better as UTF-8 and many as one other, the answer is `mixed:utf-8+…`. UTF-16 without mark is known by its line ends and by what else it would be.
 * Pure, never throws, linear.
 */
export function detectTextEncoding(samples: readonly Uint8Array[], mark: string | null): DetectedTextEncoding {
  const wide = mark === null ? wideEncoding(samples[0] ?? new Uint8Array(0)) : null;
  if (wide !== null) return { ...wide, doubled: false };
  if (mark !== null && mark !== 'utf-8') return { encoding: mark as TextEncoding, confidence: 1, doubled: false };
  const lines = foreignLines(samples);
  if (lines.length === 0) return { encoding: 'utf-8', confidence: 1, doubled: false };
  if (mark === 'utf-8') return { encoding: 'utf-8', confidence: 1, doubled: isDoubled(lines) };
  const found = narrowEncoding(lines);
  return { ...found, doubled: found.encoding === 'utf-8' && isDoubled(lines) };
}

/** Lines with bytes beyond ASCII, spread over the samples; a last line without its end is left out when there are others. */
function foreignLines(samples: readonly Uint8Array[]): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let cut: Uint8Array | null = null;
  for (const [index, sample] of samples.entries()) {
    let left = Math.floor(JUDGED_BYTES / samples.length);
    let start = index === 0 ? (byteOrderMark(sample)?.sizeBytes ?? 0) : 0;
    while (start < sample.length && left > 0) {
      const newline = sample.indexOf(0x0a, start);
      const end = newline === -1 ? sample.length : newline;
      const foreign = foreignPart(sample, start, end);
      if (foreign !== null) {
        if (newline === -1 || foreign.length === JUDGED_LINE_BYTES) cut = foreign;
        else lines.push(foreign);
        left -= foreign.length;
      }
      start = end + 1;
    }
  }
  if (lines.length === 0 && cut !== null) lines.push(withoutCutTail(cut));
  return lines;
}

/** The line from a little before its first byte beyond ASCII, or null. */
function foreignPart(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  for (let index = start; index < end; index++) {
    if ((bytes[index] ?? 0) >= 0x80) {
      let from = index;
      // Back to the start of the word, for its letters; an ASCII byte before the first other one begins no character in any of the encodings.
      while (from > start && index - from < 32 && (bytes[from - 1] ?? 0) > 0x40) from--;
      return bytes.subarray(from, Math.min(end, from + JUDGED_LINE_BYTES));
    }
  }
  return null;
}

function withoutCutTail(line: Uint8Array): Uint8Array {
  for (let tail = 0; tail < 4 && tail < line.length - 1; tail++) {
    const part = line.subarray(0, line.length - tail);
    if (isUtf8(part)) return part;
  }
  return line;
}

interface Reading {
  readonly encoding: SingleEncoding;
  readonly text: string;
  readonly costs: readonly number[];
  readonly cost: number;
  readonly broken: number;
  readonly characters: number;
}

function readAs(lines: readonly Uint8Array[], encoding: SingleEncoding, script: Script): Reading {
  const decoder = new TextDecoder(encoding);
  const texts = lines.map((line) => decoder.decode(line));
  const judged = texts.map((text) => costOfText(text, script));
  const sum = (key: 'cost' | 'broken' | 'characters'): number => judged.reduce((total, one) => total + one[key], 0);
  return {
    encoding,
    text: texts.join('\n'),
    costs: judged.map(({ cost }) => cost),
    cost: sum('cost'),
    broken: sum('broken'),
    characters: sum('characters'),
  };
}

/**
 * What a valid UTF-8 sequence is worth beside its character: bytes of common Han in GB18030 (B0–F7, A1–FE) are one by chance in 1 of 7 cases (ln 7 is 20 in these units), of three bytes in
 * 1 of 32, and most text is UTF-8.
 */
const VALID_SEQUENCE = 45;

/** Lines of the smaller kind from which a file is taken as mixed. */
const MIXED_LINES = 2;
const MIXED_SHARE = 0.02;

function narrowEncoding(lines: readonly Uint8Array[]): { encoding: TextEncoding; confidence: number } {
  const utf8 = readAs(lines, 'utf-8', 'any');
  // All valid, and more than one or two sequences that chance could have made.
  if (utf8.broken === 0 && utf8.characters >= 6) return { encoding: 'utf-8', confidence: 1 };
  // Somebody else has put U+FFFD for what was broken, and written that in UTF-8.
  if (utf8.text.includes('\ufffd') && lines.every((line) => isUtf8(line)))
    return { encoding: 'utf-8', confidence: 0.95 };
  const utf8Cost = utf8.cost - VALID_SEQUENCE * (utf8.characters - utf8.broken);
  const others: Reading[] = [];
  for (const [encoding, script] of candidates) {
    const reading = readAs(lines, encoding, script);
    const same = others.findIndex((other) => other.text === reading.text);
    const earlier = others[same];
    if (earlier === undefined) others.push(reading);
    // The letters say no encoding, only a language: the first of those that read them alike is taken, as likely as the likeliest.
    else if (reading.cost < earlier.cost) others[same] = { ...reading, encoding: earlier.encoding };
  }
  others.sort((a, b) => a.cost - b.cost);
  const [best, second] = others;
  if (best === undefined) return { encoding: 'utf-8', confidence: 0 };
  const mixed = mixedEncoding(lines, utf8, others);
  if (mixed !== null) return mixed;
  const isUtf8Best = utf8Cost <= best.cost;
  const chosen = isUtf8Best ? utf8 : best;
  const rival = isUtf8Best ? best.cost : Math.min(utf8Cost, second?.cost ?? Number.POSITIVE_INFINITY);
  const margin = (rival - Math.min(utf8Cost, best.cost)) / 10;
  const sound = 1 - chosen.broken / Math.max(1, chosen.characters);
  // Costs are no true probabilities: half of what the margin says in nats.
  return { encoding: chosen.encoding, confidence: round(sound * (1 - 0.7 * Math.exp(-margin / 4))) };
}

/** Whether some lines are UTF-8 and others one other encoding: the one that reads what is broken as UTF-8 best. */
function mixedEncoding(
  lines: readonly Uint8Array[],
  utf8: Reading,
  others: readonly Reading[],
): { encoding: TextEncoding; confidence: number } | null {
  const valid = lines.map((line) => isUtf8(line));
  const validLines = valid.filter(Boolean).length;
  const brokenLines = lines.length - validLines;
  const least = Math.max(MIXED_LINES, lines.length * MIXED_SHARE);
  if (validLines < least || brokenLines < least) return null;
  const costIn = (reading: Reading, ofValid: boolean): number =>
    reading.costs.reduce((sum, cost, index) => (valid[index] === ofValid ? sum + cost : sum), 0);
  const brokenReading = others.toSorted((a, b) => costIn(a, false) - costIn(b, false))[0];
  if (brokenReading === undefined) return null;
  // Damaged UTF-8 reads worse in any other encoding than with its few broken characters.
  let better = 0;
  let asUtf8 = 0;
  for (const [index, isValid] of valid.entries()) {
    const own = utf8.costs[index] ?? 0;
    const other = brokenReading.costs[index] ?? 0;
    if (isValid && own < other) asUtf8++;
    if (!isValid && other < own * 0.7) better++;
  }
  if (better < least || asUtf8 < least || better < brokenLines * 0.6) return null;
  return { encoding: `mixed:utf-8+${brokenReading.encoding}`, confidence: round((better + asUtf8) / lines.length) };
}

/** Most characters that are no ASCII come in runs that can be undone and read better then. */
function isDoubled(lines: readonly Uint8Array[]): boolean {
  const decoder = new TextDecoder();
  let undone = 0;
  let runs = 0;
  for (const line of lines) {
    const text = decoder.decode(line);
    for (const [run] of text.matchAll(/[^\x00-\x7f]+/g)) {
      runs++;
      if (undouble(run) !== run) undone++;
    }
  }
  return undone > 0 && undone >= runs * 0.6;
}

/** UTF-16 without a mark, by the start of a file; null when it is none. */
function wideEncoding(head: Uint8Array): { encoding: TextEncoding; confidence: number } | null {
  const bytes = head.subarray(0, JUDGED_BYTES & ~1);
  if (bytes.length < 4) return null;
  const nuls = bytes.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);
  if (nuls < Math.max(1, bytes.length * 0.002)) return null;
  const little = plausibleUnits(bytes, 0, 1);
  const big = plausibleUnits(bytes, 1, 0);
  const best = Math.max(little, big);
  if (best < 0.95 || Math.min(little, big) > best * 0.8) return null;
  return { encoding: little > big ? 'utf-16le' : 'utf-16be', confidence: round(best) };
}

/** Share of 16-bit units that are printable ASCII, line ends, or letters of the scripts that dumps are written in. */
function plausibleUnits(bytes: Uint8Array, low: number, high: number): number {
  let plausible = 0;
  const units = bytes.length >> 1;
  for (let index = 0; index < units; index++) {
    const unit = (bytes[index * 2 + low] ?? 0) | ((bytes[index * 2 + high] ?? 0) << 8);
    if (unit < 0x80 ? unit >= 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09 : isLetterUnit(unit)) plausible++;
  }
  return plausible / units;
}

function isLetterUnit(unit: number): boolean {
  if (unit < 0x0600) return unit >= 0xa0;
  if (unit >= 0x3000 && unit < 0x3100) return true;
  return (unit >= 0x4e00 && unit < 0xa000) || (unit >= 0xac00 && unit < 0xd7a4) || (unit >= 0xff00 && unit < 0xffe0);
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}
