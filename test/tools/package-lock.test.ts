import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const lockText = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');

interface LockFile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly resolved?: string; readonly integrity?: string }>
  >;
}

test('the lock file names no download address, so it installs from whatever registry its reader uses', () => {
  const { packages } = JSON.parse(lockText) as LockFile;
  const addressed = Object.entries(packages).filter(([, entry]) => entry.resolved?.startsWith('http'));
  assert.deepEqual(addressed, []);
  assert.doesNotMatch(lockText, /"resolved":\s*"[^"]*:\/\//);
});

test('every package in the lock file carries its hash', () => {
  const { packages } = JSON.parse(lockText) as LockFile;
  const unhashed = Object.entries(packages).filter(([path, entry]) => path !== '' && entry.integrity === undefined);
  assert.deepEqual(
    unhashed.map(([path]) => path),
    [],
  );
});

test('package.json names exact versions only', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<
    string,
    Record<string, string> | undefined
  >;
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[group] ?? {}))
      assert.match(version, /^\d+\.\d+\.\d+[\w.-]*$/, name);
  }
});
