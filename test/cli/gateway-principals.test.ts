import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCommandLine } from '../../src/cli/run.ts';
import { createDirectoryTool, type OpenHomeDatabase } from '../../src/gateway/directory/tool.ts';
import { inTransaction, openSqlite } from '../../src/store/sqlite.ts';
import { makeFolder, makeKey, makeWorld, START_MS, signRequest } from '../gateway/auth/world.ts';
import { createFakeServices } from './fake-services.ts';

/** The commands beside a gateway that is open over the same database. */
function build(t: TestContext, folder: string) {
  const openDatabase: OpenHomeDatabase = async (_home, name, migrations) => {
    const file = join(folder, `${name}.sqlite`);
    if (!existsSync(file)) return null;
    const database = openSqlite(file, { migrations, durability: 'full' });
    return { database, transact: (work) => inTransaction(database, work), close: () => database.close() };
  };
  const principals = createDirectoryTool(openDatabase, async () => ({ entries: [], sizes: new Map() }));
  const { services } = createFakeServices({ principals });
  const scratch = makeFolder(t);
  return {
    scratch,
    async run(...words: string[]) {
      let output = '';
      let errors = '';
      const stream = (write: (text: string) => void) => ({ isTerminal: false, columns: () => 80, write });
      const exit = await runCommandLine(['gateway', ...words], {
        version: '1',
        environment: {},
        userFolder: '/home/u',
        workingFolder: scratch,
        output: stream((text) => {
          output += text;
        }),
        errors: stream((text) => {
          errors += text;
        }),
        now: () => START_MS,
        onInterrupt: () => {},
        untilInterrupted: () => new Promise(() => {}),
        createServices: () => services,
      });
      return { exit, output, errors };
    },
  };
}

test('at the home somebody is added and revoked, and an open gateway notices with the next request', async (t) => {
  const world = makeWorld(t);
  const { run, scratch } = build(t, world.folder);
  const key = makeKey();
  writeFileSync(join(scratch, 'key.pem'), key.publicKey.export({ format: 'pem', type: 'spki' }));
  const words = ['orders-1', '--kind', 'service', '--role', 'orders', '--public-key', 'key.pem'];
  const added = await run('add', ...words);
  assert.equal(added.exit, 0, added.errors);
  assert.ok(added.output.includes(key.keyId));
  assert.equal((await world.authenticator.authenticate(signRequest(key))).principal.id, 'orders-1');
  const { output } = await run('principals');
  assert.match(output, /^orders-1\tservice\torders\t-\t-\tactive$/m);
  assert.equal((await run('revoke', 'orders-1')).exit, 0);
  await assert.rejects(world.authenticator.authenticate(signRequest(key)), { code: 'AUTH_KEY' });
  assert.equal(world.directory.audit.since(0, 100).at(-1)?.actor, '(home)');
});

test('codes and links are printed alone, so that scripts can read them', async (t) => {
  const world = makeWorld(t);
  const { run } = build(t, world.folder);
  const enrolled = await run('enrol', '--station', 'st-1', '--partner', 'p-1', '--id', 'scanner-5', '--automatic');
  assert.match(enrolled.output, /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\n$/);
  await run('add', 'agent-1', '--kind', 'staff', '--role', 'customer-service');
  assert.match((await run('link', 'agent-1')).output, /^\/sign-in#[A-Za-z0-9_-]{43}\n$/);
});

test('what attribution needs to know is a table that it reads, with every version of a principal', async (t) => {
  const world = makeWorld(t);
  const { run } = build(t, world.folder);
  const attributes = { model: 'a "b", c', kind: 'x' };
  world.directory.changePrincipal('scanner-1', { attributes }, { actor: 'test', nowMs: START_MS + 1000 });
  const { output } = await run('principals', '--csv');
  assert.deepEqual(output.split('\r\n'), [
    'principal,at,kind,role,station,partner,state,attribute.kind,model',
    'scanner-1,2026-11-22T12:00:00.000Z,device,scanner,st-1,p-1,active,,m3',
    'scanner-1,2026-11-22T12:00:01.000Z,device,scanner,st-1,p-1,active,x,"a ""b"", c"',
    '',
  ]);
});

test('what is wrong is said, and nothing is changed', async (t) => {
  const world = makeWorld(t);
  const { run } = build(t, world.folder);
  const before = world.directory.audit.since(0, 100).length;
  for (const [words, code] of [
    [['add'], 'USAGE_OPTION'],
    [['add', 'x', '--role', 'y'], 'USAGE_OPTION'],
    [['add', 'x', '--kind', 'robot', '--role', 'y'], 'USAGE_OPTION'],
    [['add', 'x', '--kind', 'device'], 'USAGE_OPTION'],
    [['add', 'x', '--kind', 'device', '--role', 'y', '--public-key', 'none.pem'], 'USAGE_OPTION'],
    [['add', 'scanner-1', '--kind', 'device', '--role', 'y'], 'DIRECTORY_EXISTS'],
    [['enrol', '--station', 'none'], 'DIRECTORY_UNKNOWN'],
    [['revoke', 'none'], 'DIRECTORY_UNKNOWN'],
    [['revoke'], 'USAGE_OPTION'],
    [['link', 'none'], 'DIRECTORY_UNKNOWN'],
    [['link', 'scanner-1'], 'DIRECTORY_UNKNOWN'],
    [['principals', 'x'], 'USAGE_OPTION'],
  ] as const) {
    const { exit, errors } = await run(...words);
    assert.equal(exit, 1);
    assert.ok(errors.includes(`[${code}]`), `${words.join(' ')}: ${errors}`);
  }
  assert.equal(world.directory.audit.since(0, 100).length, before);
  const { errors } = await build(t, makeFolder(t)).run('principals');
  assert.ok(errors.includes('[DIRECTORY_NONE]'));
});
