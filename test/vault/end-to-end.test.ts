import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openHomeVault } from '../../src/compose/vault.ts';
import { feedRegister } from '../../src/compose/vault-feed.ts';
import { acquireLedgerLock } from '../../src/ledger/lock.ts';
import { readKeyFile } from '../../src/register/key-file.ts';
import { readOverview } from '../../src/register/status.ts';
import type { VaultKeeping } from '../../src/vault/port.ts';

const run = promisify(execFile);
const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-vault-whole-'));
after(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

async function boltseal(home: string, ...words: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', cli, ...words, '--home', home],
      { encoding: 'utf8' },
    );
    return { stdout, stderr, code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as Ended;
    return { stdout, stderr, code };
  }
}

const surnames = [...'王李张刘陈杨黄赵吴周'];
const givenNames = [...'伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平'];
const nameOf = (i: number): string => `${surnames[i % 10]}${givenNames[i % 19]}${givenNames[(i * 7) % 19]}`;
const phoneOf = (i: number): string => `1${[38, 39, 58, 86, 77][i % 5]}${10_000_000 + i * 7919}`;
const people = 400;

function table(file: string, phone: (i: number) => string): string {
  const place = path.join(folder, file);
  const rows = Array.from(
    { length: people },
    (_, i) => `C-${10_000 + i},${nameOf(i)},${phone(i)},u${i}.x@mail.example.cn\n`,
  );
  writeFileSync(place, `customer_id,name,phone,email\n${rows.join('')}`);
  return place;
}

const customers = table('customers.csv', phoneOf);
const moved = table('moved.csv', (i) => phoneOf(i < 100 ? i + 1000 : i));

test('what is imported is told to the register, and a dump of it is ours; no value is readable in the home', async () => {
  const home = path.join(folder, 'home');
  await boltseal(home, 'init');
  assert.equal((await boltseal(home, 'vault', 'status')).code, 1);
  const imported = await boltseal(home, 'vault', 'import', customers, '--id', 'customer_id', '--as-of', '2026-03-01');
  assert.match(imported.stdout, /New: 400\. Changed: 0/);
  assert.match(imported.stdout, /all 400 subjects in \d+ files .*: none stands readable/);
  assert.equal(statSync(path.join(home, 'vault', 'data.sqlite')).mode & 0o777, 0o600);
  assert.equal(statSync(path.join(home, 'keys', 'vault-1.key')).mode & 0o777, 0o600);

  const parcels = path.join(folder, 'parcels.csv');
  const rows = Array.from(
    { length: people },
    (_, i) => `SF${1_000_000_000_000 + i * 13},C-${10_000 + i},st-${i % 5},At station\n`,
  );
  writeFileSync(parcels, `tracking_number,to,station,status\n${rows.join('')}`);
  const loaded = await boltseal(
    home,
    'vault',
    'import',
    parcels,
    '--parcels',
    '--recipient',
    'to',
    '--station',
    'station',
    '--status',
    'status',
  );
  assert.match(loaded.stdout, /New: 400\./);

  assert.match((await boltseal(home, 'vault', 'status')).stdout, /has not heard of 800 writes/);
  assert.match((await boltseal(home, 'vault', 'feed')).stdout, /told of 1,600 versions, and of 0 changes/);
  assert.match((await boltseal(home, 'vault', 'status')).stdout, /knows everything/);
  // As scanners have it: the number of the parcel, and whom to call.
  const numbers = path.join(folder, 'numbers.txt');
  writeFileSync(numbers, rows.map((row, i) => `${row.split(',')[0]}\t${phoneOf(i)}`).join('\n'));
  assert.match((await boltseal(home, 'verify', numbers, '--map', 'trackingNumber=1', 'phone=2')).stdout, /OURS/);

  // A second, newer table: some have another number, and the register knows since when.
  await boltseal(home, 'vault', 'import', moved, '--id', 'customer_id', '--as-of', '2026-06-01', '--no-check');
  assert.match((await boltseal(home, 'vault', 'feed')).stdout, /of 100 changes/);
  const { fields } = readOverview(home, readKeyFile(path.join(home, 'keys', 'register.key')));
  const phones = fields.find(({ field }) => field === 'phone');
  assert.deepEqual([phones?.versions, phones?.current], [500, 400]);
  assert.deepEqual(fields.find(({ field }) => field === 'trackingNumber')?.current, 400);

  const report = await boltseal(home, 'vault', 'report', '--subject', 'C-10000');
  assert.match(report.stdout, /phone: .*version 2, since 2026-06-01/);
  assert.match(report.stdout, /recipient, at-station at st-0/);
  const out = path.join(folder, 'person.json');
  await boltseal(home, 'vault', 'export', '--subject', 'C-10000', '--out', out);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const person = JSON.parse(readFileSync(out, 'utf8'));
  assert.deepEqual([person.format, person.values.length, person.parcels.length], ['boltseal-person-1', 3, 1]);
  assert.deepEqual(Object.keys(person.parcels[0]), ['trackingNumber', 'as', 'status', 'station', 'at']);
  assert.deepEqual(person.parcels[0].as, ['recipient']);

  // A leak is found, and its value not repeated.
  appendFileSync(path.join(home, 'debug.log'), `request for ${phoneOf(300)} failed\n`);
  const leaking = await boltseal(home, 'vault', 'check');
  assert.equal(leaking.code, 1);
  assert.match(leaking.stdout, /debug\.log, byte 12: a value of phone in UTF-8/);
  assert.ok(!`${leaking.stdout}${leaking.stderr}`.includes(phoneOf(300)));
  rmSync(path.join(home, 'debug.log'));

  const erased = await boltseal(home, 'vault', 'erase', '--subject', 'C-10000', '--basis', 'request 17');
  assert.match(erased.stdout, /has nothing of this subject any more; the ledger had nothing/);
  assert.ok(!existsSync(path.join(home, 'ledger')), 'an erasure alone begins no ledger');
  const second = await boltseal(home, 'vault', 'erase', '--subject', 'C-10000', '--basis', 'request 17');
  assert.match(second.stderr, /VAULT_SUBJECT_NONE/);
  assert.match((await boltseal(home, 'vault', 'retain', '--days', '30')).stdout, /0 subjects are due/);

  // The register leaves the person out from now on, and is written without them by the next feed; nobody brings them back by an older table.
  const matched = async (): Promise<number> => {
    const file = path.join(folder, 'verified.json');
    await boltseal(home, 'verify', numbers, '--map', 'trackingNumber=1', 'phone=2', '--json', file);
    return JSON.parse(readFileSync(file, 'utf8')).rows.matched;
  };
  const overview = () => {
    const { subjects, waiting } = readOverview(home, readKeyFile(path.join(home, 'keys', 'register.key')));
    return { subjects, waiting };
  };
  assert.equal(await matched(), people - 1);
  assert.match((await boltseal(home, 'register', 'status')).stdout, /erased {5}1 person whom nothing counts/);
  assert.deepEqual(overview(), { subjects: people - 1, waiting: 1 });
  assert.match((await boltseal(home, 'vault', 'feed')).stdout, /1 who was erased is out of its files/);
  assert.deepEqual(overview(), { subjects: people - 1, waiting: 0 });
  const older = await boltseal(home, 'vault', 'import', customers, '--id', 'customer_id', '--no-check');
  assert.match(older.stdout, /left out: 1 erased/);
  const added = await boltseal(home, 'register', 'add', customers, '--id', 'customer_id', '--as-of', '2099-01-01');
  assert.match(added.stdout, /left out: 1 erased/);
  assert.deepEqual(overview(), { subjects: people - 1, waiting: 0 });
});

test('disclosures are in the report, and a legal hold keeps a person from erasure and retention', async () => {
  const home = path.join(folder, 'held');
  await boltseal(home, 'init');
  await boltseal(home, 'vault', 'import', customers, '--id', 'customer_id', '--as-of', '2020-03-01', '--no-check');
  const lines = path.join(folder, 'lines.jsonl');
  const line = {
    at: new Date().toISOString(),
    principal: 'scanner-1',
    subject: 'C-10001',
    fields: ['name', 'phone'],
    purpose: 'delivery',
    basis: 'parcel',
    decision: 'allowed',
  };
  writeFileSync(lines, `${JSON.stringify(line)}\n`);
  const appended = await boltseal(home, 'ledger', 'append', lines);
  assert.equal(appended.code, 0, appended.stderr);
  assert.match(
    (await boltseal(home, 'vault', 'report', '--subject', 'C-10001')).stdout,
    /scanner-1 got phone, name for delivery/,
  );
  // As while a gateway is open: how to ask it is in the answer, and nothing was done.
  const lock = acquireLedgerLock(path.join(home, 'ledger'));
  const beside = await boltseal(home, 'vault', 'erase', '--subject', 'C-10001', '--basis', 'request 18');
  assert.match(beside.stderr, /VAULT_GATEWAY[\s\S]*DELETE \/v1\/subjects/);
  lock.release();
  await boltseal(home, 'ledger', 'hold', '--subject', 'C-10001', '--basis', 'case 5');
  const refused = await boltseal(home, 'vault', 'erase', '--subject', 'C-10001', '--basis', 'request 18');
  assert.match(refused.stderr, /LEDGER_HELD/);
  assert.match((await boltseal(home, 'vault', 'report', '--subject', 'C-10001')).stdout, /Held: 3 values/);
  assert.match(
    (await boltseal(home, 'vault', 'retain', '--days', '365')).stdout,
    /400 subjects are due; a legal hold keeps 1 of them/,
  );
  assert.match((await boltseal(home, 'vault', 'retain', '--days', '365', '--yes')).stdout, /Erased 399 of 400/);
  assert.match((await boltseal(home, 'vault', 'status')).stdout, /subjects {2}1\n/);
});

test('a feed that is killed before the outbox is emptied is made again without a trace', async () => {
  const home = path.join(folder, 'fed');
  await boltseal(home, 'init');
  const read = (): unknown => {
    const { subjects, versions, currentVersions } = readOverview(
      home,
      readKeyFile(path.join(home, 'keys', 'register.key')),
    );
    return [subjects, versions, currentVersions];
  };
  const vault = await openHomeVault(home, true);
  const atMs = Date.UTC(2026, 2, 1);
  const change = (id: string, at: number, fields: Record<string, string | null>) => ({ id, atMs: at, fields });
  const killed = new Error('killed');
  const dying = (): VaultKeeping =>
    new Proxy(vault as VaultKeeping, {
      get: (target, name) =>
        name === 'fed' ? () => Promise.reject(killed) : (Reflect.get(target, name) as () => unknown).bind(target),
    });
  await vault.write([1, 2, 3].map((i) => change(`C-${i}`, atMs, { name: nameOf(i), phone: phoneOf(i) })));
  await assert.rejects(feedRegister(home, dying(), Date.now), killed);
  const first = read();
  assert.deepEqual(first, [3, 9, 9]);
  assert.equal((await vault.status()).unfed, 3);
  await feedRegister(home, vault, Date.now);
  assert.deepEqual(read(), first);
  // With what ends, and what came and went in between.
  await vault.write([change('C-1', atMs + 10_000, { phone: phoneOf(50) })]);
  await vault.write([change('C-1', atMs + 20_000, { phone: phoneOf(51), name: null })]);
  await assert.rejects(feedRegister(home, dying(), Date.now), killed);
  const second = read();
  assert.deepEqual(second, [3, 11, 8]);
  await feedRegister(home, vault, Date.now);
  assert.deepEqual(read(), second);
  assert.equal((await vault.status()).unfed, 0);
  assert.deepEqual(await feedRegister(home, vault, Date.now), { versions: 0, closed: 0, erased: 0 });
  await vault.close();
});

test('keys by a variable and by a program, as the configuration says', async () => {
  const home = path.join(folder, 'keys');
  await boltseal(home, 'init');
  const config = path.join(home, 'config.json');
  const set = (vault: unknown): void =>
    writeFileSync(config, JSON.stringify({ format: 'boltseal-config-1', region: 'CN', vault }));
  set({ tenant: 'carrier', keys: { provider: 'environment', variable: 'VAULT_KEY_OF_TEST' } });
  process.env.VAULT_KEY_OF_TEST = 'ab'.repeat(32);
  const vault = await openHomeVault(home, true);
  await vault.write([{ id: 'C-1', atMs: 1, fields: { name: 'x' } }]);
  await vault.close();
  assert.ok(!existsSync(path.join(home, 'keys', 'vault-1.key')));
  process.env.VAULT_KEY_OF_TEST = 'cd'.repeat(32);
  await assert.rejects(openHomeVault(home, false), { code: 'VAULT_KEY' });
  delete process.env.VAULT_KEY_OF_TEST;
  await assert.rejects(openHomeVault(home, false), { code: 'VAULT_KEY_PROVIDER' });
  for (const bad of [
    { keys: { provider: 'command', command: [] } },
    { keys: { provider: 'kms' } },
    { tenant: '' },
    { other: 1 },
  ]) {
    set(bad);
    await assert.rejects(openHomeVault(home, false), /"vault" is not as docs\/operations.md shows/);
  }
});
