import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Chooser } from './model-disk.ts';
import {
  type CrashState,
  checkState,
  collectCrashes,
  newDisk,
  randomChooser,
  runScenario,
  type Told,
} from './scenario.ts';

/** Passes over all operations with other random choices; without them each operation gets one choice. `npm run test:crash` sets it. */
const passes = Number(process.env.BOLTSEAL_CRASH_PASSES ?? 0);

const lost: Chooser = () => false;
const kept: Chooser = () => true;

function choosersOf(pass: number): (operation: number) => Map<string, Chooser> {
  return (operation) => {
    const all: [string, Chooser][] = [
      ['lost', lost],
      ['random', randomChooser(1000 * pass + operation)],
      ['kept', kept],
    ];
    if (passes === 0) return new Map([all[operation % 3] ?? ['lost', lost]]);
    return new Map(pass === 0 ? all : all.slice(1, 2));
  };
}

/** As `checkState`, with another crash in the middle of it: both recoveries must find what there is. Gives the number of states after that. */
async function checkNested(state: CrashState, told: Told): Promise<number> {
  const { disk, operation } = state;
  // An early one is within the recovery, a later one in what is appended over what the recovery cut.
  const chosen = new Set([operation % 7, 5 + (operation % 11), 12 + (operation % 17)]);
  const again = await collectCrashes(
    disk,
    () => checkState(disk, told, operation),
    (at) => (chosen.has(at) ? new Map([['random', randomChooser(at + operation)]]) : new Map()),
  );
  for (const { disk: left } of again) await checkState(left, told, operation);
  return again.length;
}

describe('after a crash before any operation', () => {
  for (let pass = 0; pass < Math.max(1, passes); pass++) {
    it(`nothing acknowledged is missing, nothing signed changes, appending goes on (pass ${pass})`, async (test) => {
      const disk = newDisk();
      const told: Told = { acknowledged: [], published: [] };
      const states = await collectCrashes(disk, () => runScenario(disk, told), choosersOf(pass));
      let nested = 0;
      for (const state of states) {
        try {
          const isNested = passes > 0 || state.operation % 6 === 1;
          if (isNested) nested += await checkNested(state, told);
          else await checkState(state.disk, told, state.operation);
        } catch (cause) {
          const place = disk.trace.slice(Math.max(0, state.operation - 3), state.operation + 1).join(' | ');
          throw new Error(`${state.chooser}, before operation ${state.operation}: ${place}`, { cause });
        }
      }
      test.diagnostic(
        `${states.length} states of ${disk.operations} operations, and ${nested} of crashes while these were recovered`,
      );
      assert.ok(states.length > 250);
    });
  }
});
