import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FIRST_UNKNOWN_SUBJECT } from '../../src/disclosures/port.ts';
import { PrincipalTable } from '../../src/disclosures/principals.ts';
import { openDisclosures } from '../../src/disclosures/reader.ts';
import { disclosuresKey } from '../../src/disclosures/sealed.ts';
import { readOverview } from '../../src/disclosures/status.ts';
import { disclosuresFolder, readManifest } from '../../src/disclosures/store.ts';
import { DisclosureWriter } from '../../src/disclosures/writer.ts';
import { addCustomers, key, newHome, openWriter, readAll, registerKey } from './support.ts';

/** Adds disclosures of one principal at these times. */
function addTimes(home: string, times: readonly number[], segmentRows?: number): { added: number; repeated: number } {
  const writer = openWriter(home, segmentRows);
  for (const time of times) {
    writer.add(time, writer.principals.numberOf('p')!, writer.subjects.numberOf('C1')!, 3, 0);
  }
  return writer.commit();
}

const shown = (times: readonly number[]): string[] =>
  times.map((time) => `${time} p ${FIRST_UNKNOWN_SUBJECT} 3 `).sort();
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('without disclosures a reader is empty', () => {
  const reader = openDisclosures(newHome(), registerKey);
  assert.deepEqual([reader.segments(), reader.principals(), reader.purposes()], [[], [], ['']]);
});

test('disclosures are a set, over batches, segments and imports', () => {
  const home = newHome();
  assert.deepEqual(addTimes(home, [...range(100, 120), ...range(110, 130)].reverse()), { added: 30, repeated: 10 });
  assert.deepEqual(addTimes(home, range(90, 125)), { added: 10, repeated: 25 });
  assert.deepEqual(addTimes(home, range(90, 130)), { added: 0, repeated: 40 });
  assert.deepEqual(readAll(home), shown(range(90, 130)));
});

test('disclosures stay a set when their principals become one, over segments that overlap', () => {
  const home = newHome();
  const names = ['a', 'b', 'c', 'd'];
  for (const [at, name] of names.entries()) {
    const writer = openWriter(home);
    // Each shares half of its times with the one before, and its segments with those of others.
    for (const time of range(100 + 10 * at, 120 + 10 * at))
      writer.add(time, writer.principals.numberOf(name)!, writer.subjects.numberOf('C1')!, 3, 0);
    writer.commit();
  }
  for (const name of names) {
    const writer = openWriter(home);
    const { principals } = writer;
    assert.equal(writer.replacePrincipal(principals.find(name)!, principals.numberOf('p')!), 20);
    writer.commit();
  }
  assert.deepEqual(readAll(home), shown(range(100, 150)));
  const { segments } = readManifest(home, key);
  assert.ok(segments.length <= 10, `${segments.length} segments of at most 8 for 50 disclosures`);
});

test('a file that cannot be read is not called damaged', () => {
  const home = newHome();
  addTimes(home, range(100, 103));
  const { segments, principals } = readManifest(home, key);
  for (const name of [`segment-${segments[0]?.file}.bin`, `principals-${principals}.bin`, 'manifest.bin']) {
    const file = join(disclosuresFolder(home), name);
    renameSync(file, `${file}.kept`);
    mkdirSync(file);
    assert.throws(() => readAll(home), { code: 'DISCLOSURES_READ', message: new RegExp(`${name}.*EISDIR`) });
    rmSync(file, { recursive: true });
    renameSync(`${file}.kept`, file);
  }
  assert.deepEqual(readAll(home), shown([100, 101, 102]));
});

test('a failure behind the commit takes nothing of it back', () => {
  const home = newHome();
  addTimes(home, range(100, 103));
  const onStep = (step: string): void => {
    if (step === 'renamed') throw Object.assign(new Error('no sync'), { code: 'EIO', syscall: 'fsync' });
  };
  const writer = new DisclosureWriter({ home, registerKey, key, segmentRows: 8, onStep });
  writer.add(200, writer.principals.numberOf('p')!, writer.subjects.numberOf('C1')!, 3, 0);
  assert.throws(() => writer.commit(), { code: 'DISCLOSURES_WRITE' });
  writer.abandon();
  assert.deepEqual(readAll(home), shown([100, 101, 102, 200]));
});

test('a name with half a surrogate pair is one name', () => {
  const principals = new PrincipalTable();
  const number = principals.numberOf('scanner \ud800');
  assert.equal(principals.numberOf('scanner \ud800'), number);
  assert.equal(principals.numberOf('scanner \udfff'), number);
  assert.equal(principals.count, 1);
});

test('a principal may be described very often, in any order', () => {
  const principals = new PrincipalTable();
  const number = principals.numberOf('scanner-1')!;
  const times = range(0, 20_000);
  const shuffled = [...times.filter((time) => time % 2 === 0), ...times.filter((time) => time % 2 === 1).reverse()];
  for (const time of shuffled) assert.ok(principals.describe(number, time, { build: String(time % 7) }));
  for (const time of times) assert.ok(!principals.describe(number, time, { build: String(time % 7) }));
  assert.ok(principals.describe(number, 5, { build: 'other' }));
  const [{ history = [] } = {}] = principals.list();
  assert.deepEqual(
    history.map(({ fromSeconds }) => fromSeconds),
    times,
  );
  assert.deepEqual(history[5]?.attributes, { build: 'other' });
});

test('many small imports make few segments', () => {
  const home = newHome();
  for (let i = 0; i < 40; i++) addTimes(home, [1000 + i], 16);
  assert.deepEqual(readAll(home), shown(range(1000, 1040)));
  assert.ok(openDisclosures(home, registerKey).segments().length <= 6);
  const files = readdirSync(disclosuresFolder(home)).filter((name) => name.startsWith('segment'));
  assert.equal(files.length, openDisclosures(home, registerKey).segments().length);
});

test('every width of every column comes back as it was written', () => {
  const home = newHome();
  const writer = openWriter(home, 1000);
  const rows: string[] = [];
  const add = (time: number, subject: number, fields: number, purpose: string): void => {
    writer.add(time, writer.principals.numberOf(`p${subject % 300}`)!, subject, fields, writer.purposeNumber(purpose)!);
    rows.push(`${time} p${subject % 300} ${subject} ${fields} ${purpose}`);
  };
  add(0, 0, 1, '');
  add(0xfffffffe, 0x0ffffffe, 0xffff, 'delivery');
  for (let i = 0; i < 700; i++) add(1_700_000_000 + i * 100, i * 100_000, (i % 300) + 1, `purpose ${i % 300}`);
  writer.commit();
  assert.deepEqual(readAll(home), rows.sort());
});

test('a disclosure takes at most 16 bytes on disk, and fewer where numbers are small', () => {
  const home = newHome();
  const writer = openWriter(home, 100_000);
  for (let i = 0; i < 100_000; i++) writer.add(i * 42_949, i, 0x80000000 + i, 0xffff, i & 0xffff);
  writer.commit();
  assert.ok(statSync(join(disclosuresFolder(home), 'segment-1.bin')).size <= 16 * 100_000);
  const { sizeBytes, disclosures } = readOverview(home, registerKey);
  assert.equal(sizeBytes, statSync(join(disclosuresFolder(home), 'segment-1.bin')).size);
  assert.equal(disclosures, 100_000);
});

test('subjects have the numbers of the register; others keep theirs and show the register once it knows them', () => {
  const home = newHome();
  addCustomers(home, ['C1', 'C2'], 100);
  const add = (ids: readonly string[]): { added: number; repeated: number } => {
    const writer = openWriter(home);
    ids.forEach((id, i) => {
      writer.add(500 + i, writer.principals.numberOf('p')!, writer.subjects.numberOf(id)!, 1, 0);
    });
    return writer.commit();
  };
  const subjects = (): string[] => readAll(home).map((row) => row.split(' ')[2]!);
  assert.deepEqual(add(['C2', 'C9', 'C1']), { added: 3, repeated: 0 });
  assert.deepEqual(subjects(), ['1', String(FIRST_UNKNOWN_SUBJECT), '0']);
  // A normalised form of an id is the same id.
  assert.deepEqual(add([' C2 ', 'Ｃ９', 'C1']), { added: 0, repeated: 3 });
  addCustomers(home, ['C8', 'C9'], 200);
  assert.deepEqual(subjects(), ['1', '3', '0']);
  assert.deepEqual(add(['C2', 'C9', 'C1', 'C9']), { added: 1, repeated: 3 });
  assert.deepEqual(subjects(), ['1', '3', '0', '3']);
  assert.equal(openDisclosures(home, registerKey).source.shown.length, 1);
});

test('beside another register the disclosures are refused', () => {
  const home = newHome();
  addCustomers(home, ['C1', 'C2'], 100);
  const writer = openWriter(home);
  writer.add(1, writer.principals.numberOf('p')!, writer.subjects.numberOf('C2')!, 1, 0);
  writer.commit();
  rmSync(join(home, 'register'), { recursive: true });
  assert.throws(() => openDisclosures(home, registerKey), { code: 'DISCLOSURES_REGISTER' });
  addCustomers(home, ['C2', 'C1'], 100);
  assert.throws(() => openDisclosures(home, registerKey), { code: 'DISCLOSURES_REGISTER' });
  assert.throws(() => openWriter(home), { code: 'DISCLOSURES_REGISTER' });
  rmSync(join(home, 'register'), { recursive: true });
  addCustomers(home, ['C1', 'C2'], 300);
  assert.deepEqual(readAll(home), ['1 p 1 1 ']);
});

test('what is not as it was sealed is refused, in every file', () => {
  const home = newHome();
  addCustomers(home, ['C1'], 50);
  addTimes(home, range(1, 30));
  const folder = disclosuresFolder(home);
  const names = readdirSync(folder);
  assert.ok(names.length >= 6);
  for (const name of names) {
    const bytes = readFileSync(join(folder, name));
    for (const at of [0, 17, 30, 45, bytes.length - 1]) {
      const broken = Buffer.from(bytes);
      broken[at]! ^= 1;
      writeFileSync(join(folder, name), broken);
      assert.throws(() => readAll(home), { code: at === 17 ? 'KEY_UNUSABLE' : 'DISCLOSURES_DAMAGED' }, `${name} ${at}`);
    }
    writeFileSync(join(folder, name), bytes.subarray(0, bytes.length - 1));
    assert.throws(() => readAll(home), { code: 'DISCLOSURES_DAMAGED' }, name);
    writeFileSync(join(folder, name), bytes);
  }
  const [one, two] = names.filter((name) => name.startsWith('segment')).map((name) => join(folder, name));
  renameSync(one!, `${one}.away`);
  assert.throws(() => readAll(home), { code: 'DISCLOSURES_DAMAGED' });
  // Another segment of the same key and size is not this one.
  cpSync(two!, one!);
  assert.throws(() => readAll(home), { code: 'DISCLOSURES_DAMAGED' });
  renameSync(`${one}.away`, one!);
  assert.equal(readAll(home).length, 29);
  assert.throws(() => readManifest(home, disclosuresKey(new Uint8Array(32))), { code: 'KEY_UNUSABLE' });
});

test('no name and no id stands in the files in clear', () => {
  const home = newHome();
  const writer = openWriter(home);
  const number = writer.principals.numberOf('scanner-4711-secret')!;
  writer.principals.describe(number, 0, { station: 'Hangzhou-West' });
  writer.add(5, number, writer.subjects.numberOf('CUSTOMER-4711')!, 1, writer.purposeNumber('delivery-of-parcels')!);
  writer.commit();
  for (const name of readdirSync(disclosuresFolder(home))) {
    const text = readFileSync(join(disclosuresFolder(home), name), 'latin1');
    assert.doesNotMatch(text, /secret|Hangzhou|CUSTOMER|delivery/, name);
  }
});

const steps = ['segment', 'segments', 'tables', 'written', 'renamed', 'committed'];

test('an import that is killed at any step leaves what was or what is to be, and the next one clears up', async () => {
  const base = newHome();
  addTimes(base, range(1, 5));
  await Promise.all(
    steps.map(async (step) => {
      const home = newHome();
      cpSync(base, home, { recursive: true });
      const script = fileURLToPath(new URL('crash-child.ts', import.meta.url));
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, home, step]);
      const [, signal] = await once(child, 'exit');
      assert.equal(signal, 'SIGKILL', `the import reached ${step}`);
      const isNew = steps.indexOf(step) >= steps.indexOf('renamed');
      assert.deepEqual(readAll(home), shown(range(1, isNew ? 21 : 5)), step);
      addTimes(home, range(1, 22));
      assert.deepEqual(readAll(home), shown(range(1, 22)), step);
      const { segments, principals, subjects } = readManifest(home, key);
      const expected = ['manifest.bin', `principals-${principals}.bin`, `subjects-${subjects}.bin`];
      const files = [...expected, ...segments.map(({ file }) => `segment-${file}.bin`)].sort();
      assert.deepEqual(readdirSync(disclosuresFolder(home)).sort(), files, step);
    }),
  );
});
