import assert from 'node:assert/strict';
import fs, { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type CountedUse, CountingBudgets } from '../../../src/gateway/budgets/budgets.ts';
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
  new CountingBudgets({ rules, personOf, note: (use) => noted.push(use) });
const ask = (budgets: CountingBudgets, subjects: string[], more: object = {}) =>
  budgets.reserve({ principal: scanner, purpose: 'delivery', subjects, weight: 1, nowMs: start, ...more });
const take = (budgets: CountingBudgets, subjects: string[], more: object = {}): boolean => {
  const reservation = ask(budgets, subjects, more);
  if (reservation.isGranted) reservation.settle();
  return reservation.isGranted;
};

test('people are counted once, and all of a request or none of it', () => {
  const budgets = make([rule(3)]);
  assert.ok(take(budgets, ['s1', 's2', 's1']));
  assert.ok(take(budgets, ['s1', 's2']));
  assert.ok(!take(budgets, ['s3', 's4']));
  assert.ok(take(budgets, ['s3']));
  assert.ok(!take(budgets, ['s4']));
  assert.ok(take(budgets, ['s3', 's1']), 'who is counted takes no more room');
});

test('a window slides: who was read long enough ago leaves it, and the answer says when', () => {
  const budgets = make([rule(2)]);
  take(budgets, ['s1']);
  take(budgets, ['s2'], { nowMs: start + 20_000 });
  const refused = ask(budgets, ['s3'], { nowMs: start + 30_000 });
  assert.deepEqual(refused, { isGranted: false, budget: 'principal minute', limit: 2, retryAfterMs: 30_000 });
  assert.ok(!take(budgets, ['s3'], { nowMs: start + 59_999 }));
  assert.ok(take(budgets, ['s3'], { nowMs: start + 60_000 }));
});

test('several windows, purposes, stations and partners hold at once', () => {
  const budgets = make([
    rule(10),
    rule(3, { window: 'day', purpose: 'support' }),
    rule(5, { scope: 'station', window: 'hour' }),
    rule(6, { scope: 'partner', window: 'hour' }),
  ]);
  assert.ok(take(budgets, ['s1', 's2', 's3'], { purpose: 'support' }));
  assert.ok(!take(budgets, ['s4'], { purpose: 'support' }));
  const second = { ...scanner, id: 'scanner-8' };
  assert.ok(take(budgets, ['s4', 's5'], { principal: second }));
  assert.deepEqual(ask(budgets, ['s6'], { principal: second }), {
    isGranted: false,
    budget: 'station hour',
    limit: 5,
    retryAfterMs: windowMs.hour,
  });
  const elsewhere = { ...scanner, id: 'scanner-9', station: 'st-2' };
  assert.ok(take(budgets, ['s6'], { principal: elsewhere }));
  assert.ok(!take(budgets, ['s7'], { principal: elsewhere }));
});

test('an exception takes the room of two, also of somebody who is counted already', () => {
  const budgets = make([rule(3)]);
  assert.ok(take(budgets, ['s1']));
  assert.ok(take(budgets, ['s1'], { weight: 2 }));
  assert.ok(!take(budgets, ['s2'], { weight: 2 }));
  assert.ok(take(budgets, ['s2']));
});

test('what is not given takes no room, whatever came between', () => {
  const budgets = make([rule(1)]);
  const first = ask(budgets, ['s1']);
  const second = ask(budgets, ['s1']);
  assert.ok(first.isGranted && second.isGranted);
  assert.ok(!ask(budgets, ['s2']).isGranted);
  first.release();
  assert.ok(!ask(budgets, ['s2']).isGranted, 'the second still holds it');
  second.release();
  assert.ok(take(budgets, ['s2']));
});

test('any sequence of requests leaves no more people in a window than its limit, and refuses none that had room', () => {
  const step = fc.record({
    people: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    weight: fc.constantFrom(1 as const, 2 as const),
    afterMs: fc.constantFrom(0, 0, 1, 900, 20_000, 60_000),
    end: fc.constantFrom('settle', 'settle', 'release', 'later'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (steps, limit) => {
      const budgets = make([rule(limit)]);
      // The same by the definition: everything that was settled or is held, looked through each time.
      let uses: { person: number; weight: number; atMs: number; open: Reservation | null }[] = [];
      let nowMs = start;
      for (const { people, weight, afterMs, end } of steps) {
        nowMs += afterMs;
        const weights = new Map<number, number>();
        const lastMs = new Map<number, number>();
        for (const { person, weight: each, atMs } of uses.filter(({ open }) => open === null)) {
          // Who stays in the window weighs as much as the heaviest reading of the stay.
          const isStay = (lastMs.get(person) ?? Number.NEGATIVE_INFINITY) + 60_000 > atMs;
          weights.set(person, Math.max(each, isStay ? (weights.get(person) ?? 0) : 0));
          lastMs.set(person, atMs);
        }
        for (const [person, atMs] of lastMs) if (atMs + 60_000 <= nowMs) weights.delete(person);
        for (const { person, weight: each } of uses.filter(({ open }) => open !== null))
          weights.set(person, Math.max(each, weights.get(person) ?? 0));
        const used = [...weights.values()].reduce((sum, each) => sum + each, 0);
        const needed = people.reduce((sum, person) => sum + Math.max(0, weight - (weights.get(person) ?? 0)), 0);
        const reservation = ask(
          budgets,
          people.map((person) => `s${person}`),
          { weight, nowMs },
        );
        assert.equal(reservation.isGranted, needed === 0 || used + needed <= limit);
        if (!reservation.isGranted) continue;
        if (end === 'settle') reservation.settle();
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

test('what was counted is counted after a restart, with a line cut off, and under other rules', async () => {
  const place = join(folder, 'journal');
  const journal = new BudgetJournal(place);
  const budgets = new CountingBudgets({ rules: [rule(3)], personOf, note: (use) => journal.note(use) });
  assert.ok(take(budgets, ['s1', 's2']));
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
  assert.ok(take(after, ['s3']));
  assert.ok(!take(after, ['s4']));
  const uses: CountedUse[] = [];
  for await (const use of again.read(start)) uses.push(use);
  assert.equal(uses.length, 2, 'the line behind the one that was cut off is whole');
  after.changeRules([rule(4)], uses, start);
  assert.ok(take(after, ['s4']));
  assert.ok(!take(after, ['s5']));
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
  journal.note({ ...use, atMs: start - 40 * 86_400_000 });
  journal.note({ ...use, atMs: start - 20 * 86_400_000 });
  journal.close();
  const again = new BudgetJournal(place);
  const found: number[] = [];
  for await (const { atMs } of again.read(start)) found.push(atMs);
  again.close();
  assert.deepEqual(found, [start - 20 * 86_400_000]);
  assert.equal(readdirSync(place).length, 1);
});

test('a line that a full disk cut off takes no other with it', async (t) => {
  const place = join(folder, 'full');
  const journal = new BudgetJournal(place);
  const use = { ...{ atMs: start, principal: 'p', role: 'r', station: null, partner: null }, purpose: 'x' } as const;
  journal.note({ ...use, weight: 1, people: [1] });
  const write = fs.writeSync;
  const full = t.mock.method(fs, 'writeSync', (descriptor: number, bytes: Buffer) =>
    write(descriptor, bytes.subarray(0, 10)),
  );
  syncBuiltinESMExports();
  assert.throws(() => journal.note({ ...use, weight: 1, people: [2] }), { code: 'GATEWAY_BUDGETS_WRITE' });
  full.mock.restore();
  syncBuiltinESMExports();
  journal.note({ ...use, weight: 1, people: [3] });
  journal.close();
  const again = new BudgetJournal(place);
  const people: number[] = [];
  for await (const one of again.read(start)) people.push(...one.people);
  again.close();
  assert.deepEqual(people, [1, 3]);
});
