import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemChance } from '../../src/canaries/chance.ts';
import { writeCsv } from '../../src/canaries/csv.ts';
import { writeDrillDumps } from '../../src/canaries/drill.ts';
import { countDrill, type DrillRun } from '../../src/canaries/drill-result.ts';
import { readCanaries } from '../../src/canaries/marker.ts';
import type { CanarySighting } from '../../src/canaries/sighting.ts';
import type { CanaryBatch } from '../../src/contract/canaries.ts';
import { countIds } from '../../src/register/find-ids.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { customerTable, labOf, make, settings } from './support.ts';

const batchesOf = (home: string): readonly CanaryBatch[] => readCanaries(home)?.batches ?? [];
const childScript = fileURLToPath(new URL('crash-child.ts', import.meta.url));

test('canaries are found by verify, named by recipient, and are no customers', async () => {
  const { lab, wish } = await labOf(400);
  const { batch } = make(wish);
  make(wish, { recipient: { scope: 'crm export' }, count: 3 });
  const ours = customerTable(0, 40);
  const canaries = { ...batch, canaries: batch.canaries.slice(0, 2) };
  const dump = lab.file(
    ours.replace(/,created_at/, '').replace(/,[^,\n]*$/gm, (cell) => (cell.includes(':') ? '' : cell)),
  );
  const both = [dump, lab.file(writeCsv(canaries), 'more.csv')];
  let affected = '';
  const found = await lab.verify(both, {
    affected: (text) => {
      affected += text;
    },
  });
  const [first, ...others] = found.canaries?.for ?? [];
  assert.deepEqual(others, []);
  assert.ok(first !== undefined && 'principal' in first && first.principal === 'scanner-7');
  assert.deepEqual([first.found, first.planted, first.madeAt], [2, 5, '2024-01-15T00:00:00Z']);
  assert.ok(first.probabilityOfAccident < 1e-9);
  assert.deepEqual([found.canaries?.found, found.canaries?.planted, found.canaries?.recipients], [2, 8, 2]);
  assert.equal(found.subjects.registered, 400);
  assert.equal(found.register.subjects, 400);
  assert.equal(found.subjects.matched, 40);
  assert.equal(found.subjects.strong, 40);
  assert.equal(
    found.subjects.byMonth.reduce((sum, { registered }) => sum + registered, 0),
    400,
  );
  assert.equal(affected.trim().split('\r\n').length, 41);
  assert.ok(found.verdict.reasons.some((reason) => reason.startsWith('Canaries, ')));
  const without = await lab.verify([dump]);
  assert.deepEqual(without.canaries, { found: 0, planted: 8, recipients: 2, for: [] });
  assert.deepEqual({ ...without.subjects, thresholds: null }, { ...found.subjects, thresholds: null });
  // They were made after the register's last table, which cannot date such a copy; the times that they have are those of somebody else.
  assert.equal(without.copy?.openEnd, false);
  assert.deepEqual({ ...without.copy, openEnd: true }, found.copy);
});

test('nobody is missed who does not exist: a copy is dated as if there were no canaries', async () => {
  const { lab, wish } = await labOf(600);
  const day = 86_400;
  for (const [customers, days] of [
    [900, 30],
    [1_200, 60],
  ] as const) {
    const asOfSeconds = 1_700_000_000 + days * day;
    await lab.addTable([lab.file(customerTable(0, customers).replace(/,[^,\n]*$/gm, ''), `${days}.csv`)], {
      asOfSeconds,
    });
  }
  const dump = lab.file(customerTable(0, 1_050).replace(/,[^,\n]*$/gm, ''));
  const before = await lab.verify([dump]);
  assert.equal(before.copy?.shape, 'single');
  make(wish, { count: 60 });
  const after = await lab.verify([dump]);
  assert.equal(after.canaries?.planted, 60);
  assert.deepEqual(after.copy, before.copy);
});

test('in passes, with little memory, it is the same', async () => {
  const { lab, wish } = await labOf(3000);
  const { batch } = make(wish, { count: 20 });
  const dump = lab.file(writeCsv(batch));
  const whole = await lab.verify([dump]);
  const parts = await lab.verify([dump], { memoryBytes: 120_000 });
  assert.ok(parts.timing.passes > 1);
  assert.deepEqual(parts.canaries, whole.canaries);
  assert.equal(parts.canaries?.found, 20);
  assert.equal(parts.subjects.registered, 3000);
});

test('canaries alone prove that some of a dump is ours; a single phone of theirs proves little', async () => {
  const { lab, wish } = await labOf(300);
  const { batch } = make(wish);
  const sure = await lab.verify([lab.file(writeCsv(batch))]);
  assert.equal(sure.verdict.kind, 'partly-ours');
  assert.match(sure.verdict.reasons[0] ?? '', /^Canaries, .*5 of 5 of "scanner-7"/);
  const phones = Array.from({ length: 10_000 }, (_, i) => `1620000${String(i).padStart(4, '0')}`);
  const block = await lab.verify([lab.file(`phone\n${phones.join('\n')}\n`)]);
  assert.equal(block.canaries?.found, 5);
  assert.ok((block.canaries?.for[0]?.probabilityOfAccident ?? 0) > 0.999);
  assert.notEqual(block.verdict.kind, 'partly-ours');
});

test('later snapshots close no canary, and what they say of customers stays right', async () => {
  const { lab, wish } = await labOf(200);
  const { batch } = make(wish);
  const next = lab.file(customerTable(20, 220), 'next.csv');
  const added = await lab.addTable([next], { asOfSeconds: 1_710_000_000 });
  assert.equal(added.subjectsClosed, 20);
  assert.equal(added.subjectsAdded, 20);
  const { fields } = await lab.verify([lab.file(writeCsv(batch), 'planted.csv')]);
  assert.equal(fields.phone?.current, 5);
  assert.equal(fields.name?.stale, 0);
  const sightings: (readonly CanarySighting[])[] = [];
  await lab.verify([lab.file(writeCsv(batch))], { onCanaries: (all) => sightings.push(all) });
  assert.ok(sightings[0]?.every((one) => one.isRegistered && one.isStrong && one.fields.length === 4));
});

test('values are new to the register, to other canaries, and to the control values', async () => {
  const { wish } = await labOf(50);
  const narrow = { ...settings, phoneBlocks: ['+8616200000***'] };
  const { batch } = make(wish, { settings: narrow, count: 150 });
  const second = make(wish, { settings: narrow, count: 150 });
  const all = [...batch.canaries, ...second.batch.canaries];
  for (const field of ['customerId', 'phone', 'email'])
    assert.equal(new Set(all.map(({ values }) => values[field])).size, 300, field);
  assert.throws(() => make(wish, { settings: narrow, count: 201 }), { code: 'CANARIES_ROOM' });
  assert.throws(() => make(wish, { settings: { ...settings, mailDomain: 'nowhere' } }), { code: 'CANARIES_VALUE' });
  assert.throws(() => make(wish, { columns: ['trackingNumber'] }), { code: 'CANARIES_SETTING' });
});

test('a call that is killed at any step leaves nothing that misleads, and the next one finishes it or begins anew', async () => {
  const { lab, wish } = await labOf(60);
  const steps = ['marked', 'CURRENT.tmp', 'CURRENT', 'planted'];
  await Promise.all(
    steps.map(async (step, i) => {
      const home = join(lab.folder, step);
      cpSync(lab.home, home, { recursive: true });
      const key = Buffer.from(lab.key).toString('hex');
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childScript, home, key, step]);
      const [, signal] = await once(child, 'exit');
      assert.equal(signal, 'SIGKILL', step);
      const isPlanted = i >= steps.indexOf('CURRENT');
      const [begun, ...more] = batchesOf(home);
      assert.ok(begun !== undefined && !begun.exported && more.length === 0, step);
      assert.equal(countIds(home, lab.key, begun.canaries), isPlanted ? 5 : 0, step);
      const again = make({ ...wish, home });
      assert.equal(again.isResumed, isPlanted, step);
      assert.equal(again.batch.id === begun.id, isPlanted, step);
      const batches = batchesOf(home);
      assert.deepEqual(
        batches.map(({ id, exported }) => [id, exported]),
        [[again.batch.id, true]],
        step,
      );
      assert.equal(countIds(home, lab.key, again.batch.canaries), 5, step);
    }),
  );
});

test('what was planted and not exported stays a canary when something else is made', async () => {
  const { lab, wish } = await labOf(60);
  const { batch } = make(wish, {}, { isExported: false });
  const other = make(wish, { count: 2 });
  assert.equal(other.isResumed, false);
  assert.deepEqual(
    batchesOf(lab.home).map(({ id, exported }) => [id, exported]),
    [
      [batch.id, false],
      [other.batch.id, true],
    ],
  );
});

test('two calls at once: the second is told', async () => {
  const { lab, wish } = await labOf(20);
  const lock = acquireHomeLock(lab.home);
  assert.throws(() => make(wish), { code: 'HOME_LOCKED' });
  lock.release();
  make(wish);
});

test('a drill finds each in every shape, and says which are not in the register', async () => {
  const { lab, wish } = await labOf(300);
  make(wish);
  const before = join(lab.folder, 'before');
  cpSync(join(lab.home, 'register'), before, { recursive: true });
  make(wish, { recipient: { scope: 'crm' }, count: 3 });
  const drill = async (): Promise<DrillRun[]> => {
    const runs: DrillRun[] = [];
    for (const { shape, text } of writeDrillDumps(batchesOf(lab.home), 'CN', settings, systemChance)) {
      await lab.verify([lab.file(text)], { onCanaries: (sightings) => runs.push({ shape, sightings }) });
    }
    return runs;
  };
  assert.deepEqual(countDrill(await drill()), [
    { recipient: { principal: 'scanner-7' }, planted: 5, found: 5, notRegistered: 0, missed: [] },
    { recipient: { scope: 'crm' }, planted: 3, found: 3, notRegistered: 0, missed: [] },
  ]);
  // The register of before the second call, from a backup.
  cpSync(before, join(lab.home, 'register'), { recursive: true });
  const [, crm] = countDrill(await drill());
  assert.deepEqual(crm, { recipient: { scope: 'crm' }, planted: 3, found: 0, notRegistered: 3, missed: [] });
});
