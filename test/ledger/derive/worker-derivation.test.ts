import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { BoltsealError } from '../../../src/core/errors.ts';
import { readServedLog } from '../support/check-log.ts';
import { stubEntry } from '../support/stubs.ts';
import { openWorkerLog, readContents } from '../support/worker-parts.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'boltseal-ledger-'));
  folders.push(folder);
  return folder;
}

const entries = (from: number, count: number) => Array.from({ length: count }, (_, i) => stubEntry(`id ${from + i}`));

describe('a log that is derived in a thread of its own', () => {
  it('serves all that was appended, over segments and a restart', async () => {
    const folder = newFolder();
    const log = await openWorkerLog(folder);
    let size = 0;
    const appended: Promise<unknown>[] = [];
    for (const count of [1, 1024, 300, 1000, 1024, 700]) {
      appended.push(log.append(entries(size, count)));
      size += count;
    }
    await Promise.all(appended);
    assert.equal(log.status().size, size);
    assert.equal((await log.checkpoint()).size, size);
    assert.equal(log.status().published.size, size);
    const state = await log.drained(async () => {
      await log.append(entries(size, 2));
      return readServedLog(readContents(folder), folder)?.state;
    });
    assert.equal(state?.size, size);
    await log.close();
    const again = await openWorkerLog(folder);
    assert.equal(again.status().size, size + 2);
    await again.append(entries(size + 2, 1));
    await again.close();
    const served = readServedLog(readContents(folder), folder);
    assert.deepEqual(
      served?.ids,
      entries(0, size + 3).map(({ fields }) => Buffer.from(fields[0] ?? []).toString()),
    );
  });

  it('refuses to open what is damaged with the same codes, and fails with the thread', async () => {
    const folder = newFolder();
    const log = await openWorkerLog(folder, { checkpointMs: 20 });
    await log.append(entries(0, 300));
    await log.checkpoint();
    // What the thread reads next is not what was acknowledged.
    const wal = path.join(folder, 'log/wal');
    await log.append(entries(300, 5));
    const tile = path.join(folder, 'log/tile/0/000');
    await log.close();
    const bytes = fs.readFileSync(tile);
    fs.writeFileSync(
      tile,
      bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    );
    // The full tile is not read at a start; the one above it is.
    const above = path.join(folder, 'log/tile/1/000.p/1');
    fs.writeFileSync(
      above,
      fs.readFileSync(above).map((byte) => byte ^ 1),
    );
    await assert.rejects(openWorkerLog(folder), (error: BoltsealError) => error.code === 'LEDGER_DAMAGED');
    assert.ok(fs.readdirSync(wal).length > 0);
  });
});
