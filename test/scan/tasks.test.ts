import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { Arena } from '../../src/scan/arena.ts';
import { ScanPool } from '../../src/scan/pool.ts';
import { divide } from '../../src/scan/tasks.ts';
import { answeringLate } from './slow-module.ts';
import { type Turn, takingTurns } from './turns.ts';

const pools: ScanPool[] = [];
after(() => Promise.all(pools.map((pool) => pool.close())));

function open(threads: number): ScanPool {
  const pool = new ScanPool(new Arena(), threads);
  pools.push(pool);
  return pool;
}

const turnsIn = (seen: Int32Array, failing = -1): Turn[] =>
  [0, 1, 2].map((thread) => ({ seen, thread, fails: thread === failing }));

test('each thread runs the task with its input, on the same memory; outputs stand in the order of the inputs', async () => {
  const pool = open(3);
  assert.equal(pool.threads, 3);
  const seen = new Int32Array(new SharedArrayBuffer(16));
  assert.deepEqual(await pool.run(takingTurns, turnsIn(seen)), [0, 10, 20]);
  assert.deepEqual(await pool.run(takingTurns, turnsIn(seen).slice(0, 2)), [0, 10]);
  assert.deepEqual([...seen], [2, 2, 1, 0]);
});

test('a task that fails fails the run when all have ended, without the words of its error', async () => {
  const pool = open(3);
  const seen = new Int32Array(new SharedArrayBuffer(16));
  await assert.rejects(pool.run(takingTurns, turnsIn(seen, 1)), (error: unknown) => {
    assert.ok(error instanceof BoltsealError);
    assert.equal(error.code, 'INTERNAL');
    assert.ok(!`${error.message}${String(error.stack)}${String(error.cause)}`.includes('5555'));
    return true;
  });
  assert.deepEqual([...seen], [1, 1, 1, 0], 'the slow one has ended too');
});

test('what is asked for together is answered each for itself, though the module of the first takes a while to load', async () => {
  const pool = open(2);
  const seen = new Int32Array(new SharedArrayBuffer(16));
  const [late, distinct, turns] = await Promise.all([
    pool.run(answeringLate, ['a', 'b']),
    pool.countDistinct(),
    pool.run(takingTurns, turnsIn(seen).slice(0, 2)),
  ]);
  assert.deepEqual([late, distinct, turns], [['a', 'b'], { distinct: 0, error: 0 }, [0, 10]]);
});

test('parts of a range: without a gap, nearly equal, empty when there are more parts than places', () => {
  for (const [from, to, parts] of [
    [0, 10, 3],
    [7, 7, 2],
    [5, 7, 4],
    [0, 1_000_003, 64],
  ] as const) {
    const found = divide(from, to, parts);
    assert.equal(found.length, parts);
    assert.deepEqual([found[0]![0], found.at(-1)![1]], [from, to]);
    for (const [i, [start, end]] of found.entries()) {
      if (i > 0) assert.equal(start, found[i - 1]![1]);
      assert.ok(Math.abs(end - start - (to - from) / parts) < 1);
    }
  }
});
