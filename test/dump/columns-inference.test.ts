import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { inferTable } from '../../src/dump/columns.ts';
import { holdsLuhn } from '../../src/dump/columns-digits.ts';
import { readHeader } from '../../src/dump/columns-headers.ts';
import { isHeader } from '../../src/dump/header.ts';
import { makers } from './people.ts';
import { randomFrom } from './samples.ts';

const context = { region: 'CN' };
const random = randomFrom(5);
const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
const many = (make: (row: number) => string, count = 40) => Array.from({ length: count }, (_, row) => make(row));
const made = (kind: string, count = 40) => many((row) => makers[kind]?.(random, row) ?? '', count);
const table = (...columns: readonly string[][]) =>
  (columns[0] ?? []).map((_, row) => columns.map((cells) => cells[row] ?? ''));
const inferred = (columns: readonly string[][], header: string[] | null = null) =>
  inferTable(table(...columns), header, columns.length, context).columns;
const fieldsOf = (columns: readonly string[][], header: string[] | null = null) =>
  inferred(columns, header).map(({ field }) => field);

function card(): string {
  const body = `622202${digits(12)}`;
  return body + [...'0123456789'].find((check) => holdsLuhn(body + check));
}

test('digits that are none of our fields are told apart: cards, timestamps, QQ, orders, money', () => {
  const looks = {
    card: many(card),
    timestamp: many(() => `1${3 + random(4)}${digits(8)}`),
    qq: many(() => `${1 + random(9)}${digits(4 + random(6))}`),
    order: many(() => `202${random(4)}0${1 + random(9)}1${random(10)}${digits(10)}`),
    money: many(() => `${random(900)}.${digits(2)}`),
    ip: made('none.ip'),
    category: made('none.gender'),
    number: many((row) => String(row + 1)),
  };
  for (const [look, cells] of Object.entries(looks)) {
    for (const header of [null, ['f1']]) {
      const [column] = inferred([cells], header);
      assert.deepEqual([column?.field, column?.kind], [null, look]);
    }
  }
  const milliseconds = many(() => `1${3 + random(4)}${digits(11)}`);
  assert.equal(inferred([milliseconds])[0]?.kind, 'timestamp');
  assert.equal(
    inferred([milliseconds], ['tracking_no'])[0]?.field,
    null,
    'a time is no parcel, whatever the header says',
  );
  assert.equal(inferred([looks.card], ['id_card'])[0]?.field, null, 'a card has its own check digit');
});

test('Luhn: the example of ISO/IEC 7812 holds, and no other check digit does', () => {
  assert.ok(holdsLuhn('79927398713'));
  for (const wrong of '012456789') assert.ok(!holdsLuhn(`7992739871${wrong}`));
});

test('parcels of one carrier are seen without header, and as a sequence under their header', () => {
  const zto = many(() => `75${digits(12)}`);
  assert.deepEqual(fieldsOf([zto]), ['trackingNumber']);
  assert.ok((inferred([zto])[0]?.confidence ?? 1) < 0.9);
  assert.deepEqual(fieldsOf([many((row) => String(210_000_000_000 + row * 3))], ['运单号']), ['trackingNumber']);
  assert.deepEqual(fieldsOf([many((row) => String(row + 1))], ['tracking_no']), [null], 'row numbers are none');
});

test('what headers say', () => {
  const said: Record<string, string> = {
    phone: 'exact phone',
    'buyer.mobilePhone_2': 'exact phone',
    '【收件人电话】': 'exact phone',
    '客户手机号(必填)': 'exact phone',
    t_user_name: 'exact username',
    c_password: 'exact password',
    用户ID: 'exact customerId',
    客户用户ID: 'exact customerId',
    emergencies_telephone: 'ending phone',
    sjh: 'initials phone',
    xm: 'initials name',
    phone_verified: 'other null',
    是否绑定手机: 'other null',
    手机品牌: 'other null',
    product_name: 'other null',
    订单号: 'other null',
    last_login: 'other null',
    qq: 'other null',
    f1: 'nothing null',
    '': 'nothing null',
    __proto__: 'nothing null',
    constructor: 'nothing null',
  };
  for (const [header, expected] of Object.entries(said)) {
    const { says, field } = readHeader(header);
    assert.equal(`${says} ${field}`, expected, header);
  }
  assert.equal(readHeader('_'.repeat(1_000_000)).says, 'nothing');
});

test('a header row that is moved by one column is moved back', () => {
  const columns = [
    many((row) => String(row)),
    made('name.han'),
    made('phone.cn'),
    made('email.any'),
    made('username.any'),
  ];
  const header = ['姓名', '手机号', 'email', 'username', ''];
  const found = inferred(columns, header);
  assert.deepEqual(
    found.map(({ field }) => field),
    [null, 'name', 'phone', 'email', 'username'],
  );
  assert.ok(found.every(({ confidence }) => confidence < 0.9));
});

test('a header row that contradicts its columns is disregarded, one wrong header is not held against the others', () => {
  const columns = [made('phone.cn'), made('email.any'), made('nationalId.cn'), made('username.any')];
  assert.deepEqual(fieldsOf(columns, ['address', 'tracking_no', 'email', 'username']), [
    'phone',
    'email',
    'nationalId',
    null,
  ]);
  assert.deepEqual(fieldsOf(columns, ['phone', 'email', '身份证号', 'username']), [
    'phone',
    'email',
    'nationalId',
    'username',
  ]);
  assert.deepEqual(fieldsOf(columns, ['tracking_no', 'email', '身份证号', 'username']), [
    'phone',
    'email',
    'nationalId',
    'username',
  ]);
});

test('test accounts at the start, columns that are filled only later, fillers and debris', () => {
  const phones = made('phone.cn', 120);
  const disturbed = phones.map((cell, row) =>
    row < 60 ? (['admin', '13800000000', '111111', '0'][row % 4] ?? '') : cell,
  );
  const late = made('email.any', 120).map((cell, row) => (row < 100 ? '' : cell));
  const filled = made('nationalId.cn', 120).map((cell, row) => (row % 2 === 0 ? '无' : cell));
  const few = many((row) => (row % 12 === 0 ? `x${digits(3)}` : (phones[row % 3] ?? '')), 120);
  assert.deepEqual(fieldsOf([disturbed, late, filled, few]), ['phone', 'email', 'nationalId', 'phone']);
});

test('rows from all over are judged, not the first ones only', () => {
  const cells = Array.from({ length: 2000 }, (_, row) =>
    row < 100 ? `note ${row}` : (makers['phone.cn']?.(random, row) ?? ''),
  );
  const rows = cells.map((cell) => [cell, ...Array.from({ length: 999 }, () => '')]);
  assert.equal(inferTable(rows, null, 1000, context).columns[0]?.field, 'phone');
});

test('words of a category are no names, an address that all rows share is one', () => {
  const brands = many((row) => ['华为', '荣耀', '金立', '万利达'][row % 4] ?? '', 80);
  const office = many((row) => ['广东省深圳市南山区科技园路1号', '北京市朝阳区建国路88号'][row % 2] ?? '', 80);
  assert.deepEqual(fieldsOf([brands, office]), [null, 'address']);
  const things = ['rock', 'jazz', 'heavy metal', 'blues', 'reggae', 'bossa nova', 'opera', 'soundtrack', 'world music'];
  const genres = many((row) => things[row] ?? '', things.length);
  assert.deepEqual(fieldsOf([genres], ['Name']), [null], 'a table of things');
  assert.deepEqual(fieldsOf([genres, made('phone.cn', things.length)], ['Name', 'Phone']), ['name', 'phone']);
});

test('codes after a login are no passwords', () => {
  const codes = many(() => `VIP${digits(8)}`);
  const salts = many(() => `${digits(3)}xZ${digits(2)}q`);
  assert.deepEqual(fieldsOf([made('email.any'), codes]), ['email', null]);
  assert.deepEqual(fieldsOf([made('email.any'), salts]), ['email', null]);
  assert.deepEqual(fieldsOf([made('email.any'), made('password.any')]), ['email', 'password']);
});

test('header rows: identifiers, counted names, one column; a row with a filler is none', () => {
  const rows = table(made('name.latin'), made('none.city'));
  assert.ok(isHeader(['col_0', 'col_1'], rows, context));
  assert.ok(isHeader(['a', 'b'], rows, context));
  assert.ok(isHeader(['buyer.last_name', 'line'], rows, context));
  assert.ok(isHeader(['xingming'], rows, context));
  const phones = made('phone.cn').map((cell) => [cell]);
  assert.ok(isHeader(['zzz'], phones, context));
  assert.ok(!isHeader(['测试'], phones, context));
  assert.ok(!isHeader(['b', 'a'], rows, context));
});

test('hostile tables: thousands of columns, long cells and prototype keys take bounded time', () => {
  const long = '1'.repeat(1_000_000);
  const hostile = [
    long,
    '收件人:'.repeat(50_000),
    'a@'.repeat(200_000),
    '\ud800\u0000',
    '__proto__',
    `${'x '.repeat(100_000)}1`,
    '-'.repeat(400),
  ];
  const start = performance.now();
  const rows = Array.from({ length: 20 }, (_, row) =>
    Array.from({ length: 4096 }, (_cell, index) => hostile[(row + index) % hostile.length] ?? ''),
  );
  const { columns } = inferTable(
    rows,
    Array.from({ length: 4096 }, () => '__proto__'),
    4096,
    context,
  );
  assert.equal(columns.length, 4096);
  assert.ok(performance.now() - start < 20_000);
});
