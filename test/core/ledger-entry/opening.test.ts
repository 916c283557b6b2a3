import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { commitmentsOf, rootOf } from '../../../src/core/ledger-entry/commitments.ts';
import { ENTRY_BYTES, encodeEntry, entryOf, parseEntry } from '../../../src/core/ledger-entry/entry.ts';
import { fieldsOf } from '../../../src/core/ledger-entry/kinds.ts';
import { checkOpening, type Opening, openRecord, revealFields } from '../../../src/core/ledger-entry/opening.ts';
import { anyRecord, hashes, sampleDisclosure } from './samples.ts';

const { node, portable } = hashes;
const viaJson = (opening: Opening): unknown => JSON.parse(JSON.stringify(opening));

test('an entry is 48 bytes and is parsed to what it was made of; any other bytes are none', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const bytes = entryOf(node, record);
      assert.equal(bytes.length, ENTRY_BYTES);
      assert.deepEqual(Buffer.from(bytes), Buffer.from(entryOf(portable, record)), 'the same with another SHA-256');
      const entry = parseEntry(bytes);
      assert.equal(entry?.kind, record.kind);
      assert.equal(entry?.hour, Math.floor(record.timeMs / 3_600_000));
      assert.deepEqual(Buffer.from(encodeEntry(entry)), Buffer.from(bytes));
    }),
  );
  const sound = entryOf(node, sampleDisclosure());
  for (const [at, byte] of [
    [0, 2],
    [1, 0],
    [1, 7],
    [2, 1],
    [3, 7],
    [8, 1],
    [15, 1],
  ] as const) {
    const changed = Uint8Array.from(sound);
    changed[at] = byte;
    assert.equal(parseEntry(changed), null, `byte ${at}`);
  }
  assert.equal(parseEntry(sound.subarray(1)), null);
  assert.equal(parseEntry(new Uint8Array(49)), null);
});

test('any subset of the fields of any record can be revealed, and nothing else is told', () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(), fc.nat(1e9), (record, mask, index) => {
      const fields = fieldsOf(record.kind) ?? [];
      const names = fields.filter((_, i) => (mask >> i) & 1).map(({ name }) => name);
      const opening = viaJson(revealFields(portable, index, openRecord(portable, record), names));
      const proven = checkOpening(node, opening, index, entryOf(node, record));
      assert.deepEqual(
        proven.revealed.map(({ name }) => name),
        names,
      );
      assert.equal(proven.closed.length, fields.length - names.length);
      for (const { name, value } of proven.revealed)
        assert.deepEqual(
          Buffer.from(value),
          Buffer.from(record.fields[fields.findIndex((f) => f.name === name)] ?? []),
        );
    }),
  );
});

test('what is closed stands in the opening neither as value nor as salt', () => {
  const record = sampleDisclosure();
  const text = JSON.stringify(revealFields(node, 3, openRecord(node, record), ['purpose', 'time']));
  for (const [i, { name }] of (fieldsOf(1) ?? []).entries()) {
    if (name === 'purpose' || name === 'time') continue;
    const value = Buffer.from(record.fields[i] ?? []);
    assert.ok(!text.includes(value.toString()) && !text.includes(value.toString('base64')), name);
  }
  for (const seed of [record.subjectSeed, record.principalSeed])
    assert.ok(!text.includes(Buffer.from(seed).toString('base64')));
});

test('every change of an opening or of its entry is found', () => {
  const record = sampleDisclosure();
  const entry = entryOf(node, record);
  const opening = viaJson(
    revealFields(node, 3, openRecord(node, record), ['principal', 'time', 'requestSignature']),
  ) as Opening;
  const refused = { code: 'LEDGER_OPENING' };
  assert.ok(checkOpening(node, opening, 3, entry));
  // Every leaf of the JSON replaced by another of its type.
  let changes = 0;
  const alter = (value: unknown, put: (changed: unknown) => unknown): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value))
        alter(inner, (changed) =>
          put(Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }),
        );
      if (!Array.isArray(value)) changed(put({ ...value, more: 1 }));
      if (Array.isArray(value)) changed(put(value.slice(1)));
      return;
    }
    if (typeof value === 'number') changed(put(value + 1));
    if (typeof value === 'string') {
      changed(put(`${value}A`));
      changed(put(value.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))));
      changed(put(7));
    }
  };
  const changed = (whole: unknown): void => {
    changes++;
    assert.throws(() => checkOpening(node, whole, 3, entry), refused, JSON.stringify(whole));
  };
  alter(opening, (whole) => whole);
  assert.ok(changes > 80, `${changes} changes`);
  for (let at = 0; at < entry.length; at++) {
    const other = Uint8Array.from(entry);
    other[at] = (other[at] ?? 0) ^ 1;
    assert.throws(() => checkOpening(node, opening, 3, other), refused, `byte ${at} of the entry`);
  }
  assert.throws(() => checkOpening(node, opening, 4, entry), refused);
  for (const nonsense of [null, undefined, 7, 'x', [], {}, { fields: null }, [[[]]]])
    assert.throws(() => checkOpening(node, nonsense, 3, entry), refused);
});

test('a time outside of the hour that the entry shows is not proved', () => {
  const record = { ...sampleDisclosure(), timeMs: 0 };
  const kindAndHour = { kind: record.kind, hour: 0 };
  const entry = encodeEntry({ ...kindAndHour, root: rootOf(node, record.kind, 0, commitmentsOf(node, record)) });
  const opened = { ...openRecord(node, record), hour: 0 };
  assert.ok(checkOpening(node, viaJson(revealFields(node, 0, opened, ['purpose'])), 0, entry));
  assert.throws(() => checkOpening(node, viaJson(revealFields(node, 0, opened, ['time'])), 0, entry), {
    code: 'LEDGER_OPENING',
  });
});

test('a field that the kind does not have, or that was erased, is not revealed', () => {
  const record = sampleDisclosure();
  const opened = openRecord(node, record);
  assert.throws(() => revealFields(node, 3, opened, ['hold']), { code: 'LEDGER_REVEAL' });
  const commitments = commitmentsOf(node, record);
  const fields = opened.fields.map((field, i) =>
    field.field.about === 'principal' ? field : { field: field.field, commitment: commitments[i] ?? new Uint8Array(0) },
  );
  const half = { ...opened, fields };
  assert.throws(() => revealFields(node, 3, half, ['subject']), { code: 'LEDGER_REVEAL' });
  const proven = checkOpening(node, viaJson(revealFields(node, 3, half, ['principal'])), 3, entryOf(node, record));
  assert.deepEqual(
    proven.revealed.map(({ name }) => name),
    ['principal'],
    'what was not erased is proved by the commitments of the rest',
  );
});
