import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import type { FieldName } from '../../src/core/fields/field.ts';
import type { Dialect, DumpPart } from '../../src/dump/port.ts';
import { COUNTER_ROWS, ROW_STATE_BYTES } from '../../src/kernel/layout.ts';
import { Arena } from '../../src/scan/arena.ts';
import { createEmptyAddresses } from '../../src/scan/image.ts';
import { ThreadMarks } from '../../src/scan/marks.ts';
import { makePlan, type ScanPlan } from '../../src/scan/plan.ts';
import { type PartCounts, type RowStates, ScanPool } from '../../src/scan/pool.ts';

/*
 * Whatever fails while a part is scanned, the scan ends with that failure: it neither hangs nor goes on, and no value leaves the threads.
 */

const dialect: Dialect = { separator: ',', quote: '"', newline: '\n' };
/** A value that the fast path leaves to the exact one. */
const marker = '１６２５５５５７７７７';
const pools: ScanPool[] = [];
after(() => Promise.all(pools.map((pool) => pool.close())));

function open(threads = 2, keepsRowStates = false) {
  const arena = new Arena();
  const pool = new ScanPool(arena, threads, { keepsRowStates });
  pools.push(pool);
  const image = createEmptyAddresses(arena);
  const marks = new ThreadMarks(arena, threads, { subjects: 0, records: 0, confirming: 0, controls: 0 });
  const scan = (part: DumpPart, plan: ScanPlan, rowStates?: RowStates): Promise<PartCounts> =>
    pool.scan({
      part,
      plan,
      image,
      marks: marks.addresses,
      pass: { isFirst: true, isLast: true },
      wantsSamples: true,
      onRead: () => undefined,
      ...(rowStates && { rowStates }),
    });
  return { pool, scan };
}

function planOf(field: FieldName = 'phone'): ScanPlan {
  return makePlan({
    mode: 'verify',
    registerKey: new Uint8Array(32),
    region: 'CN',
    encoding: 'utf-8',
    dialect,
    columns: 2,
    fields: [{ index: 0, field }],
  });
}

/** A megabyte a repetition; after them the stream fails, if it is told to. */
function partOf(repetitions: number, failure?: Error): DumpPart {
  const chunk = Buffer.from(`${marker},x\n`.repeat(31_000));
  return {
    name: 'dump',
    encoding: 'utf-8',
    dialect,
    headerRows: 0,
    async *open() {
      for (let i = 0; i < repetitions; i++) yield chunk;
      if (failure !== undefined) throw failure;
    },
    plainFile: null,
  } as unknown as DumpPart;
}

function isInternal(error: unknown): boolean {
  assert.ok(error instanceof BoltsealError);
  assert.equal(error.code, 'INTERNAL');
  assert.ok(!`${error.message}${String(error.stack)}${String(error.cause)}`.includes(marker.slice(0, 6)));
  return true;
}

test('a thread throws: the scan fails, without a value, and so does what is asked next', async () => {
  const { scan } = open(3);
  const plan = planOf();
  const broken: ScanPlan = {
    ...plan,
    active: plan.active.map((column) => ({ ...column, field: marker as FieldName })),
  };
  await assert.rejects(scan(partOf(6), broken), isInternal);
});

test('a plan that no thread can take fails the scan', async () => {
  const { scan } = open();
  await assert.rejects(scan(partOf(1), { ...planOf(), dialect: null as unknown as Dialect }));
});

test('a thread that is gone fails what it is asked', async () => {
  const { pool, scan } = open();
  await scan(partOf(1), planOf());
  await pool.close();
  await assert.rejects(scan(partOf(1), planOf()), isInternal);
  await assert.rejects(pool.countDistinct(), isInternal);
});

test('a stream that breaks in the middle fails the scan with its own error', async () => {
  const { scan } = open();
  for (const repetitions of [0, 1, 6]) {
    const failure = new BoltsealError('DUMP_TRUNCATED', { path: 'dump' });
    await assert.rejects(scan(partOf(repetitions, failure), planOf()), failure);
  }
});

test('notes between passes that cannot be kept fail the scan', async () => {
  const { scan } = open(2, true);
  const failure = new BoltsealError('SCRATCH_WRITE', { path: 'home', reason: 'ENOSPC' });
  const rowStates: RowStates = {
    load: () => undefined,
    save: () => {
      throw failure;
    },
  };
  await assert.rejects(scan(partOf(4), planOf(), rowStates), failure);
});

test('row states have twelve bytes a row, rejected rows among them', async () => {
  const { scan } = open(1, true);
  const sizes: number[] = [];
  const chunk = Buffer.from('1,2,3,4\n\n16255557777,\n\r\nx,y\n');
  const part = {
    ...partOf(0),
    open: async function* () {
      yield chunk;
    },
    plainFile: null,
  } as unknown as DumpPart;
  const counts = await scan(part, planOf(), {
    load: () => undefined,
    save: (_sequence, states) => sizes.push(states.length),
  });
  assert.deepEqual(sizes, [3 * ROW_STATE_BYTES]);
  assert.equal(counts.counters[COUNTER_ROWS / 8], 2);
  assert.deepEqual([...counts.rejected], [['too-many-cells', 1]]);
});

test('different rows are counted over all parts, and only once', async () => {
  const { pool, scan } = open(3);
  for (let round = 0; round < 3; round++) await scan(partOf(2), planOf());
  const other = {
    ...partOf(0),
    open: async function* () {
      yield Buffer.from('a,b\nc,d\n a,b\n');
    },
    plainFile: null,
  } as unknown as DumpPart;
  await scan(other, planOf());
  assert.deepEqual(await pool.countDistinct(), { distinct: 3, error: 0 });
});

test('after a failure nothing is saved any more', async () => {
  const { pool, scan } = open(2, true);
  let isOver = false;
  let late = 0;
  const rowStates: RowStates = {
    load: () => undefined,
    save: () => {
      late += Number(isOver);
    },
  };
  const failure = new BoltsealError('DUMP_TRUNCATED', { path: 'dump' });
  await assert.rejects(scan(partOf(3, failure), planOf(), rowStates), failure);
  isOver = true;
  // Threads answer in order: after this they have answered everything.
  await pool.countDistinct();
  assert.equal(late, 0);
});
