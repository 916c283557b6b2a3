import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { parseEntryBundle } from '../../../src/core/tlog/entry-bundle.ts';
import { keysFile, wrappingKeyFile } from '../../../src/ledger/home-parts.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore } from '../../../src/ledger/keys/key-store.ts';
import { readWrappingKey } from '../../../src/ledger/keys/wrapping.ts';
import { makeOpeningsReader } from '../../../src/ledger/openings/reader.ts';
import { openLedger } from '../../../src/ledger/service/open-ledger.ts';

const home = fs.mkdtempSync(path.join(tmpdir(), 'boltseal-ledger-'));
after(() => fs.rmSync(home, { recursive: true }));
const folder = path.join(home, 'ledger');
const keysFolder = path.join(home, 'keys');

const open = () =>
  openLedger({
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

const disclosure = (i: number) =>
  makeContent('disclosure', Date.now(), {
    principal: `scanner-${i % 7}`,
    subject: `C${i % 50}`,
    fields: 'name,phone',
    purpose: 'delivery',
  });

describe('a ledger of this machine', () => {
  it('signs with its keys, seals openings, and goes on after a restart', async () => {
    fs.mkdirSync(keysFolder);
    let { ledger, close } = await open();
    await ledger.append(Array.from({ length: 300 }, (_, i) => disclosure(i)));
    await close();
    ({ ledger, close } = await open());
    assert.equal((await ledger.append([disclosure(300)])).firstIndex, 300);
    const { size } = await ledger.checkpoint();
    assert.equal(size, 301);
    const { shard } = ledger;
    await close();
    const note = fs.readFileSync(path.join(folder, shard, 'checkpoint'), 'utf8');
    assert.equal(note.split('\n').filter((line) => line.startsWith(`— ledger.example/${shard} `)).length, 2);
    const secrets = readWrappingKey(wrappingKeyFile(keysFolder));
    const database = new KeyDatabase(keysFile(folder));
    const keys = new KeyStore(database, secrets);
    const reader = makeOpeningsReader({ origin: `ledger.example/${shard}`, secrets, keys });
    const stored = fs.readFileSync(path.join(folder, shard, 'openings/001'));
    const bundle = parseEntryBundle(fs.readFileSync(path.join(folder, shard, 'tile/entries/001.p/45')));
    const opened = reader.openBundle(1, stored, bundle ?? []);
    const subjects = opened.map((opening) =>
      opening?.fields.flatMap((field) =>
        'value' in field && field.field.name === 'subject' ? [Buffer.from(field.value).toString()] : [],
      ),
    );
    assert.deepEqual(
      subjects,
      Array.from({ length: 45 }, (_, i) => [`C${(256 + i) % 50}`]),
    );
    database.close();
    assert.ok(!stored.includes('scanner-'));
  });
});
