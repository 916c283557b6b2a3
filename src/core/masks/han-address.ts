import { leadingProvince } from '../fields/provinces.ts';
import type { MaskUse } from './use.ts';

/** Characters of the scripts whose addresses go from the province to the door. */
export const eastAsian = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u;

const hidden = '***';
/** In characters. */
const LONGEST_SHOWN = 100;

// An address in ideographs or syllables goes from the province to the door: it is cut where the building begins that stands behind the house number.

/** What a number may be that is followed by `号` and is no house: 5号楼, 3号门. */
const noHouse =
  '(?:楼|樓|栋|棟|幢|座|室|房|门|門|单元|單元|库|庫|仓|倉|铺|鋪|舖|店|档|檔|柜|櫃|摊|攤|层|層|户|戶|塔|公寓|宿舍|别墅|別墅|厂房|廠房|车间|車間|机房)';
/** Behind what a number may stand in front of: house, lane, road, village, phase. */
const levels = `(?:[号號][线線]|[号號](?!\\s*${noHouse})|弄|巷|胡同|条|條|街|路|大道|道(?!门)|环|環|里(?!屋)|村|组|組|队|隊|社区|镇|鎮|期|区|區|国道|國道|省道|县道|公里|段|丁目|번길|길|로|가)`;
const numeral = '[一二三四五六七八九十百零〇两兩壹贰叁肆伍陆柒捌玖拾]';
const part = `(?:单元|單元|[号號]\\s*${noHouse}|栋|棟|幢|座|室|层|層|楼|樓|户|戶|房|塔|门(?![峡县镇湾乡村路街])|門)`;

/** A number with letters before it, or the word for a unit, or what people write between the parts of a door's number. */
const doorPattern = new RegExp(
  [
    `(?<!\\p{Nd})\\p{Nd}{1,5}\\s*(?<level>${levels})`,
    '(?<cut>(?:(?<![A-Za-z])[A-Za-z]{1,20}[-_. ]{0,2}|附\\s*)?\\p{Nd}',
    '[#*№@]',
    '(?<![A-Za-z])[A-Za-z](?![A-Za-z])',
    `(?:[第负負]|地下)?(?:${numeral}{1,6}|[东西南北中東甲乙丙丁戊左右]{1,2}|(?<![A-Za-z])[A-Za-z]{1,20})\\s*${part}`,
    // 七零七: a number without its word.
    `${numeral}{0,6}[零〇]`,
    '单元|單元)',
  ].join('|'),
  'gu',
);

/** Down to the house on a waybill, and to the district on a screen; `***` stands behind it, whether something was hidden or not. */
export function maskHanAddress(text: string, use: MaskUse): string {
  // A postcode before the address; it says less than the district does.
  const address = text.replace(/^\s*\p{Nd}{6}(?!\p{Nd})[\s,]*/u, '');
  const shown = cutLong(address.slice(0, findDoor(address)))
    .replace(/[\s,;:(【[-]+$/u, '')
    .trimStart();
  // Nothing but letters before the door: they can be a part of it.
  if (!eastAsian.test(shown)) return hidden;
  return (use === 'waybill' ? shown : districtOf(shown)) + hidden;
}

/** What a number at the cut would have been followed by is gone. */
function cutLong(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= LONGEST_SHOWN) return text;
  return characters
    .slice(0, LONGEST_SHOWN)
    .join('')
    .replace(/[\p{Nd}\sA-Za-z_-]+$/u, '');
}

function findDoor(address: string): number {
  let hasHouse = false;
  for (const { groups, index } of address.matchAll(doorPattern)) {
    const isHouse = /^[号號]$/.test(groups?.level ?? '');
    // What has a number within a house is a part of it: 88号院5号.
    if (groups?.cut !== undefined || (isHouse && hasHouse)) return index;
    hasHouse ||= isHouse;
  }
  return address.length;
}

/** Up to the first district, else the first town, else the province; nothing that follows a number. */
function districtOf(shown: string): string {
  const words = /^[^\p{Nd}]{0,30}/u.exec(shown)?.[0] ?? '';
  const level =
    /^.{1,20}?(?:(?<![小社园園校厂廠库庫])[区區]|[县旗縣구군])/u.exec(words) ??
    /^.{1,12}?[市盟시]/u.exec(words) ??
    /^(?:東京都|大阪府|京都府)/u.exec(words);
  return level?.[0] ?? leadingProvince(words) ?? '';
}
