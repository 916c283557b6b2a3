import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { utils, write } from '@e965/xlsx';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import type { Verification } from '../../src/contract/verification.ts';
import { customers, Lab } from './verify-lab.ts';

/*
 * The same forty customers and ten strangers in every shape: what is found must not depend on it.
 */

const people = customers(0, 300);
const lab = await Lab.of(people);
const strangers = customers(5000, 5010);
const rows = [...people.slice(20, 60), ...strangers];
const header = ['customer_id', 'phone', 'email', 'name'] as const;
const cells = rows.map(({ id, phone, email, name }) => [id, phone, email, name]);
const csv = `${[header, ...cells].map((row) => row.join(',')).join('\n')}\n`;
const records = cells.map((row) => Object.fromEntries(header.map((key, index) => [key, row[index]])));

function countsOf(v: Verification): unknown {
  return {
    rows: v.file.rows,
    rejected: v.file.rejectedRows,
    matched: v.rows.matched,
    strong: v.rows.strong,
    subjects: v.subjects.matched,
    failures: v.failures.map(({ code }) => code),
    fields: Object.fromEntries(
      Object.entries(v.fields).map(([field, { rows: all, matched }]) => [field, [all, matched]]),
    ),
  };
}

const expected = {
  rows: 50,
  rejected: 0,
  matched: 40,
  strong: 40,
  subjects: 40,
  failures: [],
  fields: { phone: [50, 40], email: [50, 40], customerId: [50, 40], name: [50, 40] },
};

test('a folder and an archive with nothing in them are said to be empty', async () => {
  const folder = lab.file('', 'empty-folder.txt').replace('.txt', '');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  const empty = new ZipWriter(new Uint8ArrayWriter());
  const archive = lab.file(await empty.close(), 'empty.zip');
  for (const inputs of [[folder], [archive], [folder, archive]])
    await assert.rejects(lab.verify(inputs), { code: 'DUMP_EMPTY' });
  assert.equal((await lab.verify([folder, lab.file(csv, 'beside-empty.csv')])).rows.matched, 40);
});

async function zipOf(name: string, content: Uint8Array, password?: string): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    useWebWorkers: false,
    ...(password === undefined ? {} : { password }),
  });
  await writer.add(name, new Uint8ArrayReader(content));
  return writer.close();
}

function xlsxOf(bookType: 'xlsx' | 'biff8' | 'ods'): Uint8Array {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet([[...header], ...cells]), 'Customers');
  return new Uint8Array(write(book, { type: 'array', bookType }) as ArrayBuffer);
}

function sqliteFile(): string {
  const path = join(lab.folder, 'customers.sqlite');
  const database = new DatabaseSync(path);
  database.exec(`create table customers (${header.join(', ')}); create table notes (id integer, text)`);
  const insert = database.prepare('insert into customers values (?, ?, ?, ?)');
  for (const row of cells) insert.run(...row);
  database.close();
  return path;
}

const quote = (cell: string | undefined): string => `'${(cell ?? '').replaceAll("'", "''")}'`;
const text = new TextEncoder().encode(csv);
const utf16 = Buffer.concat([Uint8Array.of(0xff, 0xfe), Buffer.from(csv, 'utf16le')]);

const shapes: readonly (readonly [name: string, make: () => Uint8Array | string | Promise<Uint8Array>])[] = [
  ['csv', () => csv],
  ['semicolons and quotes', () => csv.replaceAll(/[^,\n]+/g, '"$&"').replaceAll(',', ';')],
  ['utf-16', () => utf16],
  ['gzip', () => gzipSync(csv)],
  ['zstd', () => zstdCompressSync(csv)],
  ['zip', () => zipOf('a/customers.csv', text)],
  ['zip of gzip', () => zipOf('customers.csv.gz', gzipSync(csv))],
  [
    'mysql',
    () =>
      `CREATE TABLE \`users\` (\n  ${header.map((name) => `\`${name}\` varchar(64)`).join(',\n  ')}\n);\nINSERT INTO \`users\` VALUES ${cells
        .map((row) => `(${row.map(quote).join(',')})`)
        .join(',')};\n`,
  ],
  [
    'postgresql',
    () =>
      `COPY public.users (${header.join(', ')}) FROM stdin;\n${cells.map((row) => row.join('\t')).join('\n')}\n\\.\n`,
  ],
  ['json lines', () => `${records.map((record) => JSON.stringify(record)).join('\n')}\n`],
  ['json array, nested', () => JSON.stringify({ users: records.map((user) => ({ user })) })],
  [
    'xml',
    () =>
      `<?xml version="1.0"?><users>${records
        .map(
          (record) =>
            `<user>${Object.entries(record)
              .map(([key, value]) => `<${key}>${value}</${key}>`)
              .join('')}</user>`,
        )
        .join('')}</users>`,
  ],
  ['xlsx', () => xlsxOf('xlsx')],
  ['xls', () => xlsxOf('biff8')],
  ['ods', () => xlsxOf('ods')],
  [
    'vcard-like ldif',
    () =>
      records
        .map(
          (record, index) =>
            `dn: uid=${index}\n${Object.entries(record)
              .map(([key, value]) => `${key}: ${value}`)
              .join('\n')}\n`,
        )
        .join('\n'),
  ],
  [
    'key=value log',
    () =>
      records
        .map(
          (record) =>
            `level=info ${Object.entries(record)
              .map(([key, value]) => `${key}="${value}"`)
              .join(' ')}\n`,
        )
        .join(''),
  ],
];

for (const [name, make] of shapes) {
  test(`${name}: the same is found`, async () => {
    assert.deepEqual(countsOf(await lab.verify([lab.file(await make())])), expected);
  });
}

test('a SQLite database: the same is found, and its other tables are none of ours', async () => {
  assert.deepEqual(countsOf(await lab.verify([sqliteFile()])), expected);
});

test('an encrypted zip opens with its password, and says so without', async () => {
  const path = lab.file(await zipOf('customers.csv', text, 'open sesame'));
  assert.deepEqual(countsOf(await lab.verify([path], { reading: { passwords: ['wrong', 'open sesame'] } })), expected);
  await assert.rejects(lab.verify([path], { reading: { passwords: ['wrong'] } }), { code: 'DUMP_PASSWORD' });
});

test('a folder: every file is read, links are not followed, and what cannot be read is named', async () => {
  const folder = join(lab.folder, 'leak');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  writeFileSync(join(folder, 'deep', 'a.csv'), csv);
  writeFileSync(join(folder, 'b.json'), JSON.stringify(records));
  writeFileSync(join(folder, 'nothing.txt'), '');
  symlinkSync('/etc/passwd', join(folder, 'link'));
  const found = await lab.verify([folder]);
  assert.equal(found.file.rows, 100);
  assert.equal(found.subjects.matched, 40);
  assert.deepEqual(found.failures.map(({ name, code }) => [name.slice(folder.length + 1), code]).sort(), [
    ['link', 'DUMP_NOT_FILE'],
    ['nothing.txt', 'DUMP_EMPTY'],
  ]);
});

test('a split archive is read as one', async () => {
  const whole = gzipSync(csv);
  const cut = whole.length >> 1;
  lab.file(whole.subarray(0, cut), 'leak.csv.gz.001');
  lab.file(whole.subarray(cut), 'leak.csv.gz.002');
  const paths = ['leak.csv.gz.001', 'leak.csv.gz.002'].map((name) => join(lab.folder, name));
  assert.deepEqual(countsOf(await lab.verify(paths)), expected);
});

test('a name and a phone in one cell come apart', async () => {
  const mixed = `contact,mail\n${rows.map(({ name, phone, email }) => `${name} ${phone},${email}`).join('\n')}\n`;
  const found = await lab.verify([lab.file(mixed)]);
  assert.equal(found.fields.phone?.matched, 40);
  assert.equal(found.rows.strong, 40);
});

test('many tables in one file: each is told, and rows of other tables do not disturb', async () => {
  const sql = [
    'CREATE TABLE `logs` (`id` int, `text` varchar(20));',
    'CREATE TABLE `users` (`customer_id` varchar(20), `phone` varchar(20), `email` varchar(64), `name` varchar(64));',
    ...cells.flatMap((row, index) => [
      `INSERT INTO \`logs\` VALUES (${index},'something ${index}');`,
      `INSERT INTO \`users\` VALUES (${row.map(quote).join(',')});`,
    ]),
  ].join('\n');
  const found = await lab.verify([lab.file(sql)]);
  assert.deepEqual(found.parts.map(({ name, rows: count }) => [name.split(' › ')[1], count]).sort(), [
    ['logs', 50],
    ['users', 50],
  ]);
  assert.equal(found.rows.strong, 40);
});
