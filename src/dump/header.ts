import type { FieldContext } from '../core/fields/field.ts';
import { columnKind } from '../core/fields/kind.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { headerKey } from '../core/text.ts';
import { readHeader } from './columns-headers.ts';
import { isOtherHeaderName } from './other-headers.ts';
import { type ColumnProfile, isFiller, profileColumn, scoreOf, strictFields } from './profile.ts';

/** Enough to tell, and bounded when a hostile file has thousands. */
const MAX_JUDGED_COLUMNS = 256;

/** Whether a cell is a name that headers have, in any spelling of case and punctuation. */
export function isHeaderName(cell: string): boolean {
  if (cell.length > 64) return false;
  const { says } = readHeader(cell);
  return says === 'exact' || says === 'initials' || isOtherHeaderName(headerKey(cell));
}

/**
 * Whether the first row names the columns: its cells are known header names, or they do not look like the cells below them.
 * A cell in it that is a value in form (a phone number, an e-mail address) or a word for
 * "no value" speaks against.
 */
export function isHeader(
  first: readonly string[],
  rest: readonly (readonly string[])[],
  context: FieldContext,
): boolean {
  const filled = first.filter((cell) => cell.trim() !== '');
  if (filled.length === 0 || filled.some((cell) => isFiller(cell.trim()) || looksLikeValue(cell, context)))
    return false;
  const names = countNames(filled);
  const numbers = filled.filter((cell) => columnKind(cell) === 'number' || columnKind(cell) === 'date').length;
  if (numbers > names) return false;
  if (names >= 2 || names >= filled.length || isSequence(filled)) return true;
  let typed = 0;
  let misfits = 0;
  for (let column = 0; column < Math.min(first.length, MAX_JUDGED_COLUMNS); column++) {
    const cell = first[column]?.trim() ?? '';
    if (cell === '') continue;
    const profile = profileColumn(
      rest.map((row) => row[column] ?? ''),
      context,
    );
    if (!isTyped(profile)) continue;
    typed++;
    if (!fits(cell, profile, context)) misfits++;
  }
  return misfits > 0 && misfits * 2 > typed && new Set(filled).size === filled.length;
}

/** How many cells are names that headers have; one in an identifier's spelling ("buyer.last_name") counts twice, and names of other things count beside those of fields. */
function countNames(cells: readonly string[]): number {
  const ofFields = cells.filter(isHeaderName);
  const identifiers = ofFields.filter((cell) => /^[a-z]{1,16}[_.][a-z_.]{2,32}\d{0,2}$/i.test(cell));
  const others =
    ofFields.length === 0 ? [] : cells.filter((cell) => !isHeaderName(cell) && readHeader(cell).says === 'other');
  return ofFields.length + identifiers.length + others.length;
}

/** "col_0", "col_1", …, or a, b, …: one word with a number that counts, or letters in their order. */
function isSequence(cells: readonly string[]): boolean {
  const [start = ''] = cells;
  if (cells.length === 1) return /^(?:col|column|field|f|c|字段|列)[ _]?\d{1,3}$/i.test(start);
  if (/^[A-Z]$/i.test(start))
    return cells.every((cell, index) => cell.length === 1 && cell.charCodeAt(0) === start.charCodeAt(0) + index);
  const stem = start.replace(/\d{1,4}$/, '');
  const from = Number(start.slice(stem.length));
  if (from > 1 || stem === start || !/\p{L}/u.test(stem)) return false;
  return cells.every((cell, index) => cell === `${stem}${from + index}`);
}

function looksLikeValue(cell: string, context: FieldContext): boolean {
  return strictFields.some((name) => fieldByName(name).classify(cell, context) >= 0.8);
}

function isTyped(profile: ColumnProfile): boolean {
  if (profile.filled < 2) return false;
  if (strictFields.some((field) => scoreOf(profile, field) >= 0.7)) return true;
  return profile.kind !== 'text' && profile.kindShare >= 0.9;
}

function fits(cell: string, profile: ColumnProfile, context: FieldContext): boolean {
  if (profile.kind !== 'text' && columnKind(cell) === profile.kind) return true;
  return strictFields.some((name) => scoreOf(profile, name) >= 0.7 && fieldByName(name).classify(cell, context) >= 0.3);
}
