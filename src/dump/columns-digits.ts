import { columnKind } from '../core/fields/kind.ts';
import type { ColumnLook } from './port.ts';

/** How much of a column must look alike for the column to be that. */
const ALIKE = 0.85;

/** Prefixes of payment cards (ISO/IEC 7812-1 issuer ranges): UnionPay 62 and 81, Visa 4, Mastercard 51 to 55 and 2221 to 2720, American Express 34 and 37, JCB 35, Discover 60 and 65, and older debit cards of Chinese banks 9. */
const cardPrefix = /^(?:62|81|4|5[1-5]|2[2-7]|3[457]|6[05]|9[0-9])/;

/** Whether a number holds the Luhn check digit (ISO/IEC 7812-1, annex B). */
export function holdsLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = digits.length - 1, isDoubled = false; index >= 0; index--, isDoubled = !isDoubled) {
    const value = (digits.charCodeAt(index) - 48) * (isDoubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

const looks: readonly (readonly [ColumnLook, (cell: string) => boolean])[] = [
  ['ip', (cell) => isIp(cell)],
  ['uuid', (cell) => /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i.test(cell)],
  ['url', (cell) => /^(?:https?|ftp):\/\/\S/i.test(cell)],
  ['timestamp', (cell) => /^\d{10}(?:\d{3}|\.\d{1,9})?$/.test(cell) && columnKind(cell) === 'date'],
  ['order', (cell) => isDatedNumber(cell)],
  ['date', (cell) => columnKind(cell) === 'date'],
  ['card', (cell) => isCard(cell)],
  ['money', (cell) => /^[+-]?[$¥€£₩₹]? ?\d{1,9}[.,]\d{1,2}$|^[+-]?[$¥€£₩₹] ?\d[\d,]{0,15}(?:\.\d{1,2})?$/.test(cell)],
  ['number', (cell) => columnKind(cell) === 'number'],
];

/** What the different cells of a column look like, most particular first; `text` when nothing is common to them. */
export function lookOf(values: readonly string[]): ColumnLook {
  if (values.length === 0) return 'empty';
  const found = looks.find(([, test]) => values.filter(test).length >= values.length * ALIKE);
  return found === undefined ? 'text' : found[0];
}

function isIp(cell: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$/.test(cell)) return true;
  return cell.length <= 45 && /^[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}$/i.test(cell);
}

function isCard(cell: string): boolean {
  const digits = cell.replace(/[ -]/g, '');
  return /^\d{15,19}$/.test(digits) && cardPrefix.test(digits) && holdsLuhn(digits);
}

/** Numbers of orders and payments: a day, mostly with the time, and a serial number. */
function isDatedNumber(cell: string): boolean {
  const day = /^[A-Z]{0,4}(20[0-4]\d[01]\d[0-3]\d)\d{4,24}$/i.exec(cell)?.[1];
  return day !== undefined && columnKind(day) === 'date' && columnKind(cell) !== 'date';
}

/** Whether the numbers have the mixed lengths of QQ numbers: 5 to 11 digits without a leading zero, mostly 8 to 10, of at least three lengths. */
export function hasLengthsOfQq(values: readonly string[]): boolean {
  if (values.length < 6) return false;
  const fitting = values.filter((value) => /^[1-9]\d{4,10}$/.test(value));
  const lengths = new Set(fitting.map((value) => value.length));
  return fitting.length >= values.length * 0.95 && lengths.size >= 3;
}

/** Whether numbers only grow: rows were numbered, or written as things happened. */
export function isSorted(values: readonly string[]): boolean {
  if (values.length < 4) return false;
  let growing = 0;
  for (let index = 1; index < values.length; index++) {
    if (Number(values[index]) >= Number(values[index - 1])) growing++;
  }
  return growing >= (values.length - 1) * 0.95;
}
