import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKeyFile, readKeyFile } from '../../src/register/key-file.ts';
import { newHome } from './support.ts';

test('a key is written once, for its owner alone, and read back', () => {
  const home = newHome();
  const file = join(home, 'register.key');
  createKeyFile(file);
  const text = readFileSync(file, 'latin1');
  assert.match(text, /^boltseal-key-1 [0-9a-f]{64} [0-9a-f]{8}\n$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(Buffer.from(readKeyFile(file)).toString('hex'), text.split(' ')[1]);
  assert.throws(() => createKeyFile(file), { code: 'KEY_EXISTS' });
  assert.equal(readFileSync(file, 'latin1'), text);
  assert.deepEqual(readdirSync(home), ['register.key']);
  createKeyFile(join(home, 'other.key'));
  assert.notEqual(readFileSync(join(home, 'other.key'), 'latin1'), text);
});

test('whatever is wrong with a key file, the error is one and the same', () => {
  const home = newHome();
  const good = join(home, 'good.key');
  createKeyFile(good);
  const text = readFileSync(good, 'latin1');
  const swapped = text.replace(/ ([0-9a-f])/, (_, digit: string) => ` ${digit === '0' ? '1' : '0'}`);
  const bad = ['', 'x', text.slice(0, -2), text.replace('key-1', 'key-2'), swapped, `${text}${text}`, ' '.repeat(1000)];
  const file = join(home, 'bad.key');
  const messages = new Set<string>();
  const read = (path: string): void => {
    assert.throws(
      () => readKeyFile(path),
      (error: Error & { code: string; exit: number }) => {
        messages.add(`${error.code} ${error.exit} ${error.message}`);
        return true;
      },
    );
  };
  for (const content of bad) {
    writeFileSync(file, content);
    read(file);
  }
  read(join(home, 'missing.key'));
  read(home);
  assert.equal(messages.size, 1);
  assert.match([...messages][0]!, /^KEY_UNUSABLE 1 /);
});
