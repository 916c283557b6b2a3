import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inferTable } from '../../src/dump/columns.ts';
import { type ColumnSplit, splitCell } from '../../src/dump/split-cell.ts';
import { makers } from './people.ts';
import { randomFrom } from './samples.ts';

const context = { region: 'CN' };
const count = 40;

function cells(kind: string, seed = 3): string[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, row) => makers[kind]?.(random, row) ?? '');
}

/** The split that is found for one column of cells, with what it makes of them. */
function splitOf(
  column: readonly string[],
  header: string | null = null,
): { split: ColumnSplit; pieces: (readonly (string | null)[])[] } {
  const { splits, columns } = inferTable(
    column.map((cell) => [cell]),
    header === null ? null : [header],
    1,
    context,
  );
  const [split] = splits;
  assert.ok(split !== undefined, 'no split was found');
  assert.equal(splits.length, 1);
  assert.ok(split.pattern === 'list' || (columns[0]?.field === null && columns[0].kind === 'mixed'));
  assert.ok(split.confidence > 0 && split.confidence <= 1);
  assert.ok(
    column.every((cell) => !split.reason.includes(cell)),
    'no value is in the reason',
  );
  return { split, pieces: column.map((cell) => splitCell(cell, split)) };
}

const names = cells('name.han');
const latinNames = cells('name.latin');
const phones = cells('phone.cn');
const others = cells('phone.cn', 5);
const emails = cells('email.any');
const addresses = cells('address.cn');
const joined = (separator: string, end: string, ...columns: readonly string[][]) =>
  Array.from({ length: count }, (_, row) => columns.map((column) => column[row]).join(separator) + end);
const zipped = (...columns: readonly string[][]) =>
  Array.from({ length: count }, (_, row) => columns.map((column) => column[row] ?? null));

test('names and phones in one cell come apart, whatever stands between them', () => {
  for (const separator of [' ', '', ',', '，', '/', '-', ':', '：', '|', '_', '----', '  ']) {
    const { split, pieces } = splitOf(joined(separator, '', names, phones));
    assert.deepEqual(split.fields, ['name', 'phone'], separator);
    assert.deepEqual(pieces, zipped(names, phones), separator);
    const turned = splitOf(joined(separator, '', phones, names));
    assert.deepEqual(turned.split.fields, ['phone', 'name'], separator);
    assert.deepEqual(turned.pieces, zipped(phones, names), separator);
  }
});

test('identity numbers that end in X are cut whole', () => {
  const ids = cells('nationalId.cn').map((id, row) => (row % 2 === 0 ? '11010519491231002X' : id));
  assert.deepEqual(splitOf(joined('', '', names, ids)).pieces, zipped(names, ids));
  assert.deepEqual(splitOf(joined('', '', ids, names)).pieces, zipped(ids, names));
});

test('brackets close at the end of their value', () => {
  assert.deepEqual(splitOf(joined('(', ')', names, phones)).pieces, zipped(names, phones));
  assert.deepEqual(splitOf(joined('（', '）', names, phones)).pieces, zipped(names, phones));
  const mail = splitOf(joined(' <', '>', latinNames, emails));
  assert.deepEqual(mail.split.fields, ['name', 'email']);
  assert.deepEqual(mail.pieces, zipped(latinNames, emails));
});

test('a name of two words and a phone are cut at the last blank, three fields at the first ones', () => {
  const plus = phones.map((phone) => `+86${phone}`);
  assert.deepEqual(splitOf(joined(' ', '', latinNames, plus)).pieces, zipped(latinNames, plus));
  for (const separator of [' ', ',', '|', ';']) {
    const three = splitOf(
      joined(
        separator,
        '',
        names,
        phones,
        addresses.map((address) => `${address}${separator}后门`),
      ),
    );
    assert.deepEqual(three.split.fields, ['name', 'phone', 'address']);
    assert.deepEqual(three.pieces[0], [names[0], phones[0], `${addresses[0]}${separator}后门`]);
  }
});

test('labels say what follows them, in any order and with values missing', () => {
  const column = Array.from({ length: count }, (_, row) =>
    row % 5 === 0
      ? `电话:${phones[row]}, 收件人:${names[row]}`
      : row % 7 === 1
        ? `收件人：${names[row]}`
        : `收件人：${names[row]} 电话：${phones[row]}`,
  );
  const { split, pieces } = splitOf(column, '备注');
  const name = split.fields.indexOf('name');
  const phone = split.fields.indexOf('phone');
  assert.deepEqual([...split.fields].toSorted(), ['name', 'phone']);
  assert.deepEqual([pieces[0]?.[name], pieces[0]?.[phone]], [names[0], phones[0]]);
  assert.deepEqual([pieces[1]?.[name], pieces[1]?.[phone]], [names[1], null]);
  assert.deepEqual([pieces[2]?.[name], pieces[2]?.[phone]], [names[2], phones[2]]);
});

test('lists of phones and e-mail addresses, some cells with one value only', () => {
  for (const separator of ['/', ';', ',', '、', '；', '|', ' ', '\n']) {
    const column = phones.map((phone, row) => (row % 3 === 0 ? phone : `${phone}${separator}${others[row]}`));
    const { split, pieces } = splitOf(column, 'phone');
    assert.deepEqual([split.pattern, split.fields], ['list', ['phone', 'phone']], separator);
    assert.deepEqual(
      [pieces[0], pieces[1]],
      [
        [phones[0], null],
        [phones[1], others[1]],
      ],
    );
  }
  const mails = splitOf(emails.map((email, row) => `${email}; b${email}${row % 2 === 0 ? `; c${email}` : ''}`));
  assert.deepEqual(mails.split.fields, ['email', 'email', 'email']);
  assert.deepEqual(mails.pieces[1], [emails[1], `b${emails[1]}`, null]);
});

test('a list that is seldom one leaves the column its field', () => {
  const column = phones.map((phone, row) => (row % 8 === 0 ? `${phone}/${others[row]}` : phone));
  const { columns, splits } = inferTable(
    column.map((cell) => [cell]),
    ['手机'],
    1,
    context,
  );
  assert.equal(columns[0]?.field, 'phone');
  assert.deepEqual(splits[0]?.fields, ['phone', 'phone']);
});

test('logins and passwords in one cell', () => {
  const passwords = cells('password.any');
  for (const separator of [':', '|', '----', ';']) {
    const { split, pieces } = splitOf(joined(separator, '', emails, passwords));
    assert.deepEqual(split.fields, ['email', 'password'], separator);
    assert.deepEqual(pieces, zipped(emails, passwords), separator);
  }
  assert.deepEqual(splitOf(joined(':', '', emails, cells('passwordHash.md5'))).split.fields, ['email', 'passwordHash']);
});

test('single values stay whole', () => {
  const whole = Object.keys(makers).map((kind) => cells(kind));
  const dashed = phones.map((phone) => `${phone.slice(0, 3)}-${phone.slice(3, 7)}-${phone.slice(7)}`);
  const salted = cells('passwordHash.md5').map((hash) => `${hash}:a1b2c3`);
  for (const column of [...whole, dashed, salted, cells('none.time').map((time) => `${time}.123`)]) {
    for (const header of [null, 'f1']) {
      const { splits } = inferTable(
        column.map((cell) => [cell]),
        header === null ? null : [header],
        1,
        context,
      );
      assert.deepEqual(splits, [], column[0]);
    }
  }
});

test('a cell that cannot be cut stands in each place, an empty one in none, and a hostile one is given up', () => {
  const { split } = splitOf(joined(' ', '', names, phones));
  assert.deepEqual(splitCell('13800138000', split), ['13800138000', '13800138000']);
  assert.deepEqual(splitCell(' ', split), [null, null]);
  assert.deepEqual(splitCell('x '.repeat(10_000_000), split), [null, null]);
});

test('cutting takes linear time and never throws', () => {
  const random = randomFrom(11);
  const splits = [
    splitOf(joined('', '', names, phones)).split,
    splitOf(joined('(', ')', names, phones)).split,
    splitOf(joined(' ', '', names, phones, addresses)).split,
    splitOf(joined(';', '', phones, others)).split,
    splitOf(Array.from({ length: count }, (_, row) => `姓名:${names[row]} 手机:${phones[row]}`)).split,
  ];
  const alphabet = [
    ' ',
    ';',
    '(',
    ')',
    ':',
    '：',
    '1',
    '+',
    '-',
    'X',
    '张',
    '姓名',
    '手机',
    '\ud800',
    '\0',
    '__proto__',
    ',',
  ];
  for (let round = 0; round < 2000; round++) {
    const cell = Array.from({ length: random(40) }, () => alphabet[random(alphabet.length)]).join('');
    for (const split of splits) assert.equal(splitCell(cell, split).length, split.fields.length);
  }
});
