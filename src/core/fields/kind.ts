import { nfkc } from '../text.ts';
import { isCalendarDay } from './calendar.ts';
import { trimmedCell } from './no-value.ts';

/** What a cell looks like when it is no field. */
export type CellKind = 'date' | 'number' | 'text' | 'empty';

const clockTime = '(?:[T ]?(?:[01]?\\d|2[0-3])[:点时][0-5]?\\d.{0,24})?';
const yearFirst = new RegExp(`^(\\d{4})([-/.年])(\\d{1,2})[-/.月](\\d{1,2})日?${clockTime}$`);
const yearLast = new RegExp(`^(\\d{1,2})[-/.](\\d{1,2})[-/.](\\d{4})${clockTime}$`);
const monthName =
  /^(?:[a-z]{3,9},? )?(?:\d{1,2}[ -])?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?[ -](?:\d{1,2}(?:st|nd|rd|th)?,?[ -])?\d{4}(?:,? .{0,24})?$/i;
const compact = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?:\.\d{1,6}|\d{3})?Z?)?$/;
const decimal = /^[+-]?[$¥€£₩₹]? ?(?:\d{1,3}(?:[, ]\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][+-]?\d{1,3})?[ ]?[%元円원€]?$/;

// 2001-09-09 and 2040-01-01 in seconds since 1970. Before, seconds have nine digits, as too many other numbers have.
const epochFrom = 1_000_000_000;
const epochUntil = 2_208_988_800;

/**
 * What a cell is when it is no field: `empty` when it says "no value"; `date` for ISO 8601 and its relatives, day or month first,
 * 中文日期, month names, yyyymmdd with or without time, and seconds or milliseconds since 1970 between September 2001 and 2040; `number`; `text`.
 * Bare seconds are also plain numbers of ten digits: a column is a date when nearly all of its cells are.
 */
export function columnKind(cell: string): CellKind {
  const trimmed = trimmedCell(cell);
  if (trimmed === null) return 'empty';
  const text = trimmed.length > 64 ? null : nfkc(trimmed);
  if (text === null) return 'text';
  if (isDate(text)) return 'date';
  return decimal.test(text) ? 'number' : 'text';
}

function isDate(text: string): boolean {
  return isYearFirst(text) || isYearLast(text) || isCompact(text) || isEpoch(text) || monthName.test(text);
}

function isYearFirst(text: string): boolean {
  const match = yearFirst.exec(text);
  return match !== null && isPlausibleDay(match[1], match[3], match[4]);
}

function isYearLast(text: string): boolean {
  const match = yearLast.exec(text);
  if (match === null) return false;
  return isPlausibleDay(match[3], match[1], match[2]) || isPlausibleDay(match[3], match[2], match[1]);
}

function isCompact(text: string): boolean {
  const match = compact.exec(text);
  return match !== null && isPlausibleDay(match[1], match[2], match[3]);
}

function isPlausibleDay(year: string | undefined, month: string | undefined, day: string | undefined): boolean {
  const number = Number(year);
  return number >= 1880 && number < 2100 && isCalendarDay(number, Number(month), Number(day));
}

function isEpoch(text: string): boolean {
  const seconds = /^(\d{10})(?:\d{3}|\.\d{1,9})?$/.exec(text)?.[1];
  return seconds !== undefined && Number(seconds) >= epochFrom && Number(seconds) < epochUntil;
}
