import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const base = mkdtempSync(join(tmpdir(), 'boltseal-process-'));
after(() => rmSync(base, { recursive: true }));
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const options = ['--disable-warning=ExperimentalWarning'];

/** A program like main.ts whose `verify` behaves as the text says. */
function writeProgram(name: string, verify: string): string {
  const path = join(base, `${name}.ts`);
  const urls = ['../../src/cli/process.ts', './fake-services.ts'].map((part) => new URL(part, import.meta.url).href);
  writeFileSync(
    path,
    `import { runProcess } from '${urls[0]}';
import { createFakeServices } from '${urls[1]}';
const { services } = createFakeServices();
await runProcess(() => ({ ...services, verify: { run: async (request) => { ${verify} } } }));
`,
  );
  return path;
}

test('init makes a home with a key that only its owner can read, once', () => {
  const home = join(base, 'home');
  const init = () => spawnSync(process.execPath, [...options, main, 'init', '--home', home], { encoding: 'utf8' });
  const first = init();
  assert.equal(first.status, 0, first.stderr);
  const keyPath = join(home, 'keys', 'register.key');
  assert.match(readFileSync(keyPath, 'latin1'), /^boltseal-key-1 [0-9a-f]{64} [0-9a-f]{8}\n$/);
  assert.equal(statSync(keyPath).mode & 0o777, 0o600);
  assert.ok(!first.stdout.includes(readFileSync(keyPath, 'latin1').slice(15, 40)), 'the key itself is not shown');
  const key = readFileSync(keyPath, 'latin1');
  const second = init();
  assert.equal(second.status, 1);
  assert.match(second.stderr, /\[HOME_EXISTS\]/);
  assert.equal(readFileSync(keyPath, 'latin1'), key);
});

test('interrupted, it exits with 130 and takes back what it began', async () => {
  const program = writeProgram(
    'endless',
    "process.stderr.write('ready'); await new Promise((end) => setTimeout(end, 60_000));",
  );
  const folder = mkdtempSync(join(base, 'out'));
  const child = spawn(process.execPath, [...options, program, 'verify', 'd', '--json', join(folder, 'o.json')]);
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
    child.stderr.once('data', () => child.kill('SIGINT'));
  });
  assert.equal(code, 130);
  assert.deepEqual(readdirSync(folder), []);
});

test('a demo that the disk has no room for says so', () => {
  const words = [main, 'demo', '--dir', join(base, 'demo'), '--customers', '2000'];
  const result = spawnSync('sh', ['-c', 'ulimit -f 20; exec "$0" "$@"', process.execPath, ...options, ...words], {
    encoding: 'utf8',
  });
  assert.equal(result.status, 1, result.stderr);
  assert.match(result.stderr, /cannot write ".*demo" \(EFBIG\) \[OUTPUT_WRITE\]/);
});

test('a reader that goes away is no error, and the files are still written', () => {
  const path = join(base, 'o.json');
  const program = writeProgram(
    'talkative',
    "request.affected.write('line\\n'.repeat(200_000)); await new Promise((end) => setTimeout(end, 200)); return { verification: {} };",
  );
  const script = '"$0" "$1" "$2" verify d --affected - --json "$3" | head -n 1; echo "$PIPESTATUS"';
  const result = spawnSync('bash', ['-c', script, process.execPath, options[0]!, program, path], { encoding: 'utf8' });
  assert.equal(result.stdout, 'line\n0\n');
  assert.equal(result.stderr, '');
  assert.equal(readFileSync(path, 'utf8'), '{}\n');
});

test('what nobody caught ends the process with its class alone, and takes back what was begun', () => {
  const folder = mkdtempSync(join(base, 'uncaught'));
  for (const thrown of [
    "setTimeout(() => { throw new TypeError('13800138000'); });",
    "Promise.reject(new TypeError('13800138000'));",
  ]) {
    const program = writeProgram('uncaught', `${thrown} await new Promise((end) => setTimeout(end, 60_000));`);
    const words = [program, 'verify', 'd', '--json', join(folder, 'o.json')];
    const { status, stderr } = spawnSync(process.execPath, [...options, ...words], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /^boltseal: something went wrong inside Boltseal \(TypeError\) \[INTERNAL\]\n/);
    assert.ok(!stderr.includes('13800138000'), 'the message may be a value');
    assert.deepEqual(readdirSync(folder), []);
  }
});

test('what a failed command left open does not keep the process', () => {
  const program = writeProgram('leaky', "setInterval(() => {}, 1000); throw new TypeError('x');");
  const result = spawnSync(process.execPath, [...options, program, 'verify', 'd'], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  assert.equal(result.status, 2);
});
