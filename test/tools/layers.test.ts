import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findCycles, findLayerBreaches } from '../../tools/layers.ts';
import { findImports, readSourceTree } from '../../tools/source-tree.ts';

/** Writes a small tree, reads it as the checker does and removes it. */
function readTree(files: Readonly<Record<string, string>>): ReturnType<typeof readSourceTree> {
  const root = mkdtempSync(join(tmpdir(), 'layers '));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return readSourceTree(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const breachesOf = (files: Readonly<Record<string, string>>): string[] => findLayerBreaches(readTree(files));

test('this repository keeps its layers and has no cycle', () => {
  const files = readSourceTree(fileURLToPath(new URL('../..', import.meta.url)));
  assert.ok(files.length > 20);
  assert.deepEqual([...findLayerBreaches(files), ...findCycles(files)], []);
});

test('an import against the layers is found, with its place', () => {
  const text = "import type { Field } from '../core/field.ts';\nimport { verify } from '../verify/verify.ts';\n";
  assert.deepEqual(breachesOf({ 'src/register/a.ts': text }), [
    'src/register/a.ts:2: register must not import verify (src/verify/verify.ts)',
  ]);
});

test('imports over several lines, re-exports, dynamic imports and workers are found', () => {
  for (const text of [
    "import {\n  a,\n  b,\n} from '../verify/v.ts';\n",
    "export { a } from '../verify/v.ts';\n",
    "export * from '../verify/v.ts';\n",
    "import '../verify/v.ts';\n",
    "const v = await import('../verify/v.ts');\n",
    "new Worker(new URL('../verify/v.ts', import.meta.url));\n",
  ]) {
    assert.equal(breachesOf({ 'src/dump/a.ts': text }).length, 1, text);
  }
});

test('what stands in a comment is no import', () => {
  assert.deepEqual(findImports("// import '../verify/v.ts';\n/*\nimport '../verify/v.ts';\n*/\n"), []);
});

test('types may cross where only types may: register reads the types of dump', () => {
  assert.deepEqual(breachesOf({ 'src/register/a.ts': "import type { A } from '../dump/port.ts';\n" }), []);
  assert.equal(breachesOf({ 'src/register/a.ts': "import { type A } from '../dump/port.ts';\n" }).length, 1);
  assert.equal(breachesOf({ 'src/core/a.ts': "import type { A } from '../dump/port.ts';\n" }).length, 1);
});

test('only main.ts imports compose, and compose does not import the command line', () => {
  const text = "import { createServices } from '../compose.ts';\n";
  assert.deepEqual(breachesOf({ 'src/cli/main.ts': text }), []);
  assert.equal(breachesOf({ 'src/cli/run.ts': text }).length, 1);
  assert.deepEqual(breachesOf({ 'src/compose.ts': "import type { Services } from './cli/services.ts';\n" }), []);
  assert.equal(breachesOf({ 'src/compose.ts': "import { run } from './cli/run.ts';\n" }).length, 1);
  const part = "import { createLedgerService } from './compose/ledger.ts';\n";
  assert.deepEqual(breachesOf({ 'src/compose.ts': part }), []);
  assert.equal(breachesOf({ 'src/cli/main.ts': "import { x } from '../compose/ledger.ts';\n" }).length, 1);
  assert.equal(breachesOf({ 'src/compose/ledger.ts': "import { run } from '../cli/run.ts';\n" }).length, 1);
  assert.deepEqual(breachesOf({ 'src/compose/ledger.ts': "import { x } from '../ledger/ledger.ts';\n" }), []);
});

test('a folder that is no layer, and a file outside src, are found', () => {
  assert.equal(breachesOf({ 'src/helpers/a.ts': '' }).length, 1);
  assert.equal(breachesOf({ 'src/cli/a.ts': "import { a } from '../../test/a.ts';\n" }).length, 1);
});

test('core may touch neither Node, clock, chance nor process', () => {
  for (const text of [
    "import { readFileSync } from 'node:fs';\n",
    'export const a = () => Date.now();\n',
    'export const a = () => new Date();\n',
    'export const a = Math.random();\n',
    'export const a = process.env;\n',
    'export const a = new TextEncoder();\n',
  ]) {
    assert.equal(breachesOf({ 'src/core/a.ts': text }).length, 1, text);
  }
});

test('words in comments, strings, keys and properties are no impurity', () => {
  const text =
    "// Date.now is the caller's\nexport const a = { process: 'Date.now' };\nexport const b = (x: { process: number }) => x.process;\n";
  assert.deepEqual(breachesOf({ 'src/core/a.ts': text }), []);
});

test('a cycle at run time is found; one of types alone is none', () => {
  const loop = {
    'src/core/a.ts': "import { b } from './b.ts';\n",
    'src/core/b.ts': "import { c } from './deep/c.ts';\n",
    'src/core/deep/c.ts': "import { a } from '../a.ts';\n",
  };
  assert.deepEqual(findCycles(readTree(loop)), [
    'cycle: src/core/a.ts → src/core/b.ts → src/core/deep/c.ts → src/core/a.ts',
  ]);
  const typed = { ...loop, 'src/core/deep/c.ts': "import type { a } from '../a.ts';\n" };
  assert.deepEqual(findCycles(readTree(typed)), []);
});
