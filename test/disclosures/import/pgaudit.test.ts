import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePrefix, parseAudit, splitAudit } from '../../../src/disclosures/import/pgaudit-line.ts';
import { readStatement, type TableRule, tokenize } from '../../../src/disclosures/import/pgaudit-statement.ts';

const rule: TableRule = {
  schema: null,
  table: 'customers',
  key: 'id',
  fields: [
    { field: 'name', column: null },
    { field: 'phone', column: 'mobile' },
  ],
};
const PHONE = 1 << 0;
const NAME = 1 << 8;
const read = (sql: string, parameters: readonly string[] = [], object = ''): unknown => {
  const found = readStatement(tokenize(sql), object, parameters, [rule]);
  return typeof found === 'string' ? found : [found.subjects.join(' '), found.fields];
};

test('subjects and fields of a statement', () => {
  const cases: readonly [string, unknown][] = [
    ['SELECT * FROM customers WHERE id = 5', ['5', NAME | PHONE]],
    ["select name from public.customers c where c.id='A''5' limit 1", ["A'5", NAME]],
    ['SELECT mobile FROM "customers" WHERE "id" IN (5, 6,7)', ['5 6 7', PHONE]],
    ["SELECT c.* FROM customers AS c WHERE c.id = ANY ('{5,6}'::int[])", ['5 6', NAME | PHONE]],
    ['SELECT name FROM orders o JOIN customers c ON c.id = o.customer WHERE c.id = 8', ['8', NAME]],
    ['SELECT name FROM customers c, orders o WHERE o.id = 8', 'no-key'],
    ['SELECT name FROM customers WHERE id >= 5', 'no-key'],
    ["SELECT name FROM customers WHERE id IN ('5'::text, '6'::text)", ['5 6', NAME]],
    ['SELECT name FROM customers WHERE id IN (SELECT owner FROM carts WHERE total = 5)', 'no-key'],
    ['SELECT name FROM customers', 'no-key'],
    ['SELECT count(*) FROM customers WHERE id = 5', 'other-table'],
    ['SELECT birthday FROM customers WHERE id = 5', 'other-table'],
    ['SELECT * FROM staff WHERE id = 5', 'other-table'],
    ["SELECT name FROM customers WHERE note = 'id = 9' AND id = 5", ['5', NAME]],
    ['SELECT name /* id = 9 */ FROM customers -- id = 8\n WHERE id = 5', ['5', NAME]],
    ['SELECT name FROM customers WHERE note = $$id = 9$$ AND id = 5', ['5', NAME]],
    ["SELECT name FROM customers WHERE id = 'never closed", ['never closed', NAME]],
    ['', 'other-table'],
    // However it is written: what is read of people must not pass for something else.
    ['SELECT/* /* */ from x */ name FROM customers WHERE id = 5', ['5', NAME]],
    ["SELECT E'\\'', name FROM customers WHERE id = E'5'", ['5', NAME]],
    ["SELECT name FROM customers WHERE id = N'5'", ['5', NAME]],
    ['SELECT 1 FROM a UNION SELECT name FROM customers WHERE id = 5', ['5', NAME]],
    ['WITH x AS (SELECT 1 FROM a) SELECT mobile FROM customers WHERE id = 5', ['5', PHONE]],
    ['SELECT extract(year FROM now()), name FROM customers WHERE id = 5', ['5', NAME]],
    ['SELECT c FROM customers c WHERE c.id = 5', ['5', NAME | PHONE]],
    ['SELECT row_to_json(customers) FROM customers WHERE id = 5', ['5', NAME | PHONE]],
    ['SELECT DISTINCT * FROM customers WHERE id = 5', ['5', NAME | PHONE]],
    ['SELECT DISTINCT ON (birthday) * FROM customers WHERE id = 5', ['5', NAME | PHONE]],
    ['SELECT name FROM ((customers c JOIN orders o ON true)) WHERE c.id = 5', ['5', NAME]],
    ['TABLE public.customers', 'no-key'],
    ['COPY customers TO STDOUT', 'no-key'],
    ['SELECT 1 UNION ALL TABLE customers', 'no-key'],
    ['SELECT 2 * 3, count(*), c.birthday FROM customers c WHERE c.id = 5', 'other-table'],
  ];
  for (const [sql, expected] of cases) assert.deepEqual(read(sql), expected, sql);
  assert.deepEqual(read('SELECT * FROM customers WHERE id = $2', ['x', 'C7']), ['C7', NAME | PHONE]);
  assert.deepEqual(read('SELECT * FROM customers WHERE id = $2', ['x']), 'no-key');
  assert.deepEqual(read('SELECT * FROM customers WHERE id = ANY($1)', ['{C1,C2}']), ['C1 C2', NAME | PHONE]);
  assert.deepEqual(read('EXECUTE q', [], 'public.customers'), 'other-table');
});

test('an audit record, with commas, quotes and parameters', () => {
  assert.deepEqual(
    parseAudit('SESSION,1,1,READ,SELECT,TABLE,public.customers,"select ""a"", b from customers",<not logged>'),
    { kind: 'READ', object: 'public.customers', statement: 'select "a", b from customers', parameters: [] },
  );
  assert.deepEqual(parseAudit('OBJECT,1,1,READ,SELECT,,,select 1,"5,""a,b"""')?.parameters, ['5', 'a,b']);
  assert.equal(parseAudit('SESSION,1,1'), null);
  assert.equal(parseAudit('select 1'), null);
});

test('prefixes of lines', () => {
  const split = splitAudit('2026-11-22 10:00:00.123 UTC [77] ann@shop LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,x,<none>');
  assert.equal(split?.prefix, '2026-11-22 10:00:00.123 UTC [77] ann@shop ');
  const parse = compilePrefix('%m [%p] %q%u@%d ');
  assert.deepEqual(parse(split!.prefix), {
    at: '2026-11-22 10:00:00.123 UTC',
    user: 'ann',
    database: 'shop',
    application: '',
    host: '',
  });
  assert.equal(parse('something else'), null);
  assert.equal(compilePrefix('%t:%r:%u@%d:[%p]:')('2026-11-22 10:00:00 CST:10.0.0.1(55):bob@shop:[9]:')?.user, 'bob');
  assert.equal(compilePrefix('%n %-10u 100%% ')('1795341600.123 ann        100% ')?.at, '1795341600.123');
  assert.equal(splitAudit('2026-11-22 LOG:  connection received'), null);
});

test('whatever SQL comes, nothing throws', () => {
  const piece = fc.constantFrom(
    'select',
    '*',
    ' from ',
    'customers',
    'id',
    '=',
    'in (',
    ')',
    "'",
    '"',
    '$1',
    '$$',
    '/*',
    '--',
    '5',
    ',',
    '.',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      read(pieces.join(''));
      parseAudit(pieces.join(''));
    }),
  );
});

test('a megabyte of SQL is read in linear time', () => {
  for (const text of [
    "'",
    '"',
    '/*',
    '$$',
    'id in (',
    'customers ',
    'id = ',
    '((((',
    '$a',
    '/*/*',
    "E'",
    "''",
    'select(',
  ]) {
    const startedAt = performance.now();
    read(`select * from customers where ${text.repeat(Math.floor(1_000_000 / text.length))}`);
    assert.ok(performance.now() - startedAt < 5000, text);
  }
});
