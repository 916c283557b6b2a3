import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fieldsOf } from '../../../src/core/ledger-entry/kinds.ts';
import type { EntryOpening } from '../../../src/core/ledger-entry/opening.ts';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { copyLedger, type LedgerShard } from '../../../src/disclosures/import/ledger-entries.ts';
import { nodeFiles } from '../../../src/ledger/files/node-files.ts';
import { keysFile, wrappingKeyFile } from '../../../src/ledger/home-parts.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore } from '../../../src/ledger/keys/key-store.ts';
import { readWrappingKey } from '../../../src/ledger/keys/wrapping.ts';
import { makeOpeningsReader } from '../../../src/ledger/openings/reader.ts';
import { readEntries } from '../../../src/ledger/read-entries.ts';
import { openLedger } from '../../../src/ledger/service/open-ledger.ts';
import { newHome, readAll, registerKey } from '../support.ts';

const start = Date.parse('2026-11-01T00:00:00Z');

function disclosure(i: number, decision = 'allow') {
  const values = {
    principal: `scanner-${i % 7}`,
    subject: `C${i % 50}`,
    fields: 'name,phone',
    purpose: 'delivery',
    decision,
  };
  return makeContent('disclosure', start + 1000 * i, values);
}

describe('columns from the ledger', () => {
  it('have each accepted disclosure once, go on where they ended, and are made again when they are lost', async () => {
    const home = newHome();
    const [folder, keysFolder] = [path.join(home, 'ledger'), path.join(home, 'ledger-keys')];
    fs.mkdirSync(keysFolder);
    const { ledger, close } = await openLedger({
      settings: {
        ledgerFolder: folder,
        keysFolder: keysFolder,
        secondPlaceFolder: path.join(home, 'second'),
        origin: 'ledger.example',
        witnesses: null,
        onMissingQuorum: 'withhold',
        retentionDays: null,
      },
      nowMs: Date.now,
      removePerson: async () => {},
      removeShardRows: async () => {},
      onFailure: () => {},
    });
    const name = ledger.shard;
    const origin = `ledger.example/${name}`;
    const secrets = readWrappingKey(wrappingKeyFile(keysFolder));
    const database = new KeyDatabase(keysFile(folder));
    const reader = makeOpeningsReader({ origin, secrets, keys: new KeyStore(database, secrets) });
    const place = { files: nodeFiles, folder: path.join(folder, name), origin };
    const copy = async (fromStart = false) => {
      const { size } = await ledger.checkpoint();
      const shard: LedgerShard = { name, size, read: (from, to) => readEntries(place, reader, size, { from, to }) };
      const { rejected, ...counts } = copyLedger({ home, registerKey, shards: [shard], fromStart });
      assert.equal(rejected.size, 0);
      return counts;
    };
    await ledger.append(Array.from({ length: 300 }, (_, i) => disclosure(i)));
    assert.deepEqual(await copy(), { read: 300, added: 300, erased: 0 });
    const hold = makeContent('hold', start, { principal: 'officer', subject: 'C1', basis: 'case' });
    await ledger.append([
      disclosure(300),
      disclosure(301, 'deny'),

      hold,
      disclosure(302, 'mask'),
    ]);
    assert.deepEqual(await copy(), { read: 2, added: 2, erased: 0 });
    assert.deepEqual(await copy(), { read: 0, added: 0, erased: 0 });
    assert.deepEqual(await copy(true), { read: 302, added: 0, erased: 0 });
    const rows = readAll(home);
    assert.equal(rows.length, 302);
    fs.rmSync(path.join(home, 'disclosures'), { recursive: true });
    assert.deepEqual(await copy(), { read: 302, added: 302, erased: 0 });
    assert.deepEqual(readAll(home), rows);
    await close();
    database.close();
  });

  it('stay whole when their place in the ledger cannot be written, or a crash left it half written', () => {
    const home = newHome();
    const copy = (size: number) => copyLedger({ home, registerKey, shards: [madeUpShard(size)] }).added;
    assert.equal(copy(3), 3);
    const cursor = path.join(home, 'disclosures', 'ledger.json');
    fs.writeFileSync(`${cursor}.new`, '{');
    assert.equal(copy(5), 2);
    assert.equal(readAll(home).length, 5);
    assert.ok(!fs.existsSync(`${cursor}.new`));
    fs.rmSync(cursor);
    fs.mkdirSync(cursor);
    assert.equal(copy(7), 2);
    assert.equal(readAll(home).length, 7);
  });
});

/** A shard of that many disclosures, of which only the openings are looked at. */
function madeUpShard(size: number): LedgerShard {
  const openingOf = (index: number): EntryOpening => {
    const { kind, timeMs, fields } = disclosure(index);
    const opened = (fieldsOf(kind) ?? []).map((field, i) => ({ field, salt: new Uint8Array(32), value: fields[i]! }));
    return { kind, hour: Math.floor(timeMs / 3_600_000), fields: opened };
  };
  return {
    name: '2026h2',
    size,
    *read(from, to) {
      for (let index = from; index < to; index++) yield { index, entry: new Uint8Array(48), opening: openingOf(index) };
    },
  };
}
