import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { type DemoOptions, defaultDemo, writeDemo } from '../../src/demo/demo.ts';
import { createRandom, scatter } from '../../src/demo/random.ts';

const base = mkdtempSync(join(tmpdir(), 'boltseal-demo-'));
after(() => rmSync(base, { recursive: true }));
const options: DemoOptions = { ...defaultDemo, customers: 3000 };

function makeDemo(overrides: Partial<DemoOptions> = {}) {
  const demo = writeDemo(mkdtempSync(join(base, 'x')), { ...options, ...overrides });
  const read = (path: string, encoding = 'utf-8') =>
    new TextDecoder(encoding, { fatal: true }).decode(readFileSync(path));
  return { demo, earlier: read(demo.earlier.path), later: read(demo.later.path), read };
}

/** Rows of a snapshot by id; only the address, the last but one, can be quoted. */
function parseSnapshot(text: string): Map<string, string[]> {
  const rows = text.trimEnd().split('\n').slice(1);
  return new Map(rows.map((row) => [row.slice(0, row.indexOf(',')), row.split(',')]));
}

test('the same seed gives the same bytes, another seed others', () => {
  const bytesOf = (seed: number) => {
    const { demo } = makeDemo({ seed });
    return [demo.earlier.path, demo.later.path, demo.dump.path].map((path) => readFileSync(path).toString('base64'));
  };
  assert.deepEqual(bytesOf(5), bytesOf(5));
  assert.notDeepEqual(bytesOf(5), bytesOf(6));
});

test('chance and scatter are what they were: a demo from another version is the same demo', () => {
  const random = createRandom(1);
  assert.deepEqual([random.below(1000), random.below(1000), random.below(1000)], [374, 463, 345]);
  assert.equal(new Set(Array.from({ length: 10_000 }, (_, index) => scatter(index, 100, 1))).size, 10_000);
});

test('values are valid, unique where they must be, and plainly synthetic', () => {
  const { earlier } = makeDemo();
  const rows = [...parseSnapshot(earlier).values()];
  assert.equal(rows.length, 3000);
  const context = { region: 'CN' };
  for (const [, , phone, email, nationalId] of rows) {
    const normalised = fieldByName('phone').normalise(phone!, context);
    assert.match(normalised ?? '', /^(\+86162\d{8}|\+1\d{3}55501\d\d|\+3363998\d{4}|\+447700900\d{3})$/);
    assert.match(email!, /^(.+@example\.(com|net|org))?$/);
    if (nationalId !== '') assert.match(nationalId!, /^\d\d99\d{13}[\dX]$/);
  }
  const nationalIds = rows.map((row) => row[4]).filter((id) => id !== '');
  assert.equal(new Set(nationalIds).size, nationalIds.length);
  for (const column of [0, 2, 5]) assert.equal(new Set(rows.map((row) => row[column])).size, 3000, `column ${column}`);
});

test('between the snapshots about 6 % changed, some joined and some left', () => {
  const { earlier, later } = makeDemo();
  const [before, after] = [parseSnapshot(earlier), parseSnapshot(later)];
  const left = [...before.keys()].filter((id) => !after.has(id)).length;
  const joined = [...after.keys()].filter((id) => !before.has(id)).length;
  const changed = [...before].filter(([id, row]) => after.has(id) && after.get(id)!.join() !== row.join()).length;
  assert.equal(joined, 150);
  assert.ok(left > 10 && left < 60, `${left} left`);
  assert.ok(changed > 130 && changed < 230, `${changed} changed`);
});

test('the dump holds what the truth says', () => {
  for (const shape of [
    { separator: '----', encoding: 'gb18030' },
    { separator: ',', encoding: 'utf-8' },
  ] as const) {
    const { demo, earlier, later, read } = makeDemo({ shape });
    const { truth } = demo.dump;
    const lines = read(demo.dump.path, shape.encoding).trimEnd().split('\n');
    assert.equal(lines.length, truth.rows);
    assert.equal(truth.rows, truth.ours + truth.foreign + truth.broken);
    const [before, after] = [parseSnapshot(earlier), parseSnapshot(later)];
    const byUsername = new Map([...before.values()].map((row) => [row[5], row]));
    const rows = lines.map((line) => line.split(shape.separator));
    const ours = rows.filter((row) => byUsername.has(row[0]));
    assert.equal(ours.length, truth.ours);
    assert.equal(new Set(ours.map((row) => row[0])).size, truth.subjects);
    assert.equal(rows.filter((row) => row.length < 6).length, truth.broken);
    const outdated = [...new Set(ours.map((row) => row[0]))].filter((username) => {
      const old = byUsername.get(username)!;
      const now = after.get(old[0]!);
      return now === undefined || now[2] !== old[2] || now[3] !== old[3];
    });
    assert.equal(outdated.length, truth.outdatedSubjects);
  }
});
