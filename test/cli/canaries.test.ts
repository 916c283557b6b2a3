import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArguments } from '../../src/cli/arguments.ts';
import { type Command, type Context, commonOptions } from '../../src/cli/command.ts';
import { canariesDrillCommand } from '../../src/cli/commands/canaries-drill.ts';
import { canariesListCommand } from '../../src/cli/commands/canaries-list.ts';
import { canariesMakeCommand } from '../../src/cli/commands/canaries-make.ts';
import { silentProgress } from '../../src/cli/progress.ts';
import type { Services } from '../../src/cli/services.ts';
import type { Attribution } from '../../src/contract/attribution.ts';
import type { Verification } from '../../src/contract/verification.ts';
import { customerTable } from '../canaries/support.ts';
import { createFakeServices } from './fake-services.ts';

interface Run {
  readonly printed: string;
  readonly noted: string;
  readonly written: string;
  readonly request: unknown;
}

async function run(command: Command, words: string[], overrides: Partial<Services> = {}): Promise<Run> {
  const { services, requests } = createFakeServices(overrides);
  const seen = { printed: '', noted: '', written: '' };
  const context: Context = {
    version: '0',
    services,
    home: '/home',
    workingFolder: '/',
    style: { columns: 80, colour: false },
    progress: silentProgress,
    now: () => 5000,
    untilInterrupted: () => new Promise(() => {}),
    print: (text) => {
      seen.printed += text;
    },
    note: (text) => {
      seen.noted += text;
    },
    openOutput: () => ({
      write: (text) => {
        seen.written += text;
      },
      commit: () => {
        seen.written += '[committed]';
      },
      discard: () => undefined,
    }),
  };
  await command.run(context, parseArguments(command.name, { ...command.options, ...commonOptions }, words));
  return { ...seen, request: requests[0] };
}

test('canaries make passes on what it was told and writes the file once it is complete', async () => {
  const words = ['--for', 'scanner-7', '--count', '5', '--out', 'c.csv', '--columns', 'phone,name', 'email'];
  const { request, written, noted, printed } = await run(canariesMakeCommand, words);
  const { output: _output, ...rest } = request as Record<string, unknown>;
  assert.deepEqual(rest, {
    home: '/home',
    recipient: { principal: 'scanner-7' },
    count: 5,
    columns: ['name', 'phone', 'email'],
    now: 5000,
  });
  assert.equal(written, 'customer_id\r\n[committed]');
  assert.match(noted, /^Made 5 canaries for "scanner-7" \(customerId\) into c.csv; batch 00\.\n/);
  assert.equal(printed, '');
});

test('mistakes of the command line are told', async () => {
  const usage = { code: 'USAGE_OPTION' };
  for (const words of [
    ['--for', 'a'],
    ['--count', '5'],
    ['--for', 'a', '--scope', 'b', '--count', '5'],
    ['--for', 'a', '--count', '10001'],
    ['--for', 'a', '--count', '5', '--columns', 'password'],
    ['--for', 'a\u001b[2J', '--count', '5'],
    ['--for', 'a', '--count', '5', 'b'],
  ]) {
    await assert.rejects(run(canariesMakeCommand, words), usage, words.join(' '));
  }
  await assert.rejects(run(canariesListCommand, ['a']), usage);
  await assert.rejects(run(canariesDrillCommand, ['a']), usage);
});

test('a drill that misses one says which, and fails', async () => {
  assert.match(
    (await run(canariesDrillCommand, [])).printed,
    /^found {4}2 of 2 {2}"p"\nCSV, SQL: 2 of 2 canaries found in each\.\n$/,
  );
  const missed = [{ shape: 'SQL', count: 1 }];
  const lines = [
    { recipient: { principal: 'a\u0007' }, planted: 2, found: 2, notRegistered: 0, missed: [] },
    { recipient: { scope: 'crm' }, planted: 4, found: 2, notRegistered: 1, missed },
  ];
  const { services } = createFakeServices();
  const canaries = { ...services.canaries, drill: async () => ({ shapes: ['CSV', 'SQL'], recipients: lines }) };
  await assert.rejects(run(canariesDrillCommand, [], { canaries }), {
    code: 'CANARIES_MISSING',
    parameters: { missing: 2, planted: 6 },
  });
});

test('from the first canary to whom it names', async () => {
  const base = mkdtempSync(join(tmpdir(), 'boltseal-canaries-'));
  after(() => rmSync(base, { recursive: true, force: true }));
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const home = join(base, 'home');
  const file = (name: string, text: string): string => {
    const path = join(base, name);
    writeFileSync(path, text);
    return path;
  };
  const boltseal = (...words: string[]) =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
      encoding: 'utf8',
      env: { ...process.env, BOLTSEAL_HOME: home, TMPDIR: base },
      timeout: 120_000,
    });
  const succeed = (...words: string[]): string => {
    const { status, stdout, stderr } = boltseal(...words);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const customers = file('customers.csv', customerTable(0, 300));
  succeed('init');
  succeed('register', 'add', customers, '--id', 'customer_id', '--as-of', '2024-01-01', '--created', 'created_at');
  const out = join(base, 'canaries.csv');
  const refused = boltseal('canaries', 'make', '--for', 'scanner-7', '--count', '5', '--out', out);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /write "canaries\.customerIds" into config\.json/);
  assert.ok(!readdirSync(base).some((name) => name.includes('canaries.csv')));
  const settings = { customerIds: 'K9******', phoneBlocks: ['+861620000****'], mailDomain: 'mail.example.net' };
  file('home/config.json', JSON.stringify({ format: 'boltseal-config-1', region: 'CN', canaries: settings }));
  succeed('canaries', 'make', '--for', 'scanner-7', '--count', '5', '--out', out);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const planted = readFileSync(out, 'utf8');
  assert.match(succeed('register', 'status'), /^subjects {3}300\n/);
  assert.match(succeed('canaries', 'drill'), /5 of 5 canaries found in each/);
  assert.deepEqual(
    readdirSync(base).filter((name) => name.startsWith('boltseal-')),
    [],
  );
  // A drill's dumps say in the clear who the canaries are: they go also when it is interrupted.
  const drill = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'canaries', 'drill'], {
    stdio: 'ignore',
    env: { ...process.env, BOLTSEAL_HOME: home, TMPDIR: base },
  });
  const ended = new Promise<number | null>((resolve) => drill.once('exit', resolve));
  const isThere = (): boolean => readdirSync(base).some((name) => name.startsWith('boltseal-drill-'));
  while (!isThere() && drill.exitCode === null) await wait(5);
  drill.kill('SIGTERM');
  assert.equal(await ended, 143);
  assert.ok(!isThere());
  const log = file('access.csv', 'at,principal,subject,fields\n2024-02-01T00:00:00Z,scanner-1,K0000001,phone name\n');
  succeed('disclosures', 'import', log);
  const [header, ...rows] = planted.split('\r\n');
  const ours = Array.from(
    { length: 20 },
    (_, i) => `K${String(i).padStart(7, '0')},,162${String(10_000_000 + i * 37).slice(-8)},`,
  );
  const dump = file('dump.csv', [header, ...ours, ...rows].join('\n'));
  const json = join(base, 'v.json');
  succeed('verify', dump, '--json', json);
  const verification = JSON.parse(readFileSync(json, 'utf8')) as Verification;
  assert.deepEqual([verification.canaries?.found, verification.subjects.matched], [5, 20]);
  const found = join(base, 'a.json');
  assert.match(succeed('attribute', json, '--json', found), /Canaries point to "scanner-7"/);
  const attribution = JSON.parse(readFileSync(found, 'utf8')) as Attribution;
  const [first] = attribution.suspects;
  assert.ok(first !== undefined && 'principal' in first && first.principal === 'scanner-7' && first.named);
  // Nothing of a canary's values in what is written or printed.
  for (const row of rows)
    for (const cell of row.split(',').filter((text) => text.length > 5))
      for (const text of [JSON.stringify(verification), JSON.stringify(attribution)]) assert.ok(!text.includes(cell));
});
