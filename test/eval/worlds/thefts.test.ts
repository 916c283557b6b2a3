import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDump } from '../../../eval/worlds/dump.ts';
import { nameText, phoneText, versionAt } from '../../../eval/worlds/people.ts';
import type { Resale, TheftKind } from '../../../eval/worlds/theft-kinds.ts';
import { makeMini } from './mini.ts';

const { base } = makeMini();
const { people, fleet, columns } = base;
const cut = (theft: TheftKind, resale: Resale = {}, seed = 3) => makeDump(base, { label: 'test', theft, resale }, seed);
const rowsOf = (csv: string) =>
  csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
const scanners = { kind: 'scanners', devices: 3, rowsEach: 20, days: 20, via: 'build' } as const;
const table = { kind: 'table', rows: 300, scope: 'all', backupDays: 0 } as const;

test('the same seed gives the same dump and truth', () => {
  const resale: Resale = { merged: { from: 'other-company', times: 1 }, stale: 0.2, retyped: 0.5, mistyped: 0.1 };
  assert.deepEqual(cut(scanners, resale), cut(scanners, resale));
  assert.notEqual(cut(scanners, resale).csv, cut(scanners, resale, 4).csv);
});

test('what infected scanners leak is what they read in the time, in the version of that moment', () => {
  const { csv, truth } = cut(scanners);
  assert.equal(truth.principals.length, 3);
  assert.equal(rowsOf(csv).length, 60);
  const [from, until] = [Date.parse(truth.active?.from ?? ''), Date.parse(truth.active?.to ?? '')].map(
    (time) => time / 1000,
  ) as [number, number];
  const read = new Set<string>();
  for (let i = 0; i < columns.count; i++) {
    const time = columns.time[i] as number;
    if (
      !truth.principals.includes(fleet.principals[columns.principal[i] as number]?.principal ?? '') ||
      time < from ||
      time >= until
    )
      continue;
    const subject = columns.subject[i] as number;
    read.add(`${nameText(subject)},${phoneText(people.phone[versionAt(people, subject, time)] as number)}`);
  }
  for (const [name, phone] of rowsOf(csv)) assert.ok(read.has(`${name},${phone}`));
});

test('infected scanners share the attribute that the truth says', () => {
  const { truth } = cut({ ...scanners, devices: 4 });
  const sharing = truth.principals.filter(
    (name) => fleet.principals.find((one) => one.principal === name)?.build === truth.group?.value,
  );
  assert.equal(truth.group?.attribute, 'build');
  assert.ok(sharing.length >= 3);
});

test('a table copy has the values of its moment, and nobody to blame', () => {
  const { csv, truth } = cut({ ...table, backupDays: 300 });
  const copied = Date.parse(truth.copy.at[0] ?? '') / 1000;
  assert.ok(copied < base.until - 300 * 86_400);
  assert.equal(truth.outside, true);
  assert.deepEqual(truth.principals, []);
  assert.equal(rowsOf(csv).length, 300);
  for (const [id, , phone] of rowsOf(csv)) {
    const customer = Number(id?.slice(1)) - 10_000_000;
    assert.ok((people.created[customer] as number) <= copied);
    assert.equal(phone, phoneText(people.phone[versionAt(people, customer, copied)] as number));
  }
});

test('resale: rows are cut, merged, dropped and retyped as said', () => {
  const plain = rowsOf(cut(table).csv);
  assert.equal(rowsOf(cut(table, { part: 0.5 }).csv).length, 150);
  const merged = cut(table, { merged: { from: 'older-leak', times: 0.5 } });
  assert.deepEqual(merged.truth.rows, { stolen: 300, foreign: 150 });
  assert.equal(merged.truth.copy.shape, 'merged');
  assert.equal(rowsOf(merged.csv).length, 450);
  assert.equal(cut(table, { dropped: ['customer_id', 'email'] }).csv.split('\n')[0], 'name,phone,address');
  const phones = new Set(plain.map((row) => row[2]));
  const retyped = rowsOf(cut(table, { retyped: 1 }).csv).map((row) => row[2] as string);
  assert.ok(retyped.every((phone) => phone.length > 11 && phones.has(phone.replace(/\D/g, '').slice(-11))));
  const mistyped = rowsOf(cut(table, { mistyped: 1 }).csv).map((row) => row[2] as string);
  assert.equal(
    mistyped.some((phone) => phones.has(phone)),
    false,
  );
});

test('stale rows have another version of the same person, where there is one', () => {
  const { csv, truth } = cut(table, { stale: 1 });
  const copied = Date.parse(truth.copy.at[0] ?? '') / 1000;
  let [many, other] = [0, 0];
  for (const [id, , phone] of rowsOf(csv)) {
    const customer = Number(id?.slice(1)) - 10_000_000;
    const first = people.firstVersion[customer] as number;
    const phones = new Set(people.phone.subarray(first, people.firstVersion[customer + 1]));
    if (phones.size < 2) continue;
    many++;
    if (phone !== phoneText(people.phone[versionAt(people, customer, copied)] as number)) other++;
  }
  assert.ok(many > 5 && other > many / 2, `${other} of ${many}`);
});

test('a file from outside has the share of customers that is said, and nobody to blame', () => {
  const phones = new Set(Array.from(people.phone, phoneText));
  for (const whom of ['uniform', 'popular', 'city', 'station'] as const) {
    const { csv, truth } = cut({ kind: 'outside', rows: 400, overlap: 0.25, people: whom });
    const known = rowsOf(csv).filter((row) => phones.has(row[1] ?? '')).length;
    assert.ok(known > 60 && known < 140, `${whom}: ${known}`);
    assert.equal(truth.outside, true);
    assert.equal(truth.copy.shape, 'none');
  }
});

test('an insider sells a share of what was read; a world without such a one says so', () => {
  const { csv, truth } = cut({ kind: 'insiders', people: 1, reads: 300, pace: 'slow', sold: 0.5 });
  assert.match(truth.principals[0] ?? '', /^staff-/);
  assert.ok(rowsOf(csv).length > 80 && rowsOf(csv).length < 300);
  assert.throws(
    () => cut({ kind: 'insiders', people: 1, reads: 9000, pace: 'slow', sold: 0.5 }),
    /this world has 0 of 1/,
  );
});
