import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';

const moduleUrl = new URL('../../../src/dump/sandbox/compiled-code.ts', import.meta.url).href;

interface Setting {
  readonly root: string;
  readonly cache: string;
  readonly kept: () => string[];
  /** Asks for compiled code in a new process; answers what that said, how many programs it started and the copies it got of what that program left. */
  provide(environment?: Record<string, string>): { provided: boolean; started: number; files: string[] };
}

/** A project of nothing but folders, and a program that leaves one file where compiled code is kept. */
function setting(t: TestContext): Setting {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'boltseal-code-')));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const cache = path.join(root, 'cache');
  for (const folder of ['project/src/core', 'project/src/dump/readers'])
    mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, 'project/package-lock.json'), '{}');
  writeFileSync(
    path.join(root, 'program.cjs'),
    `const fs = require('node:fs'); const cache = process.env.NODE_COMPILE_CACHE;
     fs.appendFileSync(${JSON.stringify(path.join(root, 'starts'))}, 'x');
     fs.mkdirSync(cache + '/v1', { recursive: true }); fs.writeFileSync(cache + '/v1/one', 'compiled');`,
  );
  const script = `
    import { provideCompiledCode } from ${JSON.stringify(moduleUrl)};
    import { readdirSync, mkdirSync, rmSync, readFileSync } from 'node:fs';
    const root = ${JSON.stringify(root)};
    rmSync(root + '/code', { recursive: true, force: true });
    mkdirSync(root + '/code');
    const provided = provideCompiledCode(root + '/project', root + '/code', () => ({ command: process.execPath, args: ['--no-warnings', root + '/program.cjs'] }));
    const files = readdirSync(root + '/code', { recursive: true, withFileTypes: true }).map(({ name }) => name).filter((name) => name === 'one');
    let starts = '';
    try { starts = readFileSync(root + '/starts', 'utf8'); } catch {}
    console.log(JSON.stringify({ provided, started: starts.length, files }));`;
  return {
    root,
    cache,
    kept: () => readdirSync(cache).filter((name) => name.startsWith('reading-')),
    provide(environment = { NODE_COMPILE_CACHE: cache }) {
      const { stdout } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
        { env: { PATH: process.env.PATH ?? '', ...environment }, encoding: 'utf8' },
      );
      return JSON.parse(stdout);
    },
  };
}

test('compiled code is made once, and again when files were replaced', (t) => {
  const { root, cache, kept, provide } = setting(t);
  assert.deepEqual(provide(), { provided: true, started: 1, files: ['one'] });
  assert.deepEqual(provide(), { provided: true, started: 1, files: ['one'] });
  const [name = ''] = kept();
  assert.equal(kept().length, 1);
  if (process.getuid !== undefined) assert.equal(statSync(path.join(cache, name)).mode & 0o777, 0o600);
  writeFileSync(path.join(root, 'project/src/dump/readers/new.ts'), '');
  assert.deepEqual(provide(), { provided: true, started: 2, files: ['one'] });
  assert.equal(kept().length, 1);
});

test('a file of compiled code that others can write, or that is none, is not used', (t) => {
  if (process.getuid === undefined) return t.skip('Windows has no modes of files');
  const { cache, kept, provide } = setting(t);
  provide();
  const [name = ''] = kept();
  chmodSync(path.join(cache, name), 0o622);
  assert.deepEqual(provide(), { provided: true, started: 2, files: ['one'] });
  assert.equal(statSync(path.join(cache, name)).mode & 0o777, 0o600);
  writeFileSync(path.join(cache, name), 'no compiled code');
  assert.deepEqual(provide(), { provided: true, started: 3, files: ['one'] });
});

test('without a cache of its own a process gives the reading process none', (t) => {
  const { provide } = setting(t);
  assert.deepEqual(provide({}), { provided: false, started: 0, files: [] });
});
