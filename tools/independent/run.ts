import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/*
 * Makes logs with the command line, also with kill -9 under load, and has them checked by programs that share no code with Boltseal: in Go on golang.org/x/mod/sumdb, in Python on hashlib
 * and python3-cryptography (Debian: golang-go, golang-golang-x-mod-dev, python3-cryptography). With --require a missing program fails the run; otherwise it is passed over.
 */

const here = import.meta.dirname;
const main = path.join(here, '..', '..', 'src', 'cli', 'main.ts');
const isRequired = process.argv.includes('--require');
const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-independent-'));
const home = path.join(folder, 'home');
const goEnvironment = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' };
let checks = 0;

try {
  boltseal('init');
  append(disclosures(0, 700));
  check('after an append');
  for (let round = 0; round < 3; round++) {
    const acknowledged = await appendAndKill(1000 * (round + 1), 150 + 170 * round);
    append(disclosures(100_000 + round, 300));
    check(`after kill -9 (${acknowledged} were durable before)`);
  }
  boltseal('ledger', 'rotate-key', '--basis', 'check');
  append(disclosures(200_000, 10));
  check('after a rotation of keys');
  boltseal('ledger', 'erase', '--subject', 'customer-3', '--basis', 'check');
  check('after an erasure');
  console.log(`independent: ${checks} checks, all sound`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs a command and gives its output; fails when it does. */
function boltseal(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, commandLine(words), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`boltseal ${words.slice(0, 2).join(' ')}: exit ${status}\n${stderr}`);
  return stdout;
}

function commandLine(words: readonly string[]): string[] {
  return ['--disable-warning=ExperimentalWarning', main, ...words, '--home', home];
}

function append(text: string): void {
  const file = path.join(folder, 'disclosures.jsonl');
  writeFileSync(file, text);
  boltseal('ledger', 'append', file);
}

/** Made-up disclosures as lines of JSON. */
function disclosures(seed: number, count: number): string {
  const lines = Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      at: Date.now(),
      principal: `scanner-${i % 9}`,
      subject: `customer-${i % 40}`,
      fields: ['name', 'phone'],
      purpose: 'delivery',
      basis: `parcel ${seed} ${i}`,
    }),
  );
  return `${lines.join('\n')}\n`;
}

/** Kills a process that appends as fast as it can; gives how many entries are durable then. */
async function appendAndKill(seed: number, afterMs: number): Promise<number> {
  const child = spawn(process.execPath, commandLine(['ledger', 'append', '-']), {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.on('error', () => {});
  const text = disclosures(seed, 2000);
  // The process needs a while to start; then it is killed at some moment of its work.
  const feed = setInterval(() => child.stdin.write(text), 20);
  await wait(1000 + afterMs);
  child.kill('SIGKILL');
  clearInterval(feed);
  await ended;
  return Number(/durable +([0-9,]+)/.exec(boltseal('ledger', 'status'))?.[1]?.replaceAll(',', '') ?? Number.NaN);
}

/** Has the log checked by all: our own fsck, and the programs of others. */
function check(when: string): void {
  boltseal('ledger', 'fsck');
  const exported = path.join(folder, 'export');
  rmSync(exported, { recursive: true, force: true });
  boltseal('ledger', 'export', '--out', exported);
  boltseal('ledger', 'fsck', exported, '--policy', path.join(exported, 'policy'));
  const proof = path.join(folder, 'proof');
  boltseal('ledger', 'prove', '--index', '5', '--reveal', 'subject', '--out', proof);
  const entry = path.join(folder, 'entry');
  const extra: unknown = JSON.parse(fromBase64(/^extra (.+)$/m.exec(readFileSync(proof, 'utf8'))?.[1] ?? ''));
  writeFileSync(entry, Buffer.from((extra as { entry: string }).entry, 'base64'));
  // The newest Ed25519 key: type 1, so Base64 that begins with "A" (C2SP signed-note, "Verifier keys").
  const keys = [...readFileSync(path.join(exported, 'policy'), 'utf8').matchAll(/^log (\S+\+[0-9a-f]{8}\+A\S{43})$/gm)];
  const key = keys.at(-1)?.[1] ?? '';
  run(when, 'go', ['run', path.join(here, 'go', 'check-log.go'), exported, key, proof, entry], goEnvironment);
  run(when, 'python3', [path.join(here, 'check_log.py'), exported, key], process.env);
}

function run(when: string, program: string, words: readonly string[], environment: NodeJS.ProcessEnv): void {
  const command = program === 'python3' && isThere('/usr/bin/python3') ? '/usr/bin/python3' : program;
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8', env: environment });
  if (error !== undefined && !isRequired) {
    console.log(`${program} is not there: passed over`);
    return;
  }
  if (status !== 0) throw new Error(`${program} ${when}: ${stderr || String(error)}`);
  checks++;
  console.log(`${program} ${when}: ${stdout.trim()}`);
}

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
