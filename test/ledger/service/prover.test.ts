import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { openLedger } from '../../../src/ledger/service/open-ledger.ts';
import { verifyProof } from '../../../src/ledger/service/proof.ts';
import { findShard, shardPolicyText } from '../../../src/ledger/service/read-shard.ts';

const home = fs.mkdtempSync(path.join(tmpdir(), 'boltseal-prover-'));
after(() => fs.rmSync(home, { recursive: true }));
fs.mkdirSync(path.join(home, 'keys'));

const settings = {
  ledgerFolder: path.join(home, 'ledger'),
  keysFolder: path.join(home, 'keys'),
  secondPlaceFolder: path.join(home, 'second'),
  origin: 'ledger.example',
  witnesses: null,
  onMissingQuorum: 'withhold',
  retentionDays: null,
} as const;

const open = () =>
  openLedger({
    settings,
    nowMs: Date.now,
    removePerson: async () => {},
    removeShardRows: async () => {},
    onFailure: () => {},
  });

const disclosure = (i: number) =>
  makeContent('disclosure', Date.now(), {
    principal: `clerk-${i}`,
    subject: `C${i % 50}`,
    fields: 'name,phone',
    purpose: 'delivery',
  });

const coded = (code: string) => ({ code });

it('an open ledger takes entries of many callers together, and proves each while more come', async (test) => {
  const { ledger, prover, identity, close } = await open();
  test.after(close);
  const appended = await Promise.all(Array.from({ length: 200 }, (_, i) => ledger.append([disclosure(i)])));
  assert.deepEqual(
    appended.map(({ firstIndex }) => firstIndex),
    Array.from({ length: 200 }, (_, i) => i),
  );
  await ledger.checkpoint();
  const segments = fs.readFileSync(path.join(home, 'ledger', ledger.shard, 'wal/0000000001.wal'), 'latin1');
  const groups = segments.split('bltslrec').length - 1;
  assert.ok(groups <= 3, `200 callers of one turn took ${groups} syncs`);

  const policy = shardPolicyText(settings, identity, findShard(settings, null));
  const more = ledger.append(Array.from({ length: 500 }, (_, i) => disclosure(200 + i)));
  for (const index of [0, 77, 199]) {
    const proof = prover.prove({ shard: null, index, reveal: ['principal'] });
    const shown = verifyProof(proof, policy);
    assert.equal(shown.index, index);
    assert.deepEqual(
      shown.revealed.map(({ value }) => Buffer.from(value).toString()),
      [`clerk-${index}`],
    );
    assert.ok(shown.closed.includes('subject'));
  }
  await more;
  await ledger.checkpoint();
  assert.equal(verifyProof(prover.prove({ shard: ledger.shard, index: 650, reveal: [] }), policy).size, 700);
  assert.equal(Buffer.from(prover.valueOf(null, 650, 'principal') ?? []).toString(), 'clerk-650');
  assert.equal(prover.valueOf(null, 650, 'basis')?.length ?? 0, 0);

  assert.throws(() => prover.prove({ shard: null, index: 700, reveal: [] }), coded('LEDGER_INDEX'));
  assert.throws(() => prover.prove({ shard: '1999h1', index: 0, reveal: [] }), coded('LEDGER_SHARD'));
  assert.throws(() => prover.prove({ shard: null, index: 0, reveal: ['colour'] }), coded('LEDGER_REVEAL'));
});

it('nothing is proved of files that were changed', async (test) => {
  const { ledger, prover, close } = await open();
  test.after(close);
  const prove = () => prover.prove({ shard: null, index: 3, reveal: ['principal'] });
  const shard = path.join(home, 'ledger', ledger.shard);
  prove();
  const changes: [string, number, string][] = [
    ['tile/0/000', 100 * 32, 'LEDGER_PROOF'],
    ['tile/entries/000', 3 * 50 + 30, 'LEDGER_DAMAGED'],
    ['openings/000', 5000, 'LEDGER_DAMAGED'],
    ['checkpoint', fs.readFileSync(path.join(shard, 'checkpoint')).indexOf('— ') + 80, 'LEDGER_DAMAGED'],
  ];
  for (const [name, at, code] of changes) {
    const file = path.join(shard, name);
    const bytes = fs.readFileSync(file);
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    fs.writeFileSync(file, changed);
    assert.throws(prove, coded(code), name);
    fs.writeFileSync(file, bytes);
    prove();
  }
});
