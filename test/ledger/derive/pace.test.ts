import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { makePace } from '../../../src/ledger/derive/pace.ts';
import { entriesFrom, folder, newDisk } from '../crash/scenario.ts';
import { openTestLog } from '../support/open-log.ts';

it('a round that nobody waits for rests on its way; one that is full, or that somebody waits for, does not', async () => {
  let rests = 0;
  const options = { checkpointMs: 20, roundEntries: 50 };
  const log = await openTestLog({ files: newDisk(), folder, options, pace: () => rests++ });
  await log.append(entriesFrom(0, 10));
  await log.checkpoint();
  assert.equal(rests, 0, 'somebody waits');
  await log.append(entriesFrom(10, 60));
  for (let tries = 0; log.status().published.size < 70 && tries < 500; tries++) await wait(5);
  assert.equal(rests, 0, 'the round is full');
  await log.append(entriesFrom(70, 20));
  for (let tries = 0; log.status().published.size < 90 && tries < 500; tries++) await wait(5);
  assert.ok(rests > 20, `${rests} rests`);
  await log.close();
});

it('half of the time is rest, unless somebody waits', (test) => {
  let isWaited = false;
  const pace = makePace(() => isWaited);
  const usedBefore = process.cpuUsage();
  const begunMs = performance.now();
  let turns = 0;
  for (let usedMs = 0; usedMs < 40; turns++) {
    for (let i = 0; i < 1000; i++) Math.sqrt(i);
    pace();
    const { user, system } = process.cpuUsage(usedBefore);
    usedMs = (user + system) / 1000;
  }
  assert.ok(turns > 40);
  assert.ok(performance.now() - begunMs > 55, 'no rest');
  isWaited = true;
  const wait = test.mock.method(Atomics, 'wait');
  for (const endMs = performance.now() + 10; performance.now() < endMs; ) pace();
  assert.equal(wait.mock.callCount(), 0, 'somebody waits');
});
