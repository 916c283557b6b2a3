import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { createCommandProvider } from '../../../src/vault/keys/command.ts';
import { createEnvironmentProvider } from '../../../src/vault/keys/environment.ts';
import { createFileProvider } from '../../../src/vault/keys/key-file.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-providers-'));
after(() => rmSync(folder, { recursive: true }));
const key = randomBytes(32);
const wrong = { code: 'VAULT_KEY' };
const noProvider = { code: 'VAULT_KEY_PROVIDER' };
let count = 0;
const place = (): string => mkdtempSync(path.join(folder, String(count++)));

describe('files', () => {
  test('are made with mode 0600, once, and kept: what was wrapped under an older one is unwrapped', async () => {
    const home = place();
    const provider = createFileProvider(home, true);
    assert.deepEqual(readdirSync(home), ['vault-1.key']);
    assert.equal(statSync(path.join(home, 'vault-1.key')).mode & 0o777, 0o600);
    const wrapped = await provider.wrap(key, 'context');
    assert.deepEqual(Buffer.from(await provider.unwrap(wrapped, 'context')), key);
    await assert.rejects(provider.unwrap(wrapped, 'other'), wrong);
    const earlier = createFileProvider(home, false);
    await provider.renew();
    assert.deepEqual(readdirSync(home), ['vault-1.key', 'vault-2.key']);
    const newer = await provider.wrap(key, 'context');
    assert.notDeepEqual(newer.subarray(0, 8), wrapped.subarray(0, 8));
    // One that was opened before learns of the new file.
    for (const each of [wrapped, newer]) assert.deepEqual(Buffer.from(await earlier.unwrap(each, 'context')), key);
  });

  test('that are missing, mistyped or of something else are VAULT_KEY', async () => {
    const home = place();
    const wrapped = await createFileProvider(home, true).wrap(key, 'c');
    const file = path.join(home, 'vault-1.key');
    const text = readFileSync(file, 'utf8');
    for (const bad of [
      '',
      'x'.repeat(1000),
      text.replace(/[0-9a-f](?=[0-9a-f]* )/, (d) => (d === '0' ? '1' : '0')),
      text.slice(0, -2),
    ]) {
      writeFileSync(file, bad);
      assert.throws(() => createFileProvider(home, false), wrong);
    }
    rmSync(file);
    await assert.rejects(async () => createFileProvider(home, false).unwrap(wrapped, 'c'), wrong);
    assert.throws(() => createFileProvider(path.join(home, 'nowhere'), false), wrong);
    assert.deepEqual(readdirSync(home), []);
    for (let at = 0; at < wrapped.length; at++) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(file, text);
      await assert.rejects(createFileProvider(home, false).unwrap(changed, 'c'), wrong);
    }
  });
});

describe('a variable', () => {
  const old = randomBytes(32).toString('hex');
  const fresh = randomBytes(32).toString('hex');
  test('has keys, the newest last', async () => {
    const wrapped = await createEnvironmentProvider('V', old).wrap(key, 'c');
    assert.deepEqual(Buffer.from(await createEnvironmentProvider('V', `${old}, ${fresh}`).unwrap(wrapped, 'c')), key);
    await assert.rejects(createEnvironmentProvider('V', fresh).unwrap(wrapped, 'c'), wrong);
  });
  test('that is missing or wrong is named, and its value is not', () => {
    assert.throws(() => createEnvironmentProvider('V', undefined), noProvider);
    for (const value of ['', ' ', 'secret-value', `${old},`])
      assert.throws(
        () => createEnvironmentProvider('V', value),
        (error: Error & { code: string }) =>
          error.code === 'VAULT_KEY_PROVIDER' && !error.message.includes('secret-value'),
      );
  });
});

describe('a program', () => {
  /** A service for keys that fits into a line: it reverses the bytes. */
  const script = (body: string): readonly string[] => {
    const file = path.join(place(), 'kms.cjs');
    writeFileSync(
      file,
      `const fs = require('fs'); const q = JSON.parse(fs.readFileSync(0, 'utf8'));
       const flip = (text) => Buffer.from(text, 'base64').reverse().toString('base64'); ${body}`,
    );
    chmodSync(file, 0o700);
    return [process.execPath, file];
  };
  const answer = `process.stdout.write(JSON.stringify(q.operation === 'wrap' ? { wrapped: flip(q.key) } : { key: flip(q.wrapped) }) + '\\n');`;

  test('wraps and unwraps', async () => {
    const provider = createCommandProvider(
      script(`if (q.format !== 'boltseal-key-command-1' || q.context !== 'c') process.exit(3); ${answer}`),
    );
    const wrapped = await provider.wrap(key, 'c');
    assert.deepEqual(Buffer.from(wrapped), Buffer.from(key).reverse());
    assert.deepEqual(Buffer.from(await provider.unwrap(wrapped, 'c')), key);
    await assert.rejects(provider.unwrap(wrapped, 'd'), noProvider);
  });

  test('that does anything else is refused, and nothing that it says is repeated', async () => {
    const cases: readonly (readonly string[])[] = [
      script('process.exit(1);'),
      script("process.stderr.write('secret'); process.exit(9);"),
      script("process.stdout.write('secret');"),
      script("process.stdout.write('{}');"),
      script(`process.stdout.write(JSON.stringify({ wrapped: 'secret!' }));`),
      script("process.stdout.write('x'.repeat(100000)); setInterval(() => {}, 1000);"),
      [path.join(folder, 'no such program')],
      ['sh -c true'],
    ];
    for (const command of cases)
      await assert.rejects(
        createCommandProvider(command).wrap(key, 'c'),
        (error: Error & { code: string }) => error.code === 'VAULT_KEY_PROVIDER' && !error.message.includes('secret'),
      );
    await assert.rejects(
      createCommandProvider(script("process.stdout.write(JSON.stringify({ key: 'AAAA' }));")).unwrap(key, 'c'),
      noProvider,
    );
  });

  test('has its time', async () => {
    const slow = createCommandProvider(script('setInterval(() => {}, 1000);'), 300);
    await assert.rejects(slow.wrap(key, 'c'), /longer than 0.3 seconds/);
  });
});
