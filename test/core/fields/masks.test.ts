import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FieldName } from '../../../src/core/fields/field.ts';
import { maskUnknown } from '../../../src/core/fields/masks.ts';
import { fieldByName, fields } from '../../../src/core/fields/registry.ts';
import { printable } from '../../../src/core/text.ts';

test('masks show the shape and not the value', () => {
  const expected: [FieldName, string, string][] = [
    ['phone', '+86 138 0013 8047', '+86 ********47'],
    ['phone', '13800138047', '********47'],
    ['phone', '+35312345678', '+353 ********78'],
    ['phone', '12345', '********'],
    ['email', 'Foo.Bar@example.com', 'f***@***.com'],
    ['email', 'foo@example.museum', 'f***@***'],
    ['nationalId', '11010519491231002X', '11********'],
    ['nationalId', ' AB123456            ', '********'],
    ['name', '张小三', '张**'],
    ['name', 'John Fitzgerald Smith', 'J*** F*** S***'],
    ['address', '广东省深圳市南山区科技园南路12栋', '广东********'],
    ['address', '123 Main St, Springfield', '********'],
    ['username', 'alice99', 'a***'],
    ['trackingNumber', 'SF1234567890123', 'SF********23'],
    ['customerId', 'C-00012345', '********45'],
    ['password', 'hunter2', '********'],
    ['passwordHash', '5f4dcc3b5aa765d61d8327deb882cf99', '32 hex ********'],
    ['passwordHash', '$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW', 'bcrypt ********'],
  ];
  for (const [name, cell, mask] of expected) assert.equal(fieldByName(name).mask(cell), mask);
  assert.equal(maskUnknown('Order 12-张'), 'aaaaa 99-汉');
  assert.equal(maskUnknown('a'.repeat(12)), 'aaaaaaaaaaaa');
  assert.equal(maskUnknown('a'.repeat(13)), 'aaaaaaaaaaaa…');
});

test('a mask has no five characters in a row of the value, is printable and short', () => {
  const character = fc.constantFrom(
    ...'bcdefghijkmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ012345678张王李赵北京市省路@.+-_ {}$/:,',
  );
  const value = fc.oneof(
    fc.string({ unit: character, minLength: 5, maxLength: 50 }),
    fc.string({ unit: 'binary', minLength: 5, maxLength: 50 }),
    fc.integer({ min: 10_000_000, max: 99_999_999 }).map((number) => `+86138${number}`),
    fc.string({ unit: fc.constantFrom(...'defghijk'), minLength: 5 }).map((word) => `${word}@${word}.info`),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 5, maxLength: 20 })
      .map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(value, (cell) => {
      for (const field of fields) {
        const mask = field.mask(cell);
        assert.equal(printable(mask, 40), mask, field.name);
        for (let i = 0; i + 5 <= cell.length; i++) {
          const part = cell.slice(i, i + 5);
          assert.ok(!mask.includes(part), `${field.name} shows ${part}`);
        }
      }
      const shape = maskUnknown(cell);
      assert.equal(printable(shape, 13), shape);
      for (const letter of shape) assert.ok(!/[b-zA-Z0-8]/.test(letter));
    }),
    { numRuns: 1000 },
  );
});
