import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Chooser } from './model-disk.ts';
import { checkState, collectCrashes, newDisk, randomChooser, runScenario, type Told } from './scenario.ts';

/** Passes over all operations with other random choices; without them each operation gets one choice. `npm run test:crash` sets it. */
const passes = Number(process.env['BOLTSEAL_CRASH_PASSES'] ?? 0);

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

describe('after a crash before any operation', () => {
  for (let pass = 0; pass < Math.max(1, passes); pass++) {
    it(`nothing acknowledged is missing, nothing signed changes, appending goes on (pass ${pass})`, async (test) => {
      const disk = newDisk();
      const told: Told = { acknowledged: [], published: [] };
      const states = await collectCrashes(disk, () => runScenario(disk, told), choosersOf(pass));
      for (const state of states) {
        try {
          await checkState(state.disk, told, state.operation);
        } catch (cause) {
          const place = disk.trace.slice(Math.max(0, state.operation - 3), state.operation + 1).join(' | ');
          throw new Error(`${state.chooser}, before operation ${state.operation}: ${place}`, { cause });
        }
      }
      test.diagnostic(`${states.length} states of ${disk.operations} operations`);
      assert.ok(states.length > 250);
    });
  }
});
