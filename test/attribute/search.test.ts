import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STILL } from '../../src/attribute/port.ts';
import { searchSources } from '../../src/attribute/search.ts';
import type { DisclosureColumns } from '../../src/disclosures/port.ts';
import { anybody, dumpOf, lootOf, mask, randomFrom, START, sample, type World } from './simulate.ts';
import { inputOf, smallWorld, sourcesOf } from './support.ts';

const world = smallWorld();
const DAY = 86_400;
const scanner = world.scanners[100]!;
const scannerName = world.principals[scanner]!.name;

/** The world with further disclosures, in the order of time. */
function withRows(
  rows: readonly (readonly [time: number, principal: number, subject: number])[],
  names: readonly string[],
): World {
  const { columns, principals } = world;
  const all = [
    ...Array.from(
      columns.time,
      (time, i) => [time, columns.principal[i]!, columns.subject[i]!, columns.fields[i]!] as const,
    ),
    ...rows.map(
      ([time, principal, subject]) => [time, principal, subject, mask('name', 'phone', 'trackingNumber')] as const,
    ),
  ].sort((a, b) => a[0] - b[0]);
  const made: DisclosureColumns = {
    time: Uint32Array.from(all, (row) => row[0]),
    principal: Uint32Array.from(all, (row) => row[1]),
    subject: Uint32Array.from(all, (row) => row[2]),
    fields: Uint16Array.from(all, (row) => row[3]),
    purpose: new Uint16Array(all.length),
  };
  const more = names.map((name, i) => ({ number: principals.length + i, name, attributes: {}, history: [] }));
  return { ...world, columns: made, principals: [...principals, ...more] };
}

describe('who the source is', () => {
  test('one scanner, its loot mixed with as many people from elsewhere', () => {
    const random = randomFrom(1);
    const loot = sample(lootOf(world, scanner, 0, 90), 40, random);
    const result = searchSources(inputOf(world, dumpOf([...loot, ...anybody(world, 60, random)])));
    assert.deepEqual(sourcesOf(world, result), [scannerName]);
    const [source] = result.sources[0]!.members;
    assert.ok(source!.alone.explained >= 40);
    assert.ok(source!.probability > 0.99);
    assert.ok(result.outsideProbability < 1e-6);
  });

  test('the active period is found', () => {
    const random = randomFrom(2);
    const staff = world.staff[4]!;
    const loot = sample(lootOf(world, staff, 30, 50), 150, random);
    const result = searchSources(inputOf(world, dumpOf([...loot, ...anybody(world, 150, random)])));
    assert.deepEqual(sourcesOf(world, result), [world.principals[staff]!.name]);
    const { rows, sources } = result;
    const { period } = sources[0]!.members[0]!.alone;
    const days = [period.first, period.last + 1].map((bucket) => (bucket * rows.bucketSeconds) / DAY);
    assert.ok(Math.abs(days[0]! - 30) < 6 && Math.abs(days[1]! - 50) < 6, `found days ${days.join(' to ')}`);
  });

  test('several insiders, one after the other', () => {
    const random = randomFrom(3);
    const insiders = [2, 11, 23].map((i) => world.staff[i]!);
    const loot = insiders.flatMap((one) => sample(lootOf(world, one, 10, 80), 120, random));
    const result = searchSources(inputOf(world, dumpOf(loot)));
    assert.deepEqual(sourcesOf(world, result).sort(), insiders.map((one) => world.principals[one]!.name).sort());
  });

  test('many infected scanners with a few people each: what they share is named first', () => {
    const random = randomFrom(4);
    const infected = world.scanners.filter((one) => world.principals[one]!.attributes.model === 'model-2');
    const few = infected.filter((_, i) => i % 2 === 0);
    const loot = few.flatMap((one) => sample(lootOf(world, one, 20, 70), 12, random));
    const result = searchSources(inputOf(world, dumpOf([...loot, ...anybody(world, 100, random)])));
    assert.equal(sourcesOf(world, result)[0], 'model=model-2');
  });

  test('two devices that scan everything together are named together', () => {
    const first = world.principals.length;
    const random = randomFrom(5);
    const rows = Array.from(
      { length: 300 },
      () => [START + Math.floor(random() * 80 * DAY), Math.floor(random() * 8_000)] as const,
    );
    const twins = withRows(
      rows.flatMap(([time, subject]) => [[time, first, subject] as const, [time + 2, first + 1, subject] as const]),
      ['twin-a', 'twin-b'],
    );
    const loot = sample(
      rows.map(([, subject]) => subject),
      100,
      random,
    );
    const result = searchSources(inputOf(twins, dumpOf([...loot, ...anybody(world, 100, random)])));
    assert.deepEqual(
      sourcesOf(twins, result).map((names) => names.split('+').sort()),
      [['twin-a', 'twin-b']],
    );
  });
});

describe('who is not', () => {
  test('nobody, when the dump is a copy of a table', () => {
    for (const seed of [1, 2, 3]) {
      const random = randomFrom(seed);
      const result = searchSources(inputOf(world, dumpOf(anybody(world, 3_000, random))));
      assert.deepEqual(sourcesOf(world, result), []);
      assert.ok(result.outsideProbability > 0.5, `outside ${result.outsideProbability}`);
    }
  });

  test('nobody, when popular people are in it more often', () => {
    const random = randomFrom(7);
    const { subject } = world.columns;
    const dump = dumpOf(Array.from({ length: 800 }, () => subject[Math.floor(random() * subject.length)]!));
    assert.deepEqual(sourcesOf(world, searchSources(inputOf(world, dump))), []);
  });

  test('nobody, when it has the people of one week, all of whom the service read', () => {
    const { columns } = world;
    const week = columns.subject.filter(
      (_, row) => columns.time[row]! > START + 40 * DAY && columns.time[row]! < START + 47 * DAY,
    );
    const dump = dumpOf(sample([...new Set(week)], 500, randomFrom(8)));
    assert.deepEqual(sourcesOf(world, searchSources(inputOf(world, dump))), []);
  });

  test('a scanner that read the people when other versions were current', () => {
    const random = randomFrom(9);
    const loot = sample(lootOf(world, scanner, 0, 45), 40, random);
    const during = dumpOf(loot, mask('name', 'phone'), () => [START, START + 45 * DAY]);
    assert.deepEqual(sourcesOf(world, searchSources(inputOf(world, during))), [scannerName]);
    const after = dumpOf(loot, mask('name', 'phone'), () => [START + 88 * DAY, STILL]);
    assert.ok(!sourcesOf(world, searchSources(inputOf(world, after))).includes(scannerName));
  });

  test('a scanner that never got the fields of the dump', () => {
    const loot = sample(lootOf(world, scanner, 0, 90), 40, randomFrom(10));
    const dump = dumpOf(loot, mask('name', 'passwordHash'));
    const result = searchSources(inputOf(world, dump));
    assert.deepEqual(sourcesOf(world, result), []);
    assert.equal(
      result.units.hit.every((one) => one === 255),
      true,
    );
  });
});

test('nobody, when the dump has one station’s customers: a copy of the people of a place looks like the station, its scanners and whoever serves it', () => {
  const random = randomFrom(11);
  const local = Array.from(world.home.keys()).filter((subject) => world.home[subject] === 0);
  const result = searchSources(inputOf(world, dumpOf(sample(local, 170, random))));
  assert.deepEqual(sourcesOf(world, result), []);
});

test('nobody, when all but a few services read everybody, and the only others who got these fields read whom no copy has', () => {
  const { columns, principals } = world;
  const service = principals.findIndex(({ name }) => name === 'routing-service');
  const first = principals.length;
  const everything = mask('name', 'phone', 'email');
  const dump = dumpOf(anybody(world, 1_500, randomFrom(13)), everything);
  const gone = [...Array(world.customers).keys()].filter((subject) => !dump.subject.includes(subject));
  for (const [title, parts] of [
    ['one service', [everything]],
    ['two that have the fields together', [mask('name', 'phone'), mask('email', 'phone')]],
  ] as const) {
    const rows = Array.from(
      columns.time,
      (time, row) => [time, columns.principal[row]!, columns.subject[row]!, columns.fields[row]!] as const,
    );
    const passed = rows.filter(([, principal]) => principal === service);
    const random = randomFrom(14);
    const all = [
      ...rows,
      ...passed.flatMap(([time, , subject]) =>
        parts.map((fields, i) => [time + i, first + i, subject, fields] as const),
      ),
      // Whoever closes accounts has to do with those who are in no later copy.
      ...Array.from(
        { length: 60_000 },
        (_, i) =>
          [
            START + Math.floor(random() * 89 * DAY),
            first + parts.length + (i % 2),
            gone[Math.floor(gone.length * random() ** 2.5)]!,
            everything,
          ] as const,
      ),
    ].sort((a, b) => a[0] - b[0]);
    const named = (name: string, attributes: Record<string, string>) => ({ name, attributes, history: [] });
    const more = [
      ...parts.map((_, i) => named(`service-${i}`, { kind: 'service', role: 'system' })),
      ...[0, 1].map((i) => named(`closing-${i}`, { kind: 'staff', role: 'closing' })),
    ].map((one, i) => ({ number: first + i, ...one }));
    const made = {
      ...world,
      principals: [...principals, ...more],
      columns: {
        time: Uint32Array.from(all, (row) => row[0]),
        principal: Uint32Array.from(all, (row) => row[1]),
        subject: Uint32Array.from(all, (row) => row[2]),
        fields: Uint16Array.from(all, (row) => row[3]),
        purpose: new Uint16Array(all.length),
      },
    };
    assert.deepEqual(sourcesOf(made, searchSources(inputOf(made, dump))), [], title);
  }
});

test('the same input gives the same answer', () => {
  const dump = dumpOf(anybody(world, 400, randomFrom(12)));
  const run = () => searchSources(inputOf(world, dump));
  assert.deepEqual(run().others, run().others);
});
