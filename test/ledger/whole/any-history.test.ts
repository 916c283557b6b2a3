import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { HALF_YEAR_MS, ledgerOrigin, Machine, type Process } from './machine.ts';
import { adopt, check, crashing, readAll, Story } from './story.ts';

/** Histories that are tried; `npm run test:crash` sets more. */
const runs = Number(process.env.BOLTSEAL_PROPERTY_RUNS ?? 25);

const who = fc.nat(2);
const deed = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      is: fc.constant('append' as const),
      subject: who,
      principal: fc.nat(1),
      count: fc.constantFrom(1, 2, 40),
      // Of the half year before: their keys may serve two shards.
      isLate: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ is: fc.constantFrom('checkpoint' as const, 'drain' as const) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('restart' as const) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('pass' as const), halfYears: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('erase' as const), subject: who }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('erase principal' as const), principal: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('hold' as const), subject: who }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('release' as const) }) },
  { weight: 3, arbitrary: fc.record({ is: fc.constant('drop' as const) }) },
);
/** Many deeds are cut off by a loss of power, before so many operations of the disk; some starts after it, too. */
const crash = fc.oneof(fc.constant(null), fc.constant(null), fc.nat(3), fc.nat(12), fc.nat(60));
const step = fc.record({
  deed,
  crashAt: crash,
  crashAgainAt: crash,
  seed: fc.nat(1e6),
});
type Deed = typeof deed extends fc.Arbitrary<infer D> ? D : never;

/** Does one thing, and notes what is said of it; what else may be answered is asserted. */
async function perform(
  process: Process,
  story: Story,
  move: Deed,
  run: (work: () => Promise<unknown>) => Promise<string>,
): Promise<string> {
  const { ledger, erasures, holds, drops, machine } = process;
  const order = (basis: string) => ({ principal: 'officer', basis });
  if (move.is === 'append') {
    const [subject, principal] = [`subject-${move.subject}`, `principal-${move.principal}`];
    const timeMs = machine.nowMs - (move.isLate ? HALF_YEAR_MS : 0);
    const ids = Array.from({ length: move.count }, () => story.next('disclosure'));
    const contents = ids.map((basis) => makeContent('disclosure', timeMs, { subject, principal, basis }));
    return run(async () => {
      const { firstIndex, shard } = await ledger.append(contents);
      const origin = `${ledgerOrigin}/${shard}`;
      for (const [i, id] of ids.entries())
        story.disclosed.push({ id, subject, principal, origin, index: firstIndex + i });
    });
  }
  if (move.is === 'checkpoint') return run(() => ledger.checkpoint());
  if (move.is === 'drain') return run(() => ledger.log.drain());
  if (move.is === 'restart') return run(() => process.close());
  if (move.is === 'pass') {
    machine.nowMs += move.halfYears * HALF_YEAR_MS + 3_600_000;
    return run(() => ledger.rollOver());
  }
  await ledger.checkpoint();
  const seen = readAll(process);
  const held = holds.list().flatMap((place) => {
    const entry = seen.find(({ origin, index }) => origin === place.origin && index === place.index);
    return [{ place, subject: entry?.values.get('subject') ?? '' }];
  });
  const isHeld = (subject: string | undefined): boolean => held.some((hold) => hold.subject === subject);
  const basis = story.next(
    `${move.is} ${'subject' in move ? `subject-${move.subject}` : 'principal' in move ? `principal-${move.principal}` : ''}`,
  );
  const done = async (work: () => Promise<unknown>, expected: string | null): Promise<string> => {
    const outcome = await run(work);
    if (outcome === 'done') story.done.push(basis);
    if (outcome !== 'crashed' && expected !== null) assert.equal(outcome, expected, basis);
    return outcome;
  };
  if (move.is === 'hold') return done(() => holds.place(`subject-${move.subject}`, order(basis)), 'done');
  if (move.is === 'release') {
    const [hold] = held;
    return hold === undefined ? 'nothing' : done(() => holds.release(hold.subject, hold.place, order(basis)), 'done');
  }
  if (move.is === 'erase') {
    const subject = `subject-${move.subject}`;
    const isThere = seen.some(({ values }) => values.get('subject') === subject);
    // Keys of entries that a crash took may be there: nothing, or an erasure of nothing.
    const expected = isHeld(subject) ? 'LEDGER_HELD' : isThere ? 'done' : null;
    return done(() => erasures.erase('subject', subject, order(basis)), expected);
  }
  if (move.is === 'erase principal') {
    const principal = `principal-${move.principal}`;
    const mine = seen.filter(({ values }) => values.get('principal') === principal);
    const isEvidence = mine.some(({ values }) => isHeld(values.get('subject')));
    const expected = isEvidence ? 'LEDGER_HELD' : mine.length > 0 ? 'done' : null;
    return done(() => erasures.erase('principal', principal, order(basis)), expected);
  }
  const [oldest] = process.keptShards();
  if (oldest === undefined || oldest.description.sealedMs === null) return 'nothing';
  const touches = seen.some(
    ({ origin, values }) => origin === oldest.description.origin && isHeld(values.get('subject')),
  );
  return done(() => drops.drop(oldest.name, order(basis)), touches ? 'LEDGER_HELD' : 'done');
}

function count(tally: Map<string, number>, what: string): void {
  tally.set(what, (tally.get(what) ?? 0) + 1);
}

async function live(
  t: TestContext,
  tally: Map<string, number>,
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
): Promise<void> {
  const machine = new Machine(t);
  const story = new Story();
  let process = await machine.start();
  for (const { deed: move, crashAt, crashAgainAt, seed } of steps) {
    const current = process;
    const outcome = await perform(process, story, move, (work) =>
      crashing(machine, () => current.end(), { at: crashAt, seed }, work),
    );
    count(tally, `${move.is}: ${outcome}`);
    if (outcome === 'crashed') {
      let again: Process | null = null;
      const restart = await crashing(
        machine,
        () => again?.end(),
        { at: crashAgainAt, seed: seed + 1 },
        async () => {
          again = machine.begin();
          await again.open();
        },
      );
      process = restart === 'done' && again !== null ? again : await machine.start();
      await process.ledger.checkpoint();
      adopt(process, story);
    } else {
      assert.ok(['done', 'nothing'].includes(outcome) || outcome.startsWith('LEDGER_'), outcome);
      if (move.is === 'restart') process = await machine.start();
    }
    await check(process, story);
  }
  await process.close();
}

test('whatever happens, in any order and with the power lost at any moment: nothing acknowledged is missing, nothing erased comes back, all is proved', async (t) => {
  const tally = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 20 }), (steps) => live(t, tally, steps)),
    { numRuns: runs },
  );
  t.diagnostic(
    [...tally]
      .map(([what, times]) => `${what} ${times}`)
      .sort()
      .join(', '),
  );
});
