import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { nodeFiles } from '../../src/ledger/files/node-files.ts';
import { Ledger, type LedgerInput } from '../../src/ledger/ledger.ts';
import { acquireLedgerLock } from '../../src/ledger/lock.ts';
import { listShards, shardAfter, shardNameOf } from '../../src/ledger/shards.ts';
import { stubEntry } from './support/stubs.ts';
import { openWorkerLog } from './support/worker-parts.ts';

const folder = fs.mkdtempSync(path.join(tmpdir(), 'boltseal-ledger-'));
after(() => fs.rmSync(folder, { recursive: true }));

const options = { segmentBytes: 64 * 1024, spareSegments: 1 };

describe('a ledger', () => {
  it('goes from one half year to the next, seals the one before, and has one writer', async () => {
    let now = '2026-06-30T23:59:00Z';
    const input: LedgerInput = {
      files: nodeFiles,
      folder,
      origin: 'ledger.example',
      acquireLock: acquireLedgerLock,
      openShard: (_folder, origin) => openWorkerLog(folder, options, origin, path.basename(origin)),
      sealEntry: (timeMs, { size }) => ({
        kind: 6,
        timeMs,
        idempotencyKey: null,
        fields: [Buffer.from(`seal ${size}`)],
      }),
      nowMs: () => Date.parse(now),
    };
    const ledger = await Ledger.open(input);
    await assert.rejects(Ledger.open(input), { code: 'LEDGER_LOCKED' });
    assert.deepEqual(await ledger.append([stubEntry('a')]), { shard: '2026h1', firstIndex: 0, indices: null });
    await ledger.rollOver();
    assert.equal(ledger.shard, '2026h1');
    now = '2026-07-01T00:00:10Z';
    await Promise.all([ledger.rollOver(), ledger.append([stubEntry('b')])]);
    assert.deepEqual(await ledger.append([stubEntry('c')]), { shard: '2026h2', firstIndex: 0, indices: null });
    await ledger.close();
    const sealedOf = () =>
      listShards(nodeFiles, folder).map(({ name, description }) => [name, description.sealedMs !== null]);
    assert.deepEqual(sealedOf(), [
      ['2026h1', true],
      ['2026h2', false],
    ]);
    assert.match(fs.readFileSync(path.join(folder, '2026h1/checkpoint'), 'utf8'), /^ledger\.example\/2026h1\n3\n/);
    assert.equal(fs.readFileSync(path.join(folder, '2026h1/openings/000'), 'utf8'), 'a\nb\nseal 2\n');

    // A clock that goes back opens nothing that was ended; one that jumps leaves nothing open.
    now = '2026-01-01T00:00:00Z';
    const early = await Ledger.open(input);
    assert.equal(early.shard, '2026h2');
    await early.close();
    now = '2027-03-01T00:00:00Z';
    const late = await Ledger.open(input);
    assert.equal(late.shard, '2027h1');
    await late.close();
    assert.deepEqual(sealedOf(), [
      ['2026h1', true],
      ['2026h2', true],
      ['2027h1', false],
    ]);
  });
});

describe('names of shards', () => {
  it('are those of half years in UTC, in order', () => {
    assert.equal(shardNameOf(Date.parse('2026-06-30T23:59:59.999Z')), '2026h1');
    assert.equal(shardNameOf(Date.parse('2026-07-01T00:00:00Z')), '2026h2');
    assert.equal(shardAfter('2026h1'), '2026h2');
    assert.equal(shardAfter('2026h2'), '2027h1');
  });
});
