import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ldifReader } from '../../../src/dump/readers/ldif.ts';
import { detect, readAll, readOnce, survivesDamage } from './record-harness.ts';

const sample = [
  'version: 1',
  '# a comment',
  ' goes on',
  'dn: cn=A,dc=x',
  'objectClass: top',
  'objectClass: person',
  'cn:: 5byg5LiJ',
  'mail: a@exam',
  ' ple.com',
  'jpegPhoto:< file:///etc/passwd',
  'x:: /9j/',
  '',
  '',
  'dn: cn=B',
  'a line that is none',
  'mail: b@example.com',
  '',
  'dn: cn=C',
  'mail: c',
  'dn: cn=D',
  'mail: d',
  '',
  'mail: without a name',
  '',
].join('\n');

test('folding, base64, several values, comments; broken entries are rejected', async () => {
  for (const text of [sample, sample.replaceAll('\n', '\r\n')]) {
    assert.deepEqual(await readAll(ldifReader, text), {
      tables: [
        {
          name: null,
          columns: ['dn', 'objectclass', 'objectclass.1', 'cn', 'mail', 'jpegphoto', 'x'],
          rows: [
            ['cn=A,dc=x', 'top', 'person', '张三', 'a@example.com', null, '/9j/'],
            ['cn=C', null, null, null, 'c', null, null],
            ['cn=D', null, null, null, 'd', null, null],
          ],
        },
      ],
      rejected: { 'bad-record': 2 },
    });
  }
});

test('detection', () => {
  assert.ok(detect(ldifReader, sample) > 0.9);
  assert.ok(detect(ldifReader, 'dn:: Y249QQ==\ncn: A\n') > 0.9);
  for (const text of ['', 'dn: x\n', 'name: A\nphone: 1\n', 'dn,cn\n1,2\n', 'version: 1\nname: A\n']) {
    assert.equal(detect(ldifReader, text), 0, text);
  }
});

test('hostile input neither hangs nor throws', async () => {
  await survivesDamage(ldifReader, sample, 300);
  for (const bomb of ['dn: a\n', ' x\n', 'a:', 'dn:: ====\n', '\n', 'a'])
    await readOnce(ldifReader, bomb.repeat(100_000 / bomb.length));
  const long = `dn: a\nmail: ${'x'.repeat(17_000_000)}\n\ndn: b\nx: ${'y\n '.repeat(200_000)}\n\ndn: c\nmail: c\n`;
  const result = await readOnce(ldifReader, long);
  assert.deepEqual(result.rejected, { 'too-long': 1 });
  assert.equal(
    result.tables.reduce((sum, { rows }) => sum + rows.length, 0),
    2,
  );
});
