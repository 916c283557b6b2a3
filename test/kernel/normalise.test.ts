import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldName } from '../../src/core/fields/field.ts';
import { confirmingFields, identifyingFields } from '../../src/core/fields/registry.ts';
import { expectedValue, scanCells } from './fast-values.ts';

/*
 * The kernel's fast normalisers against the fields themselves: what a cell is fingerprinted as must not depend on the path it takes.
 * `atLeastFast`: share of the cells that must not need the exact path, so that a test of the fast path stays one.
 */
function check(field: FieldName, cells: readonly string[], { region = 'CN', atLeastFast = 0 } = {}): void {
  const { values, exactRows } = scanCells(field, region, cells);
  cells.forEach((cell, i) => {
    const expected = expectedValue(field, region, cell);
    // In a message only when it fails: test data is made up.
    if (values[i] !== expected) {
      assert.fail(`${field} (${region}) of ${JSON.stringify(cell)}: kernel ${values[i]}, fields ${expected}`);
    }
  });
  const fast = 1 - exactRows / cells.length;
  assert.ok(
    fast >= atLeastFast,
    `${field}: only ${(100 * fast).toFixed(1)} % of ${cells.length} cells took the fast path`,
  );
}

const allFields = [...identifyingFields, ...confirmingFields].map(({ name }) => name);
const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter(
  (c) => c !== '\n' && c !== '\x1f',
);

/** Every way of writing a word in capitals and small letters. */
function casesOf(word: string): string[] {
  return [...word].reduce<string[]>(
    (words, letter) => words.flatMap((start) => [...new Set([letter, letter.toUpperCase()])].map((end) => start + end)),
    [''],
  );
}

/** A generator of numbers below `limit`, the same in every run (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

test('every cell of one or two ASCII characters, in every field', () => {
  const cells = ['', ...ascii, ...ascii.flatMap((a) => ascii.map((b) => a + b))];
  for (const field of allFields) check(field, cells);
});

test('words for "no value" in every case, and what only looks like them, in every field', () => {
  const words = ['null', '\\n', '-', '--', 'n/a', 'na', 'none', 'nil', 'undefined', 'nan', '(null)', '<null>', '0'];
  const written = words.flatMap((word) =>
    word === 'undefined' ? casesOf('undef').map((w) => `${w}ined`) : casesOf(word),
  );
  const near = words.flatMap((word) =>
    [...word].flatMap((_, i) =>
      ['', '\x0d', '\x0f', '|', '\x08', '\x1c', '\x1d', '\x1e', '\x09', ' ', '.', 'é', 'ｎ', 'İ', '\u0000'].map(
        (other) => word.slice(0, i) + other + word.slice(i + 1),
      ),
    ),
  );
  const around = words.flatMap((word) => [
    ` ${word}\t`,
    `　${word}`,
    `${word}.`,
    `"${word}"`,
    `${word}${word}`,
    `${word} `,
  ]);
  const wide = words.map((word) => word.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)));
  const cells = [...written, ...near, ...around, ...wide, 'N.A.', 'n.u.l.l', 'U N D E F I N E D'];
  for (const field of allFields) check(field, cells);
});

test('every character of the Basic Multilingual Plane inside a name', () => {
  const points = Array.from({ length: 0x10000 }, (_, code) => code).filter(
    (code) => code !== 10 && code !== 0x1f && (code < 0xd800 || code > 0xdfff),
  );
  check(
    'name',
    points.map((code) => `A${String.fromCharCode(code)}b`),
    { atLeastFast: 0.3 },
  );
  const alone = points.map((code) => String.fromCharCode(code));
  check('name', alone, { atLeastFast: 0.3 });
  // Other fields leave all but ASCII to the exact path: the edges of each lead byte are enough.
  const some = alone.filter((_, i) => i < 0x200 || i % 61 === 0 || i > 0xff00 - 0x802);
  for (const field of allFields)
    check(
      field,
      some.map((c) => `a${c}1`),
    );
});

test('phones with separators, prefixes, trunk zeros and extensions', () => {
  const random = numbers(1);
  const starts = [
    '',
    '+',
    '00',
    '0',
    '86',
    '+86',
    '0086',
    '1',
    '+1',
    '+44 (0)',
    '+440',
    '+4400',
    '+39 0',
    '+49',
    '0049',
    '(+86)',
    'tel:',
    'TEL:+',
    '8',
    '+7',
  ];
  const ends = ['', ' x12', ' ext 5', '#1', ',3', '转12', 'x1234567', '+', '.', ' '];
  const cells: string[] = [];
  for (let i = 0; i < 10_000; i++) {
    let digits = String.fromCharCode(49 + random(9));
    const length = 4 + random(13);
    while (digits.length < length) digits += String.fromCharCode(48 + random(10));
    if (random(3) === 0) digits = `1${3 + random(7)}${digits}`.slice(0, 11);
    if (random(3) === 0) digits = digits.replace(/./g, (c) => (random(4) === 0 ? '0' : c));
    const separated =
      random(2) === 0
        ? digits
        : digits.replace(/./g, (c) => (random(4) === 0 ? c + '- .()/\t  \v\u2013\u00a0'[random(12)] : c));
    cells.push(starts[random(starts.length)]! + separated + (random(3) === 0 ? ends[random(ends.length)]! : ''));
  }
  for (const region of ['CN', 'US', 'CA', 'GB', 'DE', 'XX']) check('phone', cells, { region });
});

test('phones as tables write them take the fast path', () => {
  const random = numbers(2);
  const tail = (length: number): string => Array.from({ length }, () => random(10)).join('');
  const mobiles = Array.from({ length: 500 }, () => `1${3 + random(7)}${tail(9)}`);
  check('phone', mobiles, { atLeastFast: 1 });
  check(
    'phone',
    mobiles.map((m) => `86 ${m.slice(0, 3)}-${m.slice(3, 7)}-${m.slice(7)}`),
    { atLeastFast: 1 },
  );
  check(
    'phone',
    mobiles.map((m) => `+86 ${m}`),
    { atLeastFast: 1, region: 'DE' },
  );
  const american = Array.from({ length: 500 }, () => `${2 + random(8)}${tail(2)}${2 + random(8)}${tail(6)}`);
  check('phone', american, { atLeastFast: 1, region: 'US' });
  check(
    'phone',
    american.map((n) => `1 (${n.slice(0, 3)}) ${n.slice(3, 6)}-${n.slice(6)}`),
    { atLeastFast: 1, region: 'CA' },
  );
});

test('e-mail addresses around every rule', () => {
  const labels = [
    'a',
    'b-c',
    '-a',
    'a-',
    'a--b',
    'xn--p1ai',
    'co',
    'c1',
    '1a',
    '',
    'é',
    'x_y',
    'a'.repeat(62),
    'a'.repeat(63),
    'a'.repeat(64),
  ];
  const locals = [
    'a',
    'A.B',
    '.a',
    'a.',
    'a..b',
    'a+b',
    'a_b',
    '-a-',
    "o'b",
    'a b',
    'a"b',
    '',
    'é',
    'a{}',
    'a'.repeat(48),
    'a'.repeat(64),
    'a'.repeat(65),
  ];
  const cells: string[] = [];
  for (const local of locals) {
    for (const one of labels) {
      cells.push(`${local}@${one}`, `${local}${one}`);
      for (const two of labels) cells.push(`${local}@${one}.${two}`, `${local}@${one}.x.${two}`);
    }
  }
  for (const address of ['a@b.co', 'Foo.Bar@Example.COM']) {
    cells.push(
      `<${address}>`,
      `mailto:${address}`,
      `MAILTO:<${address}>`,
      `<${address}`,
      `${address}>`,
      `${address}.`,
      `@${address}`,
    );
    cells.push(
      `${address}@`,
      address.replace('@', '@@'),
      address.replace('@', '＠'),
      ` ${address}\t`,
      `${address} ${address}`,
    );
    cells.push(
      address.replace('@', ''),
      address.replace('@', ' at '),
      `é${address}`,
      `${address}é`,
      `é${address.replace('@', '')}`,
    );
  }
  for (let length = 50; length <= 70; length++)
    cells.push(`${'l'.repeat(length - 6)}@b.com`, `a@${'d'.repeat(length - 6)}.com`);
  for (let length = 245; length <= 260; length++)
    cells.push(`a@${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}.${'g'.repeat(length - 189)}.com`);
  check('email', cells);
  const plain = locals
    .slice(0, 2)
    .flatMap((local) => ['b.co', 'mail.b-c.com', '163.com'].map((domain) => `${local}@${domain}`));
  check('email', plain, { atLeastFast: 1 });
});

test('e-mail addresses of random characters', () => {
  const random = numbers(3);
  const alphabet = 'aZ9.-_@@..+';
  const cells = Array.from({ length: 8_000 }, () =>
    Array.from({ length: 3 + random(12) }, () => alphabet[random(alphabet.length)]).join(''),
  );
  check('email', [...cells, ...cells.map((cell) => `${cell}@b.co`), ...cells.map((cell) => `ab@${cell}.com`)]);
});

test('national ids of every length, first generation among them', () => {
  const random = numbers(4);
  const cells: string[] = [];
  for (let length = 1; length <= 24; length++) {
    for (let i = 0; i < 60; i++) {
      cells.push(Array.from({ length }, () => '0123456789Xx'[random(i % 3 === 0 ? 12 : 10)]).join(''));
      cells.push(Array.from({ length }, () => '01aBzZ-_./ '[random(11)]).join(''));
    }
  }
  for (let year = 0; year < 100; year += 7) {
    for (let month = 0; month <= 13; month++) {
      for (const day of [0, 1, 28, 29, 30, 31, 32]) {
        const date = [year, month, day].map((n) => String(n).padStart(2, '0')).join('');
        cells.push(`110105${date}002`, `11010519${date}002X`, `110105 ${date} 002`);
      }
    }
  }
  check('nationalId', cells);
  check(
    'nationalId',
    cells.filter((cell) => /^\d{18}$/.test(cell)),
    { atLeastFast: 1 },
  );
});

test('tracking numbers, user names and customer ids', () => {
  const random = numbers(5);
  const alphabets = ['0123456789', 'SFsf01234567', 'aB 9-', 'ab\t c', 'Ab_.|~!', 'a\u00e9张0'];
  const cells = Array.from({ length: 8_000 }, () => {
    const alphabet = alphabets[random(alphabets.length)]!;
    return Array.from({ length: 1 + random(random(10) === 0 ? 70 : 20) }, () => alphabet[random(alphabet.length)]).join(
      '',
    );
  });
  for (const field of ['trackingNumber', 'username', 'customerId'] as const) check(field, cells);
  check('customerId', ['C 00042', 'aB3x', 'a  b', 'x'.repeat(64)], { atLeastFast: 1 });
  check('username', ['Alice_99', 'a.b-c'], { atLeastFast: 1 });
});

test('passwords keep their blanks', () => {
  const cells = [
    'Passw0rd ',
    ' Passw0rd',
    ' ',
    '\t',
    '  \t ',
    'null',
    'NULL',
    '-',
    '0',
    '\u3000',
    'pässword',
    'a b',
    '"q"',
    '\\N',
    '\r',
    'x\r',
  ];
  check('password', cells);
});

test('hashes of every length, with and without a prefix', () => {
  const cells: string[] = [];
  for (let length = 28; length <= 132; length++) {
    for (const digits of ['0123456789abcdef', '0123456789ABCDEF', '0123456789', '0123456789abcdefg', '*0x']) {
      const hash = Array.from({ length }, (_, i) => digits[(i * 7 + length) % digits.length]).join('');
      cells.push(hash, `0x${hash}`, `0X${hash}`, `*${hash}`, `**${hash}`, ` ${hash} `, `0${hash}`, `x${hash}`);
    }
  }
  cells.push(
    '*',
    '0x',
    '0',
    '**',
    '*NULL',
    '$2b$10$abcdefghijklmnopqrstuu5Q9d9gkvN1e7b1F1Zb1z9aGqGqGqGqG',
    '{SSHA}abc',
    'ABCDEF',
  );
  check('passwordHash', cells, { atLeastFast: 0.4 });
});

test('long values of every field', () => {
  const lengths = [
    ...range(58, 72),
    ...range(124, 132),
    ...range(248, 262),
    ...range(950, 970),
    ...range(1018, 1032),
    2000,
    5000,
  ];
  const fillers = ['a', '9', 'aB3 ', '张', 'é', 'a9@b.', 'ﬀ', 'ﷺ', '\u0301'];
  const cells = lengths.flatMap((length) =>
    fillers.map((filler) => filler.repeat(Math.ceil(length / Buffer.byteLength(filler)))),
  );
  const exact = lengths.flatMap((length) => [
    'a'.repeat(length),
    `${'0'.repeat(length - 1)}x`,
    `${'张'.repeat(Math.floor(length / 3))}${'a'.repeat(length % 3)}`,
  ]);
  for (const field of allFields) check(field, [...cells, ...exact]);
});

test('names as tables write them take the fast path', () => {
  const cells = [
    '张三',
    '欧阳 娜娜',
    "O'Brien, John",
    'JOSÉ ÑANDÚ',
    'Müller-Lüdenscheidt',
    '北京市 朝阳区，',
    '（张三）',
    'ＡＢＣ１２３',
    'Straße × ÷',
    'ÿ Ÿ',
  ];
  check('name', cells.slice(0, 5), { atLeastFast: 1 });
  check('address', cells.slice(6, 8), { atLeastFast: 1 });
  for (const field of ['name', 'address'] as const) check(field, cells);
});

test('random names and addresses', () => {
  const random = numbers(6);
  const pieces = [
    'a',
    'Z',
    '9',
    ' ',
    '.',
    '张',
    '三',
    '，',
    '（',
    'é',
    'Ü',
    'ß',
    'ÿ',
    '×',
    'Ａ',
    '９',
    '～',
    '･',
    'ｶ',
    'ﾞ',
    '가',
    '\u0301',
    '　',
    'ſ',
    'Σ',
    'ς',
    '\u4dff',
    '\u4e00',
    '\u9fff',
    '\ua000',
    '😀',
    '\u200b',
    '-',
    "'",
  ];
  const cells = Array.from({ length: 8_000 }, () =>
    Array.from({ length: 1 + random(9) }, () => pieces[random(pieces.length)]).join(''),
  );
  for (const field of ['name', 'address', 'username', 'customerId'] as const) check(field, cells);
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
