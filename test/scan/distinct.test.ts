import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countDistinct, createDistinctState, DistinctCollector, distinctLevel } from '../../src/scan/distinct.ts';

const BATCH = 8192;

/** Hash number `number`: the finaliser of MurmurHash3 (32 bits, public domain) twice. */
function hashOf(number: number): [number, number] {
  const mix = (seed: number): number => {
    let h = (number ^ seed) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  return [mix(0x1234567), mix(0x89abcde)];
}

/** Adds the hashes from number `from` up to, but without, `to` to the collectors in turns. */
function addNumbers(collectors: readonly DistinctCollector[], from: number, to: number): void {
  const words = new Uint32Array(2 * BATCH);
  let turn = 0;
  for (let start = from; start < to; start += BATCH) {
    const count = Math.min(BATCH, to - start);
    for (let i = 0; i < count; i++) words.set(hashOf(start + i), 2 * i);
    collectors[turn++ % collectors.length]!.add(words, count);
  }
}

function count(state: SharedArrayBuffer, collectors: readonly DistinctCollector[], shares: number): number {
  const lists = collectors.map((collector) => collector.lists());
  return Array.from({ length: shares }, (_, share) => countDistinct(state, lists, share, shares)).reduce(
    (sum, own) => sum + own,
    0,
  );
}

test('hashes that several threads add, some of them twice, are counted once, however they are shared out', () => {
  const state = createDistinctState(3);
  const collectors = [new DistinctCollector(state), new DistinctCollector(state), new DistinctCollector(state)];
  assert.equal(count(state, collectors, 2), 0);
  addNumbers(collectors, 0, 300_000);
  addNumbers(collectors, 100_000, 400_001);
  for (const shares of [1, 2, 3, 7]) assert.equal(count(state, collectors, shares), 400_001);
  // Counting takes nothing away.
  addNumbers(collectors, 400_001, 400_011);
  assert.equal(count(state, collectors, 2), 400_011);
});

test('hashes of zeros and of ones count like any other', () => {
  const state = createDistinctState(1);
  const collector = new DistinctCollector(state);
  const full = 0xffffffff;
  collector.add(Uint32Array.of(0, 0, full, full, 0, full, full, 0, 0, 0, full, full, 512, 0, 0, 512), 8);
  assert.equal(count(state, [collector], 2), 6);
});

test('beyond the limit a smaller part of the hash space is kept, and memory ends there', () => {
  const limit = 40 * BATCH;
  const state = createDistinctState(2, limit);
  const collectors = [new DistinctCollector(state), new DistinctCollector(state)];
  const rows = 2 * limit + 2 * BATCH;
  addNumbers(collectors, 0, limit);
  assert.equal(distinctLevel(state), 0);
  addNumbers(collectors, limit, rows);
  const level = distinctLevel(state);
  assert.equal(level, 2);
  const kept = count(state, collectors, 2);
  let expected = 0;
  for (let number = 0; number < rows; number++) if (hashOf(number)[1] >>> 30 === 0) expected++;
  assert.equal(kept, expected);
});

test('a thread that gets most of the rows after another has filled its share still counts right', () => {
  const limit = 40 * BATCH;
  const state = createDistinctState(2, limit);
  const [first, second] = [new DistinctCollector(state), new DistinctCollector(state)];
  addNumbers([first], 0, 36 * BATCH);
  addNumbers([second], 36 * BATCH, 41 * BATCH);
  // What the first frees as the level rises stays its own: the second has no pieces left long before the limit is reached.
  const end = 441 * BATCH;
  for (let at = 41; at < 441; at++) addNumbers([at % 50 === 0 ? first : second], at * BATCH, (at + 1) * BATCH);
  const estimate = count(state, [first, second], 2) * 2 ** distinctLevel(state);
  assert.ok(Math.abs(estimate / end - 1) < 0.1, `${estimate} of ${end}`);
});
