import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import type { Fault } from './model-disk.ts';
import { checkState, newDisk, randomChooser, runScenario, type Told } from './scenario.ts';

const isLong = process.env.BOLTSEAL_CRASH_PASSES !== undefined;

/** Codes that a log may answer with when its disk fails. */
const expected = new Set(['LEDGER_FAILED', 'LEDGER_DISK_FULL', 'LEDGER_READ', 'LEDGER_SECOND_WRITE', 'LEDGER_CLOSED']);

const kinds: readonly Omit<Fault, 'at'>[] = [
  { code: 'EIO' },
  { code: 'ENOSPC' },
  { code: 'EIO', isShort: true },
  { code: 'ENOSPC', isShort: true },
];

describe('an error of the disk at any operation', () => {
  it('is answered with a code, and loses nothing that was acknowledged: for the next process and after a crash', async (test) => {
    const dry = newDisk();
    await runScenario(dry, { acknowledged: [], published: [] });
    let states = 0;
    for (let at = 0; at < dry.operations; at++) {
      for (const [i, kind] of kinds.entries()) {
        if (!isLong && at % kinds.length !== i) continue;
        const disk = newDisk();
        disk.fault = { ...kind, at: at + disk.operations };
        const told: Told = { acknowledged: [], published: [] };
        const place = () => `${kind.code}${kind.isShort ? ' short' : ''} at ${at}: ${disk.trace[disk.fault?.at ?? 0]}`;
        try {
          await runScenario(disk, told);
        } catch (error) {
          assert.ok(error instanceof BoltsealError && expected.has(error.code), `${place()}: ${String(error)}`);
        }
        const after = [disk.crashed(randomChooser(at)), disk.crashed(() => false), disk.killed()];
        for (const [j, left] of after.entries()) {
          if (!isLong && (at >> 2) % after.length !== j) continue;
          states++;
          try {
            await checkState(left, told, Number.POSITIVE_INFINITY);
          } catch (cause) {
            throw new Error(`${place()}, left ${j}`, { cause });
          }
        }
      }
    }
    test.diagnostic(`${states} states`);
  });
});
