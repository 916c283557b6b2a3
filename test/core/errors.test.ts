import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BoltsealError, errorRegistry } from '../../src/core/errors.ts';
import { renderErrorDocs } from '../../tools/error-docs.ts';

const documented = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md has exactly the codes of the registry', () => {
  const codes = [...documented.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map((match) => match[1]);
  assert.deepEqual(codes, Object.keys(errorRegistry).sort());
});

test('docs/errors.md says what the program says', () => {
  assert.equal(documented, renderErrorDocs(), 'run `npm run docs:errors`');
});

test('every code is stable in form, and says what happened and what to do', () => {
  for (const [code, { exit, text, remedy }] of Object.entries(errorRegistry)) {
    assert.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    assert.ok(exit === 1 || exit === 2, code);
    assert.ok(text.length > 0 && remedy.length > 0, code);
    assert.doesNotMatch(text + remedy, /[\r\n]/, code);
  }
});

test('parameters are filled in once and are not read as a template themselves', () => {
  const error = new BoltsealError('HOME_CONFIG', { path: '{problem}', problem: 'p' });
  assert.equal(error.message, 'the configuration "{problem}" is not as expected: p');
  assert.equal(error.exit, 1);
});
