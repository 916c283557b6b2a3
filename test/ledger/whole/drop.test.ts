import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { isDropped } from '../../../src/ledger/shards.ts';
import { HALF_YEAR_MS, ledgerOrigin, Machine, type Process } from './machine.ts';
import { check, crashing, readAll, Story } from './story.ts';

/** Every operation in `npm run test:crash`, every fifth otherwise. */
const stride = process.env.BOLTSEAL_CRASH_PASSES === undefined ? 5 : 1;

const order = { principal: 'officer', basis: 'drop #1' };

/** Two shards: a sealed one with 120 disclosures, one subject erased, and one that has the keys of some of its people, too. */
async function prepare(t: TestContext): Promise<{ machine: Machine; story: Story; process: Process }> {
  const machine = new Machine(t);
  const story = new Story();
  const process = await machine.start();
  const monthMs = machine.nowMs;
  const disclose = async (people: readonly number[]): Promise<void> => {
    for (const person of people) {
      const id = story.next('disclosure');
      const [subject, principal] = [`subject-${person}`, `principal-${person % 3}`];
      const content = makeContent('disclosure', monthMs, { subject, principal, basis: id });
      const { shard, firstIndex } = await process.ledger.append([content]);
      story.disclosed.push({ id, subject, principal, origin: `${ledgerOrigin}/${shard}`, index: firstIndex });
    }
  };
  await disclose(Array.from({ length: 120 }, (_, i) => i % 8));
  await process.erasures.erase('subject', 'subject-5', { principal: 'officer', basis: 'erase subject-5 #1' });
  machine.nowMs += HALF_YEAR_MS;
  await process.ledger.rollOver();
  await disclose([1, 2, 3]);
  await process.erasures.erase('subject', 'subject-2', { principal: 'officer', basis: 'erase subject-2 #1' });
  return { machine, story, process };
}

const keysIn = (process: Process, where: string): number =>
  Number(process.database.prepare(`SELECT count(*) AS keys FROM keys WHERE ${where}`).get()?.keys);

test('keys that only the dropped shard needs are destroyed, and no other', async (t) => {
  const { story, process } = await prepare(t);
  const before = keysIn(process, 'wrapped = zeroblob(60)');
  const { keys, tombstone } = await process.drops.drop('2026h1', order);
  // Of the subjects 0, 4, 6, 7: 1 and 3 are in the second shard too, 2 and 5 were erased; of the officer in that month, and of the log's own hand that sealed the shard.
  assert.equal(keys, 6);
  assert.equal(keysIn(process, 'wrapped = zeroblob(60)') - before, 6);
  assert.equal(keysIn(process, 'owner = zeroblob(16)'), before + 6, 'nor whose they were');
  assert.deepEqual(tombstone, { origin: `${ledgerOrigin}/2026h2`, index: 4 });
  await check(process, story);
  assert.deepEqual(
    readAll(process).map(({ values }) => values.get('subject')),
    ['subject-1', undefined, 'subject-3', undefined, undefined],
  );
  await process.close();
});

test('power lost before any operation of a drop: it has not begun, or the next start ends it; the log says it before anything is gone, and once', async (t) => {
  for (let at = 0; ; at += stride) {
    const { machine, story, process: doomed } = await prepare(t);
    const outcome = await crashing(
      machine,
      () => doomed.end(),
      { at, seed: at },
      () => doomed.drops.drop('2026h1', order),
    );
    if (outcome !== 'crashed') {
      assert.equal(outcome, 'done');
      assert.ok(at > 25, `operations: ${at}`);
      t.diagnostic(`operations of a drop: ${at}`);
      break;
    }
    const next = await machine.start();
    const [first] = next.shards();
    assert.ok(first !== undefined);
    if (isDropped(first)) story.done.push(order.basis);
    else {
      assert.deepEqual(machine.removedShards, [], `at ${at}`);
      assert.equal(keysIn(next, "erasure IN (SELECT number FROM erasures WHERE shard <> '')"), 0, `at ${at}`);
    }
    await check(next, story);
    const announced = readAll(next).filter(({ kind }) => kind === 'drop');
    assert.equal(announced.length, isDropped(first) ? 1 : 0, `at ${at}`);
    await next.close();
  }
});

test('a shard whose file of openings is damaged can be dropped; not one beside a kept shard that has such a file', async (t) => {
  const { machine, process } = await prepare(t);
  const damage = (shard: string): (() => void) => {
    const file = machine.disk.open(`/home/ledger/${shard}/openings/000`, 'update');
    const byte = new Uint8Array(1);
    file.read(byte, 40);
    const write = (value: number): void => file.write(Uint8Array.of(value), 40);
    write((byte[0] ?? 0) ^ 1);
    return () => write(byte[0] ?? 0);
  };
  await process.ledger.checkpoint();
  const mend = damage('2026h2');
  await assert.rejects(process.drops.drop('2026h1', order), { code: 'LEDGER_DAMAGED' });
  mend();
  const file = '/home/ledger/2026h2/openings/000';
  machine.disk.rename(file, '/home/aside');
  await assert.rejects(process.drops.drop('2026h1', order), { code: 'LEDGER_DAMAGED' }, 'it is missing');
  machine.disk.rename('/home/aside', file);
  assert.equal(keysIn(process, "erasure IN (SELECT number FROM erasures WHERE shard <> '')"), 0);
  damage('2026h1');
  await process.drops.drop('2026h1', order);
  assert.ok(process.shards().every((shard) => isDropped(shard) === (shard.name === '2026h1')));
  await process.close();
});
