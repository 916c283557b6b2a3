import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import type { BoltsealError } from '../../src/core/errors.ts';
import type { LedgerOptions } from '../../src/ledger/options.ts';
import type { ShardLog } from '../../src/ledger/shard-log.ts';
import { ModelDisk } from './crash/model-disk.ts';
import { readServedLog } from './support/check-log.ts';
import { openTestLog, testOrigin } from './support/open-log.ts';
import { StubOpenings, stubEntry, stubSigner } from './support/stubs.ts';

const folder = '/home';
const secondFile = `/home/second/${hash('sha256', testOrigin, 'hex')}/checkpoint`;

function newDisk(): ModelDisk {
  const disk = new ModelDisk();
  disk.makeFolder(folder);
  disk.syncFolder('/');
  return disk;
}

const open = (disk: ModelDisk, options: Partial<LedgerOptions> = {}): Promise<ShardLog> =>
  openTestLog({ files: disk, folder, options });
const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `id ${from + i}`);
const entries = (from: number, to: number) => ids(from, to).map((id) => stubEntry(id));

/** Appends in groups that fit the small segments of tests. */
async function fill(log: ShardLog, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 60) await log.append(entries(at, Math.min(to, at + 60)));
}

async function makeLog(size: number): Promise<ModelDisk> {
  const disk = newDisk();
  const log = await open(disk);
  await fill(log, 0, size);
  await log.close();
  return disk;
}

function copy(from: ModelDisk, to: ModelDisk, prefix: string): void {
  for (const file of to.contents().keys()) if (file.startsWith(prefix)) to.remove(file);
  for (const [file, bytes] of from.contents()) if (file.startsWith(prefix)) to.open(file, 'create').write(bytes, 0);
}

describe('a log', () => {
  it('gives indices in order and serves what was appended, at every size around the edges of tiles', async () => {
    const disk = newDisk();
    const log = await open(disk);
    const [first, second] = await Promise.all([log.append(entries(0, 3)), log.append(entries(3, 90))]);
    assert.deepEqual(first, { firstIndex: 0, indices: null });
    assert.deepEqual(second, { firstIndex: 3, indices: null });
    let size = 90;
    for (const next of [100, 255, 256, 257, 300, 511, 512, 513, 700]) {
      await fill(log, size, next);
      size = next;
      assert.equal((await log.checkpoint()).size, size);
      assert.deepEqual(readServedLog(disk.contents(), folder)?.ids, ids(0, size));
    }
    await log.close();
  });

  it('keeps of partial tiles those of the edge alone, and segments alone that hold what no checkpoint covers', async () => {
    const disk = await makeLog(700);
    const files = [...disk.contents().keys()].map((file) => file.slice('/home/log/'.length));
    assert.deepEqual(
      files.filter((file) => file.includes('.p/') && !/002\.p|1\/000\.p/.test(file)),
      [],
    );
    assert.ok(files.filter((file) => file.startsWith('wal/')).length <= 3);
    const log = await open(disk);
    await fill(log, 700, 710);
    const { size } = await log.drain();
    assert.equal(size, 710);
    const left = [...disk.contents()].filter(([file]) => file.startsWith('/home/log/wal/'));
    for (const [file, bytes] of left)
      assert.ok(
        bytes.subarray(4096).every((byte) => byte === 0),
        file,
      );
    await log.close();
  });

  it('remembers requests over restarts, also when their segments are gone, until their time is over', async () => {
    const disk = newDisk();
    let nowMs = 1_790_000_000_000;
    const start = () => openTestLog({ files: disk, folder, options: { idempotencyMs: 60_000 }, nowMs: () => nowMs });
    const request = stubEntry('once', new Uint8Array(16).fill(5));
    let log = await start();
    assert.deepEqual(await log.append([request]), { firstIndex: 0, indices: null });
    await log.close();
    log = await start();
    assert.deepEqual(await log.append([request]), { firstIndex: 0, indices: [0] });
    await fill(log, 1, 200);
    await log.drain();
    await log.close();
    assert.ok([...disk.contents().keys()].some((file) => file.startsWith('/home/log/requests/')));
    log = await start();
    assert.deepEqual(await log.append([request]), { firstIndex: 0, indices: [0] });
    await log.close();
    nowMs += 121_000;
    log = await start();
    assert.deepEqual(await log.append([request]), { firstIndex: 200, indices: null });
    await log.drain();
    nowMs += 121_000;
    await fill(log, 201, 210);
    await log.drain();
    await log.close();
    assert.deepEqual([...disk.contents().keys()].filter((file) => file.startsWith('/home/log/requests/')).length, 0);
  });

  it('counts from when a request was recorded, whatever time its entry speaks of, from segments and from files of requests', async () => {
    const disk = newDisk();
    let nowMs = 1_790_000_000_000;
    const start = () => openTestLog({ files: disk, folder, options: { idempotencyMs: 60_000 }, nowMs: () => nowMs });
    const long = 400 * 86_400_000;
    const request = { ...stubEntry('of last year', new Uint8Array(16).fill(6)), timeMs: nowMs - long };
    let log = await start();
    await log.append([request]);
    await log.close();
    nowMs += 50_000;
    log = await start();
    assert.deepEqual(await log.append([request]), { firstIndex: 0, indices: [0] });
    await fill(log, 1, 200);
    await log.drain();
    await log.close();
    log = await start();
    assert.deepEqual(await log.append([request]), { firstIndex: 0, indices: [0] }, 'its segment is gone');
    await log.close();
    // One whose time lies ahead is forgotten as any other.
    const early = { ...stubEntry('of next year', new Uint8Array(16).fill(7)), timeMs: nowMs + long };
    log = await start();
    const { firstIndex } = await log.append([early]);
    await log.close();
    nowMs += 121_000;
    log = await start();
    assert.notEqual((await log.append([early])).firstIndex, firstIndex);
    await log.close();
  });

  it('commits the keys of people before anything is written that needs them', async () => {
    const disk = newDisk();
    const openings = new StubOpenings();
    const log = await openTestLog({ files: disk, folder, openings });
    const early: number[] = [];
    disk.onOperation = () => {
      if (!openings.isCommitted) early.push(disk.operations);
    };
    await fill(log, 0, 300);
    await log.close();
    // Segments are made at any time, and need no keys of people.
    const isOfSegment = (line: string) => /log\/wal\b|^(?:write|sync) new\b/.test(line);
    assert.deepEqual(
      early.map((operation) => disk.trace[operation] ?? '').filter((line) => !isOfSegment(line)),
      [],
    );
    assert.equal(readServedLog(disk.contents(), folder)?.state.size, 300);
  });

  it('lets work run between two derivations', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await fill(log, 0, 100);
    let isDone = false;
    const published = await log.drained(async () => {
      await log.append(entries(100, 103));
      const waiting = log.checkpoint();
      const { size } = readServedLog(disk.contents(), folder)?.state ?? { size: -1 };
      isDone = true;
      return { size, waiting };
    });
    assert.ok(isDone);
    assert.equal(published.size, 100);
    assert.equal((await published.waiting).size, 103);
    await log.close();
  });

  it('gets new segments while work runs between two derivations, so that the work may append', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await fill(log, 0, 60);
    const segments = () => disk.list('/home/log/wal').length;
    const before = segments();
    await log.atRest(() => fill(log, 60, 600));
    assert.ok(segments() > before + 2);
    await log.close();
    assert.equal(readServedLog(disk.contents(), folder)?.state.size, 600);
  });

  it('lets others in between the rounds of a long derivation', async () => {
    const disk = newDisk();
    const log = await open(disk, { roundEntries: 60, checkpointMs: 1 });
    await log.atRest(() => fill(log, 0, 3000));
    while (log.status().published.size === 0) await new Promise((resolve) => setImmediate(resolve));
    let derived = 0;
    await log.atRest(() => {
      derived = log.status().published.size;
    });
    assert.ok(derived < 3000, 'work waited for the end of the derivation');
    const checkpoint = log.checkpoint();
    await new Promise((resolve) => setImmediate(resolve));
    await log.append(entries(3000, 3060));
    assert.ok(log.status().published.size < 3000, 'an append waited for the end of the derivation');
    assert.equal((await checkpoint).size, 3000);
    await log.close();
  });
});

describe('the second place', () => {
  it('shows that a log was restored from a backup', async () => {
    const disk = await makeLog(300);
    const backup = await makeLogFrom(disk);
    const log = await open(disk);
    await fill(log, 300, 310);
    await log.close();
    copy(backup, disk, '/home/log/');
    await assert.rejects(open(disk), { code: 'LEDGER_BEHIND' });
  });

  it('shows that a log was made anew, or is gone', async () => {
    const disk = await makeLog(300);
    copy(await makeLog(300), disk, '/home/log/');
    await assert.rejects(open(disk), { code: 'LEDGER_BEHIND' });
    const longer = await makeLog(400);
    copy(longer, disk, '/home/log/');
    await assert.rejects(open(disk), { code: 'LEDGER_BEHIND' });
    for (const file of disk.contents().keys()) if (file.startsWith('/home/log/')) disk.remove(file);
    await assert.rejects(open(disk), { code: 'LEDGER_BEHIND' });
  });

  it('must be there, unless a new one is taken on purpose', async () => {
    const disk = await makeLog(10);
    disk.remove(secondFile);
    await assert.rejects(open(disk), { code: 'LEDGER_SECOND_PLACE' });
    const log = await open(disk, { takesNewSecondPlace: true });
    await fill(log, 10, 11);
    await log.close();
    await (await open(disk)).close();
  });

  it('may be older than the log, if it is of its history', async () => {
    const disk = await makeLog(300);
    const before = disk.contents().get(secondFile) ?? new Uint8Array();
    const log = await open(disk);
    await fill(log, 300, 600);
    await log.close();
    disk.open(secondFile, 'create').write(before, 0);
    await (await open(disk)).close();
    const { root } = stubSigner.open(testOrigin, before);
    disk.open(secondFile, 'create').write(stubSigner.sign(testOrigin, { size: 299, root }), 0);
    await assert.rejects(open(disk), { code: 'LEDGER_BEHIND' });
  });

  it('binds a log that crashed before it published what is there', async () => {
    const disk = await makeLog(300);
    const checkpoint = disk.contents().get('/home/log/checkpoint') ?? new Uint8Array();
    const log = await open(disk);
    await log.append(entries(300, 310));
    await log.checkpoint();
    const promised = disk.contents().get(secondFile) ?? new Uint8Array();
    // As a crash leaves it between the second place and the log's own checkpoint.
    const crashed = disk.killed();
    crashed.open('/home/log/checkpoint', 'create').write(checkpoint, 0);
    const again = await open(crashed);
    assert.equal(again.status().published.size, 310);
    await again.append(entries(310, 320));
    await again.checkpoint();
    await again.close();
    assert.deepEqual(readServedLog(crashed.contents(), folder)?.ids, ids(0, 320));
    // Another history behind that checkpoint is refused, and never published.
    crashed.open('/home/log/checkpoint', 'create').write(checkpoint, 0);
    crashed.open(secondFile, 'create').write(stubSigner.sign(testOrigin, { size: 310, root: new Uint8Array(32) }), 0);
    await assert.rejects(open(crashed), { code: 'LEDGER_BEHIND' });
    assert.equal(stubSigner.open(testOrigin, promised).size, 310);
    assert.equal(readServedLog(crashed.contents(), folder)?.state.size, 300);
  });

  it('may fail for a while: entries are taken, nothing is published', async () => {
    const disk = newDisk();
    const log = await open(disk);
    await fill(log, 0, 10);
    const rename = disk.rename.bind(disk);
    disk.rename = (from, to) => {
      if (to === secondFile) throw Object.assign(new Error('unplugged'), { code: 'EIO' });
      rename(from, to);
    };
    await assert.rejects(log.checkpoint(), { code: 'LEDGER_SECOND_WRITE' });
    await fill(log, 10, 20);
    assert.equal(log.status().withheld?.code, 'LEDGER_SECOND_WRITE');
    assert.equal(log.status().published.size, 0);
    disk.rename = rename;
    assert.equal((await log.checkpoint()).size, 20);
    assert.equal(log.status().withheld, null);
    await log.close();
  });
});

describe('a full disk', () => {
  it('is answered before anything is lost, and the log goes on when there is room', async () => {
    const disk = newDisk();
    const log = await open(disk, { reserveBytes: 1000, warnBytes: 2000, checkpointMs: 10 });
    await fill(log, 0, 60);
    disk.free = 0;
    let size = 60;
    let refusal: BoltsealError | null = null;
    // What is preallocated is still used; then the answer is no.
    while (refusal === null && size < 1000) {
      await log.append(entries(size, size + 60)).then(
        () => {
          size += 60;
        },
        (error: BoltsealError) => {
          refusal = error;
        },
      );
    }
    assert.equal((refusal as BoltsealError | null)?.code, 'LEDGER_DISK_FULL');
    await assert.rejects(log.append(entries(size, size + 1)), { code: 'LEDGER_DISK_FULL' });
    disk.free = 1e9;
    await log.checkpoint();
    await waitFor(() => !log.status().isFull);
    await fill(log, size, size + 100);
    await log.close();
    assert.deepEqual(readServedLog(disk.contents(), folder)?.ids, ids(0, size + 100));
  });
});

/** The state of a disk now, apart from it. */
async function makeLogFrom(disk: ModelDisk): Promise<ModelDisk> {
  return disk.crashed(() => true);
}

async function waitFor(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isTrue(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(isTrue());
}
