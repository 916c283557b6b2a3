import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logGamma } from '../../src/attribute/log-gamma.ts';
import { searchSources } from '../../src/attribute/search.ts';
import { chooseWatched, joinReads, ReadCollector } from '../../src/attribute/watch.ts';
import { logGamma as exactLogGamma } from '../../src/core/statistics/beta.ts';
import { anybody, dumpOf, lootOf, randomFrom, sample } from './simulate.ts';
import { inputOf, smallWorld, sourcesOf } from './support.ts';

const world = smallWorld();
const staff = world.staff[9]!;
const random = randomFrom(20);
const dump = dumpOf([...sample(lootOf(world, staff, 0, 90), 300, random), ...anybody(world, 300, random)]);

test('in a small ledger everybody is watched and every disclosure kept', () => {
  const watched = chooseWatched(dump, world.customers, world.columns.time.length);
  assert.deepEqual(watched.sampling, { dump: 1, others: 1 });
  const collector = new ReadCollector(watched);
  collector.add(world.columns);
  const reads = joinReads(collector.pieces());
  assert.equal(reads.count, world.columns.time.length);
  assert.deepEqual(reads.subject, new Uint32Array(world.columns.subject));
});

test('with a sample of the others, the source and its figures stay', () => {
  const whole = searchSources(inputOf(world, dump));
  const watched = chooseWatched(dump, world.customers, world.columns.time.length, 95_000);
  assert.ok(watched.sampling.dump === 1 && watched.sampling.others < 0.3);
  const collector = new ReadCollector(watched);
  collector.add(world.columns);
  const reads = joinReads(collector.pieces());
  assert.ok(reads.count < 100_000, `${reads.count} kept`);
  const sampled = searchSources({ ...inputOf(world, dump), reads, sampling: watched.sampling });
  assert.deepEqual(sourcesOf(world, sampled), [world.principals[staff]!.name]);
  const [one, other] = [whole, sampled].map(({ sources }) => sources[0]!.members[0]!.alone);
  assert.equal(one!.totalExplained, other!.totalExplained);
  assert.ok(
    Math.abs(other!.totalExpected / one!.totalExpected - 1) < 0.25,
    `${other!.totalExpected} for ${one!.totalExpected}`,
  );
});

test('subjects beyond the register are never watched', () => {
  const watched = chooseWatched(dump, 100, 10);
  const collector = new ReadCollector(watched);
  const subject = Uint32Array.of(99, 100, 0x80000000, 0xffffffff);
  collector.add({ subject, time: new Uint32Array(4), principal: new Uint32Array(4), fields: new Uint16Array(4) });
  assert.deepEqual([...joinReads(collector.pieces()).subject], [99]);
});

test('the fast logarithm of the gamma function agrees with the exact one', () => {
  for (const x of [0.5, 0.7, 1, 2, 3.5, 9.99, 10, 57.25, 1e3, 1e7]) {
    const exact = exactLogGamma(x);
    assert.ok(Math.abs(logGamma(x) - exact) <= 1e-11 * Math.max(1, Math.abs(exact)), `${x}`);
  }
});
