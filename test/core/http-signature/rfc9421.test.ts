import assert from 'node:assert/strict';
import { createHash, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type SignatureAlgorithm, webCryptoAlgorithms } from '../../../src/core/http-signature/algorithms.ts';
import { matchesDigests } from '../../../src/core/http-signature/content-digest.ts';
import type { SignedMessage } from '../../../src/core/http-signature/message.ts';
import { createSignatureBase } from '../../../src/core/http-signature/signature-base.ts';
import { readSignatures } from '../../../src/core/http-signature/signature-fields.ts';

interface VectorKey {
  readonly algorithm: SignatureAlgorithm;
  readonly spki?: string;
  readonly pkcs8?: string;
  readonly secret?: string;
}
interface VectorMessage {
  readonly method?: string;
  readonly scheme?: string;
  readonly authority?: string;
  readonly target?: string;
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
interface Vector {
  readonly section: string;
  readonly label: string;
  readonly message: string;
  readonly key: string;
  readonly isExact: boolean;
  readonly input: string;
  readonly base: readonly string[];
  readonly signature: string;
}
const vectors = JSON.parse(readFileSync(new URL('rfc9421-vectors.json', import.meta.url), 'utf8')) as {
  readonly keys: Readonly<Record<string, VectorKey>>;
  readonly messages: Readonly<Record<string, VectorMessage>>;
  readonly signatures: readonly Vector[];
};

test('the examples of RFC 9421, appendix B: bases byte by byte, all signatures verify, B.2.5 and B.2.6 are signed alike', async (t) => {
  assert.equal(vectors.signatures.length, 7);
  for (const vector of vectors.signatures) {
    await t.test(vector.section, async () => {
      const message = vectors.messages[vector.message]!;
      const fields = new Map([
        ...Object.entries(message.headers).map(([name, value]) => [name, [value]] as const),
        ['signature-input', [`${vector.label}=${vector.input}`]] as const,
        ['signature', [`${vector.label}=:${vector.signature}:`]] as const,
      ]);
      const [found] = readSignatures(fields) ?? [];
      assert.ok(found);
      assert.equal(found.label, vector.label);
      const { base } = createSignatureBase(found.covered, toMessage(message, fields));
      assert.equal(base, vector.base.join('\n'));
      const { algorithm, verifying, signing } = await importKeys(vectors.keys[vector.key]!);
      const bytes = Buffer.from(base, 'latin1');
      const { signature } = webCryptoAlgorithms[algorithm];
      assert.ok(await webcrypto.subtle.verify(signature, verifying, found.signature, bytes));
      bytes[0]! ^= 1;
      assert.ok(!(await webcrypto.subtle.verify(signature, verifying, found.signature, bytes)));
      bytes[0]! ^= 1;
      assert.equal(signing !== null, vector.isExact);
      if (signing === null) return;
      const made = await webcrypto.subtle.sign(signature, signing, bytes);
      assert.equal(Buffer.from(made).toString('base64'), vector.signature);
    });
  }
});

test('the content digests of its messages belong to their bodies', () => {
  for (const { headers, body } of Object.values(vectors.messages)) {
    const given = headers['content-digest'];
    if (given === undefined) continue;
    const digest = (algorithm: string, bytes: Uint8Array) =>
      createHash(algorithm.replace('-', '')).update(bytes).digest();
    assert.ok(matchesDigests(given, Buffer.from(body), digest));
    assert.ok(!matchesDigests(given, Buffer.from(`${body} `), digest));
  }
});

function toMessage(message: VectorMessage, headers: ReadonlyMap<string, readonly string[]>): SignedMessage {
  const { status, method, scheme, authority, target } = message;
  if (status !== undefined) return { request: null, response: { status, headers } };
  assert.ok(method !== undefined && scheme !== undefined && authority !== undefined && target !== undefined);
  return { request: { method, scheme, authority, target, headers }, response: null };
}

async function importKeys({ algorithm, spki, pkcs8, secret }: VectorKey) {
  const { key } = webCryptoAlgorithms[algorithm];
  const { subtle } = webcrypto;
  if (secret !== undefined) {
    const both = await subtle.importKey('raw', Buffer.from(secret, 'base64'), key, false, ['sign', 'verify']);
    return { algorithm, verifying: both, signing: both };
  }
  const verifying = await subtle.importKey('spki', Buffer.from(spki ?? '', 'base64'), key, false, ['verify']);
  const signing =
    pkcs8 === undefined ? null : await subtle.importKey('pkcs8', Buffer.from(pkcs8, 'base64'), key, false, ['sign']);
  return { algorithm, verifying, signing };
}
