import { nfkc, upperAscii } from '../text.ts';
import { isCalendarDay } from './calendar.ts';
import { mod11Of2 } from './checks.ts';
import type { Field, FieldContext } from './field.ts';
import { headers } from './headers.ts';
import { hasRegionAndBirthDate, holdsGb11643, idFormats } from './id-formats.ts';
import { maskInput, stars } from './masks.ts';
import { classifiable, trimmedCell } from './no-value.ts';

function normalise(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : nfkc(trimmed);
  if (text === null) return null;
  const id = upperAscii(text).replace(/[\t-\r \-./_]+/g, '');
  if (!/^[A-Z0-9]{5,20}$/.test(id) || !/(?:\d\D*){4}/.test(id)) return null;
  return /^\d{15}$/.test(id) && isBirthDay(`19${id.slice(6, 12)}`) ? lengthen(id) : id;
}

/** GB 11643-1989 to GB 11643-1999: the century of the year and the check character are added. */
function lengthen(id: string): string {
  const body = `${id.slice(0, 6)}19${id.slice(6)}`;
  return body + mod11Of2(body);
}

function isBirthDay(yyyymmdd: string): boolean {
  return isCalendarDay(Number(yyyymmdd.slice(0, 4)), Number(yyyymmdd.slice(4, 6)), Number(yyyymmdd.slice(6, 8)));
}

export const nationalId: Field = {
  name: 'nationalId',
  id: 2,
  role: 'identifying',
  exclusive: false,
  version: 1,
  headers: headers.nationalId,
  classify,
  normalise,
  mask,
};

function classify(cell: string, context: FieldContext): number {
  const text = classifiable(cell, 40);
  if (text === null) return 0;
  const written = upperAscii(text);
  const id = written.replace(/[\s\-./_]+/g, '');
  if (/^\d{17}[\dX]$/.test(id)) return hasRegionAndBirthDate(id) ? (holdsGb11643(id) ? 0.99 : 0.4) : 0.05;
  let best = /^\d{15}$/.test(id) && hasRegionAndBirthDate(id) ? 0.65 : 0;
  for (const { pattern, confidence, check, regions } of idFormats) {
    if (confidence <= best || regions?.includes(context.region) === false || !pattern.test(written)) continue;
    best = Math.max(best, check === undefined || check(id) ? confidence : 0.1);
  }
  return best;
}

/** The first two characters of long numbers: province, or the like. */
function mask(cell: string): string {
  const text = maskInput(cell);
  const start = text.length >= 13 ? (/^[0-9A-Za-z]{2}/.exec(text)?.[0] ?? '') : '';
  return start + stars;
}
