import assert from 'node:assert/strict';
import fs, { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type CountedUse, CountingBudgets } from '../../../src/gateway/budgets/budgets.ts';
import { compactJournals } from '../../../src/gateway/budgets/compaction.ts';
import { BudgetJournal } from '../../../src/gateway/budgets/journal.ts';
import { markJournal, usesBehindMark } from '../../../src/gateway/budgets/recount.ts';
import type { BudgetRule } from '../../../src/gateway/budgets/rules.ts';
import type { ToldDecision } from '../../../src/gateway/port.ts';
import { scanner } from '../pieces.ts';

const root = mkdtempSync(join(tmpdir(), 'boltseal-budgets-'));
after(() => rmSync(root, { recursive: true }));
const DAY_MS = 86_400_000;
const start = Date.UTC(2026, 0, 15, 12);
const rule = (limit: number, more: Partial<BudgetRule> = {}): BudgetRule => ({
  scope: 'principal',
  role: '*',
  purpose: '*',
  window: 'month',
  limit,
  ...more,
});
const personOf = (subject: string): number => Number(subject.slice(1));
const make = (rules: readonly BudgetRule[], note: (use: CountedUse) => Promise<void> | void = () => undefined) =>
  new CountingBudgets({ rules, personOf, note });
const ask = (budgets: CountingBudgets, subjects: string[], more: object = {}) =>
  budgets.reserve({ principal: scanner, purpose: 'delivery', subjects, weight: 1, nowMs: start, ...more });
const take = async (budgets: CountingBudgets, subjects: string[], more: object = {}): Promise<boolean> => {
  const reservation = ask(budgets, subjects, more);
  if (reservation.isGranted) await reservation.settle();
  return reservation.isGranted;
};

test('other rules hold with everybody who was read before, in windows that are new too, and for whoever is asked for just then', async () => {
  const noted: CountedUse[] = [];
  const budgets = make([rule(3)], (use) => void noted.push(use));
  await take(budgets, ['s1', 's2']);
  const open = ask(budgets, ['s3']);
  assert.ok(open.isGranted);
  const gate = Promise.withResolvers<void>();
  const uses = async function* () {
    await gate.promise;
    yield* noted;
  };
  // A station's day is counted by nobody yet.
  const station = rule(4, { scope: 'station', window: 'day' });
  const changing = budgets.changeRules([rule(10), station], uses, start);
  await Promise.resolve();
  assert.ok(!(await take(budgets, ['s4'])), 'until it is counted the rules before hold');
  gate.resolve();
  await changing;
  assert.deepEqual(budgets.rules, [rule(10), station]);
  assert.ok(await take(budgets, ['s4']), 's1 to s4');
  assert.ok(!(await take(budgets, ['s5'])));
  open.release();
  assert.ok(await take(budgets, ['s5']), 's3 was not given');
  assert.ok(!(await take(budgets, ['s6'])));
  // A limit alone: nothing is read again.
  const never = () => assert.fail('asked for what is counted');
  await budgets.changeRules([rule(5), rule(4, { scope: 'station', window: 'day' })], never, start);
  await budgets.changeRules([rule(5)], never, start);
  assert.ok(await take(budgets, ['s6']));
  assert.ok(!(await take(budgets, ['s7'])));
});

test('when what was counted cannot be read, the rules before go on', async () => {
  const budgets = make([rule(1)]);
  const broken = async function* (): AsyncGenerator<CountedUse> {
    yield* [];
    throw new Error('a disk');
  };
  await assert.rejects(budgets.changeRules([rule(9, { window: 'day' })], broken, start));
  assert.ok(await take(budgets, ['s1']));
  assert.ok(!(await take(budgets, ['s2'])));
});

test('journals of days that months alone look at become short, and whatever a kill leaves of that counts the same', async () => {
  const folder = join(root, 'compaction');
  const journal = new BudgetJournal(folder);
  const noted: CountedUse[] = [];
  const budgets = make([rule(1_000_000)], (use) => {
    noted.push(use);
    return journal.note(use);
  });
  for (let i = 0; i < 300; i++) {
    const nowMs = start - 5 * DAY_MS + Math.floor(i / 100) * DAY_MS + i * 1000;
    const principal = i % 3 === 0 ? { ...scanner, id: 'scanner-8', station: null } : scanner;
    const weight = i % 7 === 0 ? 2 : 1;
    await take(budgets, [`s${i % 20}`, `s${1000 + i}`], { nowMs, principal, weight });
  }
  journal.close();
  /** What a window of a month makes of it: of each person the last reading, and the heaviest. */
  const folded = async () => {
    const reader = new BudgetJournal(folder);
    const last = new Map<string, readonly [atMs: number, weight: number]>();
    for await (const { atMs, weight, people, ...who } of reader.read(start))
      for (const person of people) {
        const name = JSON.stringify([who.principal, who.role, who.station, who.partner, who.purpose, person]);
        const [beforeMs, heaviest] = last.get(name) ?? [0, 0];
        last.set(name, [Math.max(beforeMs, atMs), Math.max(heaviest, weight)]);
      }
    reader.close();
    return [...last].sort(([a], [b]) => (a < b ? -1 : 1));
  };
  const before = await folded();
  assert.equal(before.length, 340);
  const sizeOf = () => readdirSync(folder).reduce((size, file) => size + statSync(join(folder, file)).size, 0);
  const size = sizeOf();
  const files = readdirSync(folder).sort();
  assert.equal(files.length, 3);
  // Killed while the new file was written, and while it was there and the old one too.
  writeFileSync(join(folder, `${files[0]?.slice(0, 10)}.people.new`), '["scanner-7","scan');
  assert.deepEqual(await folded(), before);
  await compactJournals(folder, start);
  assert.deepEqual(
    readdirSync(folder).sort(),
    files.map((file) => file.replace('.uses', '.people')),
  );
  assert.ok(sizeOf() < size / 2, `${sizeOf()} of ${size}`);
  assert.deepEqual(await folded(), before);
  const [first = ''] = files;
  const lines = noted
    .filter(({ atMs }) => new Date(atMs).toISOString().startsWith(first.slice(0, 10)))
    .map((use) =>
      JSON.stringify([
        use.atMs,
        use.principal,
        use.role,
        use.station,
        use.partner,
        use.purpose,
        use.weight,
        use.people,
      ]),
    );
  writeFileSync(join(folder, first), `${lines.join('\n')}\n`);
  assert.deepEqual(await folded(), before, 'both files of a day');
  await compactJournals(folder, start);
  assert.deepEqual(await folded(), before);
});

test('a day that is made shorter while it is read, or that the ledger adds to later, loses nobody; days that are over are removed', async () => {
  const folder = join(root, 'meanwhile');
  const use = (subject: number, atMs: number): CountedUse => {
    const { id, role, station, partner } = scanner;
    return { atMs, principal: id, role, station, partner, purpose: 'delivery', weight: 1, people: [subject] };
  };
  const journal = new BudgetJournal(folder);
  for (const subject of [1, 2]) await journal.note(use(subject, start - (6 - subject) * DAY_MS));
  const found: (number | undefined)[] = [];
  for await (const { people } of journal.read(start)) {
    found.push(...people);
    await compactJournals(folder, start);
  }
  assert.deepEqual([...new Set(found)], [1, 2]);
  // Without a mark what is older comes again.
  await journal.note(use(3, start - 5 * DAY_MS));
  journal.close();
  await compactJournals(folder, start);
  const reader = new BudgetJournal(folder);
  const after: (number | undefined)[] = [];
  for await (const { people } of reader.read(start)) after.push(...people);
  reader.close();
  assert.deepEqual(after.sort(), [1, 2, 3]);
  await compactJournals(folder, start + 40 * DAY_MS);
  assert.deepEqual(readdirSync(folder), []);
});

test('nothing is said to be on the disk that a new day, or a write that failed, has kept from it', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const folder = join(root, 'syncs');
  let said = 0;
  const journal = new BudgetJournal(folder, () => () => void said++);
  const { id: principal, role, station, partner } = scanner;
  const note = (atMs: number) =>
    journal.note({ atMs, principal, role, station, partner, purpose: 'delivery', weight: 1, people: [1] });
  const synced = context.mock.method(fs, 'fdatasyncSync');
  syncBuiltinESMExports();
  try {
    await note(start);
    await note(start + DAY_MS);
    assert.equal(synced.mock.callCount(), 1);
    // A file cannot be opened that is a folder.
    fs.mkdirSync(join(folder, `${new Date(start + 2 * DAY_MS).toISOString().slice(0, 10)}.uses`));
    await assert.rejects(note(start + 2 * DAY_MS), { code: 'GATEWAY_BUDGETS_WRITE' });
    context.mock.timers.tick(1000);
    assert.equal(said, 0);
  } finally {
    synced.mock.restore();
    syncBuiltinESMExports();
    journal.close();
  }
});

test('what a power cut takes of the journal is counted again from the ledger, and nothing twice', async () => {
  const folder = join(root, 'power');
  const told: ToldDecision[] = [];
  const shard = '2026h1';
  let nowMs = start;
  const mark = markJournal(
    folder,
    () => ({ shard, entries: told.length }),
    () => nowMs,
  );
  const journal = new BudgetJournal(folder);
  const budgets = make([rule(100)], (use) => journal.note(use));
  const read = async (subject: string, more: Partial<ToldDecision> = {}) => {
    const entry = {
      subject,
      principal: scanner.id,
      fields: 'name',
      purpose: 'delivery',
      basis: 'parcel',
      decision: 'mask',
      timeMs: start,
    };
    told.push({ ...entry, ...more });
    if (more.decision !== 'deny' && more.basis?.startsWith('export') !== true)
      await take(budgets, [subject], { weight: more.basis === undefined ? 1 : 2 });
  };
  const tick = async () => {
    mark()();
    nowMs += 5000;
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await read('s1');
  await tick();
  await read('s2');
  await tick();
  await tick();
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.uses'));
  const durable = statSync(join(folder, file)).size;
  await read('s3');
  await read('s4', { basis: 'exception: label torn' });
  await read('s5', { decision: 'deny', basis: 'GATEWAY_POLICY' });
  await read('s6', { basis: 'export e-1' });
  journal.close();
  truncateSync(join(folder, file), durable);

  const opened: number[] = [];
  const ledger = {
    shards: () => [{ shard, size: told.length }],
    *decisions(_shard: string, from: number, to: number) {
      for (let index = from; index < to; index++) {
        opened.push(index);
        const { subject, basis } = told[index] ?? {};
        yield { index, subject: subject ?? '', basis: basis ?? '' };
      }
    },
    decision: (_shard: string, index: number) => told[index] ?? null,
  };
  const taken = async () => {
    const again = new BudgetJournal(folder);
    const options = { principalOf: (id: string) => (id === scanner.id ? scanner : null), personOf, nowMs: start };
    let limit = 0;
    for (; ; limit++) {
      const probe = make([rule(limit)]);
      for await (const use of again.read(start)) probe.recount(use, start);
      opened.length = 0;
      for await (const use of usesBehindMark(folder, ledger, options)) probe.recount(use, start);
      if (ask(probe, ['s9']).isGranted) break;
    }
    again.close();
    return limit - 1;
  };
  assert.equal(await taken(), 5, 's1, s2, s3, and s4 for two');
  assert.ok(opened.length < told.length && opened[0] !== 0, 'what was durable is not looked at again');
  rmSync(join(folder, 'mark'));
  assert.equal(await taken(), 5);
  rmSync(join(folder, file));
  assert.equal(await taken(), 5, 'the ledger has it all');
});
