import assert from 'node:assert/strict';
import test from 'node:test';
import { erasedEntriesHash } from '../../../src/core/ledger-entry/erased-entries.ts';
import { entryKinds, fieldsOf } from '../../../src/core/ledger-entry/kinds.ts';
import type { EntryRecord } from '../../../src/core/ledger-entry/record.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { Disk, Killed, origin, type Process } from './lab.ts';

const instruction = { principal: 'officer-1', basis: 'request of the person' };
const text = (record: EntryRecord | undefined, name: string): string =>
  Buffer.from(record?.fields[(fieldsOf(record.kind) ?? []).findIndex((field) => field.name === name)] ?? []).toString();

function fill(disk: Disk, count: number): void {
  for (let i = 0; i < count; i++) disk.disclose(`customer-${i % 5}`, `scanner-${i % 3}`);
}

const indicesOf = (disk: Disk, subject: string): number[] =>
  disk.records.flatMap((record, i) => (record.kind === 1 && text(record, 'subject') === subject ? [i] : []));
const tombstonesOf = (disk: Disk): number[] =>
  disk.records.flatMap(({ kind }, i) => (kind === entryKinds.erasure ? [i] : []));

/** Entries whose subject cannot be read. */
function unreadable(process: Process): number[] {
  return process
    .tell()
    .flatMap((told, i) => (told?.readable.includes('subject') || process.disk.records[i]?.kind !== 1 ? [] : [i]));
}

/** The one tombstone says exactly which entries cannot be read, and everything else can. */
function checkErased(process: Process, mustHave: readonly number[]): void {
  const { disk } = process;
  const erased = unreadable(process);
  const told = process.tell();
  for (const index of mustHave) assert.ok(erased.includes(index), `entry ${index}`);
  for (const index of erased) {
    assert.equal(text(disk.records[index], 'subject'), 'customer-3');
    assert.deepEqual(told[index]?.readable, ['principal'], 'who read is still proved');
  }
  assert.ok(disk.removedPeople.length > 0 && disk.removedPeople.every((who) => who === 'subject customer-3'));
  const tombstones = tombstonesOf(disk);
  assert.equal(tombstones.length, 1);
  const tombstone = disk.records[tombstones[0] ?? 0];
  assert.equal(text(tombstone, 'count'), String(erased.length));
  const hash = Buffer.from(tombstone?.fields[5] ?? []);
  assert.deepEqual(
    hash,
    Buffer.from(
      erasedEntriesHash(
        sha256,
        erased.map((index) => ({ origin, index })),
      ),
    ),
  );
}

test('an erasure takes what was acknowledged before, and nothing of anybody else', async (t) => {
  const disk = new Disk(t);
  fill(disk, 600);
  const process = disk.start();
  process.derive();
  fill(disk, 10);
  const mine = indicesOf(disk, 'customer-3');
  const erased = await process.erasures.erase('subject', 'customer-3', instruction);
  assert.deepEqual(erased, { tombstone: { origin, index: 610 }, entries: mine.length, damagedFiles: 0 });
  process.derive();
  checkErased(process, mine);
  assert.deepEqual(unreadable(process), mine);
  await assert.rejects(process.erasures.erase('subject', 'customer-3', instruction), { code: 'LEDGER_ERASED_NONE' });
  await assert.rejects(process.erasures.erase('subject', 'nobody', instruction), { code: 'LEDGER_ERASED_NONE' });
  disk.disclose('customer-3', 'scanner-1');
  process.derive();
  assert.equal(unreadable(process).length, mine.length, 'who comes back is readable');
  assert.equal(tombstonesOf(disk).length, 1, 'what was refused left no entry');
});

test('killed before or after any operation, the next start finishes it: the log knows before anything is gone, and nothing is left', async (t) => {
  const seen = new Set<string>();
  for (let kill = 0; ; kill++) {
    const disk = new Disk(t);
    fill(disk, 12);
    let operations = 0;
    const doomed = disk.start((name) => {
      // Others go on appending, about the same person too.
      if ((operations + kill) % 3 === 1) disk.disclose('customer-3', 'scanner-2');
      if (operations++ !== kill) return;
      seen.add(name);
      throw new Killed();
    });
    doomed.derive();
    const mine = indicesOf(disk, 'customer-3');
    const outcome = await doomed.erasures.erase('subject', 'customer-3', instruction).catch((error: unknown) => error);
    doomed.kill();
    const next = disk.start();
    next.derive();
    // Some start long after: everything is published, and no request is known any more.
    if (kill % 2 === 0) next.publish();
    if (outcome instanceof Killed && unreadable(next).length > 0)
      assert.equal(tombstonesOf(disk).length, 1, `killed at ${kill}`);
    await next.resume();
    next.derive();
    if (tombstonesOf(disk).length === 0) {
      // Killed before the wish itself was durable: nothing has happened, and it can be asked for again.
      assert.ok(kill === 0, `killed at ${kill}`);
      assert.deepEqual(unreadable(next), []);
      await next.erasures.erase('subject', 'customer-3', instruction);
      next.derive();
    }
    checkErased(next, mine);
    const again = tombstonesOf(disk).length;
    await next.resume();
    assert.equal(tombstonesOf(disk).length, again, 'there is nothing left to finish');
    next.kill();
    if (!(outcome instanceof Killed)) break;
  }
  assert.ok(seen.size >= 14, `kinds of operations: ${[...seen].join(', ')}`);
});

test('a subject under hold is not erased, nor a principal from its entries; after the release both are', async (t) => {
  const disk = new Disk(t);
  fill(disk, 30);
  const process = disk.start();
  const { erasures, holds } = process;
  const hold = await holds.place('customer-3', instruction);
  const other = await holds.place('customer-3', instruction);
  await assert.rejects(erasures.erase('subject', 'customer-3', instruction), { code: 'LEDGER_HELD' });
  await assert.rejects(erasures.erase('principal', 'scanner-0', instruction), { code: 'LEDGER_HELD' });
  process.derive();
  assert.ok(
    process.tell().every((told) => told?.fields.every((field) => 'value' in (field as object))),
    'a refusal takes nothing',
  );
  // A refused erasure must not leave its keys to the next one.
  await erasures.erase('subject', 'customer-1', instruction);
  assert.deepEqual(unreadable(process), indicesOf(disk, 'customer-1'));
  await holds.release('customer-3', hold, instruction);
  await assert.rejects(erasures.erase('subject', 'customer-3', instruction), { code: 'LEDGER_HELD' }, 'one is left');
  await assert.rejects(holds.release('customer-3', hold, instruction), { code: 'LEDGER_HOLD_NONE' });
  await assert.rejects(holds.release('customer-2', other, instruction), { code: 'LEDGER_HOLD_NONE' });
  await holds.release('customer-3', other, instruction);
  assert.deepEqual(holds.list(), []);
  await erasures.erase('principal', 'scanner-0', instruction);
  process.derive();
  for (const [i, told] of process.tell().entries()) {
    if (disk.records[i]?.kind !== 1) continue;
    const hasPrincipal = text(disk.records[i], 'principal') !== 'scanner-0';
    const hasSubject = text(disk.records[i], 'subject') !== 'customer-1';
    assert.equal(told?.readable.includes('principal'), hasPrincipal);
    assert.equal(told?.readable.includes('subject'), hasSubject);
    assert.equal(told?.readable.includes('requestSignature'), hasPrincipal && hasSubject);
  }
  await erasures.erase('subject', 'customer-3', instruction);
  assert.equal(process.tell().filter((told) => told?.readable.length === 0).length, 4, 'erased from both sides');
  assert.equal(tombstonesOf(disk).length, 3);
});

test('killed at any operation of a hold or a release, the subject is held until the release is in the log', async (t) => {
  for (let kill = 0; ; kill++) {
    const disk = new Disk(t);
    fill(disk, 5);
    let operations = 0;
    const doomed = disk.start(() => {
      if (operations++ === kill) throw new Killed();
    });
    const outcome = await (async () => {
      const hold = await doomed.holds.place('customer-3', instruction);
      await doomed.holds.release('customer-3', hold, instruction);
    })().catch((error: unknown) => error);
    doomed.kill();
    const next = disk.start();
    next.derive();
    if (kill % 2 === 0) next.publish();
    const count = (kind: number): number => disk.records.filter((record) => record.kind === kind).length;
    const isHeld = (): boolean => next.holds.isHeld(next.keys.ownerOf('subject', Buffer.from('customer-3')));
    if (count(entryKinds.hold) === 1 && count(entryKinds.release) === 0) assert.ok(isHeld(), `killed at ${kill}`);
    await next.resume();
    assert.equal(isHeld(), count(entryKinds.hold) === 1 && count(entryKinds.release) === 0, `killed at ${kill}`);
    assert.ok(count(entryKinds.hold) <= 1 && count(entryKinds.release) <= 1);
    next.kill();
    if (!(outcome instanceof Killed)) {
      assert.deepEqual([count(entryKinds.hold), count(entryKinds.release)], [1, 1]);
      break;
    }
  }
});

test('a hold that is asked for while an erasure runs waits for it, and the other way round', async (t) => {
  const disk = new Disk(t);
  fill(disk, 10);
  const { erasures, holds } = disk.start();
  const outcomes = await Promise.allSettled([
    erasures.erase('subject', 'customer-3', instruction),
    holds.place('customer-3', instruction),
    holds.place('customer-1', instruction),
    erasures.erase('subject', 'customer-1', instruction),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected'],
  );
  const kinds = disk.records.slice(10).map(({ kind }) => kind);
  assert.deepEqual(kinds, [entryKinds.erasure, entryKinds.hold, entryKinds.hold]);
});

test('a damaged file keeps nobody from being erased, and is told', async (t) => {
  const disk = new Disk(t);
  fill(disk, 300);
  const process = disk.start();
  process.derive();
  disk.checkpoint = 300;
  const file = Uint8Array.from(disk.files.get(0) ?? []);
  file[40] = (file[40] ?? 0) ^ 1;
  disk.files.set(0, file);
  const { damagedFiles, entries } = await process.erasures.erase('subject', 'customer-3', instruction);
  assert.equal(damagedFiles, 1);
  assert.equal(entries, indicesOf(disk, 'customer-3').filter((index) => index >= 256).length);
});

test('nothing of who was erased or held stands in the store of keys', async (t) => {
  const disk = new Disk(t);
  fill(disk, 30);
  const process = disk.start();
  const owner = process.keys.ownerOf('subject', Buffer.from('customer-3'));
  const hold = await process.holds.place('customer-3', instruction);
  await process.holds.release('customer-3', hold, instruction);
  await process.erasures.erase('subject', 'customer-3', instruction);
  const rows = ['keys', 'erasures', 'holds'].flatMap((table) =>
    process.database.prepare(`SELECT * FROM ${table}`).all(),
  );
  const values = rows.flatMap((row) => Object.values(row)).filter((value) => value instanceof Uint8Array);
  assert.ok(values.length > 10);
  assert.ok(values.every((value) => !Buffer.from(value).equals(owner)));
  assert.deepEqual(process.erasures.tombstoneOf(1), { origin, index: 32 });
});
