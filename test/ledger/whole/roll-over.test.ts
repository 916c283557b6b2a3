import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { HALF_YEAR_MS, ledgerOrigin, Machine, type Process } from './machine.ts';
import { check, Story } from './story.ts';

/** A machine whose second place refuses to be written for some logs. */
function makeMachine(t: TestContext): { machine: Machine; away: Set<string> } {
  const machine = new Machine(t);
  const away = new Set<string>();
  const { disk } = machine;
  const rename = disk.rename.bind(disk);
  disk.rename = (from, to) => {
    for (const shard of away)
      if (to.includes(hash('sha256', `${ledgerOrigin}/${shard}`, 'hex')))
        throw Object.assign(new Error('away'), { code: 'EIO' });
    rename(from, to);
  };
  return { machine, away };
}

async function disclose(process: Process, story: Story): Promise<string> {
  const id = story.next('disclosure');
  const [subject, principal] = ['subject-1', 'principal-1'];
  const content = makeContent('disclosure', process.machine.nowMs, { subject, principal, basis: id });
  const { shard, firstIndex } = await process.ledger.append([content]);
  story.disclosed.push({ id, subject, principal, origin: `${ledgerOrigin}/${shard}`, index: firstIndex });
  return shard;
}

const sealedIn = (process: Process): (readonly [string, boolean])[] =>
  process.shards().map(({ name, description }) => [name, description.sealedMs !== null]);

/** Waits for what an append has begun. Nothing else begins a shard here. */
async function untilDone(isDone: () => boolean): Promise<void> {
  for (let turns = 0; turns < 2000 && !isDone(); turns++) await setImmediate();
}

const hasRolled = (process: Process) => (): boolean => sealedIn(process)[0]?.[1] === true;

test('an append in a new half year begins its shard by itself, and entries go on meanwhile', async (t) => {
  const { machine } = makeMachine(t);
  const story = new Story();
  const process = await machine.start();
  assert.equal(await disclose(process, story), '2026h1');
  machine.nowMs += HALF_YEAR_MS;
  assert.equal(await disclose(process, story), '2026h1', 'until the new one is there');
  await untilDone(hasRolled(process));
  assert.equal(await disclose(process, story), '2026h2');
  assert.deepEqual(sealedIn(process), [
    ['2026h1', true],
    ['2026h2', false],
  ]);
  await check(process, story);
  await process.close();
});

test('a new shard that cannot be begun is tried again a minute later; entries go on to the old one', async (t) => {
  const { machine, away } = makeMachine(t);
  const story = new Story();
  const process = await machine.start();
  await disclose(process, story);
  machine.nowMs += HALF_YEAR_MS;
  away.add('2026h2');
  await disclose(process, story);
  await untilDone(() => false);
  away.clear();
  assert.equal(await disclose(process, story), '2026h1');
  await setImmediate();
  assert.equal(await disclose(process, story), '2026h1', 'not tried at each append');
  machine.nowMs += 61_000;
  await disclose(process, story);
  await untilDone(hasRolled(process));
  assert.equal(await disclose(process, story), '2026h2');
  await check(process, story);
  await process.close();
});

test('a shard that cannot be sealed for want of its second place stays unsealed until a start finds it', async (t) => {
  const { machine, away } = makeMachine(t);
  const story = new Story();
  const process = await machine.start();
  await disclose(process, story);
  machine.nowMs += HALF_YEAR_MS;
  away.add('2026h1');
  await disclose(process, story);
  await untilDone(() => process.ledger.shard === '2026h2');
  assert.equal(await disclose(process, story), '2026h2');
  await process.close();
  const again = await machine.start();
  assert.equal(await disclose(again, story), '2026h2');
  assert.deepEqual(sealedIn(again)[0], ['2026h1', false]);
  await again.close();
  away.clear();
  const last = await machine.start();
  assert.deepEqual(sealedIn(last)[0], ['2026h1', true]);
  await check(last, story);
  await last.close();
});
