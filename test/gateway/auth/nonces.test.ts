import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fingerprintNonce, type NonceOptions, Nonces } from '../../../src/gateway/auth/nonces.ts';
import { makeFolder, START_MS, type TestScope } from './world.ts';

const S = START_MS / 1000;
const one = fingerprintNonce('key', 'one');
const two = fingerprintNonce('key', 'two');

function optionsOf(t: TestScope, given: Partial<NonceOptions> = {}): NonceOptions {
  const folder = join(makeFolder(t), 'nonces');
  return { folder, skewSeconds: 30, most: 100, nowMs: START_MS, boot: 'boot-1', ...given };
}

test('what is taken is taken, for key and nonce together', (t) => {
  const nonces = new Nonces(optionsOf(t));
  nonces.take(one, S, START_MS);
  assert.ok(nonces.isTaken(one, START_MS));
  assert.ok(!nonces.isTaken(two, START_MS));
  assert.notEqual(fingerprintNonce('a', 'b c'), fingerprintNonce('a b', 'd'));
  assert.equal(one.length, 12);
  nonces.close();
});

test('what is too old for a signature is forgotten, in memory and on disk, and what is not stays', (t) => {
  const options = optionsOf(t);
  const nonces = new Nonces(options);
  nonces.take(one, S - 30, START_MS);
  nonces.take(two, S + 30, START_MS);
  const laterMs = START_MS + 40_000;
  nonces.take(fingerprintNonce('key', 'three'), S + 40, laterMs);
  assert.equal(nonces.count, 2);
  assert.ok(nonces.isTaken(two, laterMs));
  assert.equal(readdirSync(options.folder).filter((name) => name !== 'run').length, 2);
  // A clock that is set back brings nothing back.
  assert.throws(() => nonces.take(one, S - 30, START_MS), { code: 'AUTH_BUSY' });
  nonces.close();
});

test('after a kill everything is known, and a record that was cut off is overwritten', (t) => {
  const options = optionsOf(t);
  const first = new Nonces(options);
  first.take(one, S, START_MS);
  const [file] = readdirSync(options.folder).filter((name) => name !== 'run');
  appendFileSync(join(options.folder, file!), 'piece');
  const second = new Nonces({ ...options, nowMs: START_MS + 1000 });
  assert.ok(second.isTaken(one, START_MS + 1000));
  second.take(two, S, START_MS + 1000);
  const third = new Nonces({ ...options, nowMs: START_MS + 2000 });
  assert.ok(third.isTaken(one, START_MS + 2000) && third.isTaken(two, START_MS + 2000));
  assert.equal(third.count, 2);
});

test('a process that is killed at once after a nonce was taken has not lost it', (t) => {
  const options = optionsOf(t);
  const module = new URL('../../../src/gateway/auth/nonces.ts', import.meta.url).href;
  const script = `import { Nonces } from ${JSON.stringify(module)};
    const nonces = new Nonces(${JSON.stringify(options)});
    nonces.take('abcdefghijkl', ${S}, ${START_MS});
    process.kill(process.pid, 'SIGKILL');`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', script];
  assert.equal(spawnSync(process.execPath, args).signal, 'SIGKILL');
  const after = new Nonces({ ...options, nowMs: START_MS + 1000 });
  assert.ok(after.isTaken('abcdefghijkl', START_MS + 1000));
});

test('after a power cut nothing is accepted until what was signed before it is too old', (t) => {
  const options = optionsOf(t);
  new Nonces(options).take(one, S, START_MS);
  const nowMs = START_MS + 5000;
  const after = new Nonces({ ...options, boot: 'boot-2', nowMs });
  assert.throws(() => after.isTaken(two, nowMs), { code: 'AUTH_BUSY' });
  assert.throws(() => after.isTaken(two, nowMs + 59_999), { code: 'AUTH_BUSY' });
  assert.ok(!after.isTaken(two, nowMs + 60_000));
  // Without a name for the run of the machine nobody can tell a kill from a power cut.
  const unknown = new Nonces({ ...options, boot: null, nowMs });
  assert.throws(() => unknown.isTaken(two, nowMs), { code: 'AUTH_BUSY' });
});

test('after an orderly stop, and the first time, it goes on at once, also on a machine that was started anew', (t) => {
  const options = optionsOf(t);
  const first = new Nonces(options);
  first.take(one, S, START_MS);
  first.close();
  const second = new Nonces({ ...options, boot: 'boot-2', nowMs: START_MS + 1000 });
  assert.ok(second.isTaken(one, START_MS + 1000));
  assert.ok(!second.isTaken(two, START_MS + 1000));
});

test('when there is no room, in memory or on disk, nothing gets through', {
  skip: process.platform === 'win32',
}, (t) => {
  const few = new Nonces(optionsOf(t, { most: 1 }));
  few.take(one, S, START_MS);
  assert.throws(() => few.take(two, S, START_MS), { code: 'AUTH_BUSY' });
  assert.ok(few.isTaken(one, START_MS));
  const options = optionsOf(t);
  const gone = new Nonces(options);
  rmSync(options.folder, { recursive: true });
  assert.throws(() => gone.take(one, S, START_MS), { code: 'AUTH_BUSY' });
  assert.ok(!gone.isTaken(one, START_MS));
});
