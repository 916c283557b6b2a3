import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { BoltsealError } from '../../../src/core/errors.ts';
import type { EntryPlace } from '../../../src/core/ledger-entry/erased-entries.ts';
import { kindName } from '../../../src/core/ledger-entry/kinds.ts';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { verifyConsistency } from '../../../src/core/merkle/consistency.ts';
import { readErasedHalves } from '../../../src/ledger/erasing/erased-halves.ts';
import { readWhole } from '../../../src/ledger/files/whole-files.ts';
import { OpeningsCheck } from '../../../src/ledger/openings/check-openings.ts';
import { readEntries } from '../../../src/ledger/read-entries.ts';
import { FolderSecondPlace } from '../../../src/ledger/second-place.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { openingsFile } from '../../../src/ledger/shard-place.ts';
import { isDropped } from '../../../src/ledger/shards.ts';
import { TreeReader } from '../../../src/ledger/tree-reader.ts';
import { randomChooser } from '../crash/scenario.ts';
import { leafOf, rootOf } from '../support/check-log.ts';
import { stubSigner } from '../support/stubs.ts';
import { ledgerOrigin, Machine, type Process, secondFolder, secrets, stateOf } from './machine.ts';

/** Histories that are tried; `npm run test:crash` sets more. */
const runs = Number(process.env.BOLTSEAL_PROPERTY_RUNS ?? 25);
const HALF_YEAR_MS = 184 * 86_400_000;

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

/** An entry of a shard that is kept, and what can be read of it. */
interface SeenEntry extends EntryPlace {
  readonly kind: string;
  readonly values: ReadonlyMap<string, string>;
}

interface Disclosed extends EntryPlace {
  readonly id: string;
  readonly subject: string;
  readonly principal: string;
}

/** What was done, as whoever asked for it knows. */
class Story {
  /** Disclosures that were acknowledged, or found after a crash. */
  readonly disclosed: Disclosed[] = [];
  /** Words of orders whose deeds were said to be done. */
  readonly done: string[] = [];
  #count = 0;

  next(what: string): string {
    return `${what} #${this.#count++}`;
  }
}

function isBefore(one: EntryPlace, other: EntryPlace): boolean {
  return one.origin < other.origin || (one.origin === other.origin && one.index < other.index);
}

function readAll(process: Process): SeenEntry[] {
  return process.searched().flatMap(({ place, size, reader }) =>
    [...readEntries(place, reader, size, { from: 0, to: size })].map(({ index, entry, opening }) => ({
      origin: place.origin,
      index,
      kind: kindName(entry[1] ?? 0) ?? '',
      values: new Map(
        (opening?.fields ?? []).flatMap((field) =>
          'value' in field ? [[field.field.name, Buffer.from(field.value).toString()] as const] : [],
        ),
      ),
    })),
  );
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof BoltsealError ? error.code : String(error);
  }
}

/** Runs work; power is lost before the operation of that number, unless it ends before. */
async function crashing(
  machine: Machine,
  end: () => void,
  { at, seed }: { readonly at: number | null; readonly seed: number },
  work: () => Promise<unknown>,
): Promise<string> {
  if (at === null) return outcomeOf(work());
  const { disk } = machine;
  let left = at;
  const lost = new Promise<string>((resolve) => {
    disk.onOperation = () => {
      if (left-- > 0) return;
      // Long enough for every request to be forgotten, and sometimes into the next half year.
      machine.crash(randomChooser(seed), 3_600_000 + (seed % 3 === 0 ? HALF_YEAR_MS : 0));
      end();
      resolve('crashed');
      throw Object.assign(new Error('there is no power'), { code: 'EIO' });
    };
  });
  const outcome = await Promise.race([outcomeOf(work()), lost]);
  if (machine.disk !== disk) return 'crashed';
  disk.onOperation = null;
  return outcome;
}

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

/** What a crash left of disclosures that nobody was told of is told from now on. */
function adopt(process: Process, story: Story): void {
  const known = new Set(story.disclosed.map(({ id }) => id));
  for (const { origin, index, kind, values } of readAll(process)) {
    const [id, subject, principal] = ['basis', 'subject', 'principal'].map((name) => values.get(name));
    if (kind !== 'disclosure' || id === undefined || known.has(id)) continue;
    story.disclosed.push({ id, subject: subject ?? '', principal: principal ?? '', origin, index });
  }
}

/** What must hold at any time, whatever happened before. */
async function check(process: Process, story: Story): Promise<void> {
  const { disk, machine } = process;
  await process.ledger.checkpoint();
  const seen = readAll(process);
  const second = new FolderSecondPlace(disk, secondFolder);
  const dropped = new Set(
    process
      .shards()
      .filter(isDropped)
      .map(({ description }) => description.origin),
  );

  // Served: what is signed is what the entries hash to, and every checkpoint that anybody saw is a beginning of it.
  const openings = new OpeningsCheck({
    secrets,
    keys: process.keys,
    tombstoneOf: (erasure) => process.erasures.tombstoneOf(erasure),
  });
  for (const shard of process.shards()) {
    const { origin } = shard.description;
    const state = stateOf(disk, shard);
    const note = second.read(origin);
    assert.ok(
      note !== null && stubSigner.open(origin, note).size === state.size,
      'the second place has another checkpoint',
    );
    if (dropped.has(origin)) {
      openings.addDropped(
        origin,
        readErasedHalves(disk, shard.folder) ?? assert.fail('what is left of erasures is gone'),
      );
      assert.deepEqual(disk.list(shard.folder).sort(), ['checkpoint', 'erased', 'log.json']);
      continue;
    }
    const tree = new TreeReader({ files: disk, folder: shard.folder }, state.size);
    const leaves: Buffer[] = [];
    for (let bundle = 0; bundle * 256 < state.size; bundle++) {
      const entries = tree.entries(bundle);
      leaves.push(...entries.map(leafOf));
      openings.addBundle(origin, bundle, readWhole(disk, openingsFile(shard.folder, bundle)), entries);
    }
    assert.ok(rootOf(leaves).equals(state.root), 'the root is not that of the entries');
    for (const earlier of machine.published.get(origin) ?? []) {
      const proof = earlier.size === 0 ? [] : tree.consistencyProof(earlier.size);
      const claim = { size1: earlier.size, root1: earlier.root, size2: state.size, root2: state.root, proof };
      assert.ok(verifyConsistency(sha256, claim), 'a checkpoint is of another history');
    }
  }
  assert.deepEqual(openings.finish(), []);
  const newest = process.shards().findLast(isDropped);
  assert.ok(newest === undefined || openings.dropOf(newest.description.origin) !== null, 'a drop was not announced');

  // Acknowledged: each disclosure stands where it was said to stand, and is read unless it was erased behind it.
  const tombstones = seen.filter(({ kind }) => kind === 'erasure');
  const isErased = (place: EntryPlace, name: string): boolean =>
    tombstones.some(
      (tombstone) => (tombstone.values.get('basis') ?? '').includes(` ${name} #`) && isBefore(place, tombstone),
    );
  const byPlace = new Map(seen.map((entry) => [`${entry.origin} ${entry.index}`, entry]));
  for (const { origin, index, id, subject, principal } of story.disclosed) {
    if (dropped.has(origin)) continue;
    const entry = byPlace.get(`${origin} ${index}`);
    assert.equal(entry?.kind, 'disclosure', `${id} is missing`);
    assert.equal(entry.values.get('basis'), isErased(entry, subject) ? undefined : id);
    assert.equal(entry.values.get('subject'), isErased(entry, subject) ? undefined : subject);
    assert.equal(entry.values.get('principal'), isErased(entry, principal) ? undefined : principal);
  }

  for (const { origin, index, kind } of seen)
    if (kind === 'seal') assert.ok(!byPlace.has(`${origin} ${index + 1}`), 'an entry stands behind a seal');

  // Once: what was ordered and done stands in the log one time, and nothing stands there twice.
  const words = seen.flatMap(({ kind, values }) =>
    (kind === 'seal' ? [] : [values.get('basis') ?? '']).filter((basis) => basis !== ''),
  );
  assert.deepEqual(words.length, new Set(words).size, 'an entry stands twice');
  for (const basis of story.done) {
    // Erased with their subject, or gone with their shard.
    if (/^(?:hold|release) /.test(basis) || dropped.size > 0) continue;
    assert.ok(words.includes(basis), `${basis} is missing`);
  }
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
