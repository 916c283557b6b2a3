import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { parseEntryBundle } from '../../../src/core/tlog/entry-bundle.ts';
import { BackgroundDerivation } from '../../../src/ledger/derive/background.ts';
import type { DerivationParts } from '../../../src/ledger/derive/parts.ts';
import { Erasures } from '../../../src/ledger/erasing/erasures.ts';
import { Holds } from '../../../src/ledger/erasing/holds.ts';
import { makeErasingLog, makeShelf } from '../../../src/ledger/erasing/ledger-places.ts';
import { nodeFiles } from '../../../src/ledger/files/node-files.ts';
import { keysFile, makeParts, wrappingKeyFile } from '../../../src/ledger/home-parts.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore } from '../../../src/ledger/keys/key-store.ts';
import { createWrappingKey, readWrappingKey } from '../../../src/ledger/keys/wrapping.ts';
import { makeOpeningsReader } from '../../../src/ledger/openings/reader.ts';
import { defaultLedgerOptions } from '../../../src/ledger/options.ts';
import { ShardLog } from '../../../src/ledger/shard-log.ts';
import { readTile } from '../../../src/ledger/shard-place.ts';
import { createLogKeys } from '../../../src/ledger/signing/log-keys.ts';

const origin = 'ledger.example/2026h2';

function openLog(folder: string, parts: DerivationParts): Promise<ShardLog> {
  const options = { ...defaultLedgerOptions, segmentBytes: 256 * 1024, spareSegments: 1, checkpointMs: 1e9 };
  const input = { ...parts, folder, origin, keys: [], options, nowMs: Date.now, onFailure: () => {} };
  return ShardLog.open({
    ...input,
    derive: async (start, events) =>
      new BackgroundDerivation({ ...parts, ...options, ...start, nowMs: Date.now }, events),
  });
}

test('in a whole ledger on a disk: disclosures are opened, a person is erased, nothing of it is in any file, the log goes on', async (t) => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-ledger-'));
  t.after(() => fs.rmSync(home, { recursive: true, force: true }));
  const [ledgerFolder, keysFolder, secondFolder] = ['ledger', 'keys', 'second'].map((name) =>
    path.join(home, name),
  ) as [string, string, string];
  const folder = path.join(ledgerFolder, '2026h2');
  for (const made of [ledgerFolder, keysFolder]) fs.mkdirSync(made);
  const secrets = createWrappingKey(wrappingKeyFile(keysFolder));
  createLogKeys(keysFolder, 1);
  const parts = makeParts({ origin, ledgerFolder, keysFolder, secondFolder, signing: [1], trusted: [1] });
  const log = await openLog(folder, parts);

  const disclosure = (i: number) =>
    makeContent('disclosure', Date.UTC(2026, 10, 22) + i, {
      subject: `customer-${i % 5}`,
      principal: `scanner-${i % 3}`,
      basis: `parcel ${i}`,
    });
  for (let i = 0; i < 300; i += 50) await log.append(Array.from({ length: 50 }, (_, k) => disclosure(i + k)));

  const database = new KeyDatabase(keysFile(ledgerFolder));
  const keys = new KeyStore(database, secrets);
  const shelf = () => makeShelf(nodeFiles, { folder, origin }, log.status().published.size);
  const places = { shelves: () => [shelf()], removePerson: async () => {} };
  const context = {
    database,
    keys,
    secrets,
    places,
    log: makeErasingLog(
      () => ({ origin, log }),
      () => null,
    ),
    now: Date.now,
  };
  const holds = new Holds(context);
  const erasures = new Erasures({ ...context, holds });
  const instruction = { principal: 'officer-1', basis: 'request' };
  const hold = await holds.place('customer-2', instruction);
  await assert.rejects(erasures.erase('subject', 'customer-2', instruction), { code: 'LEDGER_HELD' });
  await holds.release('customer-2', hold, instruction);
  const [erased] = await Promise.all([
    erasures.erase('subject', 'customer-2', instruction),
    log.append([disclosure(300), disclosure(301)]),
  ]);
  // Hold and release name the subject too.
  assert.equal(erased.entries, 62);
  await log.append([disclosure(302)]);
  const { size } = await log.checkpoint();
  await log.close();
  parts.close();

  const reader = makeOpeningsReader({ origin, secrets: readWrappingKey(wrappingKeyFile(keysFolder)), keys });
  const told = [...makeShelf(nodeFiles, { folder, origin }, size).bundles()].flatMap((bundle) => {
    const width = Math.min(256, size - 256 * bundle);
    const entries =
      parseEntryBundle(readTile({ files: nodeFiles, folder }, { level: 'entries', index: bundle, width })) ?? [];
    return reader.openBundle(
      bundle,
      makeShelf(nodeFiles, { folder, origin }, size).read(bundle) ?? new Uint8Array(0),
      entries,
    );
  });
  assert.equal(told.length, size);
  assert.equal(size, 306);
  const subjects = told.map((entry) => {
    const field = entry?.fields.find(({ field: { name } }) => name === 'subject');
    return field !== undefined && 'value' in field ? Buffer.from(field.value).toString() : null;
  });
  assert.equal(subjects.filter((subject) => subject === null).length, 63, 'those that were erased, and the tombstone');
  assert.deepEqual(subjects.slice(0, 4), ['customer-0', 'customer-1', null, 'customer-3']);
  assert.equal(subjects[size - 1], 'customer-2', 'who comes back is opened');
  database.close();

  const again = makeParts({ origin, ledgerFolder, keysFolder, secondFolder, signing: [1], trusted: [1] });
  const reopened = await openLog(folder, again);
  assert.equal(reopened.status().size, size);
  await reopened.close();
  again.close();
  for (const name of fs.readdirSync(home, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const bytes = fs.readFileSync(path.join(name.parentPath, name.name));
    assert.equal(bytes.indexOf('customer-'), -1, name.name);
  }
});
