import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { entryOf } from '../../../src/core/ledger-entry/entry.ts';
import { fieldsOf } from '../../../src/core/ledger-entry/kinds.ts';
import { checkOpening, revealFields } from '../../../src/core/ledger-entry/opening.ts';
import type { EntryRecord } from '../../../src/core/ledger-entry/record.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore } from '../../../src/ledger/keys/key-store.ts';
import { secretsOf } from '../../../src/ledger/keys/wrapping.ts';
import { noncesOf, PartCipher } from '../../../src/ledger/openings/cipher.ts';
import { makeOpeningsReader } from '../../../src/ledger/openings/reader.ts';
import { findSealedBy, removeSealedBy } from '../../../src/ledger/openings/remover.ts';
import { makeOpeningsWriter } from '../../../src/ledger/openings/writer.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { anyRecord, countingSeed, sampleDisclosure } from '../../core/ledger-entry/samples.ts';

const origin = 'ledger.example/2026b';

function makeLab() {
  const database = new KeyDatabase(':memory:');
  const secrets = secretsOf(countingSeed(9));
  const context = { origin, secrets, keys: new KeyStore(database, secrets) };
  return { database, context, writer: makeOpeningsWriter(context), reader: makeOpeningsReader(context) };
}

const entriesOf = (records: readonly EntryRecord[]): Uint8Array[] => records.map((record) => entryOf(sha256, record));
const values = (told: ReturnType<ReturnType<typeof makeOpeningsReader>['openEntry']>) =>
  told?.fields.map((field) => ('value' in field ? Buffer.from(field.value) : null));
const fieldsIn = ({ fields }: EntryRecord) => fields.map((value) => Buffer.from(value));
const sampleRecords = (count: number): EntryRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    ...sampleDisclosure(`customer-${i % 7}`, `scanner-${i % 3}`),
    subjectSeed: countingSeed(i),
    principalSeed: countingSeed(i + 77),
  }));

test('what was sealed is opened, however the bundle grew, and is what the entries commit to', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(12), { maxLength: 3 }),
      fc.nat(2 ** 40),
      (records, cuts, bundle) => {
        const { writer, reader } = makeLab();
        let file: Uint8Array | null = null;
        const steps = [0, ...cuts.map((cut) => Math.min(cut, records.length)).sort((a, b) => a - b), records.length];
        for (const [i, until] of steps.entries())
          if (i > 0) file = writer.extend(bundle, file, steps[i - 1] ?? 0, records.slice(steps[i - 1], until));
        assert.ok(file);
        assert.equal(writer.countOf(file), records.length);
        const opened = reader.openBundle(bundle, file, entriesOf(records));
        assert.deepEqual(opened.map(values), records.map(fieldsIn));
      },
    ),
    { numRuns: 50 },
  );
});

test('the same records derived again give the same bytes; others under the same index have no nonce in common', () => {
  const { writer } = makeLab();
  const records = sampleRecords(5);
  const file = writer.extend(0, null, 0, records);
  assert.deepEqual(writer.extend(0, null, 0, records), file);
  assert.deepEqual(
    writer.extend(0, file, 2, records.slice(2)),
    file,
    'openings behind the place are replaced by the same ones',
  );
  // As after a restored backup: the same seeds even, one value differs.
  const [first = sampleDisclosure()] = records;
  const other = { ...first, fields: first.fields.with(4, new TextEncoder().encode('parcel BS00000002')) };
  const nonces = [first, other].flatMap((record) => {
    const bytes = Buffer.from(writer.extend(0, null, 0, [record]));
    const at = 24 + 18;
    return [bytes.subarray(at, at + 12), bytes.subarray(at + bytes.readUInt16BE(24 + 14)).subarray(0, 12)];
  });
  assert.equal(new Set(nonces.map((nonce) => nonce.toString('hex'))).size, 4);
});

test('a half opens in its own place only', () => {
  const key = createSecretKey(countingSeed(4));
  const [cipher, other] = [new PartCipher(origin), new PartCipher('another.example')];
  const plain = countingSeed(50);
  const { matter: nonce } = noncesOf(2 ** 40 + 1, { matter: plain, principal: plain });
  const sealed = cipher.seal(key, 2 ** 40 + 1, 'matter', nonce, plain);
  assert.deepEqual(Buffer.from(cipher.open(key, 2 ** 40 + 1, 'matter', sealed) ?? []), Buffer.from(plain));
  assert.equal(cipher.open(key, 2 ** 40 + 1, 'principal', sealed), null);
  assert.equal(cipher.open(key, 1, 'matter', sealed), null);
  assert.equal(cipher.open(key, 2 ** 40, 'matter', sealed), null);
  assert.equal(other.open(key, 2 ** 40 + 1, 'matter', sealed), null);
  assert.equal(cipher.open(key, 2 ** 40 + 1, 'matter', sealed.subarray(1)), null);
  assert.equal(cipher.open(key, 2 ** 40 + 1, 'matter', new Uint8Array(5)), null);
});

test('no value and no seed stands in a file', () => {
  const { writer } = makeLab();
  const record = sampleDisclosure();
  const file = Buffer.from(writer.extend(0, null, 0, [record]));
  for (const secret of [...record.fields, record.subjectSeed, record.principalSeed])
    assert.equal(file.indexOf(secret), -1);
});

test('every changed byte, every cut and every other place is found', () => {
  const { writer, reader, context } = makeLab();
  const records = sampleRecords(3);
  const entries = entriesOf(records);
  const file = writer.extend(7, null, 0, records);
  const damage = { code: 'LEDGER_DAMAGED' };
  for (let at = 0; at < file.length; at++) {
    const changed = Uint8Array.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => reader.openBundle(7, changed, entries), damage, `byte ${at}`);
    assert.throws(() => reader.openBundle(7, file.subarray(0, at), entries), damage, `cut at ${at}`);
  }
  assert.throws(() => reader.openBundle(8, file, entries), damage);
  assert.throws(
    () => makeOpeningsReader({ ...context, origin: 'another.example' }).openBundle(7, file, entries),
    damage,
  );
  assert.throws(() => reader.openBundle(7, file, entries.toReversed()), damage, 'openings of other entries');
  assert.throws(() => reader.openBundle(7, file, [...entries, ...entries]), damage, 'fewer openings than entries');
  assert.throws(() => writer.extend(7, file, 4, records), damage, 'a gap');
});

test('without the subject its half is gone for good, and what is left is still proved', () => {
  const { database, context, writer, reader } = makeLab();
  const records = sampleRecords(20);
  const entries = entriesOf(records);
  let file = writer.extend(0, null, 0, records);
  const owner = context.keys.ownerOf('subject', new TextEncoder().encode('customer-3'));
  const numbers = new Set(database.transact(() => context.keys.retire(owner, 1)));
  const concerned = findSealedBy(context, 0, file, numbers).map(({ index }) => index);
  assert.deepEqual(concerned, [3, 10, 17]);
  file = removeSealedBy(context, 0, file, numbers) ?? assert.fail('nothing was removed');
  assert.equal(removeSealedBy(context, 0, file, numbers), null, 'a second time there is nothing to remove');
  assert.deepEqual(
    findSealedBy(context, 0, file, numbers).map(({ index }) => index),
    concerned,
  );
  database.transact(() => context.keys.destroy(1));
  const opened = reader.openBundle(0, file, entries);
  for (const [i, told] of opened.entries()) {
    const record = records[i] ?? assert.fail();
    if (!concerned.includes(i)) {
      assert.deepEqual(values(told), fieldsIn(record));
      continue;
    }
    const names = told?.fields.flatMap((field) => ('value' in field ? [field.field.name] : []));
    assert.deepEqual(names, ['principal'], 'the signature of the request would confirm guesses of the subject');
    assert.ok(told);
    const opening = revealFields(sha256, i, told, ['principal']);
    const [proven] = checkOpening(sha256, opening, i, entries[i] ?? new Uint8Array(0)).revealed;
    assert.deepEqual(Buffer.from(proven?.value ?? []), Buffer.from(record.fields[0] ?? []));
  }
});

test('erased from both sides an entry tells nothing, in either order', () => {
  for (const order of [
    ['subject', 'principal'],
    ['principal', 'subject'],
  ] as const) {
    const { database, context, writer, reader } = makeLab();
    const records = sampleRecords(1);
    let file = writer.extend(0, null, 0, records);
    for (const [i, kind] of order.entries()) {
      const owner = context.keys.ownerOf(
        kind,
        new TextEncoder().encode(kind === 'subject' ? 'customer-0' : 'scanner-0'),
      );
      const numbers = new Set(database.transact(() => context.keys.retire(owner, i + 1)));
      file = removeSealedBy(context, 0, file, numbers) ?? assert.fail();
      database.transact(() => context.keys.destroy(i + 1));
    }
    const [told] = reader.openBundle(0, file, entriesOf(records));
    assert.ok(
      told?.fields.every((field) => 'commitment' in field),
      order.join(),
    );
    assert.equal(told?.fields.length, fieldsOf(1)?.length);
  }
});

test('with a destroyed key an entry that kept no commitments tells nothing, and others are read', () => {
  const { database, context, writer, reader } = makeLab();
  const records = sampleRecords(8);
  const file = writer.extend(0, null, 0, records);
  const owner = context.keys.ownerOf('subject', new TextEncoder().encode('customer-0'));
  database.transact(() => {
    context.keys.retire(owner, 1);
    context.keys.destroy(1);
  });
  const opened = reader.openBundle(0, file, entriesOf(records));
  assert.deepEqual(
    opened.map((told) => told === null),
    records.map((_, i) => i % 7 === 0),
  );
});
