import { createHash } from 'node:crypto';
import type { FieldName } from '../../src/core/fields/field.ts';
import type { Draw } from './draw.ts';
import * as words from './words.ts';

/** How one column's cells are made: a maker is created per column, so that a column may be one courier's or grow with its rows. */
export interface ColumnKind {
  readonly field: FieldName | null;
  /** Whether the content alone says the field; otherwise no field is right as well where the header says nothing. */
  readonly plain: boolean;
  readonly maker: (draw: Draw) => (row: number) => string;
  readonly headers: readonly string[];
  /** ISO 3166-1 regions in whose tables the column occurs; everywhere when absent. */
  readonly regions?: readonly string[];
  /** What cannot be told from it without a header: a token is a hash. */
  readonly unnamed?: FieldName;
  /** The fields in a cell, where there are several. */
  readonly split?: readonly (FieldName | null)[];
}

export const hex = '0123456789abcdef';
export const crypt = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const letters = 'abcdefghijklmnopqrstuvwxyz';

export const phoneHeaders =
  'phone,mobile,tel,手机号,联系电话,手机,电话,mobile_no,phoneNumber,收件人电话,buyer_phone,USER_MOBILE,备用电话,phone_2,联系方式'.split(
    ',',
  );
export const emailHeaders = 'email,E-Mail,邮箱,mail,user_email,电子邮箱,EMAIL_ADDR,contact_email,邮件地址'.split(',');
export const idHeaders = 'id_card,身份证号,idcard_no,证件号码,身份证,identity_no,cert_no,id_number'.split(',');
export const trackingHeaders =
  'tracking_no,运单号,快递单号,waybill_no,mail_no,物流单号,express_no,包裹单号,tracking_number'.split(',');
export const nameHeaders =
  'name,姓名,real_name,收件人,customer_name,联系人,consignee,full_name,客户姓名,receiver_name'.split(',');
export const addressHeaders =
  'address,地址,收货地址,详细地址,receiver_address,addr,住址,shipping_address,家庭住址'.split(',');
export const usernameHeaders = 'username,login,用户名,user_name,account,昵称,会员名,login_name'.split(',');
export const passwordHeaders = 'password,密码,pwd,user_pwd,login_password,passwd'.split(',');
export const hashHeaders = 'password_hash,pwd_md5,hash,password,user_password,passwd,密码'.split(',');
export const customerHeaders = 'customer_id,user_id,uid,会员号,member_no,客户编号,用户ID,cust_no'.split(',');

export function hanName(draw: Draw): string {
  const surname = draw.chance(0.02)
    ? draw.pick(words.compoundSurnames)
    : draw.pick(draw.chance(0.02) ? words.rareSurnames : words.surnames);
  return surname + draw.pick(words.givenCharacters) + (draw.chance(0.7) ? draw.pick(words.givenCharacters) : '');
}

export function latinName(draw: Draw): string {
  return `${draw.pick(words.firstNames)} ${draw.pick(words.lastNames)}`;
}

export function chineseAddress(draw: Draw): string {
  const [province, city, district] = draw.pick(words.places);
  const door = draw.pick([
    () => `${draw.range(1, 400)}号`,
    () =>
      `${draw.range(1, 400)}号${draw.pick(words.estates)}${draw.range(1, 30)}栋${draw.range(1, 30)}0${draw.range(1, 8)}`,
    () => `${draw.pick(words.estates)}${draw.range(1, 30)}-${draw.range(1, 4)}-${draw.range(101, 2806)}`,
  ])();
  const blank = draw.chance(0.15) ? ' ' : '';
  return `${province}${blank}${city}${blank}${district}${blank}${draw.pick(words.roads)}${door}`;
}

export function americanAddress(draw: Draw): string {
  const street = `${draw.range(1, 9999)} ${draw.pick(words.streets)} ${draw.pick(words.streetKinds)}`;
  return `${street}${draw.chance(0.2) ? ` Apt ${draw.range(1, 40)}` : ''}, ${draw.pick(words.towns)}, ${draw.pick(words.states)} ${draw.digits(5)}`;
}

export function email(draw: Draw): string {
  const host = draw.pick(words.mailHosts);
  const local = draw.pick([
    () => `${draw.range(1, 9)}${draw.digits(draw.range(6, 9))}`,
    () => `${draw.pick(words.nickWords)}.${draw.pick(words.nickWords)}${draw.below(100)}`,
    () => `${draw.pick(words.pinyinSurnames).toLowerCase()}_${draw.pick(words.pinyinGiven).toLowerCase()}`,
    () => `${draw.pick(words.firstNames)}${draw.range(1960, 2010)}`,
  ])();
  return `${local}@${host}`;
}

export function nick(draw: Draw): string {
  return draw.pick([
    () => `${draw.pick(words.nickWords)}${draw.pick(words.nickWords)}${draw.below(9999)}`,
    () => `${draw.pick(words.nickWords)}_${draw.pick(words.nickWords)}`,
    () =>
      `${draw.pick(words.pinyinSurnames).toLowerCase()}${draw.pick(words.pinyinGiven).toLowerCase()}${draw.digits(draw.range(1, 4))}`,
    () => `${draw.text(letters, draw.range(2, 4))}${draw.digits(draw.range(3, 6))}`,
  ])();
}

export function password(draw: Draw): string {
  return draw.pick([
    () => draw.pick(words.popularPasswords),
    () => draw.digits(draw.range(6, 8)),
    () => `${draw.pick(words.nickWords)}${draw.digits(draw.range(2, 5))}`,
    () => `${draw.pick(words.firstNames)}${draw.pick(['!', '@', '#'])}${draw.digits(2)}`,
    () => draw.text(`${letters}0123456789`, draw.range(8, 12)),
  ])();
}

export function digest(draw: Draw, algorithm: string): string {
  return createHash(algorithm).update(draw.digits(16)).digest('hex');
}

export const two = (number: number) => String(number).padStart(2, '0');
export const clock = (draw: Draw) => `${two(draw.below(24))}:${two(draw.below(60))}:${two(draw.below(60))}`;

export function kind(
  field: FieldName | null,
  plain: boolean,
  headers: readonly string[],
  make: (draw: Draw) => string,
  regions?: readonly string[],
): ColumnKind {
  return { field, plain, headers, maker: (draw) => () => make(draw), ...(regions === undefined ? {} : { regions }) };
}

export function other(headers: string, make: (draw: Draw) => string): ColumnKind {
  return kind(null, true, headers.split(','), make);
}

export function split(
  fields: readonly (FieldName | null)[],
  headers: string,
  maker: ColumnKind['maker'],
  regions?: readonly string[],
): ColumnKind {
  return {
    field: null,
    plain: true,
    headers: headers.split(','),
    maker,
    split: fields,
    ...(regions === undefined ? {} : { regions }),
  };
}

export const cn = ['CN'];
