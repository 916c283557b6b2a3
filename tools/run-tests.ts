import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * `npm test [-- PATH…]`: all tests, or those whose path contains one of the words. Fuzzing and the growth of time with hostile input have their own commands; what fuzzing found is a test.
 * Two files at a time: the tests of the scan workers and of PostgreSQL start threads and processes of their own.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => !/^test[\\/](?:fuzz(?![\\/]readers[\\/]fixtures\.test\.ts$)|complexity)[\\/]/.test(file))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`run-tests: no test file's path contains ${words.join(' or ')}`);
  process.exit(1);
}
const result = spawnSync(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
  { cwd: root, stdio: 'inherit' },
);
process.exit(result.status ?? 1);
