import { printable } from '../text.ts';
import type { Field } from './field.ts';
import { givenNames } from './given-names.ts';
import { compoundHanSurnames, hanSurnames, hanWordsNoNames, koreanSurnames } from './han-surnames.ts';
import { headers } from './headers.ts';
import { normaliseLetters as normalise } from './letters.ts';
import { maskInput } from './masks.ts';
import { classifiable } from './no-value.ts';
import { leadingProvince } from './provinces.ts';

export const name: Field = {
  name: 'name',
  id: 8,
  role: 'confirming',
  exclusive: false,
  version: 1,
  headers: headers.name,
  classify,
  normalise,
  mask,
};

const noName =
  /\d|\b(?:street|road|avenue|inc|ltd|llc|corp|gmbh|company|co|bank|order|delivery|delivered|shipped|transit|pending|paid|unpaid|customer|service|account|status|active|new|north|south|east|west|san|los|las|united|fort|port|lake|county|district|express|standard|credit|card|free|gold|silver|male|female)\b|公司|集团|有限|银行|学校|医院|超市|专卖|商店|官方|旗舰/iu;

function classify(cell: string): number {
  const text = classifiable(cell, 80);
  if (text === null || noName.test(text)) return 0;
  if (/^[\p{Script=Han}·•・]+$/u.test(text)) return hanConfidence(text);
  if (/^\p{Script=Hangul}{2,5}$/u.test(text)) return koreanSurnames.has(text[0] ?? '') && text.length <= 4 ? 0.85 : 0.1;
  if (
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]{1,6} [\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]{1,6}$/u.test(
      text,
    )
  )
    return 0.75;
  return spelledConfidence(text);
}

function hanConfidence(text: string): number {
  const length = text.length;
  // Names of minorities and foreigners: 阿不都·热西提.
  if (/^\p{Script=Han}{1,8}[·•・]\p{Script=Han}{1,10}$/u.test(text)) return 0.9;
  if (length < 2 || length > 4 || hanWordsNoNames.has(text)) return 0;
  if (/[省市区县镇乡村街路号楼店族省區縣鎮鄉號]$/u.test(text) || leadingProvince(text) !== null) return 0.05;
  if (compoundHanSurnames.has(text.slice(0, 2))) return length === 2 ? 0.3 : 0.95;
  if (!hanSurnames.has(text[0] ?? '')) return length === 4 ? 0.03 : 0.12;
  if (/(?:先生|女士|小姐)$/u.test(text)) return 0.9;
  return length === 3 ? 0.92 : length === 2 ? 0.8 : 0.3;
}

const nameWord = /^\p{L}[\p{L}\p{M}'’-]*\.?$/u;

function spelledConfidence(text: string): number {
  const comma = text.indexOf(',');
  const words = text.split(/[, ]+/).filter((word) => word !== '');
  if (words.length > 5 || words.length === 0 || text.indexOf(',', comma + 1) > 0) return 0;
  if (!words.every((word) => nameWord.test(word))) return 0;
  const known = words.some((word) => givenNames.has(word.toLowerCase()));
  if (words.length === 1) return known ? 0.5 : /^\p{Lu}\p{Ll}{2,14}$/u.test(text) ? 0.2 : 0.03;
  if (known || /^(?:mr|mrs|ms|miss|dr|prof|herr|frau|mme|sr|sra)\.? /i.test(text)) return 0.93;
  if (words.every((word) => /^\p{Lu}(?:\p{Ll}|['’-]\p{Lu}|\p{Lu}\p{Ll}|\.)*$/u.test(word)))
    return words.length <= 3 ? 0.65 : 0.4;
  if (comma > 0) return 0.4;
  return text === text.toUpperCase() ? 0.45 : words.length <= 3 ? 0.3 : 0.1;
}

/** The first character of a name in ideographs or syllables; of each of up to three words otherwise. The stars do not tell lengths. */
function mask(cell: string): string {
  const words = maskInput(cell).split(/\s+/).slice(0, 3);
  const masked = words.map((word) => {
    const first = Array.from(word.slice(0, 2))[0] ?? '';
    if (!/\p{L}/u.test(first)) return '***';
    return first + (/[\p{Script=Han}\p{Script=Hangul}]/u.test(first) ? '**' : '***');
  });
  return printable(masked.join(' '), 20);
}
