import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Lab, type Ran } from './lab.ts';

/** Sequences of commands that are tried; more in `npm run test:crash`. */
const runs = process.env.BOLTSEAL_PROPERTY_RUNS === undefined ? 2 : 40;
const HALF_YEAR_MS = 184 * 86_400_000;

const who = fc.nat(4);
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ is: fc.constant('append' as const), count: fc.constantFrom(1, 5, 260), seed: who }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constantFrom('erase' as const, 'hold' as const), person: who, seed: who }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('erase principal' as const), person: who }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constantFrom('release' as const, 'rotate' as const, 'drop' as const) }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('export' as const), from: fc.nat(300), length: fc.nat(300) }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('pass' as const) }) },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** What earlier commands gave to others, and goes on holding whatever comes. */
interface Given {
  readonly proofs: { readonly file: string; readonly policy: string }[];
  readonly exports: { readonly folder: string; readonly isPart: boolean }[];
}

const basis = ['--basis', 'order'];

/** Runs one command; every answer is a success or one of the refusals that may come. */
async function run(lab: Lab, given: Given, number: number, move: Command, t: TestContext): Promise<void> {
  const allowed = (ran: Ran, ...codes: string[]): void =>
    assert.ok(ran.exit === 0 || codes.includes(ran.code), `${move.is}: ${ran.code} ${ran.errors}`);
  if (move.is === 'pass') {
    t.mock.timers.setTime(Date.now() + HALF_YEAR_MS);
    return;
  }
  if (move.is === 'append') allowed(await lab.ledger('append', lab.lines(`${number}.jsonl`, move.count, move.seed)));
  if (move.is === 'erase' || move.is === 'hold') {
    const subject = ['--subject', `customer-${move.seed}-${move.person}`];
    allowed(await lab.ledger(move.is, ...subject, ...basis), 'LEDGER_HELD', 'LEDGER_ERASED_NONE');
  }
  if (move.is === 'erase principal')
    allowed(
      await lab.ledger('erase', '--principal', `scanner-${move.person}`, ...basis),
      'LEDGER_HELD',
      'LEDGER_ERASED_NONE',
    );
  if (move.is === 'release') {
    const [place = ''] = (await lab.ledger('hold', '--list')).output.split('\n');
    // Whose it is, only the entry says.
    for (let seed = 0; place !== '' && seed < 25; seed++) {
      const subject = ['--subject', `customer-${seed % 5}-${Math.floor(seed / 5)}`];
      if ((await lab.ledger('hold', '--release', place, ...subject, ...basis)).exit === 0) return;
    }
  }
  if (move.is === 'rotate') allowed(await lab.ledger('rotate-key', ...basis));
  if (move.is === 'drop') {
    const oldest = /^shard {8}(\S{6}), sealed/m.exec((await lab.ledger('status')).output)?.[1];
    if (oldest !== undefined)
      allowed(await lab.ledger('drop', '--shard', oldest, '--yes', ...basis), 'LEDGER_RETENTION', 'LEDGER_HELD');
  }
  if (move.is === 'export') {
    const folder = lab.path(`export-${number}`);
    const range = ['--from', String(move.from), '--to', String(move.from + move.length)];
    const ran = await lab.ledger('export', ...range, '--out', folder);
    allowed(ran, 'LEDGER_INDEX');
    if (ran.exit === 0) given.exports.push({ folder, isPart: existsSync(path.join(folder, 'export.json')) });
    const [file, policy] = [lab.path(`proof-${number}`), lab.path(`policy-${number}`)];
    if ((await lab.ledger('prove', '--index', String(move.from), '--out', file)).exit !== 0) return;
    await lab.ledger('policy', '--out', policy);
    given.proofs.push({ file, policy });
  }
}

test('after any commands in any order fsck is clean, and what was given to others goes on holding', async (t) => {
  t.mock.timers.enable({ apis: ['Date'] });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 9 }), async (moves) => {
      t.mock.timers.setTime(Date.parse('2026-03-10T12:00:00Z'));
      const lab = new Lab(t);
      await lab.run('init');
      lab.configure({ origin: 'ledger.example/company', retentionDays: 100 });
      await lab.ledger('append', lab.lines('first.jsonl', 300));
      const given: Given = { proofs: [], exports: [] };
      for (const [number, move] of moves.entries()) await run(lab, given, number, move, t);
      const sound = await lab.ledger('fsck');
      assert.equal(sound.exit, 0, sound.output);
      for (const { file, policy } of given.proofs)
        assert.equal((await lab.ledger('verify', file, '--policy', policy)).exit, 0);
      for (const { folder, isPart } of given.exports) {
        const words = ['fsck', folder, '--policy', path.join(folder, 'policy')];
        const checked = await lab.ledger(...words, ...(isPart ? ['--part'] : []));
        assert.equal(checked.exit, 0, checked.output);
      }
    }),
    { numRuns: runs },
  );
});
