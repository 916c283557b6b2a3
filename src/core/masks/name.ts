import { maskInput } from '../fields/masks.ts';
import type { MaskUse } from './use.ts';

const letter = /^\p{L}$/u;
/** Fillers count as letters and print as nothing. */
const invisible = /\p{Default_Ignorable_Code_Point}/gu;
const eastAsian = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/gu;
const eastAsianMask = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]?\*\*$/u;
const spelledMask = /^\p{L}?\*\*\*(?: \p{L}?\*\*\*){0,2}$/u;

/**
 * A name in ideographs or syllables: its first character and `**`, however long it is, and nothing of a name of one character (GB/T 41833-2022: at least one is hidden).
 * Any other: the initials of three words on a waybill and of one on a screen, none of a word of one letter.
 */
export function maskName(value: string, use: MaskUse): string {
  const text = maskInput(value.replace(invisible, '')).replace(invisible, '');
  const most = use === 'waybill' ? 3 : 1;
  if (eastAsianMask.test(text)) return text;
  const characters = text.match(eastAsian);
  if (characters !== null) return `${characters.length > 1 ? (characters[0] ?? '') : ''}**`;
  const words = text.split(/\s+/).slice(0, most);
  return spelledMask.test(text) ? words.join(' ') : words.map(maskWord).join(' ');
}

function maskWord(word: string): string {
  const [first = '', second = ''] = Array.from(word.slice(0, 4));
  return letter.test(first) && letter.test(second) ? `${first}***` : '***';
}
