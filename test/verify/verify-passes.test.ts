import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../src/core/errors.ts';
import { readManifest } from '../../src/register/load.ts';
import { dumpOf, partOf } from './recognised.ts';
import { customers, Lab, stable } from './verify-lab.ts';

/*
 * With little memory the dump is read several times: the answers are the same, or there is an error that says why they could not be.
 */

// Every 40th has the phone of a switchboard: 100 in the register, fewer than the 64 of a common value in a part of it.
const people = customers(0, 4000).map((person, index) =>
  index % 40 === 7 ? { ...person, phone: '16210000000' } : person,
);
const lab = await Lab.of(people);
await lab.addCustomers(
  people
    .slice(200)
    .map((person, index) => (index % 3 === 0 ? { ...person, phone: `163${person.phone.slice(3)}` } : person)),
  { asOfSeconds: 1_700_100_000 },
);
const header = 'phone,email,name,phone2\n';
/** Rows of one person, of two (with a value twice in a field), and of strangers; so many that they are several blocks. */
const rows = Array.from({ length: 36_000 }, (_, index) => {
  const one = people[(index * 7) % 4000]!;
  const other = index % 5 === 0 ? people[(index * 13) % 4000]! : one;
  const name = index % 4 === 1 ? '' : one.name;
  return `${index % 6 === 1 ? '' : one.phone},${other.email},${name},${index % 2 === 0 ? other.phone : ''}\n`;
});
for (let index = 0; index < rows.length; index += 50) rows[index] = `16210000000,stranger${index}@example.org,,\n`;
const text = header + rows.join('');
const map = ['1', '4'].map((column) => ({ field: 'phone' as const, column }));
const little = 300_000;

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => (error as { code?: string }).code === code;
}

test('several passes say what one says', async () => {
  const dump = lab.file(text);
  const lists: string[] = ['', ''];
  const results = [];
  for (const [index, memoryBytes] of [1e9, little].entries()) {
    const options = {
      memoryBytes,
      reading: { map },
      threads: 3,
      affected: (more: string) => {
        lists[index] += more;
      },
    };
    results.push(await lab.verify([dump], options));
  }
  assert.equal(results[0]!.timing.passes, 1);
  assert.ok(results[1]!.timing.passes > 2);
  assert.ok(results[0]!.rows.chimera > 100 && results[0]!.rows.weak > 100, JSON.stringify(results[0]!.rows));
  assert.deepEqual(stable(results[1]!), stable(results[0]!));
  assert.equal(lists[1], lists[0]);
});

test('what is not loaded takes no memory: neither ids nor fingerprints of rows', async () => {
  const { files } = readManifest(lab.home, lab.key);
  const loaded = Object.entries(files).filter(([name]) => name !== 'ids.bin' && name !== 'rows.bin');
  assert.ok(files['rows.bin'] !== undefined && loaded.length === 7);
  const memoryBytes = loaded.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  const passes = async (bytes: number): Promise<number> =>
    (await lab.verify([lab.file(header + rows[0]!)], { memoryBytes: bytes, reading: { map } })).timing.passes;
  assert.deepEqual([await passes(memoryBytes), await passes(memoryBytes - 1)], [1, 2]);
});

test('several files, gzip among them, in several passes', async () => {
  const files = [lab.file(text), lab.file(gzipSync(text)), lab.file(`phone\n${people[5]!.phone}\n`)];
  const once = await lab.verify(files);
  const often = await lab.verify(files, { memoryBytes: little });
  assert.ok(often.timing.passes > 2);
  assert.deepEqual(stable(often), stable(once));
});

test('nothing is left in the home', async () => {
  await lab.verify([lab.file(text)], { memoryBytes: little });
  assert.deepEqual(readdirSync(lab.home).sort(), ['config.json', 'keys', 'lock.sqlite', 'register']);
});

test('a file that changes between two passes is an error, not a wrong count', async () => {
  const changes: ((path: string) => void)[] = [
    (path) => truncateSync(path, text.length >> 1),
    (path) => truncateSync(path, 0),
    (path) => appendFileSync(path, text),
    (path) => appendFileSync(path, rows[0]!),
    (path) => writeFileSync(path, header + rows.slice(1).join('').replaceAll('\n', '\n\n')),
  ];
  for (const change of changes) {
    const path = lab.file(text);
    let read = 0;
    let isChanged = false;
    const onRead = (bytes: number): void => {
      read += bytes;
      if (isChanged || read < text.length || bytes !== 0) return;
      isChanged = true;
      change(path);
    };
    await assert.rejects(lab.verify([path], { memoryBytes: little, onRead }), hasCode('DUMP_CHANGED'));
  }
});

test('a file that shrinks or grows during the only pass is read as it is found', async () => {
  for (const size of [100_000, text.length >> 1]) {
    const path = lab.file(text.repeat(4));
    const found = await lab.verify([path], { onPasses: () => truncateSync(path, size) });
    assert.ok(found.file.rows < 20_000);
  }
  const path = lab.file(text);
  const found = await lab.verify([path], { onPasses: () => appendFileSync(path, text.slice(header.length)) });
  assert.equal(found.file.rows, 72_000);
});

test('a register that is extended meanwhile is an error', async () => {
  const other = await Lab.of(customers(0, 500));
  const dump = other.file(text);
  const parts: Promise<unknown>[] = [];
  let asked = false;
  const onRead = (): void => {
    if (asked) return;
    asked = true;
    parts.push(other.addCustomers(customers(0, 600), { asOfSeconds: 1_700_200_000 }));
  };
  const verified = other.verify([dump], { memoryBytes: 60_000, onRead });
  const outcome = await verified.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
  await Promise.all(parts);
  assert.ok(outcome === 'REGISTER_CHANGED' || outcome === 'done', String(outcome));
});

test('standard input is read once: an error that says so, before anything is read', async () => {
  const stdin = (async function* () {
    yield Buffer.from(text);
  })();
  await assert.rejects(lab.verify(['-'], { memoryBytes: little, reading: { stdin } }), hasCode('DUMP_READ_ONCE'));
});

test('too little memory says how much is needed', async () => {
  await assert.rejects(lab.verify([lab.file(text)], { memoryBytes: 1 }), hasCode('MEMORY_OPTION'));
});

test('pictures in passes: a reading is taken when it alone belongs to a customer, whichever pass has that one', async () => {
  const plain = (phones: readonly string[]) => partOf(phones.map((seen) => ({ seen, alternatives: [] })));
  const nobody = '16299999999';
  // Of customers from all over the register: each pass has some of them.
  const phones = people.filter((_, index) => index % 40 === 13).map(({ phone }) => phone);
  const doubtful = phones.map((phone, index) => {
    const other = phones[(index + 50) % phones.length] ?? nobody;
    return { seen: nobody, alternatives: index % 3 === 0 ? [phone, other] : ['16288888888', phone] };
  });
  const parts = [plain(phones.slice(0, 20)), { ...partOf(doubtful), table: 1 }, { ...plain(phones), table: 2 }];
  const results = [];
  for (const memoryBytes of [1e9, little]) results.push(await lab.verify([], { dump: dumpOf(parts), memoryBytes }));
  const [one, several] = results;
  assert.ok(one !== undefined && several !== undefined);
  assert.ok(several.timing.passes > 2);
  const sure = doubtful.filter(({ alternatives }) => alternatives[0] === '16288888888').length;
  assert.deepEqual([one.corrections?.doubtful, one.corrections?.corrected], [phones.length, sure]);
  assert.equal(one.rows.matched, 20 + sure + phones.length);
  assert.deepEqual(stable(several), stable(one));
});
