import assert from 'node:assert/strict';
import type { TreeState } from '../../../src/ledger/port.ts';
import type { ShardLog } from '../../../src/ledger/shard-log.ts';
import { leafOf, readServedLog, rootOf } from '../support/check-log.ts';
import { openTestLog, testOrigin } from '../support/open-log.ts';
import { stubEntry, stubSigner } from '../support/stubs.ts';
import { type Chooser, ModelDisk } from './model-disk.ts';

export const folder = '/home';
export const testOptions = { roundEntries: 128 };

/** What a run told its callers, each with the number of operations that had been done by then. */
export interface Told {
  readonly acknowledged: { readonly operations: number; readonly size: number }[];
  readonly published: { readonly operations: number; readonly state: TreeState }[];
}

/** A state that a crash left, and what had been told before it. */
export interface CrashState {
  readonly disk: ModelDisk;
  readonly operation: number;
  readonly chooser: string;
}

export function newDisk(): ModelDisk {
  const disk = new ModelDisk();
  disk.makeFolder(folder);
  disk.syncFolder('/');
  return disk;
}

/** Ids of entries are their places, so that what is lost, doubled or out of order shows. */
export function entriesFrom(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => stubEntry(`id ${from + i}`));
}

/** Appends groups while checkpoints are made, over two edges of bundles and several segments. Ends when the log fails. */
export async function runScenario(disk: ModelDisk, told: Told): Promise<void> {
  const note = (state: TreeState) => told.published.push({ operations: disk.operations, state });
  let next = 0;
  const append = async (log: ShardLog, count: number) => {
    const from = next;
    next += count;
    const { firstIndex } = await log.append(entriesFrom(from, count));
    assert.equal(firstIndex, from);
    told.acknowledged.push({ operations: disk.operations, size: from + count });
  };
  const log = await openTestLog({ files: disk, folder, options: testOptions });
  await append(log, 1);
  await Promise.all([append(log, 3), append(log, 88), log.checkpoint().then(note)]);
  await Promise.all([append(log, 90), append(log, 60)]);
  note(await log.checkpoint());
  await Promise.all([append(log, 80), log.checkpoint().then(note), append(log, 100)]);
  note(await log.drain());
  await append(log, 100);
  await append(log, 2);
  await log.close();
  next = told.acknowledged.at(-1)?.size ?? 0;
  const again = await openTestLog({ files: disk, folder, options: testOptions });
  await append(again, 7);
  await again.close();
}

/** Repeats a sequence of random bits for each seed. */
export function randomChooser(seed: number): Chooser {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) & 4) !== 0;
  };
}

/** Every state that a crash before each operation of the scenario may leave, with these choosers. */
export async function collectCrashes(
  disk: ModelDisk,
  run: () => Promise<unknown>,
  choosersOf: (operation: number) => ReadonlyMap<string, Chooser>,
): Promise<CrashState[]> {
  const states: CrashState[] = [];
  disk.onOperation = () => {
    const operation = disk.operations;
    for (const [chooser, keeps] of choosersOf(operation))
      states.push({ disk: disk.crashed(keeps), operation, chooser });
  };
  await run();
  disk.onOperation = null;
  return states;
}

/**
 * What must hold of every state: what is served is signed and sound as it lies there; the log opens; nothing that was acknowledged is missing, nothing stands elsewhere
 * than before; every checkpoint that anybody may have seen is of the same history; appending goes on.
 */
export async function checkState(disk: ModelDisk, told: Told, operations: number): Promise<void> {
  const before = readServedLog(disk.contents(), folder);
  const second = [...disk.contents()].find(
    ([file]) => file.startsWith(`${folder}/second/`) && file.endsWith('/checkpoint'),
  );
  if (before !== null && before.state.size > 0) {
    assert.ok(
      second !== undefined && stubSigner.open(testOrigin, second[1]).size >= before.state.size,
      'the second place is behind',
    );
  }
  const acknowledged = told.acknowledged.filter((ack) => ack.operations <= operations);
  const least = Math.max(0, ...acknowledged.map(({ size }) => size));
  const log = await openTestLog({ files: disk, folder, options: testOptions });
  const { size } = log.status();
  assert.ok(size >= least, `${least} entries were acknowledged, and ${size} are there`);
  await log.checkpoint();
  const after = readServedLog(disk.contents(), folder);
  assert.ok(after !== null && after.state.size === size);
  assert.ok(
    after.ids.every((id, index) => id === `id ${index}`),
    'an entry stands elsewhere than before',
  );
  before?.entries.forEach((entry, index) => {
    assert.ok(Buffer.from(entry).equals(after.entries[index] ?? new Uint8Array()), 'a signed entry changed');
  });
  const leaves = after.entries.map(leafOf);
  for (const { operations: at, state } of told.published) {
    if (at > operations) continue;
    assert.ok(state.size <= size);
    assert.ok(rootOf(leaves.slice(0, state.size)).equals(state.root), 'another history');
  }
  const { firstIndex } = await log.append(entriesFrom(size, 5));
  assert.equal(firstIndex, size);
  await log.close();
  assert.equal(readServedLog(disk.contents(), folder)?.state.size, size + 5);
}
