import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEntry } from '../../../src/core/ledger-entry/entry.ts';
import { checkOpening } from '../../../src/core/ledger-entry/opening.ts';
import { renderVectors, vectorsFile } from '../../../tools/ledger-entry-vectors.ts';
import { hashes } from './samples.ts';

const text = readFileSync(vectorsFile, 'utf8');

test('the vectors of the specification are those that the code makes', () => {
  assert.equal(
    text,
    renderVectors(),
    'run `npm run spec:vectors` and look at what changed: entries that exist must stay what they are',
  );
});

test('openings of the vectors prove what they say with a portable SHA-256; what is no entry is none', () => {
  const { entries, noEntries } = JSON.parse(text) as {
    entries: { index: number; entry: string; opening: unknown; fields: { name: string; value: string }[] }[];
    noEntries: { why: string; bytes: string }[];
  };
  for (const { index, entry, opening, fields } of entries) {
    const { revealed } = checkOpening(hashes.portable, opening, index, Buffer.from(entry, 'hex'));
    for (const { name, value } of revealed)
      assert.equal(Buffer.from(value).toString('hex'), fields.find((field) => field.name === name)?.value);
  }
  assert.equal(noEntries.length, 10);
  for (const { why, bytes } of noEntries) assert.equal(parseEntry(Buffer.from(bytes, 'hex')), null, why);
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
test('a program in another language comes to the same', {
  skip: hasPython ? false : 'there is no python3 here',
}, () => {
  const script = fileURLToPath(new URL('../../../tools/independent/entry_vectors.py', import.meta.url));
  const check = (input: string) => spawnSync('python3', [script, '-'], { input, encoding: 'utf8' });
  const { status, stdout, stderr } = check(text);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /10 entries, 10 openings, 10 that are none/);
  // It must be able to say no.
  for (const [found, put] of [
    ['"value": "73', '"value": "74'],
    ['"salt": "', '"salt": "A'],
    ['"count": "3"', '"count": "4"'],
    ['"index": 300', '"index": 301'],
    ['"hour": ', '"hour": 1'],
  ] as const)
    if (text.includes(found)) assert.notEqual(check(text.replaceAll(found, put)).status, 0, found);
});
