import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openHomeVault } from '../../src/compose/vault.ts';

const run = promisify(execFile);
const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const fullDiskChild = fileURLToPath(new URL('full-disk-child.ts', import.meta.url));
const quiet = '--disable-warning=ExperimentalWarning';
const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-vault-crash-'));
after(() => rmSync(folder, { recursive: true }));

const boltseal = (home: string, ...words: string[]) =>
  run(process.execPath, [quiet, cli, ...words, '--home', home], { encoding: 'utf8' });

async function newHome(name: string): Promise<string> {
  const home = path.join(folder, name);
  await boltseal(home, 'init');
  return home;
}

/** Starts a command and kills it when a journal of the vault has so many bytes, or when it ends. */
async function runAndKill(
  home: string,
  words: readonly string[],
  { journal, bytes }: { readonly journal: 'data' | 'keys'; readonly bytes: number },
): Promise<NodeJS.Signals | null> {
  const file = path.join(home, 'vault', `${journal}.sqlite-wal`);
  const size = (): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawn(process.execPath, [quiet, cli, ...words, '--home', home], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (child.exitCode === null && size() < bytes) await sleep(2);
  child.kill('SIGKILL');
  const [, signal] = await ended;
  return signal;
}

test('an import that is killed again and again loses nothing and brings nothing twice', async () => {
  const home = await newHome('import');
  const rows = 6000;
  const table = path.join(folder, 'customers.csv');
  const lines = Array.from({ length: rows }, (_, i) => `C-${i},name ${i},138${10_000_000 + i},u${i}@example.com\n`);
  writeFileSync(table, `customer_id,name,phone,email\n${lines.join('')}`);
  const words = [
    'vault',
    'import',
    table,
    '--id',
    'customer_id',
    '--as-of',
    '2026-03-01',
    '--map',
    'name=name',
    '--no-check',
  ];
  let kills = 0;
  for (const bytes of [200_000, 2_500_000])
    if ((await runAndKill(home, words, { journal: 'data', bytes })) === 'SIGKILL') kills++;
  assert.ok(kills > 0, 'it was too fast to be killed');
  const { stdout } = await boltseal(home, ...words);
  const vault = await openHomeVault(home, false);
  const before = Number(/behind ([\d,]+) of an import/.exec(stdout)?.[1]?.replaceAll(',', '') ?? 0);
  const read = Number(/^Read ([\d,]+) rows/.exec(stdout)?.[1]?.replaceAll(',', ''));
  assert.equal(before + read, rows);
  const status = await vault.status();
  assert.equal(status.subjects, rows);
  // Each was told of once: nothing was written twice.
  assert.equal(status.unfed, rows);
  for (const i of [0, 1, 999, 1000, 3500, rows - 1]) {
    const [values] = await vault.read([`C-${i}`], ['name', 'phone', 'email']);
    assert.equal(values?.name?.value, `name ${i}`);
    assert.equal(values?.name?.version, 1);
    assert.deepEqual(await vault.find('email', `u${i}@example.com`), [`C-${i}`]);
  }
  // Keys of writes that a kill took back belong to nobody, and there are few of them.
  const keys = status.keyVersions[0]?.dataKeys ?? 0;
  assert.ok(keys >= rows && keys <= rows + 1000 * kills, `${keys} keys`);
  await vault.close();

  // Rotated under the same treatment.
  await runAndKill(home, ['vault', 'rotate-key'], { journal: 'keys', bytes: 60_000 });
  const rotated = await boltseal(home, 'vault', 'rotate-key');
  assert.match(rotated.stdout, /wraps the keys of/);
  const again = await openHomeVault(home, false);
  const after = await again.status();
  assert.equal(after.rotation, null);
  assert.deepEqual(
    after.keyVersions.map(({ dataKeys }) => dataKeys),
    [keys],
  );
  const values = await again.read(
    Array.from({ length: rows }, (_, i) => `C-${i}`),
    ['name'],
  );
  assert.ok(values.every((value, i) => value?.name?.value === `name ${i}`));
  await again.close();
});

test('a full disk refuses with a code, keeps what was taken, and goes on when there is room', async () => {
  const home = await newHome('full');
  // Files have at most a megabyte: SQLite meets that as it meets a full volume.
  const { stdout } = await run('sh', [
    '-c',
    `ulimit -f 2000; exec "$0" "$@"`,
    process.execPath,
    quiet,
    fullDiskChild,
    home,
  ]);
  const { taken, code, last } = JSON.parse(stdout);
  assert.match(code, /^VAULT_WRITE /);
  assert.ok(taken > 50 && taken < 5000, String(taken));
  assert.equal(last, `name ${taken - 1}`);
  const vault = await openHomeVault(home, false);
  assert.equal((await vault.status()).subjects, taken);
  const values = await vault.read(
    Array.from({ length: taken + 10 }, (_, i) => `C-${i}`),
    ['name'],
  );
  assert.ok(values.every((value, i) => (value?.name?.value ?? null) === (i < taken ? `name ${i}` : null)));
  await vault.write([{ id: 'more', atMs: 1, fields: { name: 'x' } }]);
  await vault.close();
});
