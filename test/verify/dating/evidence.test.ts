import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_BIT, SUBJECT_MASK } from '../../../src/register/layout.ts';
import { Arena } from '../../../src/scan/arena.ts';
import { loadResident } from '../../../src/scan/image.ts';
import type { Marks } from '../../../src/scan/marks.ts';
import { AGAIN, type CopyEvidence, SEEN, SHARED } from '../../../src/verify/dating/copy-evidence.ts';
import { CopyEvidenceGatherer } from '../../../src/verify/dating/evidence.ts';
import { inOneThread } from '../../scan/in-one-thread.ts';
import { customers, Lab } from '../verify-lab.ts';

const DAY = 86_400;
const FIRST = 1_700_000_000;

/** Three snapshots: customer 0 changes the phone and changes it back, customer 1 takes the number that customer 0 gave up. */
async function makeLab(): Promise<Lab> {
  const people = customers(0, 40);
  const [one, two] = [people[0]!, people[1]!];
  const lab = await Lab.of(people);
  const moved = [{ ...one, phone: '16299999991' }, { ...two, phone: one.phone }, ...people.slice(2)];
  await lab.addCustomers(moved, { asOfSeconds: FIRST + 30 * DAY });
  await lab.addCustomers([one, ...moved.slice(1)], { asOfSeconds: FIRST + 60 * DAY });
  return lab;
}

/** As if a dump had held every value that the first `dumped` subjects ever had, but for names when `withNames` is false. */
async function gather(lab: Lab, dumped: number, withNames = true): Promise<CopyEvidence> {
  const resident = loadResident(new Arena(), lab.home, lab.key);
  const { image, manifest } = resident.loaded;
  const bits = (count: number): Uint32Array => new Uint32Array(Math.ceil(count / 32) + 1);
  const marks: Marks = {
    touched: bits(manifest.subjects),
    strong: bits(manifest.subjects),
    recordSeen: bits(image.entryCount),
    confirmSeen: withNames ? bits(image.confirm.length / 2) : new Uint32Array(0),
    controlSeen: bits(1000),
  };
  const set = (words: Uint32Array, at: number): void => {
    words[at >>> 5] = words[at >>> 5]! | (1 << (at & 31));
  };
  for (let subject = 0; subject < dumped; subject++) {
    set(marks.strong, subject);
    set(marks.touched, subject);
  }
  for (let record = 0; record < image.entryCount; record++) {
    const owner = image.table[4 * record + 2]!;
    if ((owner & CONTROL_BIT) === 0 && (owner & SUBJECT_MASK) < dumped) set(marks.recordSeen, record);
  }
  for (let entry = 0; withNames && entry < image.confirmIndex[dumped]!; entry++) set(marks.confirmSeen, entry);
  const gatherer = new CopyEvidenceGatherer(manifest);
  await gatherer.gather(resident, marks, inOneThread(2));
  return gatherer.finish();
}

test('the histories of the subjects of a dump, with what was seen, shared and had again', async () => {
  const { history, snapshots, usable } = await gather(await makeLab(), 10);
  assert.deepEqual(snapshots, [FIRST, FIRST + 30 * DAY, FIRST + 60 * DAY]);
  assert.deepEqual([usable, history.subjects], [10, 10]);
  assert.ok(history.flags.every((flags) => (flags & SEEN) !== 0));
  const entries = Array.from({ length: history.subjects }, (_, s) => history.index[s + 1]! - history.index[s]!);
  // Id, phone, e-mail address and name; customer 0 had a phone twice and another between, customer 1 had two phones.
  assert.deepEqual(
    entries.toSorted((a, b) => b - a),
    [6, 5, 4, 4, 4, 4, 4, 4, 4, 4],
  );
  const flagged = (flag: number): number =>
    history.flags.reduce((sum, flags) => sum + ((flags & flag) === 0 ? 0 : 1), 0);
  assert.equal(flagged(AGAIN), 1);
  // Both periods of the number with customer 0, and the one with customer 1.
  assert.equal(flagged(SHARED), 3);
  const again = history.flags.findIndex((flags) => (flags & AGAIN) !== 0);
  assert.deepEqual([history.from[again], history.until[again - 1]], [FIRST + 60 * DAY, FIRST + 30 * DAY]);
  assert.equal(history.field[again], history.field[again - 1]);
});

test('fields that the dump does not have are left out', async () => {
  const { history } = await gather(await makeLab(), 10, false);
  assert.ok(history.field.every((field) => field < 8));
});

test('who came and who left between snapshots, and whom of them the dump has', async () => {
  const people = customers(0, 40);
  const lab = await Lab.of(people.slice(0, 30));
  await lab.addCustomers(people, { asOfSeconds: FIRST + 30 * DAY });
  await lab.addCustomers(people.slice(1), { asOfSeconds: FIRST + 60 * DAY });
  const { lifespans } = await gather(lab, 35);
  assert.deepEqual([...lifespans!.stayed.gapAll], [10, 0]);
  assert.deepEqual([...lifespans!.stayed.gapFound], [5, 0]);
  assert.deepEqual([...lifespans!.ended.gapAll], [0, 1]);
  assert.deepEqual([...lifespans!.ended.gapFound], [0, 1]);
});

test('a dump with nobody of ours', async () => {
  const { history, usable } = await gather(await makeLab(), 0);
  assert.deepEqual([history.subjects, history.from.length, usable], [0, 0, 0]);
});
