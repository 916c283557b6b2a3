import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemChance } from '../../src/canaries/chance.ts';
import { blendCreated } from '../../src/canaries/created.ts';
import { writeCsv } from '../../src/canaries/csv.ts';
import { readCanaries } from '../../src/canaries/marker.ts';
import { subjectOf } from '../../src/canaries/registered.ts';
import { openIds } from '../../src/register/ids.ts';
import { CONTROL_BIT, STILL_CURRENT, SUBJECT_MASK } from '../../src/register/layout.ts';
import { loadRegister } from '../../src/register/load.ts';
import { forEachRecord } from '../../src/register/lookup.ts';
import { Lab } from '../verify/verify-lab.ts';
import { customerTable, historyTable, make, settings } from './support.ts';

async function stockedLab(count: number): Promise<Lab> {
  const lab = await Lab.create();
  await lab.addTable([lab.file(customerTable(0, count))], { stock: settings });
  return lab;
}

test('canaries that wait stand among the new subjects, anywhere, and are no customers', async () => {
  const lab = await stockedLab(12_000);
  const stock = readCanaries(lab.home)?.stock ?? [];
  // One in 200: 60, give or take five standard deviations.
  assert.ok(stock.length > 20 && stock.length < 100, String(stock.length));
  const { image, manifest } = loadRegister(lab.home, lab.key, (_name, bytes) => new Uint8Array(bytes));
  assert.equal(manifest.subjects, 12_000 + stock.length);
  assert.equal(manifest.adds.length, 1);
  assert.deepEqual([manifest.adds[0]?.rows, manifest.adds[0]?.subjectsAdded], [manifest.subjects, manifest.subjects]);
  const places = stock.map((canary) => subjectOf(image, canary) / manifest.subjects).sort((a, b) => a - b);
  assert.ok(places[0]! < 0.3 && places.at(-1)! > 0.7, 'from the beginning to the end');
  const created = [...image.created];
  assert.deepEqual(
    created,
    created.toSorted((a, b) => a - b),
    'the table is in the order of creation, and still is',
  );
  // One of five customers has no e-mail address; the same is true of canaries.
  const without = stock.filter(({ values }) => values.email === undefined).length / stock.length;
  assert.ok(without > 0.02 && without < 0.5, String(without));
  const ids = openIds(lab.home, lab.key);
  const names = [...ids];
  ids.close();
  for (const canary of stock) assert.equal(names[subjectOf(image, canary)], canary.values.customerId);
  const nothing = await lab.verify([lab.file(customerTable(0, 50), 'ours.csv')]);
  assert.equal(nothing.subjects.registered, 12_000);
  assert.equal(nothing.canaries, null, 'nobody got any');
});

test('a table of dated versions brings canaries too: they came between customers, and never changed anything', async () => {
  const lab = await Lab.create();
  const added = await lab.addTable([lab.file(historyTable(0, 9_000))], { mode: 'history', stock: settings });
  const stock = readCanaries(lab.home)?.stock ?? [];
  assert.ok(stock.length > 12 && stock.length < 85, String(stock.length));
  assert.deepEqual([added.rows, added.subjectsAdded], [12_000, 9_000]);
  const { image, manifest } = loadRegister(lab.home, lab.key, (_name, bytes) => new Uint8Array(bytes));
  assert.equal(manifest.subjects, 9_000 + stock.length);
  const periodsOf = new Map<number, string[]>();
  const startOf = (subject: number): number => Number(periodsOf.get(subject)![0]!.split(' ')[0]);
  const add = (subject: number, period: number): void => {
    const [from, until] = [image.periods[2 * period]!, image.periods[2 * period + 1]!];
    periodsOf.set(subject, [...(periodsOf.get(subject) ?? []), `${from} ${until}`]);
  };
  forEachRecord(image, (_lo, _hi, record) => {
    const owner = image.table[4 * record + 2]!;
    if (owner < CONTROL_BIT) add(owner & SUBJECT_MASK, image.table[4 * record + 3]!);
  });
  for (let s = 0; s < manifest.subjects; s++)
    for (let at = image.confirmIndex[s]!; at < image.confirmIndex[s + 1]!; at++) add(s, image.confirm[2 * at + 1]!);
  const inside = stock.map((canary) => subjectOf(image, canary)).filter((s) => s + 1 < manifest.subjects);
  assert.ok(inside.every((s) => s > 0));
  for (const subject of inside) {
    const periods = periodsOf.get(subject)!;
    assert.equal(periods.length, 3, 'id, phone and address');
    assert.deepEqual([...new Set(periods)], [`${startOf(subject)} ${STILL_CURRENT}`]);
    assert.ok(startOf(subject - 1) <= startOf(subject) && startOf(subject) <= startOf(subject + 1));
  }
  const own = inside.filter((s) => startOf(s) !== startOf(s - 1) && startOf(s) !== startOf(s + 1));
  assert.ok(own.length >= 0.9 * inside.length, 'not the very second of a neighbour');
  const { batch } = make({ home: lab.home, registerKey: lab.key }, { count: 5, columns: ['phone'] });
  assert.equal(
    loadRegister(lab.home, lab.key, (_name, bytes) => new Uint8Array(bytes)).manifest.subjects,
    manifest.subjects,
  );
  const found = await lab.verify([lab.file(writeCsv(batch))]);
  assert.deepEqual([found.canaries?.found, found.canaries?.planted, found.subjects.registered], [5, 5, 9_000]);
  // More dated versions of the same customers, and of others.
  const next = await lab.addTable([lab.file(historyTable(8_900, 9_500), 'next.csv')], {
    mode: 'history',
    stock: settings,
  });
  assert.equal(next.subjectsAdded, 500);
});

test('who gets them changes nothing in the register', async () => {
  const lab = await stockedLab(12_000);
  const wish = { home: lab.home, registerKey: lab.key };
  const before = readFileSync(join(lab.home, 'register', 'CURRENT'), 'utf8');
  const waiting = readCanaries(lab.home)?.stock.length ?? 0;
  const { batch } = make(wish, {
    count: 5,
    columns: ['phone', 'email', 'trackingNumber'],
    settings: { ...settings, trackingNumbers: 'SF99********' },
  });
  assert.equal(readFileSync(join(lab.home, 'register', 'CURRENT'), 'utf8'), before);
  assert.equal(readCanaries(lab.home)?.stock.length, waiting - 5);
  for (const { values } of batch.canaries)
    assert.deepEqual(Object.keys(values), ['customerId', 'phone', 'email', 'trackingNumber']);
  const found = await lab.verify([lab.file(writeCsv(batch))]);
  assert.deepEqual([found.canaries?.found, found.canaries?.planted], [5, 5]);
  assert.equal(found.subjects.matched, 0);
  // More than wait: they are put behind the last subjects.
  make(wish, { count: waiting });
  assert.notEqual(readFileSync(join(lab.home, 'register', 'CURRENT'), 'utf8'), before);
});

test('the next table closes none of them and brings more', async () => {
  const lab = await stockedLab(4_000);
  const first = readCanaries(lab.home)?.stock.length ?? 0;
  const table = lab.file(customerTable(1000, 9000), 'next.csv');
  const added = await lab.addTable([table], { asOfSeconds: 1_710_000_000, stock: settings });
  assert.deepEqual([added.rows, added.subjectsAdded, added.subjectsClosed], [8000, 5000, 1000]);
  const stock = readCanaries(lab.home)?.stock ?? [];
  assert.ok(stock.length > first);
  const { image } = loadRegister(lab.home, lab.key, (_name, bytes) => new Uint8Array(bytes));
  let current = 0;
  const numbers = new Set(stock.map((canary) => subjectOf(image, canary)));
  forEachRecord(image, (_lo, _hi, record) => {
    const owner = image.table[4 * record + 2]!;
    if (owner >= CONTROL_BIT || !numbers.has(owner & SUBJECT_MASK)) return;
    assert.ok(image.table[4 * record + 3]! < image.currentPeriods);
    current++;
  });
  assert.ok(current >= 2 * stock.length);
});

test('a table is added though there is no room for canaries, or what is set aside is wrong', async () => {
  for (const broken of [
    { ...settings, phoneBlocks: ['+8616200000**'] },
    { ...settings, mailDomain: 'nowhere' },
  ]) {
    const lab = await Lab.create();
    const added = await lab.addTable([lab.file(customerTable(0, 3000))], { stock: broken });
    assert.equal(added.subjectsAdded, 3000);
  }
});

test('a time of creation lies between its neighbours, in their units', () => {
  const day = 86_400;
  for (let i = 0; i < 200; i++) {
    const between = blendCreated(1_700_000_001, 1_700_000_101, systemChance);
    assert.ok(between >= 1_700_000_001 && between <= 1_700_000_101);
    const days = blendCreated(19_700 * day, 19_703 * day, systemChance);
    assert.ok(days % day === 0 && days >= 19_700 * day && days <= 19_703 * day);
    const unordered = blendCreated(1_700_000_001, 1_600_000_001, systemChance);
    assert.ok(unordered <= 1_600_000_001 && unordered > 1_600_000_001 - day);
    assert.ok(blendCreated(0, 5, systemChance) >= 1);
  }
  assert.equal(blendCreated(5, 0, systemChance), 0);
});
