import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { addTable } from '../../src/scan/add-table.ts';
import { encodeGb18030 } from '../dump/samples.ts';
import {
  buildRegister,
  checkAdd,
  checkPasses,
  checkVerify,
  expectMatch,
  plainResult,
  RegisterPair,
} from './check-world.ts';
import { addNaively, load, removeHome } from './naive-add.ts';
import { partOf, scanWithThreads } from './pool-rig.ts';
import { Rig } from './rig.ts';
import { bytesOf, columnsOf, makeWorld, testKey, type World, type WorldTable } from './world.ts';

/*
 * The scanner against its plain references, in made-up worlds (world.ts). A failure names the seed of its world: `makeWorld(seed)` makes it again.
 * `npm run fuzz` does the same for as long as it is let.
 */

const rig = new Rig(1_000_000);

function withRegister<T>(world: World, use: (home: string) => T): T {
  const home = buildRegister(world);
  try {
    return use(home);
  } finally {
    removeHome(home);
  }
}

const seeds = fc.integer({ min: 0, max: 0x7fffffff });

test('verify: every count, field, kind and mark is that of the reference', () => {
  const seen = { strong: 0, weak: 0, chimera: 0, controls: 0, rejected: 0, stale: 0 };
  fc.assert(
    fc.property(seeds, (seed) => {
      const world = makeWorld(seed);
      withRegister(world, (home) => {
        checkVerify(rig, world, home);
        const { counters, controlSeen, rejected, fields } = expectMatch(world, load(home).image);
        seen.strong += counters.strong;
        seen.weak += counters.weak;
        seen.chimera += counters.chimera;
        seen.controls += controlSeen.size;
        seen.rejected += rejected.size;
        for (const { matched, current } of fields.values()) seen.stale += matched - current;
      });
    }),
    { numRuns: 60, endOnFailure: true },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 0, `the worlds have no ${what}`);
});

test('verify in passes says what one pass says', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 2, max: 5 }), (seed, passes) => {
      const world = makeWorld(seed);
      withRegister(world, (home) => {
        checkPasses(rig, world, home, passes);
      });
    }),
    { numRuns: 25, endOnFailure: true },
  );
});

/** One phone number that 80 people have, and a dump with it. */
const switchboard: World = {
  region: 'CN',
  tables: [
    {
      mode: 'snapshot',
      asOfSeconds: 1_700_000_000,
      dialect: { separator: ',', quote: null, newline: '\n' },
      columns: ['customerId', 'phone'],
      text: Array.from({ length: 80 }, (_, i) => `C-${i},13800138000\n`).join(''),
    },
  ],
  dump: {
    dialect: { separator: ',', quote: null, newline: '\n' },
    columns: ['phone'],
    text: '13800138000\n',
    encoding: 'utf-8',
  },
};

test('a value that is common in the whole register is common in every part of it', () => {
  withRegister(switchboard, (home) => {
    checkVerify(rig, switchboard, home);
    const { counters } = expectMatch(switchboard, load(home).image);
    assert.equal(counters.weak, 0);
    checkPasses(rig, switchboard, home, 2);
  });
});

test('add: the register is that of a naive addition, whatever the table', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      checkAdd(rig, makeWorld(seed));
    }),
    { numRuns: 20, endOnFailure: true },
  );
});

test('add: a tidy table gives the same image, word for word', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      checkAdd(rig, makeWorld(seed, { mess: false }));
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

/** One subject twice, with two creation times; the kernel leaves the first row to the exact path, which comes later. */
const twice: World = {
  ...switchboard,
  tables: [
    {
      ...switchboard.tables[0]!,
      columns: ['customerId', 'created'],
      text: 'C-1,2020/01/01\nC-1,2020-02-02\n',
    },
  ],
};

test('add: the earliest creation time that a table gives is kept, whatever order its rows come out in', () => {
  checkAdd(rig, twice);
});

/** The rows of a world's dump so often that there are several blocks, each time with a row of their own. */
function repeated(world: World, sizeBytes: number): World {
  const { dump } = world;
  const { newline } = dump.dialect;
  const text = dump.text.endsWith(newline) ? dump.text : dump.text + newline;
  let large = '';
  for (let i = 0; large.length < sizeBytes; i++) large += `${text}${i}${newline}`;
  return { ...world, dump: { ...dump, text: large } };
}

test('threads: several blocks, one and three threads, one and several passes', async () => {
  const found = makeWorld(5);
  const world = repeated({ ...found, dump: { ...found.dump, encoding: 'utf-8' } }, 2_300_000);
  const home = buildRegister(world);
  after(() => removeHome(home));
  const { image } = load(home);
  const bytes = bytesOf(world.dump);
  const { kinds: _kinds, records, confirm, ...rest } = plainResult(expectMatch(world, image));
  for (const [threads, passes] of [
    [1, 1],
    [3, 1],
    [3, 3],
  ] as const) {
    const { result, blocks } = await scanWithThreads({ world, bytes, home, threads, passes }, image);
    assert.ok(blocks > 2, `${blocks} blocks`);
    assert.deepEqual(result, passes === 1 ? { ...rest, records, confirm } : rest);
  }
});

test('threads: GB18030', async () => {
  const world = repeated(makeWorld(22), 700_000);
  const home = buildRegister(world);
  after(() => removeHome(home));
  const { image } = load(home);
  // What GB18030 has no two bytes for is left out.
  const plain = Buffer.from(bytesOf(world.dump))
    .toString('utf8')
    .replace(/[^\x00-\x7f\u4e00-\u9fa5，。（）　Ａ-Ｚａ-ｚ０-９？]+/g, '');
  const bytes = encodeGb18030(plain);
  const { kinds: _kinds, ...expected } = plainResult(expectMatch(world, image, Buffer.from(plain)));
  const gb: World = { ...world, dump: { ...world.dump, encoding: 'gb18030' } };
  const { result } = await scanWithThreads({ world: gb, bytes, home, threads: 2, passes: 1 }, image);
  assert.deepEqual(result, expected);
});

test('threads: a table of several blocks gives the image of a naive addition', async () => {
  // A column that is no field makes the rows long: few of them are several blocks.
  const rows = Array.from(
    { length: 6000 },
    (_, i) =>
      `C-${i % 4000},${13_000_000_000 + (i % 900) * 7},user${i % 1100}@example.com,张${i % 100},2020-01-01,${'x'.repeat(400)}\n`,
  );
  const table: WorldTable = {
    mode: 'snapshot',
    asOfSeconds: 1_700_000_000,
    dialect: { separator: ',', quote: '"', newline: '\n' },
    columns: ['customerId', 'phone', 'email', 'name', 'created', null],
    text: Buffer.from(rows.join('')).toString('latin1'),
  };
  const next: WorldTable = {
    ...table,
    mode: 'delta',
    asOfSeconds: 1_700_100_000,
    text: Buffer.from(
      rows
        .map((row) => row.replace('13000000', '13000001'))
        .slice(900)
        .join(''),
    ).toString('latin1'),
  };
  const pair = new RegisterPair();
  after(() => pair.remove());
  for (const one of [table, next]) {
    const expected = addNaively(pair.naive, one, 'CN');
    const part = partOf(one, bytesOf(one), 'utf-8');
    const summary = await addTable({
      home: pair.fast,
      key: testKey,
      region: 'CN',
      parts: [{ part, columns: part.columns, times: columnsOf(one).times }],
      mode: one.mode,
      asOfSeconds: one.asOfSeconds,
      exclusive: [],
      threads: 3,
      onRead() {},
      onStep() {},
    });
    pair.compare(expected, { summary, exactRows: 0 });
  }
});
