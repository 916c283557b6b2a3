import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Files, OpenFile } from '../../../src/ledger/files/port.ts';
import { readWhole, WholeFileWriter } from '../../../src/ledger/files/whole-files.ts';
import { ModelDisk } from '../crash/model-disk.ts';

const base = '/base';

/** A disk that counts open files, and syncs that run at the same time; one of them may fail after a while. */
function watch(disk: ModelDisk, failing: string | null) {
  const seen = { open: 0, mostOpen: 0, syncs: 0, mostSyncs: 0, closedWhileSyncing: false };
  const open = (path: string, mode: 'read' | 'update' | 'create'): OpenFile => {
    const file = disk.open(path, mode);
    seen.mostOpen = Math.max(seen.mostOpen, ++seen.open);
    let isSyncing = false;
    return {
      ...file,
      syncLater: async () => {
        isSyncing = true;
        seen.mostSyncs = Math.max(seen.mostSyncs, ++seen.syncs);
        await new Promise((resolve) => setTimeout(resolve, path === failing ? 1 : 3));
        seen.syncs--;
        isSyncing = false;
        if (path === failing) throw Object.assign(new Error('sync'), { code: 'EIO' });
        await file.syncLater();
      },
      close: () => {
        seen.open--;
        seen.closedWhileSyncing ||= isSyncing;
        file.close();
      },
    };
  };
  const files: Files = Object.assign(Object.create(disk), {
    open,
    list: (path: string) => disk.list(path),
    rename: (from: string, to: string) => disk.rename(from, to),
    remove: (path: string) => disk.remove(path),
    makeFolder: (path: string) => disk.makeFolder(path),
    syncFolder: (path: string) => disk.syncFolder(path),
  });
  return { files, seen };
}

function newDisk(): ModelDisk {
  const disk = new ModelDisk();
  disk.makeFolder(base);
  disk.syncFolder('/');
  return disk;
}

const wholes = Array.from({ length: 150 }, (_, i) => ({
  path: `${base}/part${i % 3}/${i}`,
  bytes: new Uint8Array(10).fill(i),
}));

describe('many whole files', () => {
  it('are durable when they are written, with few of them open and two syncs at a time', async () => {
    const disk = newDisk();
    const { files, seen } = watch(disk, null);
    await new WholeFileWriter(files, base).writeLater(wholes);
    const left = disk.crashed(() => false);
    for (const { path, bytes } of wholes) assert.deepEqual(readWhole(left, path), bytes);
    assert.equal(seen.open, 0);
    assert.equal(seen.mostOpen, 64);
    assert.equal(seen.mostSyncs, 2);
  });

  it('are not there at all when a sync fails, and no file is closed while another sync runs', async () => {
    const disk = newDisk();
    const { files, seen } = watch(disk, `${base}/new/70`);
    await assert.rejects(new WholeFileWriter(files, base).writeLater(wholes), { code: 'EIO' });
    assert.ok(wholes.every(({ path }) => readWhole(disk, path) === null));
    assert.equal(seen.open, 0);
    assert.equal(seen.closedWhileSyncing, false);
  });
});
