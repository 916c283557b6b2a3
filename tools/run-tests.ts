import { spawnSync } from 'node:child_process';
import fs, { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/*
 * `npm test [-- PATH…]`: all tests, or those whose path contains one of the words. Fuzzing and the growth of time with hostile input have their own commands; what fuzzing found is a test.
 * Two processes at a time: the tests of the scan workers and of PostgreSQL start threads and processes of their own.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);

/**
 * Folders whose files share a process, one after the other: two thirds of the processor time of a short file go into starting Node and loading what it imports. Those with a file that changes
 * or measures its process are not among them; `alone` are such files in folders that are.
 */
const sharing = [
  ['attribute'],
  ['canaries', 'demo'],
  ['core', 'contract', 'home'],
  ['disclosures', 'eval'],
  ['dump/readers'],
  ['gateway/auth', 'gateway/policy'],
  ['gateway/*', 'gateway/context', 'gateway/directory', 'gateway/epcis', 'gateway/movements', 'gateway/observe'],
  ['gateway/routes', 'gateway/subjects', 'gateway/virtual-numbers'],
  ['kernel', 'register', 'scan'],
  [
    'ledger/*',
    'ledger/files',
    'ledger/fsck',
    'ledger/openings',
    'ledger/service',
    'ledger/signing',
    'ledger/wal',
    'ledger/witness',
  ],
  ['ledger/erasing', 'ledger/whole'],
  ['vault'],
  ['verify'],
];
const alone: ReadonlySet<string> = new Set([
  'test/disclosures/import/text-rows.test.ts',
  'test/dump/readers/messy-text.test.ts',
  'test/dump/readers/picture.test.ts',
  'test/dump/readers/sql-damage.test.ts',
  'test/gateway/auth/signature.test.ts',
  'test/gateway/epcis/document.test.ts',
  'test/gateway/routes/epcis.test.ts',
  'test/vault/end-to-end.test.ts',
  'test/vault/keys/providers.test.ts',
]);

const files = globSync('test/**/*.test.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => !/^test\/(?:fuzz(?!\/readers\/fixtures\.test\.ts$)|complexity)\//.test(file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`run-tests: no test file's path contains ${words.join(' or ')}`);
  process.exit(1);
}

const scratch = fs.mkdtempSync(path.join(tmpdir(), 'boltseal-tests-'));
let status = 1;
try {
  const groups = sharing.map((folders) => files.filter((file) => isShared(file, folders)));
  const shared = new Set(groups.flat());
  const together = groups.flatMap((group, i) => (group.length === 0 ? [] : [writeGroup(sharing[i]?.[0] ?? '', group)]));
  const result = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--test',
      '--test-concurrency=2',
      '--test-reporter=spec',
      ...together,
      ...files.filter((file) => !shared.has(file)),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  status = result.status ?? 1;
} finally {
  fs.rmSync(scratch, { recursive: true });
}
process.exit(status);

/** `folder` has all files below it, `folder/*` those in it. */
function isShared(file: string, folders: readonly string[]): boolean {
  if (alone.has(file)) return false;
  return folders.some((folder) =>
    folder.endsWith('/*')
      ? path.posix.dirname(file) === `test/${folder.slice(0, -2)}`
      : file.startsWith(`test/${folder}/`),
  );
}

/**
 * A test file that imports others. Its one test ends when all of them are there: a process whose tests have all ended clears up, while files that wait for something at their top would
 * still be coming.
 */
function writeGroup(name: string, group: readonly string[]): string {
  const urls = group.map((one) => pathToFileURL(path.join(root, one)).href);
  const file = path.join(scratch, `${name.replaceAll(/[^a-z]+/g, '-')}.test.mjs`);
  const lines = [
    "import { test } from 'node:test';",
    'const { promise, resolve, reject } = Promise.withResolvers();',
    `test(${JSON.stringify(`${group.length} files of test/${name} and its like share a process`)}, () => promise);`,
    `for (const url of ${JSON.stringify(urls)}) await import(url).catch(reject);`,
    'resolve();',
  ];
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
