import { DIRECT_SEPARATOR, MAX_DIRECT_BYTES } from '../reader.ts';
import { startsWith } from './json-layout.ts';
import type { PathTree } from './json-paths.ts';
import { ESCAPED, isNumber, NULL, RAW, type RecordScanner } from './json-scan.ts';
import type { Shape } from './record-shapes.ts';

/** Values of the records that templates are made of. */
const MAX_VALUES = 256;
/** Records that fit in vain before another template is made: where every record is different, making them would cost more than they save. */
const PATIENCE = 8;

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;

/**
 * What stands between the values of a record: its keys, brackets and blanks. Another record in which exactly these bytes stand between strings where strings stood, and between
 * other scalars where those stood, has the same paths, so that its values can be copied to the same columns without taking it apart.
 */
export class JsonTemplate {
  readonly #tree: PathTree;
  #shape: Shape | null = null;
  /** `tree.owned` when the template was made: an array that has got a table of its own since is no longer a part of its record. */
  #owned = 0;
  /** The texts between values, one after another, and where each ends. */
  #between = new Uint8Array(0);
  readonly #ends: number[] = [];
  readonly #isString: boolean[] = [];
  /** Cells without a value before each value, and behind the last. */
  readonly #emptyBefore: number[] = [];
  /** Records that may still fit in vain. */
  #patience = 0;

  constructor(tree: PathTree) {
    this.#tree = tree;
  }

  /** Makes the template of the record [from, to), which the scanner has just read and which is a row of `shape`, unless the last one was made not long ago. */
  learn(bytes: Uint8Array, from: number, to: number, scanner: RecordScanner, shape: Shape): void {
    if (this.#patience > 0) {
      this.#patience--;
      return;
    }
    this.#shape = null;
    this.#patience = PATIENCE;
    const { count, starts, ends, kinds, ids } = scanner;
    if (shape.writer.direct === undefined || scanner.ownArrays.length > 0) return;
    if (count === 0 || count > MAX_VALUES || to - from > MAX_DIRECT_BYTES) return;
    this.#ends.length = 0;
    this.#isString.length = 0;
    this.#emptyBefore.length = 0;
    const between = new Uint8Array(to - from);
    let length = 0;
    let at = from;
    let column = 0;
    const keep = (end: number): void => {
      between.set(bytes.subarray(at, end), length);
      length += end - at;
      this.#ends.push(length);
    };
    for (let index = 0; index < count; index++) {
      const kind = kinds[index]!;
      if (kind !== RAW && kind !== ESCAPED && kind !== NULL) return;
      const mark = bytes[starts[index]! - 1];
      const isString = mark === QUOTE;
      const start = isString ? starts[index]! - 1 : starts[index]!;
      const place = shape.columns.indexOf(ids[index]!, column);
      // Values that come in another order than their columns, or twice; texts as they are not written in JSON.
      if (start < at || place < 0 || mark === APOSTROPHE) return;
      keep(start);
      this.#isString.push(isString);
      this.#emptyBefore.push(place - column);
      column = place + 1;
      at = isString ? ends[index]! + 1 : ends[index]!;
    }
    keep(to);
    this.#emptyBefore.push(shape.columns.length - column);
    this.#between = between.subarray(0, length);
    this.#owned = this.#tree.owned;
    if (!dependsOnValues(this.#between, this.#isString)) this.#shape = shape;
  }

  /** Writes the row of the record at `from` when it is like the template; answers where the record ends, or -1 and nothing is written. */
  read(bytes: Uint8Array, from: number, end: number): number {
    const shape = this.#shape;
    const direct = shape?.writer.direct;
    if (shape === null || direct === undefined || this.#owned !== this.#tree.owned) return -1;
    const limit = Math.min(end, from + MAX_DIRECT_BYTES);
    const between = this.#between;
    const ends = this.#ends;
    const emptyBefore = this.#emptyBefore;
    const values = this.#isString.length;
    const target = direct.room();
    let out = direct.rowAt;
    let at = from;
    let known = 0;
    for (let value = 0; ; value++) {
      const knownEnd = ends[value]!;
      // One byte more than what is compared: every value has a first byte.
      if (at + (knownEnd - known) >= limit) return -1;
      while (known < knownEnd && bytes[at] === between[known]) {
        at++;
        known++;
      }
      if (known < knownEnd) return -1;
      for (let empty = emptyBefore[value]!; empty > 0; empty--) target[out++] = DIRECT_SEPARATOR;
      if (value === values) break;
      if (value > 0) target[out++] = DIRECT_SEPARATOR;
      if (this.#isString[value] === true) {
        if (bytes[at] !== QUOTE || ++at >= limit) return -1;
        let unit = bytes[at]!;
        while (unit !== QUOTE) {
          if (unit < 0x20 || unit === BACKSLASH) return -1;
          target[out++] = unit;
          if (++at >= limit) return -1;
          unit = bytes[at]!;
        }
        at++;
      } else {
        const start = at;
        while (at < limit && isScalarByte(bytes[at]!)) target[out++] = bytes[at++]!;
        if (at >= limit) return -1;
        const first = bytes[start]!;
        if (first === 0x6e && isWord(bytes, start, at, nullWord)) out -= nullWord.length;
        else if (first === 0x2d || (first >= 0x30 && first <= 0x39)) {
          if (!isNumber(bytes, start, at)) return -1;
        } else if (!isWord(bytes, start, at, trueWord) && !isWord(bytes, start, at, falseWord)) return -1;
      }
    }
    this.#patience = 0;
    direct.takeRow(shape.columns.length, out);
    return at;
  }
}

const encoder = new TextEncoder();
const nullWord = encoder.encode('null');
const trueWord = encoder.encode('true');
const falseWord = encoder.encode('false');

function isWord(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  return to - from === word.length && startsWith(bytes, from, word);
}

/** Small letters, digits, and what else numbers are written with. */
function isScalarByte(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x2b && unit <= 0x39 && unit !== 0x2c && unit !== 0x2f) || unit === 0x45
  );
}

/**
 * Whether what a value means may depend on what it is: null is a text as the argument of a call, and an object of the type `table` is one of phpMyAdmin's tables. Whole records
 * of that kind are told by their first bytes.
 */
function dependsOnValues(between: Uint8Array, isString: readonly boolean[]): boolean {
  const text = Buffer.from(between).toString('latin1');
  return (text.includes('(') && isString.includes(false)) || text.indexOf('"type"', 2) > 0;
}
