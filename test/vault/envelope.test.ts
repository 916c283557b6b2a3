import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { vaultFields } from '../../src/contract/api/words.ts';
import { ENVELOPE_BYTES, Envelopes, unwrapKey, wrapKey } from '../../src/vault/envelope.ts';
import { openGcm } from '../../src/vault/gcm.ts';
import type { Slot } from '../../src/vault/slots.ts';

const key = createSecretKey(randomBytes(32));
const subject = randomBytes(16);
const stamp = { version: 3, sinceMs: 1_790_000_000_123 };
const damaged = { code: 'VAULT_DAMAGED' };

describe('an envelope', () => {
  const envelopes = new Envelopes('one');

  test('gives back what was put into it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.constantFrom<Slot>('id', 'trackingNumber', ...vaultFields),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        (text, slot, version, sinceMs) => {
          const sealed = envelopes.seal(key, subject, slot, { version, sinceMs }, text.toWellFormed());
          assert.deepEqual(envelopes.open(key, subject, slot, sealed), { version, sinceMs, text: text.toWellFormed() });
          assert.equal(sealed.length, ENVELOPE_BYTES + Buffer.byteLength(text.toWellFormed()));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('opens nowhere but where it was made: not for another field, subject, tenant, version, time or key', () => {
    const sealed = Buffer.from(envelopes.seal(key, subject, 'phone', stamp, '13812345678'));
    assert.equal(envelopes.open(key, subject, 'phone', sealed).text, '13812345678');
    for (const field of ['id', 'trackingNumber', ...vaultFields] as const)
      if (field !== 'phone') assert.throws(() => envelopes.open(key, subject, field, sealed), damaged);
    assert.throws(() => envelopes.open(key, randomBytes(16), 'phone', sealed), damaged);
    assert.throws(() => new Envelopes('two').open(key, subject, 'phone', sealed), damaged);
    assert.throws(() => envelopes.open(createSecretKey(randomBytes(32)), subject, 'phone', sealed), damaged);
    const later = Buffer.from(sealed);
    later.writeUInt32BE(stamp.version + 1, 1);
    assert.throws(() => envelopes.open(key, subject, 'phone', later), damaged);
    const since = Buffer.from(sealed);
    since.writeUIntBE(stamp.sinceMs + 1, 5, 6);
    assert.throws(() => envelopes.open(key, subject, 'phone', since), damaged);
  });

  test('names that run into each other are still apart: lengths are part of what it is bound to', () => {
    const sealed = new Envelopes('ab').seal(key, subject, 'id', stamp, 'x');
    assert.throws(() => new Envelopes('a').open(key, subject, 'id', sealed), damaged);
    assert.throws(() => new Envelopes('abc').open(key, subject, 'id', sealed), damaged);
  });

  test('of which any bit was changed, or any part cut off, does not open', () => {
    const sealed = Buffer.from(envelopes.seal(key, subject, 'name', stamp, '王小明'));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => envelopes.open(key, subject, 'name', changed), damaged);
    }
    for (let length = 0; length < sealed.length; length++)
      assert.throws(() => envelopes.open(key, subject, 'name', sealed.subarray(0, length)), damaged);
    assert.throws(() => envelopes.open(key, subject, 'name', Buffer.concat([sealed, Buffer.alloc(1)])), damaged);
  });

  test('never has the same nonce', () => {
    const nonces = Array.from({ length: 2000 }, () =>
      Buffer.from(envelopes.seal(key, subject, 'name', stamp, 'x')).toString('hex', 11, 23),
    );
    assert.equal(new Set(nonces).size, nonces.length);
  });
});

test('a wrapped key opens under its key and context only', () => {
  const inner = randomBytes(32);
  const wrapped = wrapKey(key, Buffer.from('a'), inner);
  assert.deepEqual(unwrapKey(key, Buffer.from('a'), wrapped), inner);
  assert.equal(unwrapKey(key, Buffer.from('b'), wrapped), null);
  assert.equal(unwrapKey(createSecretKey(randomBytes(32)), Buffer.from('a'), wrapped), null);
  assert.equal(unwrapKey(key, Buffer.from('a'), wrapped.subarray(1)), null);
  for (let at = 0; at < wrapped.length; at++) {
    const changed = Buffer.from(wrapped);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(unwrapKey(key, Buffer.from('a'), changed), null);
  }
});

const vectors = fileURLToPath(new URL('../../../shared/data/vectors/wycheproof/aes_gcm_test.json', import.meta.url));
const skip = existsSync(vectors) ? false : 'the vectors are in ../shared, which is not here';

test("Wycheproof's vectors of AES-256-GCM with nonces of 96 bits", { skip }, () => {
  interface Vector {
    readonly tcId: number;
    readonly key: string;
    readonly iv: string;
    readonly aad: string;
    readonly msg: string;
    readonly ct: string;
    readonly tag: string;
    readonly result: string;
  }
  const file = JSON.parse(readFileSync(vectors, 'utf8')) as {
    testGroups: { keySize: number; ivSize: number; tests: Vector[] }[];
  };
  let count = 0;
  for (const { keySize, ivSize, tests } of file.testGroups) {
    if (keySize !== 256 || ivSize !== 96) continue;
    for (const { tcId, key: hex, iv, aad, msg, ct, tag, result } of tests) {
      const sealed = Buffer.from(iv + ct + tag, 'hex');
      const opened = openGcm(createSecretKey(Buffer.from(hex, 'hex')), Buffer.from(aad, 'hex'), sealed);
      const isRight = opened !== null && Buffer.from(msg, 'hex').equals(opened);
      assert.equal(isRight, result === 'valid', `${tcId}`);
      count++;
    }
  }
  assert.equal(count, 66);
});
