import { nfkc, trimAscii } from '../text.ts';
import type { Field, FieldContext } from './field.ts';
import { headers } from './headers.ts';
import { columnKind } from './kind.ts';
import { maskInput, stars } from './masks.ts';
import { classifiable, trimmedCell } from './no-value.ts';
import { droppedZeroAfter, phonePlans } from './phone-plans.ts';

const separators = /[\t-\r \-./()\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/g;
const extension = /(?:ext|[x#,转])\d{1,6}$/i;

// "+" or "00", a trunk 0, 15 digits and the longest extension are 27 characters.
const longestSqueezed = 32;

function normalise(cell: string, context: FieldContext): string | null {
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : nfkc(trimmed);
  if (text === null) return null;
  const squeezed = trimAscii(text).replace(/^tel:/i, '').replace(separators, '');
  if (squeezed.length > longestSqueezed) return null;
  const number = squeezed.replace(extension, '');
  if (!/^\+?\d+$/.test(number)) return null;
  if (number.startsWith('+')) return internationalNumber(number.slice(1));
  if (number.startsWith('00') && number.length >= 12) return internationalNumber(number.slice(2));
  return nationalNumber(number, context.region);
}

function internationalNumber(digits: string): string | null {
  let number = digits;
  for (const code of droppedZeroAfter) {
    if (!digits.startsWith(`${code}0`)) continue;
    // A second 0 is no trunk prefix any more, and dropping it later would make normalising change its own answer.
    if (digits[code.length + 1] === '0') return null;
    number = code + digits.slice(code.length + 1);
  }
  return /^[1-9]\d{6,14}$/.test(number) ? `+${number}` : null;
}

function nationalNumber(digits: string, region: string): string | null {
  const plan = phonePlans.get(region);
  if (plan === undefined) return null;
  const { callingCode, trunk, national, bare } = plan;
  if (bare?.test(digits)) return `+${callingCode}${digits}`;
  for (const prefix of [trunk, callingCode]) {
    if (prefix === '' || !digits.startsWith(prefix)) continue;
    const rest = digits.slice(prefix.length);
    if (national.test(rest)) return `+${callingCode}${rest}`;
  }
  return null;
}

export const phone: Field = {
  name: 'phone',
  id: 0,
  role: 'identifying',
  exclusive: false,
  version: 1,
  headers: headers.phone,
  classify,
  normalise,
  mask,
};

// Ranges given to mobile operators (MIIT numbering plan, 2023); the others have the right length and begin with 1.
const mainlandMobile = /^(?:13\d|14[5-9]|15[0-35-9]|16[2567]|17[0-8]|18\d|19[0-35-9])\d{8}$/;
const noPhones = /^-|^\d{1,3}(?:\.\d{1,3}){3}$|^\d+\.\d+$/;

function classify(cell: string, context: FieldContext): number {
  const text = classifiable(cell, 64);
  const number = text === null ? null : normalise(text, context);
  if (text === null || number === null || noPhones.test(text)) return 0;
  if (columnKind(text) === 'date') return 0.1;
  const shape = confidenceOfNumber(number.slice(1));
  if (/^(?:tel:)?\(?\+/i.test(text)) return shape;
  const grouped = /\d[ ().-]+\d/.test(text);
  if (/^\+861[3-9]/.test(number) && shape > 0.9) return /^\D*0\d/.test(text) ? 0.85 : 0.95;
  if (text.startsWith('00')) return 0.9 * shape;
  if (grouped) return 0.92 * shape;
  return Math.min(shape, /^0/.test(text) ? 0.75 : bareConfidence(text.length));
}

/** Digits with neither prefix nor grouping could be any number: the longer, the rarer is one that fits the plan. */
function bareConfidence(length: number): number {
  return length >= 11 ? 0.7 : length === 10 ? 0.6 : 0.4;
}

function confidenceOfNumber(digits: string): number {
  if (/^861[3-9]/.test(digits)) return mainlandMobile.test(digits.slice(2)) ? 0.97 : 0.6;
  if (digits.startsWith('86')) return /^86(?:10|2\d|[3-9]\d{2})\d{7,8}$/.test(digits) ? 0.95 : 0.6;
  if (digits.startsWith('1')) return /^1[2-9]\d{2}[2-9]\d{6}$/.test(digits) ? 0.96 : 0.3;
  return digits.length >= 10 ? 0.95 : 0.8;
}

// Zones of E.164 country codes with two digits; 1 and 7 have one, all others three.
const twoDigitCodes = /^(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;

/** How many of the digits of an international number are its country calling code (ITU-T E.164, list of assigned codes). */
export function callingCodeLength(digits: string): 1 | 2 | 3 {
  return /^[17]/.test(digits) ? 1 : twoDigitCodes.test(digits) ? 2 : 3;
}

/** Country code, where it is written, and the last two digits: at least six digits are hidden (GB/T 41833-2022 hides as many). */
function mask(cell: string): string {
  const text = maskInput(cell);
  const digits = text.replace(/\D+/g, '');
  const international = /^\D*\+/.test(text);
  const codeLength = international ? callingCodeLength(digits) : 0;
  const end = digits.length - codeLength >= 8 && digits.length <= 17 ? digits.slice(-2) : '';
  return `${international && end !== '' ? `+${digits.slice(0, codeLength)} ` : ''}${stars}${end}`;
}
