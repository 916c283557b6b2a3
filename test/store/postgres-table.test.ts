import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { BoltsealError, type ErrorCode } from '../../src/core/errors.ts';
import { parseTimeSeconds } from '../../src/core/time.ts';
import { readRows } from '../../src/dump/exact-rows.ts';
import type { DumpPart } from '../../src/dump/port.ts';
import { openPostgresTable, type PostgresTableOptions } from '../../src/store/postgres-table.ts';
import { startServer, type TestServer } from './postgres-server.ts';

let server: TestServer | string = 'not started';
let admin: postgres.Sql;
let url = '';

before(async () => {
  server = await startServer();
  if (typeof server === 'string') return;
  url = `postgres://postgres:secret@127.0.0.1:${server.port}/postgres`;
  admin = postgres(url, { onnotice: () => undefined });
});

after(async () => {
  if (typeof server === 'string') return;
  await admin.end();
  await server.stop();
});

/** A test that needs the server. */
function testOnServer(name: string, run: (t: TestContext, running: TestServer) => Promise<void>): void {
  test(name, { timeout: 60_000 }, async (t) => (typeof server === 'string' ? t.skip(server) : run(t, server)));
}

const open = (query: string, options: Partial<PostgresTableOptions> = {}, at = url): Promise<DumpPart> =>
  openPostgresTable(at, query, { region: 'CN', map: [], ...options });

async function readAll(part: DumpPart): Promise<(string[] | string)[]> {
  const rows: (string[] | string)[] = [];
  for await (const row of readRows(part.open(), part.dialect, part.columns.length)) {
    rows.push('cells' in row ? row.cells.map((cell) => Buffer.from(cell).toString()) : row.rejected);
  }
  return rows;
}

const fails = (code: ErrorCode, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BoltsealError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, text);
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /secret|13800138000/);
  assert.equal(error.cause, undefined);
  return true;
};

/** Nothing of ours is left on the server: every failure and every end closes the connection. */
async function assertNoneConnected(): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const left = await admin`select query from pg_stat_activity where application_name = 'boltseal'`;
    if (left.length === 0) return;
    assert.ok(Date.now() < deadline, `still connected: ${left[0]?.query}`);
    await sleep(10);
  }
}

testOnServer('cells come as they were inserted, whatever stands in them', async () => {
  const values = [
    'plain',
    '',
    null,
    ' blank ',
    '"',
    '""',
    'a "quoted" word',
    '"a"',
    'a,b;c|d\te',
    'two\nlines',
    'two\r\nlines',
    '\r',
    '\n',
    'unit\x1fseparator',
    '\x1f',
    '\\.',
    '\\N',
    "it's",
    '王小明',
    'Zoë 😀',
    '\ufeffmark',
    '; drop table t --',
    `${'"'.repeat(31_999)}\n`,
    `${'长'.repeat(10_000)}\n"`,
  ];
  await admin`create table cells (id int, a text, b varchar, c json, d char(3))`;
  for (const [id, value] of values.entries()) {
    await admin`insert into cells values (${id}, ${value}, ${value}, to_json(${value}::text), 'xy')`;
  }
  const part = await open(
    'select id, a, b, c #>> array[]::text[] as c, d, true, 1.50, array[a], a from cells order by id',
  );
  assert.deepEqual(
    part.columns.map(({ name }) => name),
    ['id', 'a', 'b', 'c', 'd', '?column?', '?column?', 'array', 'a'],
  );
  const rows = await readAll(part);
  assert.equal(rows.length, values.length);
  for (const [id, value] of values.entries()) {
    const cell = value ?? '';
    const row = rows[id] as string[];
    assert.deepEqual(
      [...row.slice(0, 7), row[8]],
      [String(id), cell, cell, cell, 'xy', 't', '1.50', cell],
      `value ${id}`,
    );
    assert.ok(row[7]?.startsWith('{'), `value ${id}`);
  }
  assert.deepEqual(part.head, rows);
  await assertNoneConnected();
});

testOnServer('a text beyond the reach of a quote is cut, and the rows stay rows', async () => {
  const long = "repeat(E'\"王😀\\n, ', 20000)";
  const part = await open(`select 1 as id, ${long} as note, 'x' union all select 2, to_jsonb(${long})::text, 'y'`);
  const rows = (await readAll(part)) as string[][];
  assert.equal(rows.length, 2);
  assert.deepEqual(
    rows.map(([id, note, last]) => [id, note?.length, last]),
    [
      ['1', 18_667, 'x'],
      ['2', 18_000, 'y'],
    ],
  );
  const json = (await readAll(await open(`select to_jsonb(${long}), array[${long}], 'z'`))) as string[][];
  assert.equal(json[0]?.[2], 'z');
});

testOnServer('times are readable whatever the settings, and endless ones are empty', async () => {
  await admin`create table times (id int, zoned timestamptz, plain timestamp, day date)`;
  await admin`insert into times values
    (1, '2024-05-01 12:00:00.987654+00', '2024-05-01 12:00:00.987654', '2024-05-01'),
    (2, 'infinity', 'infinity', 'infinity'),
    (3, '9999-12-31 23:59:59+00', '9999-12-31', '9999-12-31'),
    (4, '1969-12-31 23:00:00-05', '1970-01-01', null)`;
  const elsewhere = `${url}?TimeZone=Asia/Shanghai&DateStyle=German&client_encoding=LATIN1&statement_timeout=300`;
  const rows = (await readAll(await open('select times.* from times, pg_sleep(0.5)', {}, elsewhere))) as string[][];
  assert.deepEqual(rows, [
    ['1', '2024-05-01 12:00:00', '2024-05-01 12:00:00', '2024-05-01'],
    ['2', '', '', ''],
    ['3', '', '', ''],
    ['4', '1970-01-01 04:00:00', '1970-01-01 00:00:00', ''],
  ]);
  const named = await open(`select 1 as "姓名" where '王' = U&'\\738B'`, {}, elsewhere);
  assert.equal(named.columns[0]?.name, '姓名');
  assert.deepEqual(await readAll(named), [['1']]);
  const seconds = Date.UTC(2024, 4, 1, 12) / 1000;
  assert.deepEqual(rows[0]?.slice(1).map(parseTimeSeconds), [seconds, seconds, seconds - 12 * 3600]);
});

testOnServer('columns are understood from their names and the first rows, and as the user says', async () => {
  const people = `select 1000 + i as customer_id, '王小明' as name, 13800138000 + i as phone, 'u' || i || '@example.org' as email, i as no
    from generate_series(1, 300) i`;
  const part = await open(people);
  assert.deepEqual(
    part.columns.map(({ field }) => field),
    ['customerId', 'name', 'phone', 'email', null],
  );
  assert.equal(part.head.length, 200);
  assert.equal(part.sizeBytes, null);
  assert.equal(part.headerRows, 0);
  assert.equal((await readAll(part)).length, 300);
  await assert.rejects(readAll(part), fails('DUMP_READ_ONCE', /127\.0\.0\.1/));

  const mapped = await open(people, { map: [{ field: 'username', column: 'no' }] });
  assert.equal(mapped.columns[4]?.field, 'username');
  for await (const _ of mapped.open()) break;
  await assert.rejects(
    open(people, { map: [{ field: 'username', column: 'none' }] }),
    fails('USAGE_COLUMN', /127\.0\.0\.1:\d+\/postgres/),
  );
  await assertNoneConnected();
});

testOnServer('an empty table has columns and no rows; semicolons and comments at the end do no harm', async () => {
  const part = await open('select 1 as customer_id, 2 as phone where false ; ;\n');
  assert.deepEqual(
    part.columns.map(({ field }) => field),
    ['customerId', 'phone'],
  );
  assert.deepEqual(await readAll(part), []);
  assert.deepEqual(await readAll(await open('with a as (values (1, 2)) select * from a -- all of it')), [['1', '2']]);
});

testOnServer('200,000 rows stream through bounded memory in the order of the query', async () => {
  const rowCount = 200_000;
  const part = await open(
    `select i as id, 'name ' || i as name, case when i % 7 = 0 then E'a\\n"b"' end as note, repeat('x', 300) as fill
     from generate_series(1, ${rowCount}) i order by i`,
  );
  const before = process.memoryUsage();
  let count = 0;
  let largest = 0;
  let sizeBytes = 0;
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of part.open()) {
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  for await (const row of readRows(chunks(), part.dialect, 4)) {
    assert.ok('cells' in row);
    count++;
    const [id, name, note] = row.cells.map((cell) => Buffer.from(cell).toString());
    if (id !== String(count) || name !== `name ${count}` || note !== (count % 7 === 0 ? 'a\n"b"' : '')) {
      assert.fail(`row ${count} is wrong`);
    }
    if (count % 20_000 === 0) {
      const now = process.memoryUsage();
      largest = Math.max(largest, now.arrayBuffers - before.arrayBuffers);
      // Without back-pressure, what the server has sent would pile up here.
      await sleep(20);
    }
  }
  assert.equal(count, rowCount);
  assert.ok(sizeBytes > 60_000_000);
  assert.ok(largest < 30_000_000, `${largest} bytes of buffers`);
  await assertNoneConnected();
});

testOnServer('who cannot connect learns why, without the password', async (t, { port, folder }) => {
  const at = `127\\.0\\.0\\.1:${port}/postgres`;
  const attempts: [string, ErrorCode, RegExp][] = [
    [
      url.replace('secret', 'wrong'),
      'POSTGRES_CONNECT',
      new RegExp(`${at} \\(wrong password or user, SQLSTATE 28P01\\)`),
    ],
    [url.replace(/postgres$/, 'nowhere'), 'POSTGRES_CONNECT', /no such database, SQLSTATE 3D000/],
    [url.replace(String(port), '1'), 'POSTGRES_CONNECT', /127\.0\.0\.1:1\/postgres \(ECONNREFUSED\)/],
    [
      url.replace('127.0.0.1', 'nobody.invalid'),
      'POSTGRES_CONNECT',
      /nobody\.invalid:\d+\/postgres \((?:ENOTFOUND|EAI_AGAIN)\)/,
    ],
    [`${url}?sslmode=require`, 'POSTGRES_CONNECT', /ECONNRESET/],
    [`${url}?no_such_setting=1`, 'POSTGRES_CONNECT', /SQLSTATE 42704/],
    [`${url}?sslmode=required`, 'POSTGRES_URL', /sslmode must be one of/],
    [`${url}?sslmode=verify-ca&sslrootcert=/none`, 'POSTGRES_URL', /ENOENT/],
    [url.replace('secret', '12/secret'), 'POSTGRES_URL', /%2F/],
    [url.replace('secret', '12#secret'), 'POSTGRES_URL', /%2F/],
    [url.replace('secret', '12?secret'), 'POSTGRES_URL', /%2F/],
    [url.replace('secret', '%zzsecret'), 'POSTGRES_URL', /hexadecimal/],
    [url.replace('127.0.0.1', 'one,two').replace(/:\d+/, ''), 'POSTGRES_URL', /more than one host/],
    [url.replace('postgres:', 'mysql:'), 'POSTGRES_URL', /another form/],
    ['secret', 'POSTGRES_URL', /another form/],
  ];
  for (const [attempt, code, text] of attempts) await assert.rejects(open('select 1', {}, attempt), fails(code, text));
  const socket = `postgres://postgres:secret@${encodeURIComponent(folder)}:${port}/postgres`;
  if (process.platform !== 'win32') assert.deepEqual(await readAll(await open('select 1', {}, socket)), [['1']]);

  // A tunnel whose far end is gone accepts and closes: the driver alone would try for ever.
  let accepted = 0;
  const tunnel = createServer((client: Socket) => {
    accepted++;
    client.end();
  }).listen(0, '127.0.0.1');
  t.after(() => tunnel.close());
  await new Promise((resolve) => tunnel.once('listening', resolve));
  const { port: dead } = tunnel.address() as { port: number };
  await assert.rejects(
    open('select 1', {}, url.replace(String(port), String(dead))),
    fails('POSTGRES_CONNECT', /CONNECTION_CLOSED|ECONNRESET/),
  );
  assert.equal(accepted, 1);
});

testOnServer('only one SELECT is taken, and nothing is written', async (_, { folder }) => {
  await admin`create table kept (id int)`;
  await admin`insert into kept values (1)`;
  await admin`create sequence kept_numbers`;
  await admin.unsafe(
    `create function write_one() returns int language sql as 'insert into kept values (2) returning id'`,
  );
  const mark = path.join(folder, 'mark');
  const queries: [string, RegExp][] = [
    ['selec 1', /syntax error at character 1, SQLSTATE 42601/],
    ['select * from nowhere', /no such table at character 15, SQLSTATE 42P01/],
    ['select $1', /SQLSTATE 42P/],
    ['', /it gives no table/],
    ['select', /it gives no table/],
    ['truncate kept', /it gives no table/],
    ['delete from kept', /it gives no table/],
    ['delete from kept returning id', /SQLSTATE 42601/],
    ['with gone as (delete from kept returning id) select * from gone', /SQLSTATE 0A000/],
    ['select write_one()', /it would write, SQLSTATE 25006/],
    ["select nextval('kept_numbers')", /SQLSTATE 25006/],
    ["select set_config('transaction_read_only', 'off', true), write_one()", /SQLSTATE/],
    ['select 1; delete from kept', /SQLSTATE 42601/],
    ['select 1; commit; delete from kept; select 1', /SQLSTATE 42601/],
    ['select 1) to stdout; commit; delete from kept; copy (select 1', /SQLSTATE 42601/],
    ['select 1) as q(c0)) to stdout; commit; delete from kept; --', /SQLSTATE 42601/],
    [`select 1) as q(c0)) to program 'touch ${mark}' --`, /SQLSTATE 42601/],
    [`select 1) to '${mark}' --`, /SQLSTATE 42601/],
    ['select 1 /*', /SQLSTATE 42601/],
    ["select 1 as id, 1 / (i - 1) from generate_series(1, 5) i where '13800138000' > ''", /SQLSTATE 22012/],
    ["select ('13800138000x' || i)::bigint from generate_series(1, 5) i", /SQLSTATE 22P02/],
  ];
  for (const [query, text] of queries) await assert.rejects(open(query), fails('POSTGRES_QUERY', text), query);
  assert.deepEqual([...(await admin`select id from kept`)], [{ id: 1 }]);
  assert.equal((await admin`select is_called from kept_numbers`)[0]?.is_called, false);
  assert.equal((await admin`select pg_stat_file(${mark}, true) as file`)[0]?.file, null);
  await assertNoneConnected();
});

testOnServer('an error after many rows ends the reading with a code', async () => {
  const part = await open("select i, repeat('y', 500), 1 / (i - 50000) from generate_series(1, 60000) i");
  await assert.rejects(readAll(part), fails('POSTGRES_QUERY', /SQLSTATE 22012/));
  await assertNoneConnected();
});

const isLost = fails('POSTGRES_LOST', /CONNECTION_CLOSED|ECONNRESET|57P01/);

const killReaders = (): Promise<unknown> =>
  admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'boltseal'`;

testOnServer('a connection that is cut in the middle is no end of the table', async () => {
  const query = "select i, repeat('y', 500) from generate_series(1, 200000) i";

  const beforeReading = await open(query);
  await killReaders();
  await sleep(50);
  await assert.rejects(readAll(beforeReading), isLost);

  const whileReading = await open(query);
  await assert.rejects(async () => {
    let chunks = 0;
    for await (const _ of whileReading.open()) if (chunks++ === 10) await killReaders();
  }, isLost);

  const beforeTheFirstRow = assert.rejects(open('select pg_sleep(30)'), isLost);
  await waitForSleep();
  await killReaders();
  await beforeTheFirstRow;
  await assertNoneConnected();
});

async function waitForSleep(): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (
    (await admin`select 1 from pg_stat_activity where application_name = 'boltseal' and wait_event = 'PgSleep'`)
      .length === 0
  ) {
    assert.ok(Date.now() < deadline, 'the query never began');
    await sleep(20);
  }
}

testOnServer('the reading may end early, and leaves nothing behind', async () => {
  const part = await open("select i, repeat('y', 500) from generate_series(1, 2000000) i");
  for await (const chunk of part.open()) {
    assert.ok(chunk.length > 0);
    break;
  }
  await assertNoneConnected();
});

testOnServer('the query sees one moment of the database', async () => {
  await admin`create table moments as select i as id, repeat('z', 500) as fill from generate_series(1, 20000) i`;
  const part = await open('select id from moments m where fill is not null');
  await admin`insert into moments select i, '' from generate_series(1, 1000) i`;
  assert.equal((await readAll(part)).length, 20_000);
});

testOnServer('sslmode is honoured', async (t, running) => {
  const key = path.join(running.folder, 'tls.key');
  const certificate = path.join(running.folder, 'tls.crt');
  const made = spawnSync('openssl', [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'.split(' '),
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ]);
  if (made.status !== 0) return t.skip('openssl is not here to make a certificate');
  running.writeFile('server.key', readFileSync(key, 'utf8'));
  running.writeFile('server.crt', readFileSync(certificate, 'utf8'));
  await admin.unsafe(`alter system set ssl_cert_file = '${path.join(running.folder, 'server.crt')}'`);
  await admin.unsafe(`alter system set ssl_key_file = '${path.join(running.folder, 'server.key')}'`);
  await admin.unsafe('alter system set ssl = on');
  await admin`select pg_reload_conf()`;
  while ((await admin`show ssl`)[0]?.ssl !== 'on') await sleep(20);

  const isEncrypted = async (parameters: string, host = '127.0.0.1'): Promise<unknown> => {
    const query = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    return (await readAll(await open(query, {}, url.replace('127.0.0.1', host) + parameters)))[0]?.[0];
  };
  assert.equal(await isEncrypted('?sslmode=disable'), 'f');
  assert.equal(await isEncrypted(''), 't');
  assert.equal(await isEncrypted('?sslmode=prefer'), 't');
  assert.equal(await isEncrypted('?sslmode=require'), 't');
  assert.equal(await isEncrypted(`?sslmode=verify-ca&sslrootcert=${certificate}`), 't');
  assert.equal(await isEncrypted(`?sslmode=verify-full&sslrootcert=${certificate}`, 'localhost'), 't');
  const refused: [string, RegExp][] = [
    ['?sslmode=verify-full', /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ['?sslmode=verify-ca', /DEPTH_ZERO_SELF_SIGNED_CERT/],
    [`?sslmode=verify-full&sslrootcert=${certificate}`, /ERR_TLS_CERT_ALTNAME_INVALID/],
  ];
  for (const [parameters, text] of refused) {
    await assert.rejects(isEncrypted(parameters), fails('POSTGRES_CONNECT', text), parameters);
  }

  const endless = "select i, repeat('y', 500) from generate_series(1, 2000000) i";
  for await (const _ of (await open(endless, {}, `${url}?sslmode=require`)).open()) break;
  await assertNoneConnected();
  const cut = await open(endless, {}, `${url}?sslmode=require`);
  await killReaders();
  await assert.rejects(readAll(cut), isLost);
  await assertNoneConnected();
});
