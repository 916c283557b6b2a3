import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { importPrincipals } from '../../../src/disclosures/import/import-principals.ts';
import { FIRST_UNKNOWN_SUBJECT } from '../../../src/disclosures/port.ts';
import { openDisclosures } from '../../../src/disclosures/reader.ts';
import { addCustomers, importFiles, newHome, readAll, registerKey } from '../support.ts';

const NAME = 1 << 8;
const PHONE = 1;
const ADDRESS = 1 << 9;
const EMAIL = 1 << 1;
const noon = Date.UTC(2026, 10, 22, 12) / 1000;

function write(home: string, name: string, content: string | Uint8Array): string {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
}

/** A home with customers C0 to C9, who have the numbers 0 to 9. */
function homeWithCustomers(): string {
  const home = newHome();
  addCustomers(
    home,
    Array.from({ length: 10 }, (_, i) => `C${i}`),
    100,
  );
  return home;
}

const csv = [
  'at,principal,subject,fields,purpose',
  '2026-11-22T12:00:00Z,scanner-1,C1,name phone,delivery',
  '2026-11-22T20:00:01+08:00,scanner-2,C2,"name,mobile;address",delivery',
  'never,scanner-2,C2,name,delivery',
  '2026-11-22T12:00:02Z,,C3,name,',
  '2026-11-22T12:00:02Z,scanner-1,,name,',
  '2026-11-22T12:00:02Z,scanner-1,C3,birthday,',
  '2026-11-22T12:00:03Z,scanner-1,X9,name,',
  '',
].join('\n');
const csvRows = [
  `${noon} scanner-1 1 ${NAME | PHONE} delivery`,
  `${noon + 1} scanner-2 2 ${NAME | PHONE | ADDRESS} delivery`,
  `${noon + 3} scanner-1 ${FIRST_UNKNOWN_SUBJECT} ${NAME} `,
];

test('a byte order mark before the first line is no part of it', async () => {
  const home = homeWithCustomers();
  const line = '{"at":"2026-11-22T12:00:00Z","principal":"scanner-1","subject":"C1","fields":["name"]}\n';
  const path = write(home, 'log.jsonl', `\ufeff${line}${line.replace('C1', 'C2')}`);
  const summary = await importFiles(home, [path]);
  assert.deepEqual([summary.read, summary.rejected.size], [2, 0]);
});

test('a table with columns of the usual names', async () => {
  const home = homeWithCustomers();
  const path = write(home, 'log.csv', csv);
  const first = await importFiles(home, [path]);
  assert.deepEqual(
    [first.read, first.added, first.total, first.newPrincipals, first.newUnknownSubjects],
    [3, 3, 3, 2, 1],
  );
  assert.deepEqual([first.fromSeconds, first.untilSeconds, first.ignoredNames], [noon, noon + 3, 1]);
  assert.deepEqual(Object.fromEntries(first.rejected), {
    'bad-time': 1,
    'no-principal': 1,
    'no-subject': 1,
    'no-fields': 1,
  });
  assert.deepEqual(readAll(home), csvRows);
});

test('the same file twice, and an overlapping one, count once', async () => {
  const home = homeWithCustomers();
  const path = write(home, 'log.csv', csv);
  await importFiles(home, [path]);
  const again = await importFiles(home, [path, path]);
  assert.deepEqual([again.files, again.knownFiles, again.read, again.added], [2, 2, 0, 0]);
  const longer = write(home, 'longer.csv', `${csv}2026-11-22T12:00:04Z,scanner-1,C4,name,\n`);
  const more = await importFiles(home, [longer]);
  assert.deepEqual([more.knownFiles, more.read, more.added, more.total], [0, 4, 1, 4]);
  const packed = write(home, 'longer.csv.gz', gzipSync(`${csv}2026-11-22T12:00:04Z,scanner-1,C4,name,\n`));
  assert.equal((await importFiles(home, [packed])).added, 0);
  assert.deepEqual(readAll(home), [...csvRows, `${noon + 4} scanner-1 4 ${NAME} `].sort());
});

test('one file with itself in it, in any order, over several segments', async () => {
  const home = newHome();
  const lines = Array.from({ length: 50 }, (_, i) => `${noon + ((i * 37) % 50)},p,C${i % 7},name\n`);
  const path = write(home, 'log.csv', `at,principal,subject,fields\n${[...lines, ...lines.toReversed()].join('')}`);
  const summary = await importFiles(home, [path]);
  assert.deepEqual([summary.read, summary.added], [100, 50]);
  assert.equal(readAll(home).length, 50);
});

test('columns of other names are mapped; fields may be given', async () => {
  const home = homeWithCustomers();
  const path = write(home, 'log.tsv', `when\tdevice\tcustomer\n${noon}\ts1\tC5\n${noon + 1}\ts1\tC6\n`);
  await assert.rejects(importFiles(home, [path]), { code: 'DISCLOSURES_COLUMN' });
  await assert.rejects(importFiles(home, [path], { map: { at: 'nowhere' } }), { code: 'USAGE_COLUMN' });
  const map = { at: 'when', principal: 'device', subject: '3' };
  await assert.rejects(importFiles(home, [path], { map }), {
    code: 'DISCLOSURES_COLUMN',
    parameters: { path, what: 'fields' },
  });
  await importFiles(home, [path], { map, fields: ['name', 'email'] });
  assert.deepEqual(readAll(home), [`${noon} s1 5 ${NAME | EMAIL} `, `${noon + 1} s1 6 ${NAME | EMAIL} `]);
});

test('JSON lines, with lists, nested keys and damage', async () => {
  const home = homeWithCustomers();
  const lines = [
    { at: '2026-11-22T12:00:00Z', principal: 's1', subject: 'C1', fields: ['name', 'phone'], purpose: 'delivery' },
    { at: noon + 1, principal: 's1', subject: ['C1', 'C2'], fields: 'name phone' },
    { at: (noon + 2) * 1000, principal: 's1', subject: 'C3', fields: [] },
    { at: {}, principal: 's1', subject: 'C3', fields: ['name'] },
    { at: noon, principal: 77, subject: 7, fields: ['name'], __proto__: null },
  ].map((line) => JSON.stringify(line));
  const path = write(home, 'log.jsonl', [...lines, '{"at": ', 'null', '[1]', ''].join('\n'));
  const summary = await importFiles(home, [path]);
  assert.deepEqual([...summary.formats], ['json']);
  assert.deepEqual(Object.fromEntries(summary.rejected), { 'bad-time': 1, 'no-fields': 1, 'bad-line': 3 });
  assert.deepEqual(readAll(home), [
    `${noon} 77 ${FIRST_UNKNOWN_SUBJECT} ${NAME} `,
    `${noon} s1 1 ${NAME | PHONE} delivery`,
    `${noon + 1} s1 1 ${NAME | PHONE} `,
    `${noon + 1} s1 2 ${NAME | PHONE} `,
  ]);
  const nested = write(home, 'nested.jsonl', `${JSON.stringify({ t: noon, who: { id: 's2' }, 'a.b': 'C4' })}\n`);
  await importFiles(home, [nested], { map: { at: 't', principal: 'who.id', subject: 'a.b' }, fields: ['name'] });
  assert.ok(readAll(home).includes(`${noon} s2 4 ${NAME} `));
});

const access = [
  '10.0.0.1 - ann [22/Nov/2026:20:00:00 +0800] "GET /customers/C1?x=1 HTTP/1.1" 200 512 "-" "curl/8" "device-9"',
  '10.0.0.1 - ann [22/Nov/2026:20:00:01 +0800] "GET /customers/C2/contact HTTP/1.1" 200 512 "-" "a \\"b\\"" "device-9"',
  '10.0.0.1 - ann [22/Nov/2026:20:00:02 +0800] "GET /customers/C3 HTTP/1.1" 403 - "-" "-" "-"',
  '10.0.0.1 - ann [22/Nov/2026:20:00:02 +0800] "HEAD /customers/C3 HTTP/1.1" 200 0 "-" "-" "-"',
  '10.0.0.1 - - [22/Nov/2026:20:00:03 +0800] "GET /customers/C3 HTTP/1.1" 200 12 "-" "-" "-"',
  '10.0.0.1 - ann [22/Nov/2026:20:00:04 +0800] "GET /static/app.js HTTP/1.1" 200 12 "-" "-" "-"',
  '10.0.0.1 - ann [22/Nov/2026:20:00:04 +0800] "\\x16\\x03" 400 0 "-" "-"',
  'no line of a log',
  '',
].join('\n');

test("web servers' logs by patterns of addresses", async () => {
  const home = homeWithCustomers();
  const path = write(home, 'access.log', access);
  await assert.rejects(importFiles(home, [path]), { code: 'DISCLOSURES_OPTION' });
  await assert.rejects(importFiles(home, [path], { urls: ['customers'] }), { code: 'DISCLOSURES_OPTION' });
  const urls = ['/customers/{subject}', '/customers/{subject}/contact phone,email'];
  const summary = await importFiles(home, [path], { urls, fields: ['name'] });
  assert.deepEqual([...summary.formats], ['access']);
  assert.deepEqual(Object.fromEntries(summary.rejected), {
    'not-served': 3,
    'no-principal': 1,
    'other-url': 1,
    'bad-line': 1,
  });
  assert.deepEqual(readAll(home), [`${noon} ann 1 ${NAME} `, `${noon + 1} ann 2 ${PHONE | EMAIL} `]);
  const other = newHome();
  addCustomers(other, ['C1', 'C2'], 100);
  await importFiles(other, [path], { urls, fields: ['name'], map: { principal: 'extra1' } });
  assert.deepEqual(readAll(other)[0], `${noon} device-9 0 ${NAME} `);
});

test("nginx's JSON logs by patterns of addresses", async () => {
  const home = homeWithCustomers();
  const lines = [
    {
      time_iso8601: '2026-11-22T20:00:00+08:00',
      remote_user: 'ann',
      request: 'GET /customers/C1 HTTP/2.0',
      status: 200,
    },
    { time_iso8601: '2026-11-22T20:00:01+08:00', remote_user: 'ann', request_uri: '/customers/C2', status: '304' },
    { msec: `${noon + 2}.123`, remote_user: 'bob', request_uri: '/customers/C3', status: '200', request_method: 'GET' },
  ];
  const path = write(home, 'access.json', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const summary = await importFiles(home, [path], { urls: ['/customers/{subject}'], fields: ['name'] });
  assert.deepEqual(Object.fromEntries(summary.rejected), { 'not-served': 1 });
  assert.deepEqual(readAll(home), [`${noon} ann 1 ${NAME} `, `${noon + 2} bob 3 ${NAME} `]);
});

test("PostgreSQL's logs with pgAudit, as text and as JSON", async () => {
  const home = homeWithCustomers();
  const audit = (statement: string, rest = '<none>'): string =>
    `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.customers,"${statement}",${rest}`;
  const prefix = '2026-11-22 12:00:00.500 UTC [77] ann@shop LOG:  ';
  const text = [
    `${prefix}${audit('select name\n\tfrom customers\n\twhere id = $1', 'C1')}`,
    `${prefix}${audit("select * from customers where id in ('C2','C3')")}`,
    `${prefix}AUDIT: SESSION,2,1,WRITE,UPDATE,,,update customers set name = 'x' where id = 'C1',<none>`,
    `${prefix}${audit('select name from customers')}`,
    `${prefix}${audit("select * from staff where id = 'C1'").replace('public.customers', '')}`,
    '2026-11-22 12:00:00.500 UTC [1] LOG:  checkpoint starting: time',
    '',
  ].join('\n');
  const path = write(home, 'postgresql.log', text);
  await assert.rejects(importFiles(home, [path]), { code: 'DISCLOSURES_OPTION' });
  await assert.rejects(importFiles(home, [path], { tables: ['customers'] }), { code: 'DISCLOSURES_OPTION' });
  const tables = ['public.customers:id=name,phone:mobile'];
  for (const part of ['constructor', '__proto__', 'session'])
    for (const map of [{ principal: part }, { purpose: part }])
      await assert.rejects(importFiles(home, [path], { tables, map }), { code: 'DISCLOSURES_OPTION' });
  const summary = await importFiles(home, [path], { tables });
  assert.deepEqual([...summary.formats], ['pgaudit']);
  assert.deepEqual(Object.fromEntries(summary.rejected), {
    'not-read': 1,
    'no-key': 1,
    'other-table': 1,
    'not-audit': 1,
  });
  const expected = [`${noon} ann 1 ${NAME} `, `${noon} ann 2 ${NAME | PHONE} `, `${noon} ann 3 ${NAME | PHONE} `];
  assert.deepEqual(readAll(home), expected);
  const json = {
    timestamp: '2026-11-22 20:00:09.1 CST',
    user: 'bob',
    message: audit("select name from customers where id = 'C4'"),
  };
  const jsonPath = write(home, 'postgresql.json', `${JSON.stringify(json)}\n`);
  const refused = await importFiles(home, [jsonPath], { tables });
  assert.deepEqual(Object.fromEntries(refused.rejected), { 'bad-time': 1 });
  await importFiles(home, [jsonPath], { tables, zone: '+08:00' });
  assert.deepEqual(readAll(home), [...expected, `${noon + 9} bob 4 ${NAME} `]);
});

test('folders, standard input, and a failure in the middle', async () => {
  const home = homeWithCustomers();
  mkdirSync(join(home, 'logs', 'deep'), { recursive: true });
  write(home, 'logs/a.csv', csv);
  write(home, 'logs/deep/b.jsonl', `${JSON.stringify({ at: noon, principal: 'x', subject: 'C9', fields: 'name' })}\n`);
  const many = Array.from({ length: 30 }, (_, i) =>
    JSON.stringify({ at: noon + i, principal: 'y', subject: 'C9', fields: 'name' }),
  );
  write(home, 'logs/deep/c.jsonl', many.join('\n'));
  await assert.rejects(importFiles(home, [join(home, 'logs'), join(home, 'none')]), { code: 'DUMP_NOT_FOUND' });
  write(home, 'logs/z.csv', 'other,columns\n1,2\n3,4\n');
  await assert.rejects(importFiles(home, [join(home, 'logs')]), { code: 'DISCLOSURES_COLUMN' });
  assert.deepEqual(readAll(home), []);
  assert.deepEqual(readdirSync(join(home, 'disclosures')), []);
  async function* stdin(): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from(csv.slice(0, 100));
    yield Buffer.from(csv.slice(100));
  }
  assert.equal((await importFiles(home, ['-'], {}, 8, stdin())).added, 3);
  assert.deepEqual(readAll(home), csvRows);
});

test('principals have attributes, with times or without; later rows replace', async () => {
  const home = newHome();
  const log = write(home, 'log.csv', `at,principal,subject,fields\n${noon},s1,C1,name\n`);
  await importFiles(home, [log]);
  const add = (name: string, content: string) =>
    importPrincipals({
      home,
      registerKey,
      region: 'CN',
      inputs: [write(home, name, content)],
      principalColumn: null,
      atColumn: null,
      stdin: (async function* () {})(),
      onRead: () => {},
    });
  const first = await add(
    'p.csv',
    'principal,kind,station,build\ns1,scanner,HGH-1,4.2.0\ns2,scanner,HGH-2,\n,scanner,X,1\n',
  );
  assert.deepEqual([first.rows, first.added, first.changed, first.total], [2, 1, 2, 2]);
  assert.deepEqual(first.attributes, ['kind', 'station', 'build']);
  assert.deepEqual(Object.fromEntries(first.rejected), { 'no-principal': 1 });
  const again = await add(
    'p.csv',
    'principal,kind,station,build\ns1,scanner,HGH-1,4.2.0\ns2,scanner,HGH-2,\n,scanner,X,1\n',
  );
  assert.deepEqual([again.added, again.changed], [0, 0]);
  await add(
    'q.csv',
    'principal,at,kind,build\ns1,2026-11-22,scanner,4.2.1\ns2,never,scanner,9\ns1,2026-11-20,scanner,4.2.0\n',
  );
  const [s1, s2] = openDisclosures(home, registerKey).principals();
  assert.deepEqual(s1?.attributes, { kind: 'scanner', build: '4.2.1' });
  assert.deepEqual(
    s1?.history.map(({ fromSeconds, attributes }) => [fromSeconds, attributes.build]),
    [
      [0, '4.2.0'],
      [noon - 2.5 * 86_400, '4.2.0'],
      [noon - 0.5 * 86_400, '4.2.1'],
    ],
  );
  assert.deepEqual([s2?.name, s2?.number, s2?.attributes], ['s2', 1, { kind: 'scanner', station: 'HGH-2' }]);
  await assert.rejects(add('r.csv', 'device,kind\ns1,scanner\ns2,scanner\n'), { code: 'DISCLOSURES_COLUMN' });
});
