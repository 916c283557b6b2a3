import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseVerification } from '../../src/contract/validate.ts';
import { createKeyFile } from '../../src/register/key-file.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';

/*
 * The program as a user runs it, on files that are against it.
 */

const base = mkdtempSync(join(tmpdir(), 'boltseal-e2e-'));
after(() => rmSync(base, { recursive: true, force: true }));
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const program = [process.execPath, '--disable-warning=ExperimentalWarning', main] as const;
const home = join(base, 'home');
const environment = { ...process.env, BOLTSEAL_HOME: home, BOLTSEAL_DEBUG: '1' };

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...words: string[]): Outcome {
  const [command, ...options] = program;
  return spawnSync(command, [...options, ...words], { encoding: 'utf8', env: environment, timeout: 60_000 });
}

function succeed(...words: string[]): Outcome {
  const outcome = run(...words);
  assert.equal(outcome.status, 0, outcome.stderr);
  return outcome;
}

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(base, name);
  writeFileSync(path, bytes);
  return path;
}

/** Values that must never be seen again: every one has a piece that nothing else has. */
const secrets = ['314159', 'zzyzx', 'quetzal', '7qj3kd9', '喵巷'];
const person = (number: number): string[] => [
  `162314159${String(number % 100).padStart(2, '0')}`,
  `zzyzx${number}@example.net`,
  `Quetzal ${'abcdefghij'[number % 10]!}`,
  `喵巷${number}号`,
  `7qj3kd9${number}`,
];
const columns = ['phone', 'email', 'name', 'address', 'password'];
const table = (count: number): string =>
  [['customer_id', ...columns], ...Array.from({ length: count }, (_, i) => [`C${1000 + i}`, ...person(i)])]
    .map((cells) => cells.join(','))
    .join('\n');

function assertSecretFree(text: string, where: string): void {
  for (const secret of secrets) assert.ok(!text.toLowerCase().includes(secret), `${secret} in ${where}`);
}

const customersPath = file('customers.csv', table(300));
succeed('init');
const added = succeed('register', 'add', customersPath, '--id', 'customer_id', '--as-of', '2024-01-01');

test('no value of table or dump is in what is printed, in the JSON, the page or the list', () => {
  assertSecretFree(added.stdout + added.stderr, 'register add');
  const rows = Array.from({ length: 120 }, (_, i) => person(i * 2).join(','));
  // Values that go the exact path, rows that are refused, quotes, and cells that look like other fields.
  const odd = [
    '"zzyzx ""quoted"" 314159",,,',
    `${person(1).join(',')},zzyzx,quetzal,7qj3kd9`,
    '１６２３１４１５９２６,喵巷,,quetzal,',
  ];
  const dump = file('dump.csv', `${columns.join(',')}\n${[...rows, ...odd].join('\n')}`);
  const outputs = ['json', 'html', 'affected'].map((kind) => join(base, `out.${kind}`));
  const verified = succeed('verify', dump, '--json', outputs[0]!, '--html', outputs[1]!, '--affected', outputs[2]!);
  assertSecretFree(verified.stdout + verified.stderr, 'the page');
  for (const path of outputs) assertSecretFree(readFileSync(path, 'utf8'), path);
  const verification = parseVerification(JSON.parse(readFileSync(outputs[0]!, 'utf8')));
  assert.equal(verification.rows.strong, 120);
  assert.equal(verification.file.rejected['too-many-cells'], 1);
  assert.equal(readFileSync(outputs[2]!, 'utf8').trimEnd().split('\r\n').length, 1 + verification.subjects.matched);
  // What `attribute` needs of the verification is sealed.
  assert.deepEqual(readdirSync(home).sort(), ['config.json', 'keys', 'lock.sqlite', 'register', 'verifications']);
  const [evidence] = readdirSync(join(home, 'verifications'));
  assert.equal(evidence, `${verification.id}.bin`);
  assertSecretFree(readFileSync(join(home, 'verifications', evidence!), 'latin1'), 'the evidence');
});

test('errors carry no value, whatever is wrong', () => {
  const data = person(1).join(',');
  const headless = file('headless.csv', `${data}\n${data}\n`);
  const cases: [code: string, words: string[]][] = [
    ['USAGE_COLUMN', ['verify', headless, '--map', 'phone=mobile']],
    ['USAGE_COLUMN', ['verify', headless, '--header', '--map', 'phone=mobile']],
    ['USAGE_OPTION', ['verify', headless, '--map', 'telephone=1']],
    ['USAGE_COLUMN', ['register', 'add', headless, '--header', '--id', 'customer_id', '--as-of', '2025-01-01']],
    ['DUMP_FORMAT', ['verify', file('d.pdf', `%PDF-1.7\n${data}\n`)]],
    ['DUMP_TRUNCATED', ['verify', file('d.gz', gzipSync(`${data}\n`.repeat(99)).subarray(0, 12))]],
    ['DUMP_NOT_FILE', ['verify', headless, '/dev/null']],
    ['OUTPUT_WRITE', ['verify', headless, '--json', join(base, 'none', 'out.json')]],
  ];
  for (const [code, words] of cases) {
    const { status, stdout, stderr } = run(...words);
    assert.equal(status, 1, `${code}: ${stderr}`);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`\\[${code}\\]`));
    assertSecretFree(stderr, code);
  }
});

test('escape sequences and markup in the names of files and columns do nothing', () => {
  const names = [
    'phone',
    '\x1b]0;owned\x07\x1b[2J',
    '<script>alert(1)</script>',
    '__proto__',
    '"><img src=x onerror=alert(1)>',
    '\u202Etxt',
  ];
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
  const rows = Array.from({ length: 40 }, (_, i) => `${person(i)[0]},a,b,c,d,e`);
  const folder = join(base, '\x1b[31m<b>dump');
  mkdirSync(folder);
  const dump = join(folder, '<script>\x1b[0m.csv');
  writeFileSync(dump, `${quoted}\n${rows.join('\n')}\n`);
  const htmlPath = join(base, 'markup.html');
  const verified = succeed('verify', dump, '--header', '--html', htmlPath, '--json', join(base, 'markup.json'));
  assert.doesNotMatch(verified.stdout + verified.stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  const html = readFileSync(htmlPath, 'utf8');
  assert.doesNotMatch(html, /<script>alert|<img src=x|<b>dump|[\x1b\u202e]/);
  const verification = parseVerification(JSON.parse(readFileSync(join(base, 'markup.json'), 'utf8')));
  assert.deepEqual(
    verification.file.columns.map(({ name }) => name),
    names,
  );
  const failed = run('verify', `${dump}\x1b[1m`);
  assert.equal(failed.status, 1);
  assert.doesNotMatch(failed.stderr, /[\x1b]/);
});

test('standard input and output; a reader that goes away; a disk that is full', () => {
  const dump = file('plain.csv', `phone\n${Array.from({ length: 50 }, (_, i) => person(i)[0]).join('\n')}\n`);
  const shell = (script: string): Outcome =>
    spawnSync('bash', ['-c', script, ...program, dump], { encoding: 'utf8', env: environment });
  const json = shell('cat "$3" | "$0" "$1" "$2" verify - --json -');
  assert.equal(parseVerification(JSON.parse(json.stdout)).rows.matched, 50);
  const cut = shell('"$0" "$1" "$2" verify "$3" --affected - | head -n 1; echo "$PIPESTATUS"');
  assert.equal(cut.stdout, 'subject_id,certainty,phone\r\n0\n');
  if (!existsSync('/dev/full')) return;
  const full = shell('"$0" "$1" "$2" verify "$3" --json - > /dev/full');
  assert.equal(full.status, 1);
  assert.match(full.stderr, /\[OUTPUT_WRITE\]/);
});

test('outputs that are one file, or the dump, are refused', () => {
  const dump = file('same.csv', 'phone\n1\n');
  for (const outputs of [
    ['--json', join(base, 'x'), '--html', `${base}/./x`],
    ['--json', '-', '--html', '-'],
    ['--affected', `${base}/../${base.split('/').at(-1)}/same.csv`],
  ]) {
    const { status, stderr } = run('verify', dump, ...outputs);
    assert.equal(status, 1);
    assert.match(stderr, /\[USAGE_OPTION\]/);
  }
  assert.equal(readFileSync(dump, 'utf8'), 'phone\n1\n');
  assert.ok(!existsSync(join(base, 'x')));
});

/** Copies of the home, so that a test cannot harm the others. */
function copyHome(name: string): string {
  const copy = join(base, name);
  for (const folder of [
    '',
    'keys',
    'register',
    ...readdirSync(join(home, 'register')).map((entry) => join('register', entry)),
  ]) {
    const from = join(home, folder);
    if (folder === join('register', 'CURRENT')) copyFileSync(from, join(copy, folder));
    else {
      mkdirSync(join(copy, folder), { recursive: true, mode: 0o700 });
      for (const entry of readdirSync(from, { withFileTypes: true })) {
        if (entry.isFile()) copyFileSync(join(from, entry.name), join(copy, folder, entry.name));
      }
    }
  }
  return copy;
}

test('with another key, or none, there is one error, whatever is asked', () => {
  const copy = copyHome('other-key');
  const key = join(copy, 'keys', 'register.key');
  const messages = new Set<string>();
  for (const replace of [
    () => createKeyFile(key),
    () => writeFileSync(key, 'boltseal-key-1 mistyped'),
    () => undefined,
  ]) {
    rmSync(key);
    replace();
    for (const words of [
      ['verify', customersPath],
      ['register', 'status'],
    ]) {
      const { status, stderr } = run(...words, '--home', copy);
      assert.equal(status, 1);
      messages.add(stderr.split('\n')[0]!);
    }
    if (!existsSync(key)) writeFileSync(key, '');
  }
  assert.deepEqual(
    [...messages].map((message) => /\[(\w+)\]/.exec(message)?.[1]),
    ['KEY_UNUSABLE'],
  );
});

test('a killed addition leaves the register as it was, and the next one works', async () => {
  const copy = copyHome('killed');
  const before = run('register', 'status', '--home', copy).stdout;
  const later = file('later.csv', table(60_000));
  const words = ['register', 'add', later, '--id', 'customer_id', '--as-of', '2024-02-01', '--home', copy];
  const [command, ...options] = program;
  for (const milliseconds of [400, 700]) {
    const child = spawn(command, [...options, ...words], { env: environment, stdio: 'ignore' });
    const ended = new Promise<number | null>((end) => child.on('close', (code) => end(code)));
    setTimeout(() => child.kill('SIGKILL'), milliseconds);
    // A fast machine may be done before: then there is nothing to see.
    if ((await ended) === 0) return;
    assert.equal(run('register', 'status', '--home', copy).stdout, before);
  }
  const again = run(...words);
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stdout, /60,000 subjects/);
});

test('two additions at once: one of them is told so', () => {
  const copy = copyHome('locked');
  const lock = acquireHomeLock(copy);
  try {
    const { status, stderr } = run(
      'register',
      'add',
      customersPath,
      '--id',
      'customer_id',
      '--as-of',
      '2025-01-01',
      '--home',
      copy,
    );
    assert.equal(status, 1);
    assert.match(stderr, /\[HOME_LOCKED\]/);
    // Readers need no lock.
    assert.equal(run('verify', customersPath, '--home', copy).status, 0);
  } finally {
    lock.release();
  }
});

test('verifying while tables are added says what one of the registers says, or that it changed', async () => {
  const copy = copyHome('busy');
  const [command, ...options] = program;
  let isAdding = true;
  const adding = (async () => {
    for (let month = 2; month < 4; month++) {
      const words = [
        'register',
        'add',
        customersPath,
        '--id',
        'customer_id',
        '--as-of',
        `2024-0${month}-01`,
        '--home',
        copy,
      ];
      const child = spawn(command, [...options, ...words], { env: environment, stdio: 'ignore' });
      assert.equal(await new Promise((end) => child.on('close', end)), 0);
    }
    isAdding = false;
  })();
  while (isAdding) {
    const words = ['verify', customersPath, '--json', '-', '--home', copy];
    const child = spawn(command, [...options, ...words], { env: environment });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    const status = await new Promise((end) => child.on('close', end));
    if (status === 1) assert.match(stderr, /\[REGISTER_CHANGED\]/);
    else assert.equal(parseVerification(JSON.parse(stdout)).rows.strong, 300, stderr);
  }
  await adding;
});
