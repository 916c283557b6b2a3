import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import test from 'node:test';
import { entryOf } from '../../../src/core/ledger-entry/entry.ts';
import { entryKinds } from '../../../src/core/ledger-entry/kinds.ts';
import { OpeningsCheck } from '../../../src/ledger/openings/check-openings.ts';
import { BUNDLE_ENTRIES, formatOpenings, parseOpenings } from '../../../src/ledger/openings/layout.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { Disk, origin, type Process, secrets } from '../erasing/lab.ts';

const instruction = { principal: 'officer-1', basis: 'request of the person' };

/** A ledger from which two people and a principal were erased; `before` are the files as they were before. */
async function erasedLedger(t: test.TestContext): Promise<{ process: Process; before: Map<number, Uint8Array> }> {
  const disk = new Disk(t);
  for (let i = 0; i < 300; i++) disk.disclose(`customer-${i % 5}`, `scanner-${i % 3}`);
  const process = disk.start();
  process.derive();
  const before = new Map(disk.files);
  await process.erasures.erase('subject', 'customer-3', instruction);
  await process.erasures.erase('principal', 'scanner-1', instruction);
  await process.erasures.erase('subject', 'customer-4', instruction);
  process.derive();
  return { process, before };
}

function faultsOf({ disk, keys, erasures }: Process, files: ReadonlyMap<number, Uint8Array>): string[] {
  const check = new OpeningsCheck({ secrets, keys, tombstoneOf: (erasure) => erasures.tombstoneOf(erasure) });
  for (let bundle = 0; bundle * BUNDLE_ENTRIES < disk.records.length; bundle++) {
    const records = disk.records.slice(bundle * BUNDLE_ENTRIES, (bundle + 1) * BUNDLE_ENTRIES);
    check.addBundle(
      origin,
      bundle,
      files.get(bundle) ?? null,
      records.map((record) => entryOf(sha256, record)),
    );
  }
  return check.finish().map(({ kind, place }) => `${kind} ${place.index}`);
}

test('a ledger with erasures from both sides is in order', async (t) => {
  const { process } = await erasedLedger(t);
  const { disk } = process;
  assert.deepEqual(faultsOf(process, disk.files), []);
  // A tombstone that was appended once more, long after a crash, says the same.
  const tombstone = disk.records.find(({ kind }) => kind === entryKinds.erasure) ?? assert.fail();
  disk.append({ ...tombstone, idempotencyKey: null });
  process.derive();
  assert.deepEqual(faultsOf(process, disk.files), []);
});

test('what was changed, taken away or brought back is found', async (t) => {
  const { process, before } = await erasedLedger(t);
  const { files } = process.disk;
  const whole = (bundle: number): Uint8Array => files.get(bundle) ?? assert.fail();
  const withFile = (bundle: number, file: Uint8Array | null): Map<number, Uint8Array> => {
    const changed = new Map(files);
    if (file === null) changed.delete(bundle);
    else changed.set(bundle, file);
    return changed;
  };
  const flipped = Uint8Array.from(whole(1));
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  assert.deepEqual(faultsOf(process, withFile(1, null)).slice(0, 1), ['openings-missing 256']);
  assert.deepEqual(faultsOf(process, withFile(1, flipped)).slice(0, 1), ['openings-damaged 256']);
  assert.ok(
    faultsOf(process, withFile(0, before.get(0) ?? null)).includes('tombstone-differs 300'),
    'erased halves came back',
  );
  // By somebody who has the key of the files, but not those of people.
  const place = { origin, bundle: 0 };
  const openings = parseOpenings(secrets, place, whole(0));
  const [first = assert.fail(), second = assert.fail()] = openings;
  const rewritten = (changed: typeof openings): Map<number, Uint8Array> =>
    withFile(0, formatOpenings(secrets, place, changed));
  assert.deepEqual(
    faultsOf(process, rewritten(openings.with(0, second).with(1, first))).slice(0, 2),
    ['opening-differs 0', 'opening-differs 1'],
    'swapped',
  );
  const gone = { ...first, matter: { ...first.matter, isErased: true, bytes: new Uint8Array(0) } };
  assert.deepEqual(
    faultsOf(process, rewritten(openings.with(0, gone))),
    ['half-gone 0', 'opening-differs 0'],
    'taken out without an erasure',
  );
  const third = openings[3] ?? assert.fail();
  const pretended = { ...gone, matter: { ...gone.matter, keyNumber: third.matter.keyNumber } };
  assert.deepEqual(
    faultsOf(process, rewritten(openings.with(0, pretended))),
    ['opening-differs 0', 'tombstone-differs 300'],
    'pretended to be of an erasure',
  );
  assert.ok(faultsOf(process, rewritten(openings.slice(0, -1))).includes('opening-differs 255'), 'the last left out');
});

test('keys that somebody destroyed without an erasure leave openings that differ', async (t) => {
  const { process } = await erasedLedger(t);
  const { keys, database, disk } = process;
  assert.ok(keys.keyOf(1)?.equals(createSecretKey(Buffer.from(keys.keyOf(1)?.export() ?? []))));
  database.prepare('UPDATE keys SET wrapped = zeroblob(60) WHERE number = 1').run();
  const again = disk.start();
  assert.ok(faultsOf(again, disk.files).includes('opening-differs 0'));
});

test('an older file in which somebody who was erased is whole again is found by the tombstone', async (t) => {
  const disk = new Disk(t);
  disk.disclose('customer-0', 'scanner-0');
  for (let i = 1; i < 260; i++) disk.disclose('customer-1', 'scanner-0');
  const process = disk.start();
  process.derive();
  const older = new Map(disk.files);
  await process.erasures.erase('subject', 'customer-0', instruction);
  process.derive();
  assert.deepEqual(faultsOf(process, disk.files), []);
  const back = new Map(disk.files).set(0, older.get(0) ?? assert.fail());
  // Nobody has the key any more; with a store of keys from a backup only the tombstone would speak.
  assert.deepEqual(faultsOf(process, back), ['opening-differs 0', 'tombstone-differs 260']);
});
