import assert from 'node:assert/strict';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Mappings } from '../../src/dump/describe-columns.ts';
import type { Outlet } from '../../src/dump/outlet.ts';
import { TableSink } from '../../src/dump/table-sink.ts';
import { openOne, readAll, temporaryFile, walkInputs } from './samples.ts';

test('text that begins with the letters of a signature is text', async (t) => {
  for (const first of ['ORCID', 'PAR1', 'BZhang', 'GIF8', 'ARROW1', 'PGDMP', 'Obj']) {
    const text = `${first},phone,email\n张伟,13800138000,wei@example.org\n李丽,13900139001,li@example.org\n`;
    const part = await openOne(await temporaryFile(t, text));
    assert.deepEqual([part.format, (await readAll(part)).length], ['delimited text', 2], first);
  }
  const filler = 'x'.repeat(257 - 'name,phone\n'.length - 1);
  const part = await openOne(await temporaryFile(t, `name,phone\n${filler}\nustar Ltd,13800138000\nWei,13900139001\n`));
  assert.equal(part.format, 'delimited text');
});

test('files of formats that are not read are named', async (t) => {
  const orc = Uint8Array.from([0x4f, 0x52, 0x43, 0x0a, 0x03, 0, 0, 0x12, 0x09, 0x22, ...Buffer.from('plain letters')]);
  const { failures } = await walkInputs([await temporaryFile(t, orc)]);
  assert.deepEqual(
    failures.map(({ code, parameters }) => [code, parameters.kind]),
    [['DUMP_FORMAT', 'an ORC file']],
  );
});

test('columns that were named are asked for only where no table before had them', async (t) => {
  const file = await temporaryFile(t, 'name,phone\n张伟,13800138000\n李丽,13900139001\n');
  const map = [{ field: 'email', column: 'mail' }] as const;
  await assert.rejects(walkInputs([file], { map }), { code: 'USAGE_COLUMN' });
  assert.equal((await walkInputs([file], { map, hasFit: true })).tables.length, 1);
});

test('pieces of a split file that are links lead nowhere', async (t) => {
  const secret = await temporaryFile(t, 'name,phone\n张伟,13800138000\n李丽,13900139001\n');
  const folder = path.join(path.dirname(secret), 'folder');
  await mkdir(folder);
  await symlink(secret, path.join(folder, 'people.csv.001'));
  await writeFile(path.join(folder, 'people.csv.002'), '王芳,13700137002\n');
  const { tables, failures } = await walkInputs([folder]);
  assert.deepEqual([tables.length, failures.map(({ code }) => code)], [0, ['DUMP_NOT_FILE']]);
});

test('files whose names end like those of volumes are read where there is no archive', async (t) => {
  const file = await temporaryFile(t, 'Wei,13800138000\nLi,13900139001\n', 'leak.v10');
  for (const name of ['leak.v11', 'leak.S22', 'other.r05']) await copyFile(file, path.join(path.dirname(file), name));
  const { tables, failures } = await walkInputs([path.dirname(file)]);
  assert.deepEqual([tables.length, failures], [4, []]);
});

test('of a table whose cells come apart, rows with empty cells too many are kept', async (t) => {
  const rows = Array.from({ length: 30 }, (_, row) => `${row},张伟 138001380${10 + row},杭州${row === 0 ? ',' : ''}`);
  const walked = await walkInputs([
    await temporaryFile(t, `id,收件人,city\n${rows.join('\n')}\nx,李丽 13900139001,a,b\n`),
  ]);
  const [table] = walked.tables;
  assert.deepEqual(
    table?.columns.slice(3).map(({ field }) => field),
    ['name', 'phone'],
  );
  const text = Buffer.concat(table?.chunks ?? []).toString();
  assert.equal(text.trimEnd().split('\n').length, 31);
  assert.deepEqual([...walked.rejected], [['too-many-cells', 1]]);
});

test('a header of very many columns above a narrow table is no reason to run out of memory', async (t) => {
  const header = `name,phone${','.repeat(60_000)}city`;
  const rows = Array.from({ length: 300 }, (_, row) => `张伟,13800138${100 + row}`).join('\n');
  const { tables } = await walkInputs([await temporaryFile(t, `${header}\n${rows}\n`)]);
  assert.deepEqual(
    tables.map(({ columns }) => columns.length <= 4096),
    [true],
  );
});

test('what a table without rows could not read is counted for another one', () => {
  const rejected: [number, string, number][] = [];
  const outlet: Partial<Outlet> = { table() {}, rows() {}, rejected: (...what) => void rejected.push(what) };
  let tables = 0;
  const sink = new TableSink(
    {
      name: 'book',
      format: 'xlsx',
      containers: [],
      foundEncoding: 'utf-8',
      encodingConfidence: 1,
      context: { region: 'CN' },
      mappings: new Mappings([]),
      header: undefined,
      spread: new Map(),
      nextTable: () => tables++,
    },
    outlet as Outlet,
  );
  sink.table('empty sheet', null);
  const writer = sink.table('people', null);
  writer.text('13800138000');
  writer.end();
  sink.reject('bad-record', 3);
  sink.finish();
  assert.deepEqual(rejected, [[0, 'bad-record', 3]]);
});
