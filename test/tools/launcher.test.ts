import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const base = mkdtempSync(join(tmpdir(), 'boltseal launcher '));
after(() => rmSync(base, { recursive: true }));

/** An npm that notes its calls and makes what the launcher looks for: a Node, and npm's mark of a finished installation. */
const fakeNpm = `#!/bin/sh
echo "$*" >>"$LOG"
echo "noise of npm"
[ "\${NPM_FAILS:-}" = 1 ] && { echo "npm ERR! no network" >&2; exit 7; }
sleep "\${NPM_SECONDS:-0}"
mkdir -p node_modules/.bin
ln -sf "$REAL_NODE" node_modules/.bin/node
echo '{}' >node_modules/.package-lock.json
`;

interface Copy {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  calls(): string[];
}

function makeCopy(name: string): Copy {
  const folder = join(base, name);
  const tools = join(folder, 'fake bin');
  for (const part of ['tools', 'src/cli', 'fake bin']) mkdirSync(join(folder, part), { recursive: true });
  for (const file of ['boltseal', 'tools/node.sh']) copyFileSync(join(repository, file), join(folder, file));
  writeFileSync(join(folder, 'package-lock.json'), '{}');
  writeFileSync(join(folder, 'src/cli/main.ts'), 'console.log(JSON.stringify(process.argv.slice(2)));');
  writeFileSync(join(tools, 'npm'), fakeNpm);
  chmodSync(join(tools, 'npm'), 0o755);
  const log = join(folder, 'calls');
  return {
    folder,
    environment: { PATH: `${tools}:/usr/bin:/bin`, LOG: log, REAL_NODE: process.execPath },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}

function launch(
  copy: Copy,
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  program = join(copy.folder, 'boltseal'),
) {
  return spawnSync(program, words, { cwd: base, encoding: 'utf8', env: { ...copy.environment, ...environment } });
}

test('the first run installs and then passes every word on; npm is not heard', () => {
  const copy = makeCopy('first run');
  const result = launch(copy, ['verify', 'a file', '', '--json', '-']);
  assert.equal(result.stdout, '["verify","a file","","--json","-"]\n');
  assert.doesNotMatch(result.stderr, /noise/);
  assert.equal(result.status, 0);
  assert.deepEqual(copy.calls(), ['ci']);
  assert.equal(existsSync(join(copy.folder, '.install-lock')), false);
});

test('the second run installs nothing; a newer lock file does', () => {
  const copy = makeCopy('again');
  launch(copy, []);
  assert.equal(launch(copy, []).stderr, '');
  assert.equal(copy.calls().length, 1);
  const soon = Date.now() / 1000 + 100;
  utimesSync(join(copy.folder, 'package-lock.json'), soon, soon);
  launch(copy, []);
  assert.equal(copy.calls().length, 2);
  launch(copy, []);
  assert.equal(copy.calls().length, 2, 'a lock file from the future must not install for ever');
});

test('it finds its folder through links', () => {
  const copy = makeCopy('linked');
  mkdirSync(join(base, 'links'));
  symlinkSync('../linked/boltseal', join(base, 'links/one'));
  symlinkSync(join(base, 'links/one'), join(base, 'links/two'));
  const result = launch(copy, ['x'], {}, join(base, 'links/two'));
  assert.equal(result.stdout, '["x"]\n', result.stderr);
});

test('when npm fails its lines are shown, and the next run tries again', () => {
  const copy = makeCopy('failing');
  const result = launch(copy, ['x'], { NPM_FAILS: '1' });
  assert.equal(result.status, 1);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, /npm ERR! no network/);
  assert.equal(existsSync(join(copy.folder, '.install-lock')), false);
  assert.equal(launch(copy, ['x']).stdout, '["x"]\n');
});

test('without npm it says what to install', () => {
  const copy = makeCopy('no npm');
  rmSync(join(copy.folder, 'fake bin/npm'));
  // A folder of links to the few programs of the system that it needs, because the system's own folders may have an npm.
  for (const program of ['dirname', 'readlink', 'cat', 'mkdir', 'sleep', 'rm', 'mv', 'touch', 'mktemp', 'sh']) {
    const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(found, join(copy.folder, 'fake bin', program));
  }
  const result = launch(copy, ['x'], { PATH: join(copy.folder, 'fake bin') });
  assert.equal(result.status, 1);
  assert.match(result.stderr, /npm was not found: install Node\.js 20/);
});

test('of two launchers at once one installs and the other waits', async () => {
  const copy = makeCopy('two at once');
  const outputs = await Promise.all(
    ['a', 'b'].map(
      (word) =>
        new Promise<string>((resolve) => {
          const child = spawn(join(copy.folder, 'boltseal'), [word], {
            env: { ...copy.environment, NPM_SECONDS: '0.5' },
          });
          let output = '';
          child.stdout.on('data', (chunk) => {
            output += chunk;
          });
          child.on('close', () => resolve(output));
        }),
    ),
  );
  assert.deepEqual(outputs, ['["a"]\n', '["b"]\n']);
  assert.equal(copy.calls().length, 1);
});

test('the lock of a launcher that was killed is put aside', () => {
  const copy = makeCopy('stale');
  mkdirSync(join(copy.folder, '.install-lock'));
  const dead = spawnSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).stdout;
  writeFileSync(join(copy.folder, '.install-lock/pid'), dead);
  assert.equal(launch(copy, ['x']).stdout, '["x"]\n');
});
