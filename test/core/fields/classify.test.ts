import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  holdsFedexExpress,
  holdsGs1,
  holdsMod7,
  holdsS10,
  holdsUps,
  mod11Of2,
} from '../../../src/core/fields/checks.ts';
import type { FieldName } from '../../../src/core/fields/field.ts';
import { columnKind } from '../../../src/core/fields/kind.ts';
import { fieldByName, fields } from '../../../src/core/fields/registry.ts';

function classify(name: FieldName, cell: string, region = 'CN'): number {
  return fieldByName(name).classify(cell, { region });
}

function bestField(cell: string, region = 'CN'): FieldName | null {
  const ranked = fields.map(({ name }) => ({ name, confidence: classify(name, cell, region) }));
  const best = ranked.sort((a, b) => b.confidence - a.confidence)[0];
  return best !== undefined && best.confidence > 0 ? best.name : null;
}

/** Changes the last digit by one. */
function spoil(code: string): string {
  const at = code.search(/\d\D*$/);
  return code.slice(0, at) + String((Number(code[at]) + 1) % 10) + code.slice(at + 1);
}

test('check digits agree with published examples and with nothing next to them', () => {
  // GB 11643-1999, annex A.
  assert.equal(mod11Of2('11010519491231002'), 'X');
  assert.equal(mod11Of2('44052418800101001'), '4');
  // ISO/IEC 7064 example: 0794 has the check character 0.
  assert.equal(mod11Of2('0794'), '0');
  const published: [string, (code: string) => boolean, string][] = [
    ['UPU S10', holdsS10, '473124829'],
    // The two remainders that have their own rule: 0 gives 5, 1 gives 0.
    ['UPU S10', holdsS10, '000000005'],
    ['UPU S10', holdsS10, '000010100'],
    ['UPS', holdsUps, '1Z999AA10123456784'],
    ['UPS', holdsUps, '1Z5R89390357567127'],
    ['FedEx Express', holdsFedexExpress, '986578788855'],
    ['FedEx Express', holdsFedexExpress, '477179081230'],
    ['FedEx Ground', holdsGs1, '041441760228964'],
    ['FedEx Ground 96', (code) => holdsGs1(code.slice(-15)), '9611020987654312345672'],
    ['USPS', holdsGs1, '9400111201080805483016'],
    ['USPS', holdsGs1, '03071790000523483741'],
    ['DHL Express', holdsMod7, '3318810025'],
  ];
  for (const [name, holds, code] of published) {
    assert.equal(holds(code), true, `${name} ${code}`);
    assert.equal(holds(spoil(code)), false, `${name} ${code} spoilt`);
  }
});

test('values with a check that holds score high, with one that fails low', () => {
  const checked: [FieldName, string][] = [
    ['nationalId', '11010519491231002X'],
    ['nationalId', 'RSSMRA85T10A562S'],
    ['nationalId', '529.982.247-25'],
    ['nationalId', '12345678Z'],
    ['nationalId', 'A123456789'],
    ['trackingNumber', 'RR473124829FI'],
    ['trackingNumber', '1Z999AA10123456784'],
    ['trackingNumber', '9400111201080805483016'],
  ];
  for (const [name, cell] of checked) {
    assert.ok(classify(name, cell) >= 0.9, cell);
    assert.equal(bestField(cell), name, cell);
    const spoilt = cell.includes('Z') && name === 'nationalId' ? '12345678A' : spoil(cell);
    assert.ok(classify(name, spoilt) <= 0.4, spoilt);
  }
});

test('each cell looks most like its own field', () => {
  const expected: Record<FieldName, string[]> = {
    phone: [
      '13800138000',
      '+86 138 0013 8000',
      '8613800138000',
      '010-62345678',
      '+14155552671',
      '+442079460958',
      '19912345678',
    ],
    email: ['a.b@c.de', 'Foo@Example.com'],
    nationalId: ['110105491231002', '123-45-6789'],
    username: ['john_smith', 'alice99', 'user.name'],
    trackingNumber: [
      'SF1234567890123',
      'YT1234567890123',
      '75123456789012',
      '773123456789012',
      'JDVA01234567890-1-1-',
      'LP00123456789012',
    ],
    customerId: ['550e8400-e29b-41d4-a716-446655440000'],
    name: [
      '张三',
      '李小龙',
      '欧阳娜娜',
      '阿不都·热西提',
      'John Smith',
      'Smith, John',
      'SMITH JOHN',
      '王先生',
      '김민수',
      'Иванов Иван',
    ],
    address: [
      '北京市朝阳区建国路88号',
      '广东省深圳市南山区科技园南路12栋301室',
      '123 Main St, Springfield, IL 62704',
      'Hauptstraße 5, 10115 Berlin',
      '서울특별시 강남구 테헤란로 123',
    ],
    password: ['123456', 'P@ssw0rd!', 'woaini1314'],
    passwordHash: [
      '5f4dcc3b5aa765d61d8327deb882cf99',
      '5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8',
      '$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW',
      '$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/',
      '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19',
      '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr',
      '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG',
      'pbkdf2_sha256$260000$c29tZXNhbHQ$Q2hlY2tzdW1DaGVja3N1bUNoZWNrc3Vt',
      '$6$rounds=5000$usesomesillystri$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQAr/36eYRM',
    ],
  };
  for (const [name, cells] of Object.entries(expected))
    for (const cell of cells) assert.equal(bestField(cell), name, cell);
});

test('numbers, dates and account numbers are no phones', () => {
  for (const cell of [
    '62220212345',
    '1700000000',
    '1700000000000',
    '20240115',
    '2024-01-15',
    '192.168.1.10',
    '12345.678',
    '-13800138000',
    '6222021234567890123',
  ])
    for (const region of ['CN', 'HK', 'ES', 'US'])
      assert.ok(classify('phone', cell, region) <= 0.1, `${cell} in ${region}`);
  assert.ok(classify('phone', '13800138000') >= 0.9);
  for (const cell of ['江苏', '北京市', '管理员', 'New York', 'In Transit', '已签收', 'Main Street', 'Acme Ltd'])
    assert.ok(classify('name', cell) <= 0.15, cell);
});

test('cells that are no field are dates, numbers, text or empty', () => {
  const kinds = {
    date: [
      '2024-01-15',
      '2024/1/5',
      '2024-01-15T10:00:00Z',
      '2024-01-15 10:00:00.123',
      '15.01.2024',
      '01/15/2024',
      '20240115',
      '20240115103000',
      '2024年1月15日',
      '2024年1月15日 10时30分',
      'Jan 15, 2024',
      '15 January 2024',
      '1700000000',
      '1700000000000',
    ],
    number: ['0', '42', '-1.5', '1,234.56', '1e10', '99%', '¥12.50', '62220212345', '20241301', '４２'],
    text: ['hello', '2024-13-01', '0001-01-15', '北京', 'a1', '12ab', '1.2.3'],
    empty: ['', '  ', 'NULL', '\\N', '-', 'n/a'],
  };
  for (const [kind, cells] of Object.entries(kinds))
    for (const cell of cells) assert.equal(columnKind(cell), kind, JSON.stringify(cell));
});

test('any text gets a confidence from 0 to 1 and a kind', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
    fc.string({ unit: fc.constantFrom(...'0123456789+-/.:@$ aZ张路省'), maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, fc.constantFrom('CN', 'US', 'JP', 'BR', 'ZZ'), (cell, region) => {
      for (const { name } of fields) {
        const confidence = classify(name, cell, region);
        assert.ok(confidence >= 0 && confidence <= 1, name);
      }
      assert.ok(['date', 'number', 'text', 'empty'].includes(columnKind(cell)));
    }),
  );
});

const history = new URL('../../../../shared/data/people-history/contact_versions.csv.gz', import.meta.url);

test('columns of real contact records are told apart', {
  skip: existsSync(history) ? false : 'the people-history data is not here',
}, () => {
  const rows = gunzipSync(readFileSync(history))
    .toString('utf8')
    .split('\n')
    .slice(1, 8000)
    .filter((_, i) => i % 10 === 0);
  const table = rows.map((row) =>
    Array.from(row.matchAll(/("[^"]*"|[^,]*)(?:,|$)/g), ([, cell]) => (cell ?? '').replaceAll('"', '')),
  );
  const mean = (column: number, name: FieldName) => {
    const cells = table.map((row) => row[column] ?? '').filter((cell) => cell !== '');
    return cells.reduce((sum, cell) => sum + classify(name, cell, 'US'), 0) / cells.length;
  };
  const expected: [number, FieldName][] = [
    [4, 'name'],
    [5, 'email'],
    [6, 'address'],
    [7, 'phone'],
    [8, 'address'],
    [9, 'phone'],
  ];
  for (const [column, name] of expected) {
    assert.ok(mean(column, name) > 0.65, `column ${column}: ${mean(column, name)}`);
    for (const other of fields)
      if (other.name !== name) assert.ok(mean(column, other.name) < 0.3, `column ${column} as ${other.name}`);
  }
});
