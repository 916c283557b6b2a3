import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { BoltsealError } from '../../../src/core/errors.ts';
import { entryOf } from '../../../src/core/ledger-entry/entry.ts';
import type { EntryPlace } from '../../../src/core/ledger-entry/erased-entries.ts';
import { OpeningsCheck } from '../../../src/ledger/openings/check-openings.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { Disk, origin, type Process, secrets } from './lab.ts';

const instruction = { principal: 'officer', basis: 'law' };
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ is: fc.constant('disclose' as const), subject: fc.nat(2), principal: fc.nat(1) }),
  },
  { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('erase', 'hold', 'release'), subject: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('erase principal' as const), principal: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constantFrom('derive' as const, 'restart' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What ought to be readable: nothing is known here of keys or files. */
class Model {
  readonly entries: { subject: string; principal: string; hasSubject: boolean; hasPrincipal: boolean }[] = [];
  readonly holds: { subject: string; place: EntryPlace }[] = [];

  add(subject: string, principal: string): void {
    this.entries.push({ subject, principal, hasSubject: subject !== '', hasPrincipal: true });
  }

  isHeld(subject: string): boolean {
    return this.holds.some((hold) => hold.subject === subject);
  }
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof BoltsealError) return error.code;
    throw error;
  }
}

async function take(process: Process, model: Model, move: Step): Promise<void> {
  const { disk, erasures, holds } = process;
  const subject = 'subject' in move ? `subject-${move.subject}` : '';
  if (move.is === 'derive') process.derive();
  if (move.is === 'disclose') {
    disk.disclose(subject, `principal-${move.principal}`);
    model.add(subject, `principal-${move.principal}`);
  }
  if (move.is === 'hold') {
    model.holds.push({ subject, place: await holds.place(subject, instruction) });
    model.add(subject, 'officer');
  }
  if (move.is === 'release') {
    const at = model.holds.findIndex((hold) => hold.subject === subject);
    const [hold] = at < 0 ? [] : model.holds.splice(at, 1);
    if (hold === undefined) return;
    await holds.release(subject, hold.place, instruction);
    model.add(subject, 'officer');
  }
  if (move.is === 'erase') {
    const mine = model.entries.filter((entry) => entry.hasSubject && entry.subject === subject);
    const expected = model.isHeld(subject) ? 'LEDGER_HELD' : mine.length === 0 ? 'LEDGER_ERASED_NONE' : 'done';
    assert.equal(await outcomeOf(erasures.erase('subject', subject, instruction)), expected);
    if (expected !== 'done') return;
    for (const entry of mine) entry.hasSubject = false;
    model.add('', 'officer');
  }
  if (move.is === 'erase principal') {
    const name = `principal-${move.principal}`;
    const mine = model.entries.filter((entry) => entry.hasPrincipal && entry.principal === name);
    const isEvidence = mine.some((entry) => entry.hasSubject && model.isHeld(entry.subject));
    const expected = mine.length === 0 ? 'LEDGER_ERASED_NONE' : isEvidence ? 'LEDGER_HELD' : 'done';
    assert.equal(await outcomeOf(erasures.erase('principal', name, instruction)), expected);
    if (expected !== 'done') return;
    for (const entry of mine) entry.hasPrincipal = false;
    model.add('', 'officer');
  }
}

test('in any order of disclosures, erasures, holds and restarts exactly what was erased cannot be read', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (moves) => {
      const disk = new Disk(t);
      const model = new Model();
      let process = disk.start();
      for (const move of moves) {
        if (move.is === 'restart') {
          process.kill();
          process = disk.start();
          await process.resume();
        } else await take(process, model, move);
      }
      process.derive();
      const check = new OpeningsCheck({
        ...process,
        secrets,
        tombstoneOf: (erasure) => process.erasures.tombstoneOf(erasure),
      });
      const entries = disk.records.map((record) => entryOf(sha256, record));
      if (entries.length > 0) check.addBundle(origin, 0, disk.files.get(0) ?? null, entries);
      assert.deepEqual(check.finish(), []);
      const readable = process
        .tell()
        .map((told) => [told?.readable.includes('subject'), told?.readable.includes('principal')]);
      assert.deepEqual(
        readable,
        model.entries.map(({ hasSubject, hasPrincipal }) => [hasSubject, hasPrincipal]),
      );
      process.kill();
    }),
    { numRuns: 30 },
  );
});
