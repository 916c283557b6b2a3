import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkAdd } from './check-world.ts';
import { Rig } from './rig.ts';
import { makeWorld, pick, type Random, seeded, type WorldTable } from './world.ts';

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
  assert.ok(unchanged > 500, `${unchanged} rows were dropped at sight`);
});
