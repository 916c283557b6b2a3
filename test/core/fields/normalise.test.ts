import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mod11Of2 } from '../../../src/core/fields/checks.ts';
import type { FieldName } from '../../../src/core/fields/field.ts';
import { fieldByName, fields } from '../../../src/core/fields/registry.ts';
import { foldCase } from '../../../src/core/text.ts';

const context = { region: 'CN' };
const regions = ['CN', 'US', 'GB', 'IT', 'RU', 'DE', 'HK', 'JP', 'ZZ'];

/** Any UTF-16 at all, lone surrogates among it; characters that normalisers treat specially come often. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(...'+-.()/@<>x#转,019０９Aa张\u0130\u0301\u0316\u030c\u200b\ufeff\u3000ΣσςıßﬀﷺNULL\\'),
      fc.constantFrom('tel:', 'mailto:', '00', '+86', '+44', '(0)', 'null', '\\N', '1', '138001380', '@b.co', 'xn--'),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

function normalise(name: FieldName, cell: string, region = 'CN'): string | null {
  return fieldByName(name).normalise(cell, { region });
}

function utf8SizeBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

test('normalising any text never throws, is idempotent in every region and keeps to the limit', () => {
  fc.assert(
    fc.property(hostileText, fc.constantFrom(...regions), (cell, region) => {
      for (const field of fields) {
        const value = field.normalise(cell, { region });
        if (value === null) continue;
        assert.equal(field.normalise(value, { region }), value, field.name);
        assert.ok(value !== '' && utf8SizeBytes(value) <= (field.role === 'identifying' ? 254 : 1024), field.name);
      }
    }),
    { numRuns: 1500 },
  );
});

test('digits and signs in any order never make a phone that is not a fixed point', () => {
  const dialled = fc.array(fc.constantFrom('0', '1', '8', '6', '4', '39', '49', '+', ' ', '13800138000', '00', 'x1'), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(dialled, fc.constantFrom(...regions), (parts, region) => {
      const value = normalise('phone', parts.join(''), region);
      if (value === null) return;
      assert.match(value, /^\+[1-9]\d{6,14}$/);
      for (const other of regions) assert.equal(normalise('phone', value, other), value);
    }),
  );
});

test('folding and the letters of names are fixed points for every assigned character of Unicode', () => {
  const skipped = /\p{Cn}|\p{Co}|\p{Script=Hangul}|[\u{3400}-\u{9fff}\u{20000}-\u{3ffff}]/u;
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    if (skipped.test(character)) continue;
    for (const text of [character, `A${character}\u030cΣ`]) {
      const folded = foldCase(text);
      assert.ok(folded !== null);
      if (foldCase(folded) !== folded) assert.fail(`folding U+${point.toString(16)}`);
      const name = normalise('name', text);
      if (name !== null && normalise('name', name) !== name) assert.fail(`name of U+${point.toString(16)}`);
    }
  }
});

const mobile = fc
  .tuple(fc.constantFrom('13', '15', '18', '19'), fc.integer({ min: 0, max: 999_999_999 }))
  .map(([start, rest]) => start + String(rest).padStart(9, '0'));

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
}

test('a mobile number is one value in all its spellings', () => {
  fc.assert(
    fc.property(mobile, (number) => {
      const spaced = `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`;
      const spellings = [
        number,
        spaced,
        spaced.replaceAll(' ', '-'),
        `+86${number}`,
        `+86 ${spaced}`,
        `86${number}`,
        `0086${number}`,
      ];
      spellings.push(
        `(+86)${number}`,
        `tel:+86${number}`,
        `\u202d${number}\u202c`,
        ` ${number}\t`,
        `${number}转8`,
        fullWidth(`+86${number}`),
        `0${number}`,
      );
      for (const spelling of spellings) assert.equal(normalise('phone', spelling), `+86${number}`);
      for (const region of regions) assert.equal(normalise('phone', `+86${number}`, region), `+86${number}`);
    }),
  );
});

test('e-mail, user name and tracking number forgive case, width and spaces around them', () => {
  const word = fc.string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'),
    minLength: 3,
    maxLength: 12,
  });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 100_000_000, max: 999_999_999 }), (local, domain, number) => {
      const address = `${local}@${domain}.example`;
      for (const cell of [
        address.toUpperCase(),
        ` ${address}\r`,
        `<${address}>`,
        `MailTo:${address}`,
        fullWidth(address),
      ])
        assert.equal(normalise('email', cell), address);
      const user = `u${local}_${domain}`;
      for (const cell of [user.toUpperCase(), `\t${user} `, fullWidth(user)])
        assert.equal(normalise('username', cell), user);
      const parcel = `RR${number}CN`;
      for (const cell of [parcel.toLowerCase(), `RR ${number} CN`, `RR-${number}-CN`, fullWidth(parcel)])
        assert.equal(normalise('trackingNumber', cell), parcel);
    }),
  );
});

test('the 15-digit form of an identity number is the value of its 18 digits', () => {
  const day = fc.date({ min: new Date('1900-01-01'), max: new Date('1999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 110000, max: 659999 }),
      day,
      fc.integer({ min: 0, max: 999 }),
      (region, date, sequence) => {
        const birth = date.toISOString().slice(0, 10).replaceAll('-', '');
        const body = `${region}${birth}${String(sequence).padStart(3, '0')}`;
        const id = body + mod11Of2(body);
        const short = `${region}${birth.slice(2)}${body.slice(14)}`;
        for (const cell of [
          id,
          id.toLowerCase(),
          fullWidth(id),
          `${id.slice(0, 6)} ${id.slice(6)}`,
          short,
          ` ${short}`,
        ])
          assert.equal(normalise('nationalId', cell), id);
      },
    ),
  );
});

test('names forgive case, spaces, punctuation and the form of accents', () => {
  const name = fc.string({
    unit: fc.constantFrom('é', 'A', 'ö', 'z', '张', 'Щ', '김', 'が'),
    minLength: 2,
    maxLength: 8,
  });
  fc.assert(
    fc.property(name, (text) => {
      const value = normalise('name', text);
      const spread = Array.from(text).join(' · ');
      for (const cell of [text.toUpperCase(), text.toLowerCase(), text.normalize('NFD'), spread, `"${text}",`])
        assert.equal(normalise('name', cell), value);
    }),
  );
});

test('words for "no value" hold none in any field but password', () => {
  for (const word of [
    '',
    '  ',
    'NULL',
    ' null ',
    '\\N',
    '\\n',
    '-',
    '--',
    'N/A',
    'na',
    'None',
    'nil',
    'undefined',
    'NaN',
    '(null)',
    '<NULL>',
  ])
    for (const field of fields) {
      const expected = field.name === 'password' && word !== '' ? word : null;
      assert.equal(field.normalise(word, context), expected, `${field.name}: ${JSON.stringify(word)}`);
    }
});

test('values longer than the limit are no values', () => {
  for (const name of ['username', 'customerId'] as const) {
    assert.equal(normalise(name, 'a'.repeat(254)), 'a'.repeat(254));
    assert.equal(normalise(name, 'a'.repeat(255)), null);
    assert.equal(normalise(name, '张'.repeat(84)), '张'.repeat(84));
    assert.equal(normalise(name, '张'.repeat(85)), null);
  }
  for (const name of ['name', 'address', 'password', 'passwordHash'] as const) {
    assert.equal(normalise(name, 'b'.repeat(1024)), 'b'.repeat(1024));
    assert.equal(normalise(name, 'b'.repeat(1025)), null);
    assert.equal(normalise(name, '😀'.repeat(257)), null);
  }
  assert.equal(normalise('email', `${'l'.repeat(64)}@b.co`)?.length, 69);
  assert.equal(normalise('email', `${'l'.repeat(65)}@b.co`), null);
  const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(63)}`;
  assert.equal(normalise('email', `${'l'.repeat(58)}@${domain}.co`)?.length, 253);
  assert.equal(normalise('email', `${'l'.repeat(60)}@${domain}.co`), null);
});
