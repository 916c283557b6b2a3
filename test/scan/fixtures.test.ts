import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { type Fixture, runCheck } from '../fuzz/checks.ts';
import { Rig } from './rig.ts';

const folder = join(import.meta.dirname, '../fuzz/fixtures');
const files = globSync('*.json', { cwd: folder }).sort();
const rig = new Rig(16_000_000);

for (const file of files) {
  test(`what the fuzzer once found: ${basename(file, '.json')}`, () => {
    const fixture = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Fixture;
    runCheck(rig, fixture.check, fixture.world);
  });
}

test('cases that the fuzzer found', { skip: files.length === 0 && 'it has found none yet' }, () => {});
