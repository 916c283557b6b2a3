import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { commands } from '../../src/cli/registry.ts';
import { type Host, runCommandLine } from '../../src/cli/run.ts';
import type { Services } from '../../src/cli/services.ts';
import { createFakeServices } from './fake-services.ts';

const base = mkdtempSync(join(tmpdir(), 'boltseal-cli-'));
after(() => rmSync(base, { recursive: true }));

interface Outcome {
  readonly exit: number;
  readonly output: string;
  readonly errors: string;
  readonly requests: unknown[];
}

async function run(
  words: readonly string[],
  setting: {
    services?: Partial<Services>;
    environment?: Record<string, string>;
    terminal?: boolean;
    onInterrupt?: Host['onInterrupt'];
  } = {},
): Promise<Outcome> {
  const { services, requests } = createFakeServices(setting.services);
  const output: string[] = [];
  const errors: string[] = [];
  const exit = await runCommandLine(words, {
    version: '1.2.3',
    environment: setting.environment ?? {},
    userFolder: '/home/u',
    workingFolder: base,
    output: { isTerminal: false, columns: () => 80, write: (text) => output.push(text) },
    errors: { isTerminal: setting.terminal ?? false, columns: () => 80, write: (text) => errors.push(text) },
    now: () => 1_800_000_000_000,
    onInterrupt: setting.onInterrupt ?? (() => {}),
    untilInterrupted: () => new Promise(() => {}),
    createServices: () => services,
  });
  return { exit, output: output.join(''), errors: errors.join(''), requests };
}

const firstRequest = (outcome: Outcome): unknown => {
  assert.equal(outcome.exit, 0, outcome.errors);
  return outcome.requests[0];
};

test('without words, and with --help, it shows every command', async () => {
  for (const words of [[], ['--help'], ['-h'], ['help']]) {
    const { exit, output } = await run(words);
    assert.equal(exit, 0);
    for (const command of commands) assert.ok(output.includes(`  ${command.name} `), command.name);
  }
});

test('every command has help with its options, reached in three ways', async () => {
  for (const command of commands) {
    const words = command.name.split(' ');
    const help = await run(['help', ...words]);
    assert.deepEqual(await run([...words, '--help']), help);
    assert.deepEqual(await run([...words, 'x', '-h']), help);
    for (const option of Object.keys(command.options)) assert.ok(help.output.includes(`--${option}`), option);
  }
  assert.match((await run(['help', 'register'])).output, /register add[\s\S]*register status/);
});

test('times that no calendar has are shown as they are', async () => {
  const proved = {
    origin: 'log.example',
    index: 0,
    size: 1,
    kind: 'disclosure',
    hourMs: 4_000_000_000 * 3_600_000,
    revealed: [{ name: 'time', value: Buffer.from('14400000000000000') }],
    closed: [],
    witnesses: [{ name: 'w', timestampSeconds: Number.MAX_SAFE_INTEGER }],
  };
  const ledger = { verify: async () => proved } as unknown as Services['ledger'];
  const { exit, output, errors } = await run(['ledger', 'verify', 'p', '--policy', 'q'], { services: { ledger } });
  assert.equal(exit, 0, errors);
  assert.match(output, /within the hour from 14400000000000 s after 1970\n/);
  assert.match(output, /saw the log at 9007199254740991 s after 1970\n/);
  assert.match(output, /time +14400000000000000\n/);
});

test('a region is two letters of a country whose numbers are known, however they are written', async () => {
  const request = firstRequest(await run(['inspect', 'f', '--region', 'us'])) as { region: string };
  assert.equal(request.region, 'US');
  for (const words of [['inspect', 'f'], ['init']]) {
    const { exit, errors } = await run([...words, '--region', 'XX']);
    assert.equal(exit, 1);
    assert.match(errors, /--region must be one of .* CN .*\[USAGE_OPTION\]/);
  }
});

test('results do not go into a folder that is the dump', async () => {
  const dump = mkdtempSync(join(base, 'dump'));
  mkdirSync(join(dump, 'deep'));
  symlinkSync(dump, join(base, 'link'));
  for (const path of [join(dump, 'o'), join(dump, 'deep', 'o'), join(base, 'link', 'o')]) {
    for (const words of [
      ['verify', dump, '--html', path],
      ['inspect', dump, '--json', path],
      ['verify', '-', dump, '--affected', path],
    ]) {
      const { exit, errors } = await run(words);
      assert.equal(exit, 1);
      assert.match(errors, /would lie in the folder that is to be read.*\[USAGE_OPTION\]/s);
    }
  }
  assert.deepEqual(readdirSync(dump), ['deep']);
  assert.equal((await run(['verify', dump, '--html', `${dump}.html`])).exit, 0);
});

test('what is no command is a user error with a code', async () => {
  for (const words of [['veryfy'], ['--jsn'], ['help', 'veryfy']]) {
    const { exit, errors, output } = await run(words);
    assert.equal(exit, 1);
    assert.equal(output, '');
    assert.match(errors, /\[USAGE_UNKNOWN_COMMAND\]\n {2}run `boltseal help`/);
  }
  assert.match((await run(['register'])).errors, /"register" needs a second word: register add or register status/);
});

test('control characters on the command line do not reach the terminal', async () => {
  const { errors } = await run(['\x1b[31mred\x07']);
  assert.ok(!errors.includes('\x1b') && !errors.includes('\x07'));
});

test('the home is that of --home, before or after the command, else of BOLTSEAL_HOME, else of the user', async () => {
  const environment = { BOLTSEAL_HOME: '/env' };
  assert.equal(firstRequest(await run(['--home', '/opt', 'register', 'status'], { environment })), '/opt');
  assert.equal(firstRequest(await run(['register', 'status', '--home=/opt'], { environment })), '/opt');
  assert.equal(firstRequest(await run(['register', 'status'], { environment })), '/env');
  assert.equal(firstRequest(await run(['--quiet', 'register', 'status'])), '/home/u/.boltseal');
});

test('init says what to back up, and knows its regions', async () => {
  const outcome = await run(['init', '--home', '/h', '--region', 'us']);
  assert.deepEqual(firstRequest(outcome), { home: '/h', region: 'US' });
  assert.match(outcome.output, /Back up the key/);
  assert.match((await run(['init', '--region', 'XX'])).errors, /--region must be one of AE/);
  assert.match((await run(['init', '/h'])).errors, /USAGE_OPTION/);
});

test('register add: a full snapshot with all options', async () => {
  const words =
    'register add a.csv b.csv --id no --as-of 2024-03-01 --map phone=2 email=mail --created born --exclusive email --separator ----';
  const outcome = await run(words.split(' '));
  assert.deepEqual(firstRequest(outcome), {
    home: '/home/u/.boltseal',
    source: {
      kind: 'files',
      paths: ['a.csv', 'b.csv'],
      hints: { separator: '----', encoding: null, header: null, passwords: [] },
    },
    mode: 'snapshot',
    asOfSeconds: 1709251200,
    id: 'no',
    created: 'born',
    validFrom: null,
    validTo: null,
    map: [
      { field: 'phone', column: '2' },
      { field: 'email', column: 'mail' },
    ],
    exclusive: ['email'],
    admitsErased: false,
  });
  assert.match(outcome.output, /Read 1,234 rows in 1 s; left out: 2 no-id\./);
  assert.match(outcome.output, /1,000 subjects with 2,000 versions/);
});

test('register add: delta, history (to this moment unless it says when) and a database', async () => {
  const read = async (words: string): Promise<Record<string, unknown>> =>
    firstRequest(await run(`register add ${words}`.split(' '))) as Record<string, unknown>;
  assert.equal((await read('a.csv --id 1 --as-of 5 --delta')).mode, 'delta');
  const history = await read('a.csv --id 1 --history --valid-from since --valid-to till');
  assert.deepEqual(
    [history.mode, history.validFrom, history.validTo, history.asOfSeconds],
    ['history', 'since', 'till', 1_800_000_000],
  );
  const database = await read('--id id --as-of 5 --postgres postgres://db --query select');
  assert.deepEqual(database.source, { kind: 'postgres', url: 'postgres://db', query: 'select' });
});

test('register add: what does not fit together is refused before anything is read', async () => {
  for (const [words, message] of [
    ['a.csv --as-of 5', /--id COL is missing/],
    ['a.csv --id 1', /--as-of TIME is missing/],
    ['--id 1 --as-of 5', /no table/],
    ['a.csv --id 1 --as-of 5 --history', /--history needs/],
    ['a.csv --id 1 --as-of 5 --valid-from x', /are for --history/],
    ['a.csv --id 1 --history --delta --valid-from a --valid-to b', /exclude each other/],
    ['--id 1 --as-of 5 --postgres u', /go together/],
    ['a.csv --id 1 --as-of 5 --postgres u --query q', /not from both/],
  ] as const) {
    const { exit, errors, requests } = await run(`register add ${words}`.split(' '));
    assert.equal(exit, 1);
    assert.match(errors, message);
    assert.deepEqual(requests, []);
  }
});

test('register status is one page', async () => {
  assert.match(
    (await run(['register', 'status'])).output,
    /1,900 are current[\s\S]*2024-03-01 00:00:00 UTC to 2024-09-01/,
  );
});

test('verify prints the page and writes what was asked, readable by its owner alone', async () => {
  const folder = mkdtempSync(join(base, 'v'));
  const paths = { json: join(folder, 'o.json'), html: join(folder, 'o.html'), affected: join(folder, 'o.csv') };
  const words = Object.entries(paths).flatMap(([option, path]) => [`--${option}`, path]);
  const { exit, output } = await run(['verify', 'dump.csv', ...words, '--memory', '1G', '--threads', '2']);
  assert.equal(exit, 0);
  assert.equal(output, 'page of 100 columns, plain\n');
  assert.equal(readFileSync(paths.json, 'utf8'), '{\n  "format": "boltseal-verification-1"\n}\n');
  assert.equal(readFileSync(paths.html, 'utf8'), '<!doctype html>\n');
  assert.equal(readFileSync(paths.affected, 'utf8'), 'subject\nC1\n');
  assert.equal(statSync(paths.affected).mode & 0o777, 0o600);
  assert.equal(readdirSync(folder).length, 3, 'no temporary file stays');
});

test('verify --json - gives JSON alone on standard output', async () => {
  const { output } = await run(['verify', '-', '--json', '-']);
  assert.deepEqual(JSON.parse(output), { format: 'boltseal-verification-1' });
});

test('verify and inspect refuse to overwrite the dump, by whatever name, and to write two outputs into one', async () => {
  const dump = join(base, 'dump.csv');
  writeFileSync(dump, 'x');
  symlinkSync(dump, join(base, 'link.csv'));
  for (const output of ['dump.csv', './dump.csv', join(base, 'link.csv')]) {
    assert.match(
      (await run(['verify', dump, '--html', output])).errors,
      /--html would overwrite what is to be read/,
      output,
    );
    assert.match((await run(['inspect', dump, '--json', output])).errors, /--json would overwrite what is to be read/);
  }
  assert.match((await run(['verify', dump, '--html', 'o', '--json', 'o'])).errors, /same as another output/);
  assert.equal(readFileSync(dump, 'utf8'), 'x');
});

test('an output that cannot be written is found before the work', async () => {
  const { exit, errors, requests } = await run(['verify', 'd', '--json', join(base, 'no/such/o.json')]);
  assert.equal(exit, 1);
  assert.match(errors, /cannot write ".*o\.json" \(ENOENT\) \[OUTPUT_WRITE\]/);
  assert.deepEqual(requests, []);
});

test('a failed or interrupted verification leaves the old output as it was', async () => {
  const folder = mkdtempSync(join(base, 'f'));
  const path = join(folder, 'o.json');
  writeFileSync(path, 'old');
  let interrupt = (): void => {};
  const interrupted = (): never => {
    interrupt();
    assert.deepEqual(readdirSync(folder), ['o.json'], 'cleaned up at once');
    throw new TypeError('stopped');
  };
  const onInterrupt = (cleanUp: () => void): void => {
    interrupt = cleanUp;
  };
  await run(['verify', 'd', '--json', path], { services: { verify: { run: async () => interrupted() } }, onInterrupt });
  assert.deepEqual(readdirSync(folder), ['o.json']);
  assert.equal(readFileSync(path, 'utf8'), 'old');
});

test('an unforeseen error says its kind, never its message; with BOLTSEAL_DEBUG=1 the frames as well', async () => {
  const fail = async (): Promise<never> => {
    throw new RangeError('13800000000\n    at secret (file:///x:1:1)', { cause: new TypeError('wang@example.com') });
  };
  const services = { register: { add: fail, status: fail } };
  const plain = await run(['register', 'status'], { services });
  assert.equal(plain.exit, 2);
  assert.match(
    plain.errors,
    /^boltseal: something went wrong inside Boltseal \(RangeError\) \[INTERNAL\]\n {2}please report/,
  );
  assert.doesNotMatch(plain.errors, / at /);
  const debug = await run(['register', 'status'], { services, environment: { BOLTSEAL_DEBUG: '1' } });
  assert.match(debug.errors, /run\.test\.ts:\d+:\d+/);
  assert.doesNotMatch(debug.errors, /138000|wang@|secret/);
});

test('progress is for terminals, and not with --quiet', async () => {
  const words = ['register', 'add', 'a.csv', '--id', '1', '--as-of', '5'];
  assert.equal((await run(words)).errors, '');
  assert.equal((await run([...words, '--quiet'], { terminal: true })).errors, '');
  const { errors } = await run(words, { terminal: true });
  assert.match(errors, /reading/);
  assert.ok(errors.endsWith('\r\x1b[2K'), 'the bar is taken away');
});
