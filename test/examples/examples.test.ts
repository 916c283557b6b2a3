import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const node = ['--disable-warning=ExperimentalWarning'];
const run = promisify(execFile);

/** `boltseal serve --demo` until the end of the test, with what it printed; `stop` gives its exit code. */
async function startDemo(t: TestContext) {
  const child = spawn(process.execPath, [...node, 'src/cli/main.ts', 'serve', '--demo', '--listen', '127.0.0.1:0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  let printed = '';
  await new Promise<void>((resolve, reject) => {
    const read = (text: string): void => {
      printed += text;
      if (printed.includes('everything goes with it')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('close', () => reject(new Error(`it does not serve: ${printed}`)));
  });
  const stop = (): Promise<number | null> => {
    child.kill('SIGINT');
    return ended;
  };
  return { printed, stop };
}

test('what the demo prints works: the examples ask it, with curl and with the client, and nothing is left of it', async (t) => {
  const { printed, stop } = await startDemo(t);
  const [, address = '', key = '', parcel = ''] = /examples\/ask\.sh (\S+) (\S+) (\S+)/.exec(printed) ?? [];
  const home = /principals --home (\S+)/.exec(printed)?.[1] ?? '';
  const asked = await run(process.execPath, [...node, 'examples/ask.ts', address, key, parcel], { cwd: root });
  assert.match(asked.stdout, /^allowed \[ '.\*+', '.+\*{3}' \] entry \d+ of \d{4}h[12]\n$/u);

  await t.test('with curl and openssl', { skip: whyNot('curl') ?? whyNot('openssl') ?? false }, async () => {
    const given = await run('sh', ['examples/ask.sh', address, key, parcel], { cwd: root });
    assert.equal(JSON.parse(given.stdout).disclosures[0].decision, 'allowed');
    const refused = await run('sh', ['examples/ask.sh', address, key, 'DEMO1000'], { cwd: root });
    assert.equal(JSON.parse(refused.stdout).disclosures[0].code, 'GATEWAY_NOT_JUSTIFIED');
  });

  assert.ok(existsSync(home));
  assert.equal(await stop(), 0);
  assert.ok(!existsSync(home) && !existsSync(key), 'something is left of the demo');
});

function whyNot(program: string): string | null {
  return spawnSync(program, ['version']).error === undefined ? null : `there is no ${program}`;
}
