import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { BoltsealError } from '../../src/core/errors.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { deriveKey, fingerprint, fingerprintContext } from '../../src/core/fingerprint/keys.ts';
import type { AddSummary } from '../../src/register/builder.ts';
import { ROW_PRINT_BYTES, readRowPrints } from '../../src/register/row-prints.ts';
import { addTable, type KeptId } from '../../src/scan/add-table.ts';
import { Arena } from '../../src/scan/arena.ts';
import { beginComparison } from '../../src/scan/compare-rows.ts';
import { makePlan } from '../../src/scan/plan.ts';
import { checkAdd, RegisterPair } from './check-world.ts';
import { addNaively, load, newHome, removeHome } from './naive-add.ts';
import { partOf } from './pool-rig.ts';
import { Rig } from './rig.ts';
import { bytesOf, makeWorld, pick, type Random, seeded, testKey, type WorldTable } from './world.ts';

/* Snapshots most of whose rows the one before had too: what the kernel drops at sight must leave the register as a naive addition does, which looks at everything. */

const rig = new Rig(4_000_000);

/** The rows of a table with some left out, some twice, some with other rows' cells, in the same or another order. */
function mutate(random: Random, { text, dialect: { newline, separator } }: WorldTable): string {
  const lines = text.split(newline).filter((line) => line !== '');
  const cellsOf = (line: string): string[] => line.split(separator);
  let next = lines.flatMap((line) => {
    const roll = random(20);
    if (roll === 0) return [];
    if (roll === 1) return [line, line];
    if (roll === 2) return [line, pick(random, lines)];
    if (roll > 4) return [line];
    const cells = cellsOf(line);
    const other = cellsOf(pick(random, lines));
    const place = random(cells.length);
    const changed = cells.with(place, other[place] ?? '').join(separator);
    return roll === 3 ? [changed] : [line, changed];
  });
  if (random(4) === 0)
    next = next
      .map((line) => ({ line, key: random(1000) }))
      .sort((a, b) => a.key - b.key)
      .map(({ line }) => line);
  if (next.length === 0) next = lines.slice(0, 1);
  return next.join(newline) + (random(3) === 0 ? '' : newline);
}

/** Tables of one company: mostly snapshots that follow from each other, now and then a delta, a history, or a snapshot with other columns. */
function makeTables(seed: number, mess: boolean): { region: string; tables: WorldTable[] } {
  const random = seeded(seed);
  const world = makeWorld(seed, { mess });
  const [first, ...others] = world.tables as [WorldTable, ...WorldTable[]];
  const hasTimes = first.columns.some((column) => column === 'validFrom' || column === 'validUntil');
  const columns = hasTimes
    ? first.columns.map((column) => (column === 'validFrom' || column === 'validUntil' ? null : column))
    : first.columns;
  let asOfSeconds = 1_900_000_000;
  let last: WorldTable = { ...first, columns, mode: 'snapshot', asOfSeconds };
  const tables = [last];
  for (let step = 0; step < 5; step++) {
    asOfSeconds += 1000;
    const roll = random(9);
    if (roll === 0 && others.length > 0) tables.push({ ...pick(random, others), asOfSeconds });
    else if (roll === 1) tables.push({ ...last, mode: 'delta', asOfSeconds, text: mutate(random, last) });
    else if (roll === 2) {
      // One column means nothing any more.
      const place = random(columns.length);
      const fewer = columns[place] === 'customerId' ? columns : columns.with(place, null);
      tables.push({ ...last, columns: fewer, asOfSeconds, text: mutate(random, last) });
    } else {
      last = { ...last, asOfSeconds, text: mutate(random, last) };
      tables.push(last);
    }
  }
  return { region: world.region, tables };
}

test('snapshots that follow from each other: unchanged rows leave the register as looking at everything does', () => {
  let unchanged = 0;
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, mess) => {
      unchanged += checkAdd(rig, makeTables(seed, mess));
    }),
    { numRuns: 25, endOnFailure: true },
  );
  assert.ok(unchanged > 50, `${unchanged} rows were dropped at sight`);
});

const dialect: WorldTable['dialect'] = { separator: ',', quote: null, newline: '\n' };
const tableOf = (asOfSeconds: number, columns: WorldTable['columns'], lines: readonly string[]): WorldTable => ({
  mode: 'snapshot',
  asOfSeconds,
  dialect,
  columns,
  text: lines.map((line) => `${line}\n`).join(''),
});

/** Adds a table of several parts, each with its own columns, as the command does. */
async function addParts(home: string, parts: readonly WorldTable[], kept: readonly KeptId[] = []): Promise<AddSummary> {
  return await addTable({
    home,
    key: testKey,
    region: 'CN',
    parts: parts.map((table) => {
      const part = partOf(table, bytesOf(table), 'utf-8');
      return { part, columns: part.columns, times: [] };
    }),
    mode: 'snapshot',
    asOfSeconds: parts[0]!.asOfSeconds,
    exclusive: [],
    threads: 2,
    kept,
    onRead() {},
    onStep() {},
  });
}

test('an unchanged row says nothing of fields that it has no column of: another part may close them', async () => {
  const pair = new RegisterPair();
  after(() => pair.remove());
  const ids = Array.from({ length: 200 }, (_, i) => i);
  const phones = ids.map((i) => `C-${i},${13_800_000_000 + i}`);
  const first = tableOf(
    1_000_000,
    ['customerId', 'phone', 'email', 'name'],
    phones.map((row, i) => `${row},user${i}@example.com,Ann ${i}`),
  );
  const second = tableOf(2_000_000, ['customerId', 'phone'], phones);
  const third = tableOf(3_000_000, ['customerId', 'phone'], phones);
  const mails = tableOf(
    3_000_000,
    ['customerId', 'email', 'name'],
    ids.slice(150).map((i) => `C-${i},user${i}@example.com,Ann ${i}`),
  );
  const whole = tableOf(
    3_000_000,
    ['customerId', 'phone', 'email', 'name'],
    [...phones.map((row) => `${row},,`), ...ids.slice(150).map((i) => `C-${i},,user${i}@example.com,Ann ${i}`)],
  );
  for (const [naive, parts] of [
    [first, [first]],
    [second, [second]],
    [whole, [third, mails]],
  ] as const) {
    const expected = addNaively(pair.naive, naive, 'CN');
    pair.compare(expected, { summary: await addParts(pair.fast, parts), exactRows: 1 });
  }
  const { manifest } = load(pair.fast);
  assert.equal(manifest.fields.find(({ name }) => name === 'email')?.current, 50);
});

test('who is kept has the same fingerprint of a row for ever, with a row in the table or without; who is gone has not', async () => {
  const home = newHome();
  after(() => removeHome(home));
  const rows = Array.from({ length: 100 }, (_, i) => `C-${i},${13_800_000_000 + i}`);
  const key = deriveKey(testKey, fingerprintContext(fieldByName('customerId')));
  const kept = ['C-7', 'C-8'].map((id): KeptId => {
    const { lo, hi } = fingerprint(key, id);
    return { idLo: lo, idHi: hi };
  });
  const prints = (): string[] => {
    const bytes = readRowPrints(home, testKey, null, (byteLength) => new Uint8Array(byteLength))!;
    return Array.from({ length: bytes.length / ROW_PRINT_BYTES }, (_, subject) =>
      Buffer.from(bytes.slice(ROW_PRINT_BYTES * subject, ROW_PRINT_BYTES * (subject + 1))).toString('hex'),
    );
  };
  const columns: WorldTable['columns'] = ['customerId', 'phone'];
  await addParts(home, [tableOf(1_000_000, columns, rows)]);
  const before = prints();
  // C-7 and C-9 have no row any more, C-8 and C-10 have another one.
  const next = rows.filter((_, i) => i !== 7 && i !== 9).map((row) => row.replace(/^(C-8|C-10),.*/, '$1,13900000000'));
  const summary = await addParts(home, [tableOf(2_000_000, columns, next)], kept);
  assert.equal(summary.rows, 98);
  const changed = prints().flatMap((print, subject) => (print === before[subject] ? [] : [subject]));
  assert.deepEqual(changed, [9, 10]);
});

class FullArena extends Arena {
  override allocate(): number {
    throw new BoltsealError('MEMORY_TOO_SMALL', { neededMb: 4300 });
  }
}

test('beside a register that just fits, rows are compared with none, and the builder knows their fingerprints all the same', async () => {
  const home = newHome();
  after(() => removeHome(home));
  await addParts(home, [tableOf(1_000_000, ['customerId', 'phone'], ['C-1,13800000001'])]);
  const fields = [
    { index: 0, field: 'customerId' as const },
    { index: 1, field: 'phone' as const },
  ];
  const plan = makePlan({
    mode: 'add',
    registerKey: testKey,
    region: 'CN',
    encoding: 'utf-8',
    dialect,
    columns: 2,
    fields,
  });
  const compare = (arena: Arena) => {
    const expected: (number | null)[] = [];
    const builder = {
      expectRowPrints: (_check: string, _names: unknown, old: Uint8Array | null) => expected.push(old?.length ?? null),
    };
    const { prints, planOf } = beginComparison(home, testKey, plan, arena, builder);
    return { expected, compared: prints?.count ?? null, hasKey: planOf(plan).printKey !== null };
  };
  assert.deepEqual(compare(new Arena()), { expected: [ROW_PRINT_BYTES], compared: 1, hasKey: true });
  assert.deepEqual(compare(new FullArena()), { expected: [ROW_PRINT_BYTES], compared: null, hasKey: true });
});
