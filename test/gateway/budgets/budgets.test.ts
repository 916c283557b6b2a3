import assert from 'node:assert/strict';
import fs, { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type CountedUse, CountingBudgets } from '../../../src/gateway/budgets/budgets.ts';
import { DistinctWindows } from '../../../src/gateway/budgets/distinct-windows.ts';
import { BudgetJournal } from '../../../src/gateway/budgets/journal.ts';
import { type BudgetRule, windowMs } from '../../../src/gateway/budgets/rules.ts';
import type { Reservation } from '../../../src/gateway/port.ts';
import { scanner } from '../pieces.ts';

const folder = mkdtempSync(join(tmpdir(), 'boltseal-budgets-'));
after(() => rmSync(folder, { recursive: true }));
const start = Date.UTC(2026, 0, 15, 12);
const rule = (limit: number, more: Partial<BudgetRule> = {}): BudgetRule => ({
  scope: 'principal',
  role: '*',
  purpose: '*',
  window: 'minute',
  limit,
  ...more,
});
const personOf = (subject: string): number => Number(subject.slice(1));
const make = (rules: readonly BudgetRule[], noted: CountedUse[] = []) =>
  new CountingBudgets({ rules, personOf, note: (use) => void noted.push(use) });
const ask = (budgets: CountingBudgets, subjects: string[], more: object = {}) =>
  budgets.reserve({ principal: scanner, purpose: 'delivery', subjects, weight: 1, nowMs: start, ...more });
const take = async (budgets: CountingBudgets, subjects: string[], more: object = {}): Promise<boolean> => {
  const reservation = ask(budgets, subjects, more);
  if (reservation.isGranted) await reservation.settle();
  return reservation.isGranted;
};

test('people are counted once, and all of a request or none of it', async () => {
  const budgets = make([rule(3)]);
  assert.ok(await take(budgets, ['s1', 's2', 's1']));
  assert.ok(await take(budgets, ['s1', 's2']));
  assert.ok(!(await take(budgets, ['s3', 's4'])));
  assert.ok(await take(budgets, ['s3']));
  assert.ok(!(await take(budgets, ['s4'])));
  assert.ok(await take(budgets, ['s3', 's1']), 'who is counted takes no more room');
});

test('a window slides: who was read long enough ago leaves it, and the answer says when', async () => {
  const budgets = make([rule(2)]);
  await take(budgets, ['s1']);
  await take(budgets, ['s2'], { nowMs: start + 20_000 });
  const refused = ask(budgets, ['s3'], { nowMs: start + 30_000 });
  assert.deepEqual(refused, { isGranted: false, budget: 'principal minute', limit: 2, retryAfterMs: 30_000 });
  assert.ok(!(await take(budgets, ['s3'], { nowMs: start + 59_999 })));
  assert.ok(await take(budgets, ['s3'], { nowMs: start + 60_000 }));
});

test('several windows, purposes, stations and partners hold at once', async () => {
  const budgets = make([
    rule(10),
    rule(3, { window: 'day', purpose: 'support' }),
    rule(5, { scope: 'station', window: 'hour' }),
    rule(6, { scope: 'partner', window: 'hour' }),
  ]);
  assert.ok(await take(budgets, ['s1', 's2', 's3'], { purpose: 'support' }));
  assert.ok(!(await take(budgets, ['s4'], { purpose: 'support' })));
  const second = { ...scanner, id: 'scanner-8' };
  assert.ok(await take(budgets, ['s4', 's5'], { principal: second }));
  assert.deepEqual(ask(budgets, ['s6'], { principal: second }), {
    isGranted: false,
    budget: 'station hour',
    limit: 5,
    retryAfterMs: windowMs.hour,
  });
  const elsewhere = { ...scanner, id: 'scanner-9', station: 'st-2' };
  assert.ok(await take(budgets, ['s6'], { principal: elsewhere }));
  assert.ok(!(await take(budgets, ['s7'], { principal: elsewhere })));
});

test('an exception takes the room of two, also of somebody who is counted already', async () => {
  const budgets = make([rule(3)]);
  assert.ok(await take(budgets, ['s1']));
  assert.ok(await take(budgets, ['s1'], { weight: 2 }));
  assert.ok(!(await take(budgets, ['s2'], { weight: 2 })));
  assert.ok(await take(budgets, ['s2']));
});

test('what is not given takes no room, whatever came between', async () => {
  const budgets = make([rule(1)]);
  const first = ask(budgets, ['s1']);
  const second = ask(budgets, ['s1']);
  assert.ok(first.isGranted && second.isGranted);
  assert.ok(!ask(budgets, ['s2']).isGranted);
  first.release();
  assert.ok(!ask(budgets, ['s2']).isGranted, 'the second still holds it');
  second.release();
  assert.ok(await take(budgets, ['s2']));
});

test('any sequence of requests leaves no more people in a window than its limit, and refuses none that had room', async () => {
  const step = fc.record({
    people: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }),
    weight: fc.constantFrom(1 as const, 2 as const),
    afterMs: fc.constantFrom(0, 0, 1, 900, 20_000, 60_000, 1_800_000),
    end: fc.constantFrom('settle', 'settle', 'settle', 'release', 'later'),
  });
  const limits = fc.integer({ min: 2, max: 8 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), limits, limits, async (steps, minute, hour) => {
      const budgets = make([
        rule(minute),
        rule(hour, { window: 'hour' }),
        rule(7, { scope: 'station', window: 'day' }),
      ]);
      let uses: Use[] = [];
      let nowMs = start;
      for (const { people, weight, afterMs, end } of steps) {
        nowMs += afterMs;
        const hasRoom = [
          { lengthMs: windowMs.minute, limit: minute },
          { lengthMs: windowMs.hour, limit: hour },
          { lengthMs: windowMs.day, limit: 7 },
        ].every(({ lengthMs, limit }) => {
          const weights = weightsIn(lengthMs, uses, nowMs);
          const used = [...weights.values()].reduce((sum, each) => sum + each, 0);
          const needed = people.reduce((sum, person) => sum + Math.max(0, weight - (weights.get(person) ?? 0)), 0);
          return needed === 0 || used + needed <= limit;
        });
        const subjects = people.map((person) => `s${person}`);
        const reservation = ask(budgets, subjects, { weight, nowMs });
        assert.equal(reservation.isGranted, hasRoom);
        if (!reservation.isGranted) continue;
        if (end === 'settle') await reservation.settle();
        if (end === 'release') reservation.release();
        else
          uses.push(
            ...people.map((person) => ({ person, weight, atMs: nowMs, open: end === 'later' ? reservation : null })),
          );
        const oldest = uses.find(({ open }) => open !== null)?.open;
        if (afterMs === 900 && oldest?.isGranted === true) {
          oldest.release();
          uses = uses.filter(({ open }) => open !== oldest);
        }
      }
    }),
    { numRuns: 500 },
  );
});

interface Use {
  readonly person: number;
  readonly weight: number;
  readonly atMs: number;
  /** Held; null: settled. */
  readonly open: Reservation | null;
}

/** What people weigh in a window by the definition: everything that was settled or is held, looked through each time. */
function weightsIn(lengthMs: number, uses: readonly Use[], nowMs: number): Map<number, number> {
  const weights = new Map<number, number>();
  const lastMs = new Map<number, number>();
  for (const { person, weight, atMs, open } of uses) {
    if (open !== null) continue;
    // Who stays in the window weighs as much as the heaviest reading of the stay.
    const isStay = (lastMs.get(person) ?? Number.NEGATIVE_INFINITY) + lengthMs > atMs;
    weights.set(person, Math.max(weight, isStay ? (weights.get(person) ?? 0) : 0));
    lastMs.set(person, atMs);
  }
  for (const [person, atMs] of lastMs) if (atMs + lengthMs <= nowMs) weights.delete(person);
  for (const { person, weight, open } of uses)
    if (open !== null) weights.set(person, Math.max(weight, weights.get(person) ?? 0));
  return weights;
}

test('what comes late counts where it is still in, shortens nobody, and people who left leave nothing behind', () => {
  const windows = new DistinctWindows([windowMs.minute, windowMs.hour]);
  const used = (nowMs: number) => [windows.used(0, nowMs), windows.used(1, nowMs)];
  windows.add(0, 1, start - 50_000, start);
  windows.add(1, 1, start - 30_000, start);
  windows.add(2, 2, start - 120_000, start);
  assert.deepEqual(used(start), [2, 4]);
  windows.add(1, 1, start - 120_000, start);
  assert.deepEqual(used(start + 10_000), [1, 4]);
  assert.deepEqual(used(start + 30_000), [0, 4]);
  for (let person = 3; person < 100; person++) windows.add(person, 1, start + 40_000, start + 40_000);
  assert.deepEqual(used(start + 40_000), [97, 101]);
  assert.equal(windows.freeAfterMs(0, 97, start + 40_000), windowMs.minute);
  assert.deepEqual(used(start + 40_000 + windowMs.minute), [0, 101]);
  assert.ok(!windows.isEmpty(start + 39_999 + windowMs.hour));
  assert.ok(windows.isEmpty(start + 40_000 + windowMs.hour));
});

test('what was counted is counted after a restart, with a line cut off, and under other rules', async () => {
  const place = join(folder, 'journal');
  const journal = new BudgetJournal(place);
  const budgets = new CountingBudgets({ rules: [rule(3)], personOf, note: (use) => journal.note(use) });
  assert.ok(await take(budgets, ['s1', 's2']));
  const released = ask(budgets, ['s3']);
  assert.ok(released.isGranted);
  released.release();
  journal.close();
  const [file] = readdirSync(place);
  assert.ok(file);
  appendFileSync(join(place, file), '[17000000,"scanner-7","scan');

  const again = new BudgetJournal(place);
  const after = new CountingBudgets({ rules: [rule(3)], personOf, note: (use) => again.note(use) });
  for await (const use of again.read(start)) after.recount(use, start);
  assert.ok(await take(after, ['s3']));
  assert.ok(!(await take(after, ['s4'])));
  const uses: CountedUse[] = [];
  for await (const use of again.read(start)) uses.push(use);
  assert.equal(uses.length, 2, 'the line behind the one that was cut off is whole');
  await after.changeRules([rule(4)], () => again.read(start), start);
  assert.ok(await take(after, ['s4']));
  assert.ok(!(await take(after, ['s5'])));
  again.close();
});

test('days that no window reaches are removed', async () => {
  const place = join(folder, 'old');
  const journal = new BudgetJournal(place);
  const use = {
    principal: 'a',
    role: 'b',
    station: null,
    partner: null,
    purpose: 'c',
    weight: 1,
    people: [1],
  } as const;
  await journal.note({ ...use, atMs: start - 40 * 86_400_000 });
  await journal.note({ ...use, atMs: start - 20 * 86_400_000 });
  journal.close();
  const again = new BudgetJournal(place);
  const found: number[] = [];
  for await (const { atMs } of again.read(start)) found.push(atMs);
  again.close();
  assert.deepEqual(found, [start - 20 * 86_400_000]);
  assert.equal(readdirSync(place).length, 1);
});

test('what is noted in one step is one write, and whoever noted it waits for it', async (t) => {
  const place = join(folder, 'grouped');
  const journal = new BudgetJournal(place);
  const use = { ...{ atMs: start, principal: 'p', role: 'r', station: null, partner: null }, purpose: 'x' } as const;
  await journal.note({ ...use, weight: 1, people: [1] });
  const write = t.mock.method(fs, 'writeSync');
  syncBuiltinESMExports();
  const noted = [2, 3, 4].map((person) => journal.note({ ...use, weight: 1, people: [person] }));
  assert.equal(write.mock.callCount(), 0);
  await noted[0];
  assert.equal(write.mock.callCount(), 1);
  write.mock.restore();
  syncBuiltinESMExports();
  const people: number[] = [];
  for await (const one of journal.read(start)) people.push(...one.people);
  assert.deepEqual(people, [1, 2, 3, 4]);
  journal.close();
});

test('a line that a full disk cut off takes no other with it', async (t) => {
  const place = join(folder, 'full');
  const journal = new BudgetJournal(place);
  const use = { ...{ atMs: start, principal: 'p', role: 'r', station: null, partner: null }, purpose: 'x' } as const;
  await journal.note({ ...use, weight: 1, people: [1] });
  const write = fs.writeSync;
  const full = t.mock.method(fs, 'writeSync', (descriptor: number, bytes: Buffer) =>
    write(descriptor, bytes.subarray(0, 10)),
  );
  syncBuiltinESMExports();
  await assert.rejects(journal.note({ ...use, weight: 1, people: [2] }), { code: 'GATEWAY_BUDGETS_WRITE' });
  full.mock.restore();
  syncBuiltinESMExports();
  // One that nobody waits for is written when it is closed.
  journal.note({ ...use, weight: 1, people: [3] });
  journal.close();
  const again = new BudgetJournal(place);
  const people: number[] = [];
  for await (const one of again.read(start)) people.push(...one.people);
  again.close();
  assert.deepEqual(people, [1, 3]);
});
