import assert from 'node:assert/strict';
import fs, { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { customerId as idField } from '../../src/core/fields/customer-id.ts';
import { deriveKey, fingerprint, fingerprintContext } from '../../src/core/fingerprint/keys.ts';
import { addErasures, readErasures } from '../../src/register/erasures.ts';
import { countWaiting, readOverview } from '../../src/register/status.ts';
import {
  addTable,
  email,
  load,
  name,
  newHome,
  phone,
  type Row,
  readAllIds,
  readImage,
  sorted,
  type Table,
  testKey,
} from './support.ts';

const idKey = deriveKey(testKey, fingerprintContext(idField));
/** More than one chunk of ids holds, so that some are copied and some made anew. */
const PEOPLE = 4500;
const ERASED = [0, 7, 8, 9, 100, 4095, 4096, 4499];
const idOf = (i: number): string => `C-${i}`;

const spread = (i: number): number => Math.imul(i + 1, 0x9e3779b1) >>> 0;

const FEW = 200;
const FEW_ERASED = ERASED.filter((subject) => subject < FEW);
const isErased = (subject: number): boolean => ERASED.includes(subject);

/** Everybody has a phone and a name; a tenth of the phones is another one's too. */
function rowOf(i: number, version = 0): Row {
  const seed = (i % 10 === 0 ? i + 1 : i) + version * 10_000;
  return {
    id: idOf(i),
    idValue: fingerprint(idKey, idOf(i)),
    created: 1000 + i,
    values: [
      { field: phone, lo: seed, hi: spread(seed) },
      { field: email, lo: i, hi: spread(i + 20_000 + version) },
      { field: name, lo: spread(i), hi: 0 },
    ],
  };
}

const tableOf = (mode: Table['mode'], asOf: number, rows: readonly Row[]): Table => ({
  mode,
  asOf,
  fields: ['customerId', 'phone', 'email', 'name'],
  rows,
});

const everybody = Array.from({ length: PEOPLE }, (_, i) => rowOf(i));
const settings = { rowsPerBlock: 500, controlled: [phone], samplesPerField: 3000, rowCheck: '0123456789abcdef' };

function aHome(people = FEW): string {
  const home = newHome();
  addTable(home, tableOf('snapshot', 5000, everybody.slice(0, people)), settings);
  return home;
}

function erase(home: string, subjects = FEW_ERASED): void {
  const applied = load(home).manifest.erased?.entries ?? 0;
  addErasures(home, testKey, subjects.map(idOf), applied);
}

/** What a register holds, without what belongs to some. */
function without(home: string, gone: (subject: number) => boolean) {
  const loaded = load(home);
  const { versions, controls } = readImage(loaded);
  return {
    versions: sorted(versions).filter(([key]) => !gone(Number(key.split(' ')[0]))),
    // Those that were made from a value that somebody else has too go along, and come back with the next sample.
    controls: [...controls].map((control) => control.replace(/#.*/, '')).sort(),
    created: [...loaded.image.created].map((seconds, subject) => (gone(subject) ? 0 : seconds)),
  };
}

test('who was erased is in no image from then on, and in no file after the next table', () => {
  const home = aHome(PEOPLE);
  const before = without(home, isErased);
  erase(home, ERASED);
  // Twice is once.
  erase(home, ERASED);
  assert.equal(readErasures(home, testKey).ids.length, ERASED.length);

  const waiting = without(home, () => false);
  assert.deepEqual(waiting.versions, before.versions);
  assert.deepEqual(waiting.created, before.created);
  const highs = new Set(ERASED.flatMap((i) => rowOf(i).values.map(({ hi }) => String(hi))));
  const madeFromThem = (control: string): boolean => highs.has(control.split(' ')[3] ?? '');
  assert.ok(before.controls.some(madeFromThem), 'nobody of them is in the sample');
  assert.deepEqual(
    waiting.controls,
    before.controls.filter((control) => !madeFromThem(control)),
  );
  assert.deepEqual(load(home).erased, { entries: ERASED.length, subjects: ERASED });
  assert.equal(countWaiting(home, testKey, load(home).manifest), ERASED.length);
  assert.equal(readOverview(home, testKey).subjects, PEOPLE - ERASED.length);
  // Parts too.
  for (const [from, to] of [
    [0, 1000],
    [1000, PEOPLE],
  ] as const)
    assert.deepEqual(
      sorted(readImage(load(home, { from, to })).versions),
      before.versions.filter(([key]) => {
        const subject = Number(key.split(' ')[0]);
        return subject >= from && subject < to;
      }),
    );

  addTable(home, tableOf('delta', 6000, [rowOf(3, 1)]), settings);
  const after = without(home, (subject) => subject === 3);
  const others = before.versions.filter(([key]) => !key.startsWith('3 '));
  assert.deepEqual(after.versions, others);
  const { manifest, erased } = load(home);
  assert.deepEqual(manifest.erased, { entries: ERASED.length, subjects: ERASED.length });
  assert.deepEqual(erased, { entries: ERASED.length, subjects: [] });
  assert.equal(countWaiting(home, testKey, manifest), 0);
  assert.equal(readOverview(home, testKey).subjects, PEOPLE - ERASED.length);
  assert.deepEqual(
    readAllIds(home),
    everybody.map(({ id }, subject) => (isErased(subject) ? '' : id)),
  );
  const folder = path.join(home, 'register');
  const files = readdirSync(folder).filter((entry) => entry.startsWith('gen-'));
  const bytes = Buffer.concat(
    files.flatMap((entry) =>
      readdirSync(path.join(folder, entry)).map((file) => readFileSync(path.join(folder, entry, file))),
    ),
  );
  const printed = ({ lo, hi }: { lo: number; hi: number }): Buffer => {
    const print = Buffer.alloc(8);
    print.writeUInt32LE(lo, 0);
    print.writeUInt32LE(hi, 4);
    return print;
  };
  assert.ok(bytes.includes(printed(rowOf(5).idValue)));
  for (const i of ERASED) {
    assert.ok(!bytes.includes(printed(rowOf(i).idValue)));
    assert.ok(!bytes.includes(printed(rowOf(i).values[1] ?? { lo: 0, hi: 0 })));
  }
});

test('no table brings back who was erased, unless it is told to; who came back stays as anybody', () => {
  const home = aHome();
  erase(home);
  const same = addTable(home, tableOf('snapshot', 6000, everybody.slice(0, FEW)), settings);
  assert.deepEqual(
    [same.rejected.get('erased'), same.subjectsAdded, same.rows, same.versionsAdded],
    [FEW_ERASED.length, 0, FEW - FEW_ERASED.length, 0],
  );
  const subjects = (): number => readOverview(home, testKey).subjects;
  assert.equal(subjects(), FEW - FEW_ERASED.length);
  const newcomer = [rowOf(7, 2)];
  addTable(home, tableOf('delta', 7000, newcomer), { ...settings, admitsErased: true });
  assert.equal(subjects(), FEW - FEW_ERASED.length + 1);
  const again = addTable(home, tableOf('delta', 8000, newcomer), settings);
  assert.equal(again.rejected.get('erased'), undefined);
  // And is erased again, as a new one.
  erase(home);
  assert.equal(readErasures(home, testKey).ids.length, 2 * FEW_ERASED.length);
  assert.deepEqual(load(home).erased.subjects, [FEW]);
  assert.equal(subjects(), FEW - FEW_ERASED.length);
});

test('an erasure whose writing was cut off is written again; a list that was changed is damaged', () => {
  const home = aHome();
  erase(home);
  const file = path.join(home, 'erased.bin');
  const whole = readFileSync(file);
  for (const end of [whole.length - 1, whole.length - 16, 5, 0]) {
    truncateSync(file, end);
    assert.equal(readErasures(home, testKey).ids.length, Math.floor(end / 16));
    erase(home);
    assert.deepEqual(load(home).erased.subjects, FEW_ERASED);
  }
  appendFileSync(file, Buffer.alloc(7));
  assert.deepEqual(load(home).erased.subjects, FEW_ERASED);
  for (const at of [0, 5, 9, whole.length - 1]) {
    const wrong = readFileSync(file);
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    writeFileSync(file, wrong);
    assert.throws(() => load(home), { code: 'REGISTER_DAMAGED' });
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    writeFileSync(file, wrong);
  }
  // Nobody takes the place of another.
  writeFileSync(file, Buffer.concat([whole.subarray(16, 32), whole.subarray(0, 16)]));
  assert.throws(() => load(home), { code: 'REGISTER_DAMAGED' });
});

test('a full disk that takes a part of an erasure is no erasure', (context) => {
  const home = aHome();
  const write = fs.writeSync as (...given: unknown[]) => number;
  const cut = (file: unknown, bytes: Uint8Array, offset: number, length: number, place: number): number =>
    write(file, bytes, offset, length - 16, place);
  context.mock.method(fs, 'writeSync', cut, { times: 1 });
  assert.throws(() => erase(home), { code: 'REGISTER_WRITE' });
  erase(home);
  assert.deepEqual(load(home).erased.subjects, FEW_ERASED);
});
