import type { Field } from './field.ts';
import { headers } from './headers.ts';
import { normaliseLetters as normalise } from './letters.ts';
import { maskInput, stars } from './masks.ts';
import { classifiable } from './no-value.ts';
import { leadingProvince } from './provinces.ts';

export const address: Field = {
  name: 'address',
  id: 9,
  role: 'confirming',
  exclusive: false,
  version: 1,
  headers: headers.address,
  classify,
  normalise,
  mask,
};

// Levels of an East Asian address, from the province to the door; a text with several of them is hardly anything else.
const hanLevels: readonly RegExp[] = [
  /[省市州盟都府]|自治区/u,
  /[区县旗镇乡郡區縣鎮鄉町]|街道|开发区|新城/u,
  /[路街道巷弄村庄组胡屯]|大道|胡同|丁目|社区/u,
  /[号楼栋幢室座层苑号號樓棟層]|单元|大厦|小区|花园|公寓|广场|番地|\d+-\d+/u,
];
const koreanLevels: readonly RegExp[] = [/[시도](?: |$)/u, /[구군](?: |$)/u, /[동로길읍면](?: |\d|$)/u, /\d/];
const streetWords =
  /\b(?:street|st|road|rd|avenue|ave|boulevard|blvd|lane|ln|drive|dr|court|ct|square|sq|highway|hwy|parkway|pkwy|place|pl|terrace|way|close|crescent|apt|apartment|suite|ste|floor|room|rm|building|bldg|unit|box|rue|avenida|av|calle|carrer|via|viale|piazza|rua|praça|plaza|platz|allee|weg|capitol)\b|(?:stra(?:ß|ss)e|str\.|straat|gasse|weg|gata|vägen)(?:\s|,|\d|$)|(?:^|[ ,])(?:ул|пр|пер|д|кв|г)\.|улица|проспект/iu;

function classify(cell: string): number {
  if (cell.length > 600) return 0;
  const text = classifiable(cell, 600);
  if (text === null || text.length < 5 || /[@<>{}$=]|:\/\//.test(text)) return 0;
  if (/\p{Script=Han}/u.test(text)) return hanConfidence(text);
  if (/\p{Script=Hangul}/u.test(text)) return [0, 0.1, 0.6, 0.9, 0.97][countLevels(text, koreanLevels)] ?? 0;
  return spelledConfidence(text);
}

function countLevels(text: string, levels: readonly RegExp[]): number {
  return levels.filter((level) => level.test(text)).length;
}

function hanConfidence(text: string): number {
  const levels = countLevels(text, hanLevels);
  const long = text.length >= 8;
  // A company's name begins with its town.
  if (!/\d/.test(text) && /(?:公司|集团|银行|大学|医院)$/u.test(text)) return 0.2;
  const confidence = [0, 0.1, 0.6, 0.92, 0.98][levels] ?? 0;
  if (leadingProvince(text) !== null) return long ? Math.max(confidence, 0.8) : 0.3;
  return long ? confidence : confidence / 3;
}

function spelledConfidence(text: string): number {
  if (text.length < 8 || !/\p{L}{2}/u.test(text) || !/[ ,]/.test(text)) return 0;
  const number = /(?:^|[ ,#])\d{1,6}[a-z]?(?:[ ,-]|$)/i.test(text);
  const street = streetWords.test(text);
  // ZIP, Canadian, British and Continental postcodes.
  const postcode =
    /\b(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|\d{4} ?[A-Z]{2})\b/.test(text);
  const parts = /[,;\n]/.test(text);
  if (street && (number || postcode)) return postcode || parts ? 0.97 : 0.88;
  if (postcode && parts) return 0.75;
  if (number && parts) return 0.5;
  return street && parts ? 0.35 : 0;
}

/** The province where the address begins with one; nothing else. */
function mask(cell: string): string {
  const province = leadingProvince(maskInput(cell));
  return province === null ? stars : province + stars;
}
