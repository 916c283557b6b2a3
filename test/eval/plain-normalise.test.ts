import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PlainField, plainNormalise } from '../../eval/plain-normalise.ts';

const cases: readonly [field: PlainField, cell: string, value: string | null][] = [
  ['phone', '907-555-0123', '+19075550123'],
  ['phone', '(907) 555-0123 ext. 664', '+19075550123'],
  ['phone', '1.907.555.0123', '+19075550123'],
  ['phone', '+19075550123', '+19075550123'],
  ['phone', '９０７-555-0123', '+19075550123'],
  ['phone', '107-555-0123', null],
  ['phone', '907-055-0123', null],
  ['phone', '0', null],
  ['phone', '555-0123', null],
  ['email', ' Ada.Example@Mail.example.ORG ', 'ada.example@mail.example.org'],
  ['email', 'a@example.org, b@example.org', null],
  ['email', 'a b@example.org', null],
  ['email', 'a..b@example.org', null],
  ['email', 'a@example.org.', null],
  ['email', 'a@-example.org', null],
  ['email', 'na', null],
  ['email', 'ä@example.org', null],
  ['name', "Ada  O'Sample-Test", 'adaosampletest'],
  ['name', 'ÉMILE', 'émile'],
  ['name', '"…"', null],
  ['address', 'None', null],
  ['customerId', ' person/1 ', 'person/1'],
  ['customerId', 'Person/1', 'Person/1'],
];

test('plain normalisation', () => {
  for (const [field, cell, value] of cases) assert.equal(plainNormalise(field, cell), value, `${field} ${cell}`);
});
