import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Fixture, replay } from './fixture.ts';

const folder = new URL('fixtures/', import.meta.url);
// Files called `open-…` are not mended yet.
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  test(`stays mended: ${file}`, { todo: file.startsWith('open-') }, async () => {
    assert.equal(await replay(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture), null);
  });
}
