import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ModelDisk } from './crash/model-disk.ts';
import { readServedLog } from './support/check-log.ts';
import { openTestLog } from './support/open-log.ts';
import { stubEntry } from './support/stubs.ts';

const folder = '/home';

function newDisk(): ModelDisk {
  const disk = new ModelDisk();
  disk.makeFolder(folder);
  disk.syncFolder('/');
  return disk;
}

const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `id ${from + i}`);

describe('a log', () => {
  it('gives indices in order and serves what was appended', async () => {
    const disk = newDisk();
    const log = await openTestLog({ files: disk, folder });
    const [first, second] = await Promise.all([
      log.append(ids(0, 3).map((id) => stubEntry(id))),
      log.append(ids(3, 90).map((id) => stubEntry(id))),
    ]);
    assert.deepEqual(first, { firstIndex: 0, indices: null });
    assert.deepEqual(second, { firstIndex: 3, indices: null });
    await log.checkpoint();
    for (let from = 90; from < 700; from += 61) await log.append(ids(from, from + 61).map((id) => stubEntry(id)));
    await log.close();
    const served = readServedLog(disk.contents(), folder);
    assert.deepEqual(served?.ids, ids(0, 700));
  });
});
