import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { verdictKinds, verificationSchema } from '../../src/contract/verification.ts';

/** Names of all properties of a JSON schema, at any depth. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}

test('docs/spec/verification.md documents every key and every verdict', () => {
  const spec = readFileSync(new URL('../../docs/spec/verification.md', import.meta.url), 'utf8');
  const keys = new Set(keysOf(verificationSchema));
  assert.ok(keys.size > 50 && keys.has('controlsSeen'));
  const code = [...spec.matchAll(/`([^`]+)`/g)].flatMap(([, text = '']) => text.split(/[^A-Za-z-]+/));
  const missing = [...keys, ...verdictKinds].filter((key) => !code.includes(key));
  assert.deepEqual(missing, []);
});
