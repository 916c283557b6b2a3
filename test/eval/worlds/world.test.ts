import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accesses } from '../../../eval/worlds/access.ts';
import { worldFiles } from '../../../eval/worlds/base.ts';
import { gateOf } from '../../../eval/worlds/fleet.ts';
import { customerId, isThere, phoneText, stranger } from '../../../eval/worlds/people.ts';
import { measureWorld } from '../../../eval/worlds/statistics.ts';
import { makeMini, miniConfig } from './mini.ts';

const { base, directory } = makeMini();

test('the same seed gives the same bytes, another seed others', () => {
  const digests = (folder: string) =>
    Object.values(worldFiles).map((name) =>
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    );
  const first = digests(directory);
  assert.deepEqual(digests(makeMini().directory), first);
  const other = digests(makeMini({ ...miniConfig, seed: 2 }).directory);
  for (const [i, digest] of other.entries()) assert.notEqual(digest, first[i]);
});

test('the log has every read as a line, in the order of times', () => {
  const lines = readFileSync(join(directory, worldFiles.disclosures), 'utf8').trimEnd().split('\n');
  const { columns, fleet } = base;
  assert.equal(lines.length, columns.count);
  let last = 0;
  lines.forEach((line, i) => {
    const { at, principal, subject, fields, purpose } = JSON.parse(line);
    const seconds = Date.parse(at) / 1000;
    assert.ok(seconds >= last);
    last = seconds;
    const { fields: shown, purpose: why } = accesses[columns.access[i] as number] as (typeof accesses)[number];
    assert.deepEqual(
      [seconds, principal, subject, fields, purpose],
      [
        columns.time[i],
        fleet.principals[columns.principal[i] as number]?.principal,
        customerId(columns.subject[i] as number),
        shown,
        why,
      ],
    );
  });
});

test('nobody is read before there is an account or after it is closed for long', () => {
  const { columns, people } = base;
  for (let i = 0; i < columns.count; i++) {
    const subject = columns.subject[i] as number;
    const time = columns.time[i] as number;
    // Parcels that are on their way when an account is closed still arrive, and calls about them come for some days.
    assert.ok(
      time >= (people.created[subject] as number) && time < (people.gone[subject] as number) + 30 * 86_400,
      `read ${i}`,
    );
  }
});

test('a phone never belongs to two customers at a time, and no stranger has one of theirs', () => {
  const { people } = base;
  const spans = new Map<string, { owner: number; from: number; until: number }[]>();
  for (let c = 0; c < people.count; c++) {
    const end = people.firstVersion[c + 1] as number;
    for (let v = people.firstVersion[c] as number; v < end; v++) {
      const phone = phoneText(people.phone[v] as number);
      assert.match(phone, /^1[3-9]\d{9}$/);
      const from = people.versionFrom[v] as number;
      const until = v + 1 < end ? (people.versionFrom[v + 1] as number) : (people.gone[c] as number);
      assert.ok(from < until);
      spans.set(phone, [...(spans.get(phone) ?? []), { owner: c, from, until }]);
    }
  }
  let givenAgain = 0;
  for (const owners of spans.values()) {
    for (const a of owners) {
      // A customer who moved has the same phone in several versions.
      for (const b of owners.filter(({ owner }) => owner > a.owner)) {
        givenAgain++;
        assert.ok(a.until <= b.from || b.until <= a.from);
      }
    }
  }
  assert.ok(givenAgain > 0);
  for (let i = 0; i < 5000; i++) assert.equal(spans.has(phoneText(stranger(i))), false);
});

test('customers table: versions follow each other without gaps', () => {
  const [, ...rows] = readFileSync(join(directory, worldFiles.customers), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  assert.equal(rows.length, base.people.versionFrom.length);
  rows.forEach(([id, , , , , created, from, until], i) => {
    const next = rows[i + 1];
    if (rows[i - 1]?.[0] !== id) assert.equal(from, created);
    if (next?.[0] === id) assert.equal(until, next?.[6]);
  });
  const there = Array.from({ length: base.people.count }, (_, c) => c).filter((c) =>
    isThere(base.people, c, base.until),
  ).length;
  assert.equal(rows.filter((row) => row[7] === '').length, there);
});

test('heads of a gate read the same subjects; scanners of one station share more than those of two', () => {
  const subjectsOf = (principal: number) =>
    new Set(
      Array.from(
        base.byPrincipal.order.subarray(base.byPrincipal.starts[principal], base.byPrincipal.starts[principal + 1]),
        (at) => base.columns.subject[at],
      ),
    );
  const gates = Array.from({ length: miniConfig.stations }, (_, station) => gateOf(base.fleet, station)).filter(
    (gate) => gate.length === 2,
  );
  assert.equal(gates.length, 1);
  for (const [a, b] of gates) assert.deepEqual(subjectsOf(a as number), subjectsOf(b as number));
  const { overlap } = measureWorld(base);
  assert.ok((overlap.station as number) > 2 * (overlap.apart as number), JSON.stringify(overlap));
});

test('worlds and judging import nothing of the product', () => {
  for (const file of globSync('eval/worlds/*.ts')) {
    // The call from within is the one that asks the product.
    if (file.endsWith('in-process.ts')) continue;
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)) {
      assert.match(specifier as string, /^(?:node:|\.\/)/, file);
    }
  }
});
