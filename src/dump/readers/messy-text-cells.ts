/** What a cell looks like, as far as it tells columns apart. */
export const EMPTY = 0;
const EMAIL = 1;
const PHONE = 2;
const IDENTITY = 3;
const INTEGER = 4;
const DECIMAL = 5;
const DATE = 6;
const HEX = 7;
export const HAN = 8;
const WORD = 9;
const TEXT = 10;
export const SHAPES = 11;

/** More cells than any table has. */
export const MOST_CELLS = 4096;

const QUOTE = 0x22;
const SINGLE = 0x27;
const BLANK = 0x20;

/** Shapes that hardly any value of another column has. */
export function isStrict(shape: number): boolean {
  return shape >= EMAIL && shape <= HAN;
}

/** Whether a cell of that shape may stand in a column whose cells nearly all have the other. */
export function agrees(shape: number, column: number): boolean {
  if (shape === column || shape === EMPTY) return true;
  // A number may be short or long, whole or not.
  return shape >= INTEGER && shape <= DECIMAL && column >= INTEGER && column <= DECIMAL;
}

/** The shape of the bytes [from, to). */
export function shapeOf(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from) return EMPTY;
  let digits = 0;
  let letters = 0;
  let hex = 0;
  let high = 0;
  let blanks = 0;
  let dashes = 0;
  let points = 0;
  let at = -1;
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) digits++;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) {
      letters++;
      if ((byte | 0x20) <= 0x66) hex++;
    } else if (byte >= 0x80) high++;
    else if (byte === BLANK) blanks++;
    else if (byte === 0x2d || byte === 0x2f || byte === 0x3a) dashes++;
    else if (byte === 0x2e) points++;
    else if (byte === 0x40) at = index;
  }
  const length = to - from;
  if (at > from && points > 0 && blanks === 0 && high === 0 && at < to - 3) return EMAIL;
  if (high * 2 > length) return HAN;
  const first = bytes[from] ?? 0;
  const plus = first === 0x2b ? 1 : 0;
  if (digits + plus === length)
    return digits >= 17 && digits <= 18 ? IDENTITY : digits >= 10 && digits <= 15 ? PHONE : INTEGER;
  if (digits === 17 && length === 18 && ((bytes[to - 1] ?? 0) | 0x20) === 0x78) return IDENTITY;
  if (dashes >= 2 && digits >= 6 && digits + dashes + blanks + points + (letters <= 1 ? letters : 0) === length)
    return DATE;
  if (digits + plus + blanks + dashes === length && digits >= 10 && digits <= 15) return PHONE;
  if (digits > 0 && digits + points + dashes + plus === length && points <= 1 && dashes <= 1) return DECIMAL;
  if (digits > 0 && letters > 0 && hex === letters && digits + letters === length && length >= 16) return HEX;
  return letters === length ? WORD : TEXT;
}

/** The cells of one row as positions in its bytes; used again for each row. */
export class Cells {
  count = 0;
  /** The first cell that begins with a quote that is not closed, or -1. */
  openAt = -1;
  readonly from = new Int32Array(MOST_CELLS + 1);
  readonly to = new Int32Array(MOST_CELLS + 1);
  /** 1 where the cell was quoted and may have doubled quotes. */
  readonly quoted = new Uint8Array(MOST_CELLS + 1);

  add(from: number, to: number, quoted: number): void {
    if (this.count > MOST_CELLS) return;
    this.from[this.count] = from;
    this.to[this.count] = to;
    this.quoted[this.count] = quoted;
    this.count++;
  }

  /** Adds empty cells up to `width`. */
  pad(width: number): void {
    while (this.count < width && this.count <= MOST_CELLS) this.add(0, 0, 0);
  }

  isEmpty(index: number): boolean {
    return (this.from[index] ?? 0) >= (this.to[index] ?? 0);
  }
}

/** How cells of a line are told apart; `blanks` stands for runs of two or more blanks. */
export interface Separator {
  readonly bytes: Uint8Array;
  readonly isBlanks: boolean;
}

export const separators: readonly Separator[] = [
  ',',
  ';',
  '\t',
  '|',
  '----',
  '||',
  '::',
  '~',
  '^',
  '#',
  '\x01',
  '\x1f',
  '  ',
].map((text) => ({ bytes: new TextEncoder().encode(text), isBlanks: text === '  ' }));

function separatorAt(bytes: Uint8Array, index: number, to: number, separator: Uint8Array): boolean {
  if (index + separator.length > to) return false;
  for (let offset = 0; offset < separator.length; offset++)
    if (bytes[index + offset] !== separator[offset]) return false;
  return true;
}

/**
 * Cuts [from, to) into cells, blanks around them taken off. A cell that begins with a double quote (or, where asked for, a single one) ends at the first such quote
 * that a separator or the end follows; when none does, the quote is a character like others. The bars around a row of a drawn table are no separators.
 */
export function splitCells(
  bytes: Uint8Array,
  from: number,
  to: number,
  separator: Separator,
  single: boolean,
  cells: Cells,
): void {
  cells.count = 0;
  cells.openAt = -1;
  let start = from;
  let end = to;
  while (end > start && bytes[end - 1] === BLANK) end--;
  if (separator.isBlanks) while (start < end && bytes[start] === BLANK) start++;
  else if (separator.bytes.length === 1 && separator.bytes[0] === 0x7c && isDrawn(bytes, start, end)) {
    start++;
    end--;
  }
  const step = separator.bytes.length;
  // No quote closes behind this: a line of nothing but opening quotes stays linear.
  let noClose = end;
  for (let index = start; ; ) {
    while (index < end && bytes[index] === BLANK && !(separator.isBlanks && bytes[index + 1] === BLANK)) index++;
    const first = bytes[index];
    if (index < end && index < noClose && (first === QUOTE || (single && first === SINGLE))) {
      const close = closingQuote(bytes, index, end, first, separator);
      if (close !== -1) {
        cells.add(index + 1, close, 1);
        index = close + 1;
        while (index < end && bytes[index] === BLANK && !separator.isBlanks) index++;
        if (index >= end) return;
        index = afterSeparator(bytes, index, end, separator, step);
        continue;
      }
      if (cells.openAt === -1) cells.openAt = cells.count;
      noClose = index;
    }
    const cellFrom = index;
    while (index < end && !separatorAt(bytes, index, end, separator.bytes)) index++;
    let cellTo = index;
    while (cellTo > cellFrom && bytes[cellTo - 1] === BLANK) cellTo--;
    cells.add(cellFrom, cellTo, 0);
    if (index >= end || cells.count > MOST_CELLS) return;
    index = afterSeparator(bytes, index, end, separator, step);
  }
}

function afterSeparator(bytes: Uint8Array, index: number, end: number, separator: Separator, step: number): number {
  let after = index + step;
  if (separator.isBlanks) while (after < end && bytes[after] === BLANK) after++;
  return after;
}

/** `| a | b |`: a bar at both ends with a blank inside. */
function isDrawn(bytes: Uint8Array, from: number, to: number): boolean {
  return (
    to - from > 3 &&
    bytes[from] === 0x7c &&
    bytes[to - 1] === 0x7c &&
    bytes[from + 1] === BLANK &&
    bytes[to - 2] === BLANK
  );
}

function closingQuote(bytes: Uint8Array, opening: number, end: number, quote: number, separator: Separator): number {
  for (let index = opening + 1; index < end; index++) {
    if (bytes[index] !== quote) continue;
    let after = index + 1;
    while (after < end && bytes[after] === quote) after++;
    const isOdd = (after - index) % 2 === 1;
    let next = after;
    if (!separator.isBlanks) while (next < end && bytes[next] === BLANK) next++;
    if (isOdd && (next >= end || separatorAt(bytes, next, end, separator.bytes))) return after - 1;
    index = after - 1;
  }
  return -1;
}

/** Empty cells beyond the width of a table fall away: separators at the end of a line make no cells. */
export function dropTrailing(cells: Cells, width: number): void {
  while (cells.count > width && cells.isEmpty(cells.count - 1)) cells.count--;
}

/** Where the separator next stands in [from, to), or `to`. */
export function findSeparator(bytes: Uint8Array, from: number, to: number, separator: Separator): number {
  let index = from;
  while (index < to && !separatorAt(bytes, index, to, separator.bytes)) index++;
  return index;
}

/** Whether the first byte of a separator stands in [from, to). */
export function mayHave(bytes: Uint8Array, from: number, to: number, separator: Separator): boolean {
  const first = separator.bytes[0];
  for (let index = from; index < to; index++) if (bytes[index] === first) return true;
  return false;
}
