import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { concatBytes } from '../../../src/core/bytes.ts';
import { decodeRecord, encodeRecord, makeContent, recordSizeBytes } from '../../../src/core/ledger-entry/record.ts';
import { anyRecord, sampleDisclosure } from './samples.ts';

function encode(record: ReturnType<typeof sampleDisclosure>, at = 0, behind = 0): Uint8Array {
  const bytes = new Uint8Array(at + recordSizeBytes(record) + behind);
  const end = encodeRecord(record, concatBytes([record.subjectSeed, record.principalSeed]), bytes, at);
  assert.equal(end, bytes.length - behind);
  return bytes;
}

test('what was encoded is decoded, wherever it stands', () => {
  fc.assert(
    fc.property(anyRecord, fc.nat(50), fc.nat(50), (record, at, behind) => {
      const decoded = decodeRecord(encode(record, at, behind), at);
      assert.deepEqual(decoded?.end, at + recordSizeBytes(record));
      const plain = (bytes: Uint8Array | null) => (bytes === null ? null : [...bytes]);
      const shape = ({ idempotencyKey, fields, subjectSeed, principalSeed, ...rest }: typeof record) => ({
        ...rest,
        idempotencyKey: plain(idempotencyKey),
        fields: fields.map(plain),
        seeds: [plain(subjectSeed), plain(principalSeed)],
      });
      assert.deepEqual(shape(decoded.record), shape(record));
    }),
  );
});

test('a record that is cut anywhere is none', () => {
  const bytes = encode(sampleDisclosure());
  for (let length = 0; length < bytes.length; length++) assert.equal(decodeRecord(bytes.subarray(0, length), 0), null);
});

test('no bytes make the decoder throw or read beyond them', () => {
  const sound = encode(sampleDisclosure());
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(sound.length - 1), fc.nat(255), (noise, at, byte) => {
      decodeRecord(noise, 0);
      const changed = Uint8Array.from(sound);
      changed[at] = byte;
      const decoded = decodeRecord(changed, 0);
      assert.ok(decoded === null || decoded.end <= changed.length);
    }),
  );
});

test('content that is none of its kind is refused', () => {
  const sound = makeContent('disclosure', 5, { subject: 'a' });
  const refused = { code: 'LEDGER_ENTRY' };
  assert.ok(recordSizeBytes(sound) > 0);
  assert.throws(() => recordSizeBytes({ ...sound, fields: sound.fields.slice(1) }), refused);
  assert.throws(() => recordSizeBytes({ ...sound, timeMs: 6 }), refused, 'a field "time" that is another time');
  assert.throws(() => recordSizeBytes({ ...sound, timeMs: -1 }), refused);
  assert.throws(() => recordSizeBytes({ ...sound, timeMs: 2 ** 48 }), refused);
  assert.throws(() => recordSizeBytes({ ...sound, timeMs: 5.5 }), refused);
  assert.throws(() => recordSizeBytes({ ...sound, idempotencyKey: new Uint8Array(15) }), refused);
  assert.throws(() => recordSizeBytes(makeContent('disclosure', 5, { subject: 'a'.repeat(4097) })), refused);
});

test('the time of an entry is written in its field digit by digit, and nothing else is', () => {
  const sizeWith = (timeMs: number, text: string) => () => {
    const content = makeContent('disclosure', timeMs, {});
    const fields = content.fields.map((value, i) => (i === 5 ? Buffer.from(text) : value));
    return recordSizeBytes({ ...content, fields });
  };
  for (const timeMs of [
    0,
    7,
    10,
    9_999_999,
    10_000_000,
    10_000_001,
    99_999_999_999_999,
    1_790_000_000_000,
    2 ** 48 - 1,
  ]) {
    const text = String(timeMs);
    assert.ok(sizeWith(timeMs, text)() > 0);
    const others = [`0${text}`, `${text}0`, text.slice(1), text.slice(0, -1), text.slice(-7), ` ${text}`, `-${text}`];
    for (const other of others)
      if (other !== text) assert.throws(sizeWith(timeMs, other), { code: 'LEDGER_ENTRY' }, `${timeMs} as ${other}`);
  }
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.nat(2 ** 16), fc.nat(14), fc.nat(9), (low, high, place, digit) => {
      const timeMs = high * 2 ** 31 + low;
      const text = String(timeMs);
      assert.ok(sizeWith(timeMs, text)() > 0);
      const at = place % text.length;
      const other = `${text.slice(0, at)}${digit}${text.slice(at + 1)}`;
      if (other !== text) assert.throws(sizeWith(timeMs, other), { code: 'LEDGER_ENTRY' });
    }),
  );
});
