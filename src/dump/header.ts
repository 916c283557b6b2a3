import type { FieldContext } from '../core/fields/field.ts';
import { columnKind } from '../core/fields/kind.ts';
import { isNoValue } from '../core/fields/no-value.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import { headerKey } from '../core/text.ts';
import { type ColumnProfile, profileColumn, scoreOf, strictFields } from './profile.ts';

/** Header names of columns that are none of our fields: they tell a header from data. */
const otherHeaders: ReadonlySet<string> = new Set(
  'id no num number index seq rowid key value status state type sex gender age birthday birthdate dob date time datetime timestamp created createdat createtime createdate updated updatedat updatetime updatedate regtime regdate lastlogin ip regip loginip lastip city province country district region zip zipcode postcode postalcode company organization salt source level score points amount price total quantity qty remark note comment title orderid orderno ordernumber weight product qq wechat weixin birth language website url 序号 编号 性别 年龄 生日 出生日期 日期 时间 创建时间 注册时间 更新时间 下单时间 状态 类型 城市 省份 省 市 区 区县 国家 邮编 备注 公司 单位 订单号 订单编号 金额 价格 数量 商品 商品名称 重量 等级 积分 微信 来源'.split(
    ' ',
  ),
);

/** Enough to tell, and bounded when a hostile file has thousands. */
const MAX_JUDGED_COLUMNS = 256;

const fieldHeaders: ReadonlySet<string> = new Set(fields.flatMap((field) => field.headers));

/** Whether a cell is a name that headers have, in any spelling of case and punctuation. */
export function isHeaderName(cell: string): boolean {
  const key = headerKey(cell);
  return fieldHeaders.has(key) || otherHeaders.has(key);
}

/**
 * Whether the first row names the columns: its cells are known header names, or they do not look like the cells below them.
 * A cell in it that is a value in form (a phone number, an e-mail address) or a word for
 * "no value" speaks against.
 */
export function isHeader(
  first: readonly string[],
  rest: readonly (readonly string[])[],
  context: FieldContext,
): boolean {
  const filled = first.filter((cell) => cell.trim() !== '');
  if (filled.length === 0 || filled.some((cell) => isNoValue(cell.trim()) || looksLikeValue(cell, context)))
    return false;
  const names = filled.filter(isHeaderName).length;
  const numbers = filled.filter((cell) => columnKind(cell) === 'number' || columnKind(cell) === 'date').length;
  if (numbers > names) return false;
  if (names >= 2 || names === filled.length) return true;
  let typed = 0;
  let misfits = 0;
  for (let column = 0; column < Math.min(first.length, MAX_JUDGED_COLUMNS); column++) {
    const cell = first[column]?.trim() ?? '';
    if (cell === '') continue;
    const profile = profileColumn(
      rest.map((row) => row[column] ?? ''),
      context,
    );
    if (!isTyped(profile)) continue;
    typed++;
    if (!fits(cell, profile, context)) misfits++;
  }
  return misfits > 0 && misfits * 2 > typed && new Set(filled).size === filled.length;
}

function looksLikeValue(cell: string, context: FieldContext): boolean {
  return strictFields.some((name) => fieldByName(name).classify(cell, context) >= 0.8);
}

function isTyped(profile: ColumnProfile): boolean {
  if (profile.filled < 2) return false;
  if (strictFields.some((field) => scoreOf(profile, field) >= 0.7)) return true;
  return profile.kind !== 'text' && profile.kindShare >= 0.9;
}

function fits(cell: string, profile: ColumnProfile, context: FieldContext): boolean {
  if (profile.kind !== 'text' && columnKind(cell) === profile.kind) return true;
  return strictFields.some((name) => scoreOf(profile, name) >= 0.7 && fieldByName(name).classify(cell, context) >= 0.3);
}
