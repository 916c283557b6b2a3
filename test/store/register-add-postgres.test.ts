import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { startServer } from './postgres-server.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function boltseal(home: string, ...parameters: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const all = ['--disable-warning=ExperimentalWarning', main, ...parameters, '--home', home];
    const child = execFile(process.execPath, all, (_, output, errors) => {
      resolve({ code: child.exitCode ?? -1, output, errors });
    });
  });
}

async function succeed(home: string, ...parameters: string[]): Promise<string> {
  const { code, output, errors } = await boltseal(home, ...parameters);
  assert.equal(code, 0, errors);
  return output;
}

const from = '2024-05-01 12:00:00.25';
const people = Array.from({ length: 1000 }, (_, index) => ({
  customer_id: 10_000 + index,
  name: `${'王李张刘陈'[index % 5]}小${'明芳伟敏静'[index % 7] ?? '丽'}`,
  phone: index % 50 === 0 ? null : `138${String(index * 37).padStart(8, '0')}`,
  email: index % 9 === 0 ? '' : `user${index}@example.org`,
  note: index % 3 === 0 ? 'said "yes",\nthen no' : null,
  valid_from: from,
  valid_to: index % 4 === 0 ? '2025-01-01 00:00:00+00' : 'infinity',
}));

/** The table as COPY would write it to a file, but for `infinity`. */
const csv = [
  Object.keys(people[0] ?? {}).join(','),
  ...people.map((person) =>
    Object.values(person)
      .map((value) => (value === null || value === 'infinity' ? '' : `"${String(value).replaceAll('"', '""')}"`))
      .join(','),
  ),
].join('\n');

test('a table gives the same register from a live database as from a file; a lost connection changes nothing', async (t) => {
  const server = await startServer();
  if (typeof server === 'string') return t.skip(server);
  const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-add-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const url = `postgres://postgres:secret@127.0.0.1:${server.port}/postgres`;
  const admin = postgres(url, { max: 1, onnotice: () => undefined });
  t.after(async () => {
    await admin.end();
    await server.stop();
  });
  await admin`create table people (customer_id int, name text, phone text, email text, note text, valid_from timestamptz, valid_to timestamptz)`;
  await admin`insert into people select * from jsonb_populate_recordset(null::people, ${admin.json(people)})`;
  const file = path.join(folder, 'people.csv');
  writeFileSync(file, csv);

  const home = path.join(folder, 'from-file');
  const otherHome = path.join(folder, 'from-database');
  await succeed(home, 'init');
  cpSync(home, otherHome, { recursive: true });
  const table = ['--id', 'customer_id', '--history', '--valid-from', 'valid_from', '--valid-to', 'valid_to'];
  const source = ['--postgres', url, '--query', 'select * from people;'];
  await Promise.all([
    succeed(home, 'register', 'add', file, ...table, '--as-of', '2026-01-01'),
    succeed(otherHome, 'register', 'add', ...source, ...table, '--as-of', '2026-01-01'),
  ]);
  const slow = `select 1000 + i as customer_id, repeat('x', 1000) as name, case when i = 10000 then pg_sleep(60)::text end as wait
    from generate_series(1, 20000) i`;
  const live = ['--postgres', url, '--query', slow, '--id', 'customer_id', '--as-of', '2026-02-01'];
  const broken = boltseal(otherHome, 'register', 'add', ...live);
  const deadline = Date.now() + 30_000;
  const terminate = (): Promise<readonly unknown[]> =>
    admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'boltseal' and wait_event = 'PgSleep'`;
  while ((await terminate()).length === 0) {
    assert.ok(Date.now() < deadline, 'the query never got to its middle');
    await sleep(20);
  }
  const { code, output, errors } = await broken;
  assert.equal(code, 1);
  assert.equal(output, '');
  assert.match(errors, /\[POSTGRES_LOST\]/);
  assert.doesNotMatch(errors, /secret/);

  const [expected, status] = await Promise.all([
    succeed(home, 'register', 'status'),
    succeed(otherHome, 'register', 'status'),
  ]);
  assert.match(expected, /subjects +1,000\n/);
  assert.match(expected, /versions +[\d,]+, of which [\d,]+ are current/);
  assert.match(expected, /phone +980 versions, 740 current/);
  assert.match(expected, /time +2024-05-01 12:00:00 UTC/);
  assert.equal(status, expected);
});
