import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openDisclosures } from '../../../src/disclosures/reader.ts';
import { readKeyFile } from '../../../src/register/key-file.ts';
import { acquireHomeLock } from '../../../src/register/lock.ts';
import { type Lab, makeLab } from './lab.ts';

interface Row {
  readonly principal: string;
  readonly subject: number;
  readonly time: number;
}

async function readRows(lab: Lab): Promise<{ rows: Row[]; names: string[] }> {
  const key = await readKeyFile(path.join(lab.home, 'keys', 'register.key'));
  const reader = openDisclosures(lab.home, key);
  const principals = reader.principals();
  const rows = reader.segments().flatMap((_, i) => {
    const { time, principal, subject } = reader.openSegment(i);
    return Array.from(time, (at, row) => ({
      principal: principals[principal[row] ?? -1]?.name ?? '',
      subject: subject[row] ?? -1,
      time: at,
    }));
  });
  return { rows, names: principals.map(({ name }) => name) };
}

/** Imports a log of some other system: who read whom, as JSON lines. */
async function importLog(lab: Lab, name: string, pairs: readonly (readonly [string, string])[]): Promise<void> {
  const file = lab.path(name);
  const lines = pairs.map(([principal, subject], i) =>
    JSON.stringify({ at: 1_770_000_000 + i, principal, subject, fields: 'phone', purpose: 'support' }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const ran = await lab.run('disclosures', 'import', file, '--format', 'json');
  assert.equal(ran.exit, 0, ran.errors);
}

const basis = ['--basis', 'order'];

test('an erased principal loses its name in the columns, and nobody loses the history of who saw them', async (t) => {
  const lab = await makeLab(t, 70);
  await importLog(lab, 'crm.jsonl', [
    ['scanner-3', 'customer-0-3'],
    ['clerk', 'customer-0-3'],
  ]);
  const before = await readRows(lab);
  assert.equal((await lab.ledger('erase', '--principal', 'scanner-3', ...basis)).exit, 0);
  assert.equal((await lab.ledger('erase', '--principal', 'scanner-5', ...basis)).exit, 0);
  const after = await readRows(lab);
  assert.ok(!after.names.includes('scanner-3') && !after.names.includes('scanner-5'));
  const closed = (name: string): string => (['scanner-3', 'scanner-5'].includes(name) ? '(erased)' : name);
  const sorted = (rows: readonly Row[]): string[] =>
    rows.map(({ principal, subject, time }) => `${time} ${subject} ${closed(principal)}`).sort();
  assert.deepEqual(sorted(after.rows), sorted(before.rows));
  assert.equal(after.rows.filter(({ principal }) => principal === '(erased)').length, 21);
  // The ledger makes the same of it: nothing is behind, and nothing more is made from the first entry on.
  assert.equal((await lab.ledger('fsck')).exit, 0);
  assert.match((await lab.ledger('rebuild-columns')).output, /; 0 were missing/);
  await lab.ledger('append', lab.lines('more.jsonl', 7, 1));
  const again = await readRows(lab);
  assert.ok(again.names.includes('scanner-3'), 'who comes back has a name again');
  assert.equal(again.rows.filter(({ principal }) => principal === 'scanner-3').length, 1);
});

test('rows go only when the erasure has begun: what is refused takes nothing', async (t) => {
  const lab = await makeLab(t, 50);
  await importLog(lab, 'crm.jsonl', [
    ['clerk', 'customer-0-3'],
    ['clerk', 'elsewhere'],
  ]);
  const { rows } = await readRows(lab);
  await lab.ledger('hold', '--subject', 'customer-0-3', ...basis);
  assert.equal((await lab.ledger('erase', '--subject', 'customer-0-3', ...basis)).code, 'LEDGER_HELD');
  assert.equal((await lab.ledger('erase', '--principal', 'scanner-3', ...basis)).code, 'LEDGER_HELD');
  assert.deepEqual((await readRows(lab)).rows, rows);

  // While an import of logs has the columns nothing is begun.
  const lock = acquireHomeLock(lab.home);
  assert.equal((await lab.ledger('erase', '--subject', 'customer-0-4', ...basis)).code, 'HOME_LOCKED');
  lock.release();
  assert.match((await lab.ledger('status')).output, /durable {6}51 entries/, 'there is no tombstone');

  // Who is in imported logs alone is erased there, and who is nowhere is said to be nowhere.
  const elsewhere = await lab.ledger('erase', '--subject', 'elsewhere', ...basis);
  assert.match(elsewhere.output, /The ledger has nothing of this subject; 1 rows of imported logs were removed/);
  assert.equal((await readRows(lab)).rows.length, rows.length - 1);
  assert.equal((await lab.ledger('erase', '--subject', 'elsewhere', ...basis)).code, 'LEDGER_ERASED_NONE');
  const clerk = await lab.ledger('erase', '--principal', 'clerk', ...basis);
  assert.match(clerk.output, /1 rows of imported logs were left without a name/);

  // A subject of the ledger loses the rows of imported logs, too.
  const four = (await lab.ledger('erase', '--subject', 'customer-0-4', ...basis)).output;
  assert.match(four, /Erased what 1 entries hold/);
  assert.equal((await lab.ledger('fsck')).exit, 0);
});
