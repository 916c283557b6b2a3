import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BoltsealError } from '../../src/core/errors.ts';
import type { LedgerOptions } from '../../src/ledger/options.ts';
import type { ShardLog } from '../../src/ledger/shard-log.ts';
import { ModelDisk } from './crash/model-disk.ts';
import { readServedLog } from './support/check-log.ts';
import { LimitedDisk } from './support/limited-disk.ts';
import { openTestLog } from './support/open-log.ts';
import { stubEntry } from './support/stubs.ts';

const folder = '/home';
const GROUP = 60;
/** Of a segment of these tests. */
const SEGMENT_BYTES = 16 * 1024;

function newDisk(capacityBytes: number): { disk: ModelDisk; files: LimitedDisk } {
  const disk = new ModelDisk();
  disk.makeFolder(folder);
  disk.syncFolder('/');
  return { disk, files: new LimitedDisk(disk, capacityBytes) };
}

const open = (files: LimitedDisk, options: Partial<LedgerOptions>): Promise<ShardLog> =>
  openTestLog({ files, folder, options: { segmentBytes: SEGMENT_BYTES, warnBytes: 0, ...options } });

const entriesFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => stubEntry(`id ${from + i}`));

/** Appends until it is refused, at most `most` entries; gives how many were acknowledged, and the refusal. */
async function appendUntilRefused(log: ShardLog, from: number, most: number) {
  let size = from;
  while (size < from + most) {
    try {
      await log.append(entriesFrom(size, GROUP));
    } catch (error) {
      return { size, code: (error as BoltsealError).code };
    }
    size += GROUP;
  }
  return { size, code: null };
}

function assertServed(disk: ModelDisk, size: number): void {
  const served = readServedLog(disk.contents(), folder);
  assert.deepEqual(
    served?.ids,
    Array.from({ length: size }, (_, i) => `id ${i}`),
  );
}

async function waitFor(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !isTrue(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(isTrue());
}

describe('room on the disk', () => {
  it('is warned of before anything is refused', async () => {
    const { files } = newDisk(600_000);
    const log = await open(files, { reserveBytes: 50_000, warnBytes: 300_000, checkpointMs: 5 });
    await log.append(entriesFrom(0, GROUP));
    await waitFor(() => log.status().published.size === GROUP);
    assert.equal(log.status().isLow, false);
    files.capacityBytes = 300_000;
    await waitFor(() => log.status().isLow);
    assert.equal(log.status().isFull, false);
    await log.append(entriesFrom(GROUP, GROUP));
    await log.close();
  });

  it('is reserved: appends are refused while what was taken before is still derived, and segments that this frees are room again', async () => {
    const { disk, files } = newDisk(400_000);
    // Nothing is derived unless it is asked for: segments fill the disk.
    const log = await open(files, { reserveBytes: 100_000, roundEntries: 128 });
    const { size, code } = await appendUntilRefused(log, 0, 100_000);
    assert.equal(code, 'LEDGER_DISK_FULL');
    assert.ok(size > 10 * GROUP);
    assert.ok(files.freeBytes() >= 100_000, 'segments took of the reserve');
    assert.ok(files.freeBytes() < 100_000 + SEGMENT_BYTES, 'it was refused while there was room');
    assert.equal(log.status().size, size);
    // By itself, without anybody making room.
    assert.equal((await log.checkpoint()).size, size);
    assertServed(disk, size);
    await log.append(entriesFrom(size, GROUP));
    await log.close();
    assertServed(disk, size + GROUP);
  });

  it('may end in the middle of derivation: nothing is lost, and it is made again when there is room', async () => {
    const { disk, files } = newDisk(400_000);
    const log = await open(files, { reserveBytes: 0, checkpointMs: 5, roundEntries: 128 });
    await log.append(entriesFrom(0, GROUP));
    await waitFor(() => log.status().published.size === GROUP);
    files.capacityBytes = 400_000 - files.freeBytes() + 1500;
    const { size } = await appendUntilRefused(log, GROUP, 100_000);
    assert.ok(size > GROUP);
    await assert.rejects(log.checkpoint(), { code: 'LEDGER_DISK_FULL' });
    assert.equal((await appendUntilRefused(log, size, GROUP)).code, 'LEDGER_DISK_FULL');
    // Another process at that moment finds all that was acknowledged.
    const left = disk.crashed(() => true);
    const other = await open(new LimitedDisk(left, 1e9), {});
    assert.equal(other.status().size, size);
    assert.equal((await other.checkpoint()).size, size);
    assertServed(left, size);
    files.capacityBytes = 1e9;
    await waitFor(() => log.status().published.size === size && !log.status().isFull);
    await log.append(entriesFrom(size, GROUP));
    await log.close();
    assertServed(disk, size + GROUP);
  });
});
