import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectFindings } from '../../eval/plain-match.ts';
import { buildPlainRegister, countUnited, type DatedRow } from '../../eval/plain-register.ts';

const columns = ['email', 'phone', 'name'] as const;

function version(
  id: string,
  email: string,
  phone: string,
  name: string,
  from = 0,
  until: number | null = null,
): DatedRow {
  const cells = [
    { field: 'customerId', cell: id },
    { field: 'email', cell: email },
    { field: 'phone', cell: phone },
    { field: 'name', cell: name },
  ] as const;
  return { id, fromSeconds: from, untilSeconds: until, cells };
}

const ada = version('1', 'ada@example.org', '907-555-0001', 'Ada');
const bela = version('2', 'bela@example.org', '907-555-0002', 'Bela');

function kindOf(row: readonly string[], versions: readonly DatedRow[] = [ada, bela]) {
  const { strong, weak, chimera, matched } = expectFindings([row], columns, buildPlainRegister(versions));
  return strong + weak + chimera !== matched
    ? 'torn'
    : strong
      ? 'strong'
      : weak
        ? 'weak'
        : chimera
          ? 'chimera'
          : 'none';
}

test('kinds of rows', () => {
  assert.equal(kindOf(['ada@example.org', '(907) 555-0001', 'somebody']), 'strong');
  assert.equal(kindOf(['ada@example.org', '', 'ADA']), 'strong');
  assert.equal(kindOf(['ada@example.org', '', 'Bela']), 'weak');
  assert.equal(kindOf(['ada@example.org', '907-555-0002', 'somebody']), 'chimera');
  assert.equal(kindOf(['ada@example.org', '907-555-0002', 'Bela']), 'strong');
  assert.equal(kindOf(['x@example.org', '', 'Ada']), 'none');
});

test('a value of too many people points to nobody but confirms', () => {
  const sharing = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      version(`s${index}`, `s${index}@example.org`, '907-555-0009', `n${index}`),
    );
  assert.equal(kindOf(['', '907-555-0009', ''], sharing(64)), 'weak');
  assert.equal(kindOf(['', '907-555-0009', ''], sharing(65)), 'none');
  assert.equal(kindOf(['', '907-555-0009', 'n1'], sharing(65)), 'none');
  assert.equal(kindOf(['s1@example.org', '907-555-0009', ''], sharing(65)), 'strong');
});

test('two columns of one field count once when their values are equal, twice when they differ', () => {
  const register = buildPlainRegister([ada]);
  const twice = expectFindings([['907-555-0001', '(907) 555-0001']], ['phone', 'phone'], register);
  assert.deepEqual([twice.strong, twice.weak], [0, 1]);
  assert.deepEqual(twice.fields.phone, { rows: 1, matched: 1, current: 1, stale: 0 });
});

test('counts per field follow the best candidate, current or not', () => {
  const moved = [
    version('1', 'old@example.org', '907-555-0001', 'Ada', 0, 10),
    version('1', 'new@example.org', '907-555-0001', 'Ada', 10),
  ];
  const register = buildPlainRegister([...moved, bela]);
  const found = expectFindings([['old@example.org', '907-555-0001', '?']], columns, register);
  assert.deepEqual(found.fields, {
    email: { rows: 1, matched: 1, current: 0, stale: 1 },
    phone: { rows: 1, matched: 1, current: 1, stale: 0 },
    name: { rows: 1, matched: 0, current: 0, stale: 0 },
  });
  // Nobody of the best has the e-mail address, so its own candidate counts.
  const other = expectFindings([['old@example.org', '907-555-0002', 'Bela']], columns, register);
  assert.deepEqual([other.strong, other.subjectsMatched, other.subjectsStrong], [1, 2, 1]);
  assert.deepEqual(other.fields.email, { rows: 1, matched: 1, current: 0, stale: 1 });
});

test('distinct rows compare identifying cells by value and others by bytes', () => {
  const rows = [
    ['ADA@example.org', '907-555-0001', 'Ada'],
    ['ada@example.org', '+1 907 555 0001', ' Ada '],
    ['ada@example.org', '907-555-0001', 'ADA'],
    ['none', '', 'Ada'],
    ['None', '', 'Ada'],
  ];
  assert.equal(expectFindings(rows, columns, buildPlainRegister([])).distinct, 4);
});

test('periods that touch or overlap are one', () => {
  assert.equal(
    countUnited([
      { from: 5, until: 9 },
      { from: 0, until: 5 },
    ]),
    1,
  );
  assert.equal(
    countUnited([
      { from: 0, until: 9 },
      { from: 2, until: 3 },
      { from: 9, until: 10 },
    ]),
    1,
  );
  assert.equal(
    countUnited([
      { from: 0, until: 5 },
      { from: 6, until: Infinity },
    ]),
    2,
  );
});
