import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkDigit, parseGs1Key, placeText } from '../../../src/gateway/epcis/identifier.ts';

/** The examples of the EPC Tag Data Standard (section 6.3 and 7), as URN, as Digital Link, and the key itself. */
const same: [urn: string, link: string, scheme: string, key: string, extension: string | null][] = [
  [
    'urn:epc:id:sscc:0614141.1234567890',
    'https://id.gs1.org/00/106141412345678908',
    'sscc',
    '106141412345678908',
    null,
  ],
  ['urn:epc:id:grai:0614141.12345.400', 'https://id.gs1.org/8003/00614141123452400', 'grai', '00614141123452400', null],
  ['urn:epc:id:giai:0614141.12345400', 'https://id.gs1.org/8004/061414112345400', 'giai', '061414112345400', null],
  ['urn:epc:id:sgln:0614141.12345.0', 'https://id.gs1.org/414/0614141123452', 'sgln', '0614141123452', null],
  ['urn:epc:id:sgln:0614141.12345.400', 'https://id.gs1.org/414/0614141123452/254/400', 'sgln', '0614141123452', '400'],
];

test('a key is the same however it is written', () => {
  for (const [urn, link, scheme, key, extension] of same) {
    assert.deepEqual(parseGs1Key(urn), { scheme, key, extension }, urn);
    assert.deepEqual(parseGs1Key(link), { scheme, key, extension }, link);
  }
  const older = 'https://example.com/some/path/sscc/106141412345678908?linkType=all';
  assert.equal(parseGs1Key(older)?.key, '106141412345678908');
  assert.equal(parseGs1Key('https://id.gs1.org/01/09521321555556/00/106141412345678908')?.scheme, 'sscc');
});

test('places have one text', () => {
  const [, , , plain, below] = same.map(([urn]) => parseGs1Key(urn));
  assert.equal(plain && placeText(plain), 'https://id.gs1.org/414/0614141123452');
  assert.equal(below && placeText(below), 'https://id.gs1.org/414/0614141123452/254/400');
});

test('what is no such key, or a damaged one', () => {
  const wrong = [
    'urn:epc:id:sgtin:0614141.107346.2018',
    'urn:epc:id:sscc:0614141.123456789',
    'urn:epc:id:sscc:0614141.1234567890.1',
    'urn:epc:id:sscc:061x141.1234567890',
    'urn:epc:id:grai:0614141.12345',
    'urn:epc:id:sgln:0614141.1234.0',
    'https://id.gs1.org/00/106141412345678909',
    'https://id.gs1.org/00/10614141234567890',
    'https://id.gs1.org/00/%zz',
    'https://id.gs1.org/constructor/106141412345678908',
    'https://id.gs1.org/8004/abc',
    'ftp://id.gs1.org/00/106141412345678908',
    '',
    `https://id.gs1.org/00/${'1'.repeat(500)}`,
  ];
  for (const uri of wrong) assert.equal(parseGs1Key(uri), null, uri);
});

test('a changed digit of a key is noticed', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), fc.nat({ max: 17 }), fc.integer({ min: 1, max: 9 }), (serial, at, by) => {
      const digits = `00614141${String(serial).padStart(9, '0').slice(-9)}`;
      const key = digits + checkDigit(digits);
      const changed = key.slice(0, at) + ((Number(key[at]) + by) % 10) + key.slice(at + 1);
      assert.equal(parseGs1Key(`https://id.gs1.org/00/${key}`)?.key, key);
      assert.equal(parseGs1Key(`https://id.gs1.org/00/${changed}`), null);
    }),
  );
});

test('any text gets an answer', () => {
  const pieces = fc.constantFrom(
    'urn:epc:id:',
    'sscc:',
    'https://',
    'id.gs1.org',
    '/',
    '00',
    '414',
    '.',
    '0614141',
    '%',
    '%41',
    '254',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((all) => all.join('')),
      ),
      (text) => {
        parseGs1Key(text);
      },
    ),
  );
});
