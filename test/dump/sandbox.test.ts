import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openDump } from '../../src/dump/open-dump.ts';
import { type DumpFailure, OTHER_TABLES } from '../../src/dump/port.ts';
import { inPieces, temporaryFile } from './samples.ts';

const program = path.join(import.meta.dirname, 'misbehaving-reader.ts');
const processLimits = { memoryBytes: 400_000_000, silenceSeconds: 3, program };

/** Reads everything: the text of each stretch, and what was not read. */
async function readAll(
  inputs: readonly string[],
  options: Partial<Parameters<typeof openDump>[1]> = {},
): Promise<{ stretches: string[]; failures: readonly DumpFailure[] }> {
  const reading = (await openDump(inputs, { region: 'CN', ...options })).open();
  const stretches: string[] = [];
  try {
    for await (const part of reading.parts()) {
      const chunks: Buffer[] = [];
      for await (const chunk of part.open()) chunks.push(Buffer.from(chunk));
      stretches.push(Buffer.concat(chunks).toString());
    }
    return { stretches, failures: reading.failures };
  } finally {
    await reading.close();
  }
}

test('what nobody caught in the reading process shows where, and no message', async (t) => {
  const reader = path.join(import.meta.dirname, '../../src/dump/sandbox/reader-process.ts');
  // A request that is no JSON: the engine's message quotes it.
  const request = await temporaryFile(t, '13800138000 x');
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', 'exec "$0" "$1" 3>/dev/null 4<"$2"', process.execPath, reader, request],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 1);
  assert.match(stderr, /at .+reader-process\.ts:\d+/);
  assert.ok(!stderr.includes('13800138000'), 'the message may be a value');
});

for (const [mode, code] of [
  ['crash', 'DUMP_CRASHED'],
  ['exit', 'DUMP_CRASHED'],
  ['garbage', 'DUMP_CRASHED'],
  ['hang', 'DUMP_HANG'],
  ['memory', 'DUMP_MEMORY'],
] as const) {
  test(`a reading process that ends by ${mode} costs the input at hand and nothing else`, async (t) => {
    if (mode === 'memory' && process.platform !== 'linux') return t.skip('resident memory is watched on Linux only');
    const file = await temporaryFile(t, 'x');
    // What is slow because the machine is busy is no hang.
    const silenceSeconds = mode === 'hang' ? 3 : 60;
    const limits = { ...processLimits, silenceSeconds };
    const { stretches, failures } = await readAll([file], { passwords: [mode], processLimits: limits });
    // What came of the second unit before it broke stands.
    assert.deepEqual(stretches, ['row of 0\n', 'row of 1\n', 'row of 2\n']);
    assert.deepEqual(
      failures.map((failure) => [failure.name, failure.code]),
      [...(mode === 'crash' ? [['a link', 'DUMP_NOT_FILE']] : []), ['unit 1', code]],
    );
  });
}

test('what can be read once is not read again when it has brought the process down', async (t) => {
  if (process.platform === 'win32') return t.skip('there is no mkfifo');
  const pipe = `${await temporaryFile(t, 'x')}.pipe`;
  spawnSync('mkfifo', [pipe]);
  const { stretches, failures } = await readAll([pipe], { passwords: ['exit'], processLimits });
  assert.deepEqual([stretches, failures.map(({ name }) => name)], [['row of 0\n', 'row of 1\n'], ['unit 1']]);
});

test('rejected rows of very many tables are counted, not kept for each', async (t) => {
  const reading = (
    await openDump([await temporaryFile(t, 'x')], { region: 'CN', passwords: ['rejections'], processLimits })
  ).open();
  try {
    for await (const part of reading.parts()) for await (const _ of part.open());
    assert.equal(reading.rejected.size, 100_001);
    assert.equal(reading.rejected.get(OTHER_TABLES)?.get('bad-line'), 1000);
  } finally {
    await reading.close();
  }
});

test('nothing of a reading process is left: neither the process nor its scratch folder', async (t) => {
  const before = scratchFolders();
  const file = await temporaryFile(t, 'phone\n13800138000\n');
  const reading = (await openDump([file], { region: 'CN' })).open();
  await reading.close();
  await readAll([file], { passwords: ['hang'], processLimits });
  assert.deepEqual(scratchFolders(), before);
});

test('what a killed process left in its scratch folder is removed by the next one', async (t) => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const orphan = path.join(tmpdir(), `boltseal-read-${dead}-orphan`);
  mkdirSync(orphan);
  writeFileSync(path.join(orphan, 'unpacked'), 'x');
  const file = await temporaryFile(t, 'phone\n13800138000\n');
  await (await openDump([file], { region: 'CN' })).open().close();
  assert.equal(existsSync(orphan), false);
});

function scratchFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`boltseal-read-${process.pid}-`));
}

const probe = path.join(import.meta.dirname, 'probing-reader.ts');

test('the reading process can read its inputs and nothing else, write its scratch folder only, and has no network', async (t) => {
  const file = await temporaryFile(t, 'x');
  const other = await temporaryFile(t, 'secret');
  const { failures } = await readAll([file], {
    passwords: [other],
    processLimits: { ...processLimits, silenceSeconds: 20, program: probe },
  });
  assert.deepEqual(Object.fromEntries(failures.map(({ name, parameters }) => [name, parameters.reason])), {
    'read the input': 'done',
    'read another file': 'ERR_ACCESS_DENIED',
    'write beside the input': 'ERR_ACCESS_DENIED',
    'write into the scratch folder': 'done',
    'start a process': 'ERR_ACCESS_DENIED',
    'connect to an address': 'the reading process has no network',
    fetch: 'the reading process has no network',
    'open a web socket': 'the reading process has no network',
    'send a datagram': 'the reading process has no network',
    'look up a name': 'the reading process has no network',
    'ask a name server': 'the reading process has no network',
  });
});

test('folders are read whatever else is named, and nothing is written through the links to them', async (t) => {
  const base = path.dirname(await temporaryFile(t, 'x'));
  const inputs = ['part', 'part-2', 'part-2.csv', 'part/inner'].map((name) => path.join(base, name));
  for (const [index, input] of inputs.entries()) {
    if (!input.endsWith('.csv')) mkdirSync(input);
    writeFileSync(input.endsWith('.csv') ? input : path.join(input, 'a.csv'), `phone\n1380013800${index}\n`);
  }
  const { stretches, failures } = await readAll(inputs);
  const texts = [0, 3, 1, 2, 3].map((index) => `phone\n1380013800${index}\n`);
  assert.deepEqual([stretches, failures], [texts, []]);
  const tried = await readAll([path.join(base, 'part')], {
    processLimits: { ...processLimits, silenceSeconds: 20, program: probe },
  });
  const written = tried.failures.find(({ name }) => name === 'write through a link');
  assert.equal(written?.parameters.reason, 'ERR_ACCESS_DENIED');
  assert.equal(existsSync(path.join(base, 'part', 'more')), false);
});

test('a process that follows another one hears that a table had the columns that were named', async (t) => {
  const limits = { ...processLimits, silenceSeconds: 60 };
  const { failures } = await readAll([await temporaryFile(t, 'x')], { passwords: ['mapped'], processLimits: limits });
  assert.deepEqual(
    failures.map(({ name }) => name),
    ['unit 0', 'told'],
  );
});

test('what brings the process down before it is told is found by another one, and costs nothing else', async (t) => {
  const { stretches, failures } = await readAll([await temporaryFile(t, 'x')], {
    passwords: ['untold'],
    processLimits: { ...processLimits, silenceSeconds: 60 },
    joins: true,
  });
  assert.deepEqual(stretches, ['row of 0\n', 'row of 1\n', 'row of 2\n']);
  assert.deepEqual(
    failures.map(({ name, code }) => [name, code]),
    [['unit 1', 'DUMP_CRASHED']],
  );
});

test('standard input reaches the reading process, once', async () => {
  const text = 'phone,name\n13800138000,Ann\n13900139001,Bob\n';
  const dump = await openDump(['-'], { region: 'CN', stdin: inPieces(Buffer.from(text), 5) });
  assert.equal(dump.reopenable, false);
  const reading = dump.open();
  const texts: string[] = [];
  for await (const part of reading.parts())
    for await (const chunk of part.open()) texts.push(Buffer.from(chunk).toString());
  await reading.close();
  assert.equal(texts.join(''), text);
  assert.throws(() => dump.open(), { code: 'DUMP_READ_ONCE' });
});

test('rows in the write-ahead log beside a database that is named alone are read', async (t) => {
  const file = await temporaryFile(t, '', 'people.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode=WAL; CREATE TABLE people (name, phone); PRAGMA wal_checkpoint(TRUNCATE)');
  database.exec("INSERT INTO people VALUES ('Wei', '13800138000')");
  try {
    const { stretches, failures } = await readAll([file]);
    assert.deepEqual([stretches, failures], [['Wei\x1f13800138000\n'], []]);
  } finally {
    database.close();
  }
});
