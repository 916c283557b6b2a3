import { maskInput } from '../fields/masks.ts';
import { callingCodeLength } from '../fields/phone.ts';
import type { MaskUse } from './use.ts';

/** GB/T 41833-2022 wants six digits hidden, or more. */
const LEAST_HIDDEN = 6;
/** Longest number whose digits are all one number: E.164 has 15, with a prefix `00`. More are several numbers, or something else. */
const LONGEST = 17;
const hidden = '*******';
const maskPattern = /^(?:\+\d{1,3} )?\*{7}(\d{0,4})$/;
const shownAtEnd: Readonly<Record<MaskUse, number>> = { waybill: 4, screen: 2 };

/** The country code, where it is written, and the last digits: four on a waybill, as couriers ask for them, two on a screen; always at least six are hidden, and all of a number of seven. */
export function maskPhone(value: string, use: MaskUse): string {
  const text = maskInput(value);
  const earlier = maskPattern.exec(text);
  if (earlier !== null && (earlier[1] ?? '').length <= shownAtEnd[use]) return text;
  if (hasSeveral(text)) return hidden;
  const digits = text.match(/\d/g)?.join('') ?? '';
  const written = /^\D*(\+|00)/.exec(text)?.[1] ?? '';
  const number = written === '00' ? digits.slice(2) : digits;
  const codeLength = written === '' ? 0 : callingCodeLength(number);
  const own = number.length - codeLength;
  if (own < LEAST_HIDDEN + 2 || digits.length > LONGEST) return hidden;
  const end = number.slice(-Math.min(shownAtEnd[use], own - LEAST_HIDDEN));
  return `${codeLength === 0 ? '' : `+${number.slice(0, codeLength)} `}${hidden}${end}`;
}

/** Two short numbers have no more digits than a long one, and each has its own six to hide; what an extension has are fewer than five. */
function hasSeveral(text: string): boolean {
  return text.split(/[^\d\s()+.-]+/).filter((part) => (part.match(/\d/g)?.length ?? 0) > 4).length > 1;
}
