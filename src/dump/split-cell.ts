import type { FieldName } from '../core/fields/field.ts';

/** How the cells of one column come apart into several values. */
export interface ColumnSplit {
  /** Position of the column from 0. */
  readonly index: number;
  /** `list`: several values of one field; `pair`: values of different fields, mostly two. */
  readonly pattern: 'list' | 'pair';
  /** What stands between two values; empty where digits simply follow on letters. An opening bracket closes at the end of its value. */
  readonly separator: string;
  /** Which separators cut a pair where there are more of them than fields: the first ones, or the last ones. */
  readonly cut: 'first' | 'last';
  /** What stands before each value, with a colon behind it ("电话:138…"); null where nothing does. Then the separator counts for nothing. */
  readonly labels: readonly string[] | null;
  /** The field of each value, null for one that is none of ours. `splitCell` gives as many values. */
  readonly fields: readonly (FieldName | null)[];
  /** 0 to 1. */
  readonly confidence: number;
  /** In plain words, without a value. */
  readonly reason: string;
}

/** Longer cells are no pair of values. */
const MAX_CELL_LENGTH = 4096;
const closing: Readonly<Record<string, string>> = { '(': ')', '（': '）', '<': '>', '[': ']', '【': '】' };

/**
 * Cuts one cell into the values of its column's split, one for each of `fields`, null where there is none. Further values of a list are left out. A cell of a pair that cannot be cut stands
 * in every place, for there is no telling which of the values it is. Linear; never throws.
 */
export function splitCell(cell: string, split: ColumnSplit): readonly (string | null)[] {
  const count = split.fields.length;
  if (cell.length > MAX_CELL_LENGTH) return Array.from({ length: count }, () => null);
  if (split.labels !== null) return cutLabelled(cell, split.labels);
  const pieces = split.pattern === 'list' ? cutList(cell, split.separator) : cutPair(cell, split, count);
  if (pieces === null) return Array.from({ length: count }, () => valueOrNull(cell));
  return Array.from({ length: count }, (_, index) => valueOrNull(pieces[index] ?? ''));
}

function valueOrNull(piece: string): string | null {
  const trimmed = piece.trim();
  return trimmed === '' ? null : trimmed;
}

function cutList(cell: string, separator: string): string[] {
  return cell.split(separator).filter((piece) => piece.trim() !== '');
}

function cutPair(cell: string, split: ColumnSplit, count: number): string[] | null {
  if (split.separator === '') return cutAtDigits(cell, split.cut);
  const pieces = cutAt(cell.trim(), split.separator, count, split.cut);
  const end = closing[split.separator];
  const last = pieces?.at(-1)?.trim();
  if (end !== undefined && pieces !== null && last?.endsWith(end) === true)
    pieces[pieces.length - 1] = last.slice(0, -1);
  return pieces;
}

/** Exactly `count` pieces, or null when the separator is not there often enough. */
function cutAt(text: string, separator: string, count: number, cut: 'first' | 'last'): string[] | null {
  const all = text.split(separator);
  // Several blanks in a row are one.
  const parts = separator === ' ' ? all.filter((part) => part !== '') : all;
  if (parts.length < count) return null;
  const rest = parts.length - count + 1;
  return cut === 'first'
    ? [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
    : [parts.slice(0, rest).join(separator), ...parts.slice(rest)];
}

/** Fewer digits in a row are a house number or a year. */
const MIN_DIGITS = 7;

/** `first`: the digits stand first. */
function cutAtDigits(cell: string, cut: 'first' | 'last'): string[] | null {
  const text = cell.trim();
  let at = cut === 'first' ? 0 : text.length;
  if (cut === 'first') {
    while (at < text.length && isOfNumber(text.charCodeAt(at))) at++;
    if (at === 17 && isX(text, at)) at++;
  } else {
    if (isX(text, at - 1)) at--;
    while (at > 0 && isOfNumber(text.charCodeAt(at - 1))) at--;
  }
  const length = cut === 'first' ? at : text.length - at;
  if (length < MIN_DIGITS || length === text.length) return null;
  return [text.slice(0, at), text.slice(at)];
}

/** Digits, "+" and "-". */
function isOfNumber(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x2b || unit === 0x2d;
}

/** The X that ends identity numbers (GB 11643-1999). */
function isX(text: string, at: number): boolean {
  return text[at] === 'X' || text[at] === 'x';
}

function cutLabelled(cell: string, labels: readonly string[]): (string | null)[] {
  const found = labels
    .map((label, index) => ({ index, label, at: positionOf(cell, label) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at);
  const values: (string | null)[] = labels.map(() => null);
  for (const [order, { index, label, at }] of found.entries()) {
    const until = found[order + 1]?.at ?? cell.length;
    values[index] = valueOrNull(withoutSeparator(cell.slice(at + label.length + 1, until)));
  }
  return values;
}

/** Where a label with its colon begins, -1 where it does not stand. */
function positionOf(cell: string, label: string): number {
  const half = cell.indexOf(`${label}:`);
  const full = cell.indexOf(`${label}：`);
  if (half < 0 || full < 0) return Math.max(half, full);
  return Math.min(half, full);
}

function withoutSeparator(piece: string): string {
  let end = piece.length;
  while (end > 0 && ' ,;，；|、/\t\r\n'.includes(piece[end - 1] ?? '.')) end--;
  return piece.slice(0, end);
}
