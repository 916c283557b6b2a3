import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasher } from '../../src/canaries/draw-values.ts';
import { subjectOf } from '../../src/canaries/registered.ts';
import { makeNeighbours } from '../../src/core/fields/neighbours.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { controlsContext, deriveKey } from '../../src/core/fingerprint/keys.ts';
import { openIds } from '../../src/register/ids.ts';
import type { LoadedRegister } from '../../src/register/image-memory.ts';
import { CONTROL_BIT, FIELD_SHIFT, SUBJECT_MASK } from '../../src/register/layout.ts';
import { loadRegister } from '../../src/register/load.ts';
import { findRecords, forEachRecord } from '../../src/register/lookup.ts';
import { Lab } from '../verify/verify-lab.ts';
import { customerTable, historyTable, labOf, make } from './support.ts';

/*
 * What somebody sees who has stolen the folder of the register.
 */

const load = (home: string, key: Uint8Array): LoadedRegister =>
  loadRegister(home, key, (_name, bytes) => new Uint8Array(bytes));

/** Everything that the files say of a subject without the key: creation, and for each field the periods of its versions. */
function traces({ image, manifest }: LoadedRegister): string[] {
  const found = Array.from({ length: manifest.subjects }, (_, s) => [`created ${image.created[s]}`]);
  const add = (subject: number, field: number, period: number): void => {
    found[subject]!.push(`${field}: ${image.periods[2 * period]} to ${image.periods[2 * period + 1]}`);
  };
  forEachRecord(image, (_lo, _hi, record) => {
    const owner = image.table[4 * record + 2]!;
    if (owner < CONTROL_BIT) add(owner & SUBJECT_MASK, owner >>> FIELD_SHIFT, image.table[4 * record + 3]!);
  });
  for (let subject = 0; subject < manifest.subjects; subject++) {
    for (let entry = image.confirmIndex[subject]!; entry < image.confirmIndex[subject + 1]!; entry++)
      add(subject, image.confirmFields[entry]!, image.confirm[2 * entry + 1]!);
  }
  return found.map((one) => one.sort().join(', '));
}

test('without the key a canary has nothing that customers of the same table have not', async () => {
  const { lab, wish } = await labOf(300);
  await lab.addTable([lab.file(customerTable(10, 400), 'next.csv')], { asOfSeconds: 1_705_000_000 });
  const before = load(lab.home, lab.key);
  const { batch } = make(wish, { count: 20 });
  const after = load(lab.home, lab.key);
  assert.deepEqual([...after.image.periods], [...before.image.periods]);
  const { earliestSeconds, latestSeconds, exclusive, format } = before.manifest;
  assert.deepEqual(
    [after.manifest.earliestSeconds, after.manifest.latestSeconds, after.manifest.exclusive, after.manifest.format],
    [earliestSeconds, latestSeconds, exclusive, format],
  );
  // No addition of its own; the figures of the last one that brought anybody add up.
  const [first, second, ...more] = after.manifest.adds;
  assert.deepEqual([first, more], [before.manifest.adds[0], []]);
  assert.deepEqual([second?.rows, second?.subjectsAdded], [410, 120]);
  const versionsOf = ({ manifest }: LoadedRegister): number => manifest.versions;
  assert.equal(versionsOf(after) - versionsOf(before), second!.versionsAdded - before.manifest.adds[1]!.versionsAdded);
  const all = traces(after);
  const withoutCreation = (trace: string): string => trace.replace(/created \d+/, '');
  const customers = new Set(traces(before).slice(300).map(withoutCreation));
  const canaries = batch.canaries.map((canary) => subjectOf(after.image, canary));
  assert.equal(new Set(canaries).size, 20);
  for (const subject of canaries) assert.ok(customers.has(withoutCreation(all[subject]!)));
  // Customers came in the order of their creation; so did canaries.
  const created = canaries.map((subject) => after.image.created[subject]!);
  assert.deepEqual(
    created,
    created.toSorted((a, b) => a - b),
  );
});

test('canaries behind customers with dated versions have times of their own', async () => {
  const lab = await Lab.create();
  await lab.addTable([lab.file(historyTable(0, 400))], { mode: 'history' });
  const { batch } = make({ home: lab.home, registerKey: lab.key }, { count: 40 });
  const after = load(lab.home, lab.key);
  const all = traces(after);
  const customers = new Set(all.slice(0, 400));
  const canaries = batch.canaries.map((canary) => all[subjectOf(after.image, canary)]!);
  assert.equal(canaries.length, 40);
  // By chance one in an hour's seconds.
  assert.ok(canaries.filter((trace) => customers.has(trace)).length <= 1, canaries[0]);
  assert.equal(new Set(canaries).size, 40);
});

test('with the key too: controls stand beside sampled values, ids look like ids, and the values are known to the register as any', async () => {
  const { lab, wish } = await labOf(100);
  const { batch } = make(wish, { count: 10 });
  const { image, manifest } = load(lab.home, lab.key);
  const hash = hasher(lab.key);
  const seed = deriveKey(lab.key, controlsContext);
  const threshold = manifest.controls.find(({ field }) => field === 'phone')!.threshold;
  const countNeighbours = (phone: string): number =>
    makeNeighbours('phone', phone, seed, 4)!.filter((neighbour) => {
      const { lo, hi } = hash('phone', neighbour);
      // A neighbour that is somebody's value is no control, of canaries as of customers.
      return findRecords(image, lo, hi).count > 0;
    }).length;
  for (const { values } of batch.canaries) {
    const phone = fieldByName('phone').normalise(values.phone!, { region: 'CN' })!;
    assert.ok(hash('phone', phone).hi < threshold);
    assert.equal(countNeighbours(phone), 4);
  }
  assert.equal(countNeighbours('+8616210000037'), 4);
  const ids = openIds(lab.home, lab.key);
  const names = [...ids];
  ids.close();
  assert.equal(names.length, 110);
  assert.ok(names.every((id) => /^K\d{7}$/.test(id)));
});
