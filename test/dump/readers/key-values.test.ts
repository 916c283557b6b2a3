import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyValueReader } from '../../../src/dump/readers/key-values.ts';
import { splitPairs } from '../../../src/dump/readers/key-values-line.ts';
import { detect, readAll, readOnce, survivesDamage } from './record-harness.ts';

const logfmt =
  'ts=2020 level=info msg="user login" user=bob phone=138\nts=2021 level=info msg="a \\"q\\"" user=al phone=139 extra=1\nts=2022 level=info user=c phone=1 logged in\nnothing here\n';
const syslog = ['bob', 'al', 'cy']
  .map((user, i) => `<34>Nov 22 10:00:0${i} host app[12]: user=${user}, mail=${user}@example.com, name=${user} Smith\n`)
  .join('');

test('logfmt', async () => {
  assert.deepEqual(await readAll(keyValueReader, logfmt), {
    tables: [
      {
        name: null,
        columns: ['ts', 'level', 'msg', 'user', 'phone', 'extra'],
        rows: [
          ['2020', 'info', 'user login', 'bob', '138', null],
          ['2021', 'info', 'a "q"', 'al', '139', '1'],
          ['2022', 'info', null, 'c', '1', null],
        ],
      },
    ],
    rejected: { 'bad-line': 1 },
  });
});

test('what stands before the pairs is kept', async () => {
  const { tables } = await readAll(keyValueReader, syslog);
  assert.deepEqual(tables[0]?.columns, ['prefix', 'user', 'mail', 'name']);
  assert.deepEqual(tables[0]?.rows[1], ['<34>Nov 22 10:00:01 host app[12]', 'al', 'al@example.com', 'al Smith']);
});

test('pairs of one line', () => {
  const cases: [string, Record<string, string>][] = [
    ['name: Bob Smith, phone: 138, email: ', { name: 'Bob Smith', phone: '138', email: '' }],
    ['姓名=张三，电话：138', { 姓名: '张三', 电话: '138' }],
    ['name=bob&phone=2', { name: 'bob', phone: '2' }],
    ['url=https://x/?a=1&b=2 user=c', { url: 'https://x/?a=1&b=2', user: 'c' }],
    ['token=abc== user=c', { token: 'abc==', user: 'c' }],
    ['at=10:20:30 user=c', { at: '10:20:30', user: 'c' }],
    ['a=\'x, y\' b="" c=3', { a: 'x, y', b: '', c: '3' }],
    ['[user=bob] [phone=1]', { user: 'bob', phone: '1' }],
  ];
  for (const [line, expected] of cases) {
    const split = splitPairs(line);
    assert.deepEqual(Object.fromEntries(split!.keys.map((key, i) => [key, split!.values[i]])), expected, line);
  }
  for (const line of ['', 'plain text', '12:30:01', 'https://example.com/?a=1', '1=2'])
    assert.equal(splitPairs(line), null, line);
});

test('detection', () => {
  assert.ok(detect(keyValueReader, logfmt) >= 0.5);
  assert.ok(detect(keyValueReader, syslog) >= 0.5);
  for (const text of [
    'a=1\nb=2\nc=3\n',
    '1,2,"a=b; c=d"\n2,3,"a=x; c=y"\n3,4,"a=x; c=y"\n',
    'https://x.com/?a=1&b=2:user:pass\n'.repeat(4),
    'the rate = 5 today\nfoo = bar\nx = y\n',
    '{"a": 1, "b": 2}\n'.repeat(4),
    '<a b="1" c="2"/>\n'.repeat(4),
    'UPDATE t SET a=1, b=2 WHERE c=3;\n'.repeat(4),
    'bob:abc=:d\n'.repeat(4),
    '2020-01-01 request took=5\n'.repeat(4),
    'login: password\n'.repeat(4),
    '',
  ]) {
    assert.equal(detect(keyValueReader, text), 0, text);
  }
});

test('hostile input neither hangs nor throws', async () => {
  await survivesDamage(keyValueReader, logfmt + syslog, 300);
  for (const bomb of ['a=', ' a=', '=', 'a: ', '"', 'a="', 'a=1&', '&a/=', "a=' ", 'a=b ', '\\', 'a=\n']) {
    const text = bomb.repeat(100_000 / bomb.length);
    await readOnce(keyValueReader, text);
    detect(keyValueReader, text);
  }
});
