import { foldCase, printable, trimAscii } from '../text.ts';
import type { Field } from './field.ts';
import { headers } from './headers.ts';
import { maskInput } from './masks.ts';
import { acceptedValue, classifiable, identifyingLimitBytes, trimmedCell } from './no-value.ts';

function normalise(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  const folded = trimmed === null ? null : foldCase(trimmed);
  return folded === null ? null : acceptedValue(trimAscii(folded).replace(/[\t-\r ]+/g, ' '), identifyingLimitBytes);
}

export const username: Field = {
  name: 'username',
  id: 3,
  role: 'identifying',
  exclusive: true,
  version: 1,
  headers: headers.username,
  classify,
  normalise,
  mask,
};

const ordinaryWords =
  /^(?:true|false|yes|no|male|female|[mf]|active|inactive|enabled|disabled|pending|success|failed|error|ok|admin|user|unknown|other|default|test|normal|online|offline|paid|unpaid|new|old|open|closed|[A-Z]{3})$/i;

// Few user names look like nothing else: without a header the values stay below those of every field with a shape.
function classify(cell: string): number {
  const text = classifiable(cell, 64);
  if (text === null || ordinaryWords.test(text)) return 0;
  if (/^[a-z][a-z0-9_.-]{2,31}$/i.test(text)) {
    if (/^[0-9a-f]{32}$/i.test(text)) return 0.02;
    if (/[a-z][_.-][a-z0-9]/i.test(text)) return 0.55;
    if (/\d/.test(text)) return /^[a-z]{1,4}\d{6,}$/i.test(text) ? 0.25 : 0.5;
    return text.length >= 5 && text === text.toLowerCase() ? 0.4 : 0.2;
  }
  if (/^\d{5,11}$/.test(text)) return 0.08;
  if (/^[\p{L}\p{N}_.·-]{2,16}$/u.test(text)) return /^[\d.-]+$/.test(text) ? 0 : 0.12;
  return /^[^\s@]{1,64}@[^\s@]{3,190}$/.test(text) ? 0.1 : 0;
}

/** The first character. */
function mask(cell: string): string {
  const first = Array.from(maskInput(cell).slice(0, 2))[0] ?? '';
  return printable(/[\p{L}\p{N}]/u.test(first) ? `${first}***` : '****', 5);
}
