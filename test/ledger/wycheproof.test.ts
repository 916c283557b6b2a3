import assert from 'node:assert/strict';
import { createSecretKey, hkdfSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hmac, makeHmac, openBytes } from '../../src/ledger/keys/wrapping.ts';
import { nodeVerifier } from '../../src/ledger/signing/verifier.ts';

/*
 * Wycheproof's vectors for the primitives that the ledger uses, through the functions by which it uses them (HKDF: the call that it makes).
 */

const folder = fileURLToPath(new URL('../../../shared/data/vectors/wycheproof', import.meta.url));
const skip = existsSync(folder) ? false : 'the vectors are in ../shared, which is not here';

interface Group {
  readonly [key: string]: unknown;
  readonly tests: readonly Vector[];
}
interface Vector extends Readonly<Record<string, string | undefined>> {
  readonly result: string;
}

function groupsOf(name: string): readonly Group[] {
  const file = JSON.parse(readFileSync(path.join(folder, `${name}_test.json`), 'utf8')) as { testGroups: Group[] };
  return file.testGroups;
}

const bytes = (hex: unknown): Buffer => Buffer.from(String(hex ?? ''), 'hex');

/** Runs `holds` on every vector and gives how many there were. */
function check(groups: readonly Group[], holds: (vector: Vector, group: Group) => boolean): number {
  let count = 0;
  for (const group of groups)
    for (const vector of group.tests) {
      count++;
      assert.equal(holds(vector, group), vector.result === 'valid', `${vector.tcId} ${vector.comment}`);
    }
  return count;
}

test('AES-256-GCM with nonces of 96 bits', { skip }, () => {
  const groups = groupsOf('aes_gcm').filter(({ keySize, ivSize }) => keySize === 256 && ivSize === 96);
  const count = check(groups, ({ key, iv, aad, msg, ct, tag }) => {
    const sealed = Buffer.concat([bytes(iv), bytes(ct), bytes(tag)]);
    const opened = openBytes(createSecretKey(bytes(key)), bytes(aad), sealed);
    return opened !== null && bytes(msg).equals(opened);
  });
  assert.equal(count, 66);
});

test('HMAC-SHA-256, whole and cut to 128 bits', { skip }, () => {
  const count = check(groupsOf('hmac_sha256'), ({ key, msg, tag }) => {
    const expected = bytes(tag);
    const [whole, byParts] = [hmac(createSecretKey(bytes(key)), bytes(msg)), makeHmac(bytes(key))(bytes(msg))];
    assert.deepEqual(Buffer.from(byParts), Buffer.from(whole));
    return expected.equals(whole.subarray(0, expected.length));
  });
  assert.equal(count, 174);
});

test('HKDF-SHA-256', { skip }, () => {
  const count = check(groupsOf('hkdf_sha256'), ({ ikm, salt, info, size, okm }) => {
    try {
      return bytes(okm).equals(Buffer.from(hkdfSync('sha256', bytes(ikm), bytes(salt), bytes(info), Number(size))));
    } catch {
      return false;
    }
  });
  assert.equal(count, 86);
});

test('Ed25519', { skip }, () => {
  const count = check(groupsOf('ed25519'), ({ msg, sig }, { publicKey }) => {
    const { pk } = publicKey as { pk: string };
    return nodeVerifier.verify('ed25519', bytes(pk), bytes(msg), bytes(sig));
  });
  assert.equal(count, 151);
});

test('ML-DSA-44', { skip }, () => {
  let withContext = 0;
  const count = check(groupsOf('mldsa_44_verify'), ({ msg, sig, ctx, result }, { publicKey }) => {
    const holds = nodeVerifier.verify('ml-dsa-44', bytes(publicKey), bytes(msg), bytes(sig));
    if ((ctx ?? '') === '') return holds;
    // Ours are signatures with an empty context: one with another holds for nobody here.
    withContext++;
    assert.equal(holds, false);
    return result === 'valid';
  });
  assert.equal(count, 180);
  assert.ok(withContext < 10, `${withContext}`);
});
