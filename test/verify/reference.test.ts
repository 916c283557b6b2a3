import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { makeNeighbours } from '../../src/core/fields/neighbours.ts';
import { controlsContext, deriveKey } from '../../src/core/fingerprint/keys.ts';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import type { Dialect } from '../../src/dump/port.ts';
import { type MatchResult, matchReference } from '../../src/verify/reference.ts';
import { verifyPlan } from '../scan/check-world.ts';
import { addNaively, load, newHome, removeHome } from '../scan/naive-add.ts';
import { testKey, type WorldColumn } from '../scan/world.ts';

/* The reference held to examples that were worked out by hand from docs/spec/matching.md. */

const dialect: Dialect = { separator: ',', quote: '"', newline: '\n' };
const home = newHome();
after(() => removeHome(home));

const table = (asOfSeconds: number, columns: readonly WorldColumn[], rows: readonly string[]): void => {
  const text = Buffer.from(`${rows.join('\n')}\n`).toString('latin1');
  addNaively(home, { mode: 'snapshot', asOfSeconds, dialect, columns, text }, 'CN');
};

// Subjects 0 and 1; then 70 people of one office, who share its phone. In the second snapshot Ann has another phone.
const office = Array.from({ length: 70 }, (_, i) => `P-${i},13900000000,p${i}@example.com,office`);
const columns: readonly WorldColumn[] = ['customerId', 'phone', 'email', 'name'];
table(1_000_000_000, columns, [
  'A,13800000001,ann@example.com,Ann Lee',
  'B,13800000002,bob@example.com,Bob',
  ...office,
]);
table(1_100_000_000, columns, [
  'A,13800000009,ann@example.com,Ann Lee',
  'B,13800000002,bob@example.com,Bob',
  ...office,
]);
const { image } = load(home);

function match(dumpColumns: readonly WorldColumn[], rows: string): MatchResult {
  const plan = verifyPlan({ dialect, columns: dumpColumns, text: '' }, 'CN');
  return matchReference(rowsOf(Buffer.from(rows), dialect, dumpColumns.length), plan, image);
}

const kinds = (dumpColumns: readonly WorldColumn[], rows: string): string => match(dumpColumns, rows).kinds.join(' ');

test('two columns that agree with one subject are strong, one is weak, two subjects are a chimera', () => {
  const rows = '13800000002,bob@example.com\n13800000002,\n13800000002,ann@example.com\n13800009999,x@example.com\n';
  const found = match(['phone', 'email'], rows);
  assert.deepEqual(found.kinds, ['strong', 'weak', 'chimera', 'none']);
  assert.deepEqual([...found.touched].sort(), [0, 1]);
  assert.deepEqual([...found.strong], [1]);
  assert.deepEqual(found.counters, { rows: 4, identifiable: 4, multiple: 3, strong: 1, weak: 1, chimera: 1 });
});

test('a value that a subject once had points to it, and is stale', () => {
  const { kinds: found, fields } = match(['phone', 'email'], '13800000001,ann@example.com\n');
  assert.deepEqual(found, ['strong']);
  assert.deepEqual(fields.get('phone'), { rows: 1, matched: 1, current: 0 });
  assert.deepEqual(fields.get('email'), { rows: 1, matched: 1, current: 1 });
});

test('the best candidates decide what is current', () => {
  // Ann's old phone and name, and Bob's e-mail: of the two Ann agrees more.
  const { kinds: found, fields } = match(['phone', 'name', 'email'], '13800000001,ANN LEE,bob@example.com\n');
  assert.deepEqual(found, ['strong']);
  assert.deepEqual(fields.get('phone'), { rows: 1, matched: 1, current: 0 });
  assert.deepEqual(fields.get('email'), { rows: 1, matched: 1, current: 1 });
});

test('a confirming value alone points to nobody, and confirms whom another value has found', () => {
  assert.equal(kinds(['name'], 'Bob\n'), 'none');
  assert.equal(kinds(['email', 'name'], 'bob@example.com,BOB.\nbob@example.com,Ann\n'), 'strong weak');
});

test('a value that more than 64 records share points to nobody, but agrees', () => {
  assert.equal(kinds(['phone'], '13900000000\n'), 'none');
  const found = match(['phone', 'email'], '13900000000,p3@example.com\n13900000000,bob@example.com\n');
  assert.deepEqual(found.kinds, ['strong', 'weak']);
  assert.deepEqual(found.fields.get('phone'), { rows: 2, matched: 1, current: 1 });
});

test('the same value twice in a row says nothing new, two different ones do', () => {
  const found = match(['phone', 'phone'], '13800000002,+86 13800000002\n13800000001,13800000009\n');
  assert.deepEqual(found.kinds, ['weak', 'strong']);
  assert.equal(found.counters.multiple, 1);
});

test('a control value is seen and is nobody', () => {
  const controls = makeNeighbours('phone', '+8613800000002', deriveKey(testKey, controlsContext), 4)!;
  const found = match(['phone'], `${controls.join('\n')}\n`);
  assert.equal(found.controlSeen.size, 4);
  assert.deepEqual(found.kinds, ['none', 'none', 'none', 'none']);
  assert.equal(found.recordSeen.size, 0);
});

test('fields are counted where they have a value: a valid one, or for confirming fields any that is not blank', () => {
  const { fields } = match(['phone', 'name', 'password'], '123,***, \n13800000002,,null\n');
  assert.equal(fields.get('phone')!.rows, 1);
  assert.equal(fields.get('name')!.rows, 1);
  assert.equal(fields.get('password')!.rows, 1);
});

test('rows are equal when identifying values are equal as values and all other cells but for blanks around them', () => {
  const rows =
    '13800000002,Bob,1\n+86 138-0000-0002, Bob ,1\n13800000002,bob,1\n13800000002,Bob\n13800000002,Bob,\n0,Bob,1\n00,Bob,1\n';
  assert.equal(match(['phone', 'name', null], rows).distinct, 5);
});

test('rejected rows count nowhere else', () => {
  const found = match(['phone'], '13800000002,too,many\n13800000002,,\n');
  assert.deepEqual(found.kinds, ['rejected', 'weak']);
  assert.deepEqual([...found.rejected], [['too-many-cells', 1]]);
  assert.equal(found.counters.rows, 1);
});
