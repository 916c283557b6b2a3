import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Background } from '../../src/attribute/background.ts';
import { Evidence } from '../../src/attribute/evidence.ts';
import { findGroups } from '../../src/attribute/groups.ts';
import { findPlaces } from '../../src/attribute/places.ts';
import { orderRows } from '../../src/attribute/rows.ts';
import { searchSources } from '../../src/attribute/search.ts';
import { Selections } from '../../src/attribute/selections.ts';
import { findUnits } from '../../src/attribute/units.ts';
import { anybody, dumpOf, mask, randomFrom, START, sample, type World } from './simulate.ts';
import { inputOf, smallWorld, sourcesOf } from './support.ts';

const DAY = 86_400;
const world = smallWorld();

const scanner = world.scanners[4]!;

interface Party {
  readonly party: World;
  readonly customers: number[];
}

/** The world with one more principal of that kind, who reads `size` people over all days, each an hour before one and the same scanner does; every `missed`-th of them another scanner instead. */
function withParty(kind: string, size = 700, missed = Number.POSITIVE_INFINITY): Party {
  const random = randomFrom(21);
  const number = world.principals.length;
  const customers = sample([...new Set(anybody(world, 1_000, random))], size, random);
  const reads = customers.flatMap((subject, i) => {
    const time = START + Math.floor(random() * 89 * DAY);
    return [
      [time, number, subject],
      [time + 3_600, (i + 1) % missed === 0 ? world.scanners[5]! : scanner, subject],
    ] as const;
  });
  const { columns } = world;
  const rows = [
    ...Array.from(
      columns.time,
      (time, i) => [time, columns.principal[i]!, columns.subject[i]!, columns.fields[i]!] as const,
    ),
    ...reads.map(([time, who, subject]) => [time, who, subject, mask('name', 'phone')] as const),
  ].sort((a, b) => a[0] - b[0]);
  const column = (i: 0 | 1 | 2): Uint32Array => Uint32Array.from(rows, (row) => row[i]);
  const principals = [...world.principals, { number, name: 'party', attributes: { kind }, history: [] }];
  return {
    customers,
    party: {
      ...world,
      principals,
      columns: {
        time: column(0),
        principal: column(1),
        subject: column(2),
        fields: Uint16Array.from(rows, (row) => row[3]),
        purpose: new Uint16Array(rows.length),
      },
    },
  };
}

describe('a copy of a part of the customers names nobody', () => {
  test('of one shop, whom the shop and the scanner at its door read first; of somebody who is no shop, its reader is the source', () => {
    for (const [kind, expected] of [
      ['shop', []],
      ['staff', ['party']],
    ] as const) {
      const { party, customers } = withParty(kind);
      const result = searchSources(inputOf(party, dumpOf(sample(customers, 350, randomFrom(23)))));
      assert.deepEqual(sourcesOf(party, result), expected);
    }
  });

  test('of a region: who reads everybody at several stations is none of them, and explains a copy of all of them', () => {
    for (const region of [
      [0, 8, 16],
      [4, 12],
    ]) {
      // Everything for these stations passes one sorting machine, which no attribute ties to them.
      const local = [...world.home.keys()].filter((subject) => region.includes(world.home[subject]!));
      for (const size of [200, 700]) {
        const dump = dumpOf(sample(local, size, randomFrom(40)));
        assert.deepEqual(sourcesOf(world, searchSources(inputOf(world, dump))), [], `${region}: ${size}`);
      }
    }
  });

  test('of one shop with few customers, all of whom are in the dump', () => {
    const { party, customers } = withParty('shop', 20);
    assert.deepEqual(sourcesOf(party, searchSources(inputOf(party, dumpOf(customers)))), []);
  });
});

test('who reads a part of the people of several stations is the source of a dump that has nobody else of them', () => {
  const random = randomFrom(41);
  const region = [0, 8, 16];
  const { party, customers } = withParty('staff');
  const local = customers.filter((subject) => region.includes(world.home[subject]!));
  const dump = dumpOf([
    ...local,
    ...anybody(party, 100, random).filter((subject) => !region.includes(world.home[subject]!)),
  ]);
  assert.deepEqual(sourcesOf(party, searchSources(inputOf(party, dump))), ['party']);
});

test('a scanner that read nearly all of a shop’s customers: whether the others are in the dump tells it from a copy of the list', () => {
  const { party, customers } = withParty('shop', 700, 6);
  const isMissed = (_: number, i: number): boolean => (i + 1) % 6 === 0;
  const read = sample(
    customers.filter((one, i) => !isMissed(one, i)),
    420,
    randomFrom(27),
  );
  const elsewhere = anybody(party, 40, randomFrom(28));
  const theft = searchSources(inputOf(party, dumpOf([...read, ...elsewhere])));
  assert.deepEqual(sourcesOf(party, theft), [party.principals[scanner]!.name]);
  const { alone } = theft.sources[0]!.members[0]!;
  assert.match(alone.comparedWith ?? '', /customers of "party"/);
  assert.ok(alone.unread !== null && alone.unread.expected > 5 * alone.unread.found);
  const missed = sample(customers.filter(isMissed), 50, randomFrom(29));
  const copy = searchSources(inputOf(party, dumpOf([...read.slice(0, 300), ...missed, ...elsewhere])));
  assert.deepEqual(sourcesOf(party, copy), []);
});

describe('what is kept from one question to the next', () => {
  const { party, customers } = withParty('staff', 700, 3);
  const { principals } = party;
  const rows = orderRows(inputOf(party, dumpOf(sample(customers, 350, randomFrom(23)))));
  const units = findUnits(rows, principals.length, (principal) => principal);
  const groups = findGroups(rows, principals);

  test('people whom another principal reads are a part to be held against, and those whom everybody reads are none', () => {
    const places = findPlaces(rows, principals.length, groups);
    const background = new Background(rows, units, places, new Uint8Array(rows.subjects));
    const selections = new Selections(rows, { units, places, groups, principals });
    const titles = selections.against(background, units, scanner, null).map(({ title }) => title);
    assert.ok(titles.includes('those whom "party" reads'));
    assert.ok(titles.every((title) => !title.includes('model')));
  });

  test('who is taken out is taken out of chance, too, when the same one is judged again', () => {
    const evidence = new Evidence({ principals, rows, units, groups });
    const one = {
      who: { kind: 'principal', principal: scanner },
      units,
      reader: scanner,
      spread: 0.1,
      own: null,
    } as const;
    const other = {
      ...one,
      who: { kind: 'principal', principal: world.scanners[5]! },
      reader: world.scanners[5]!,
    } as const;
    const before = evidence.judge(one);
    evidence.trying(() => {
      evidence.exclude(units, other.reader, { first: 0, last: 63 });
      const beside = evidence.judge(one);
      evidence.judge(other);
      assert.deepEqual(evidence.judge(one), beside);
      assert.notDeepEqual(beside, before);
    });
    assert.deepEqual(evidence.judge(one), before);
  });
});

test('events are numbered by subject and bucket, without gaps', () => {
  const rows = orderRows(inputOf(world, dumpOf(anybody(world, 100, randomFrom(25)))));
  let next = -1;
  let last = -1;
  for (let row = 0; row < rows.count; row++) {
    const place = rows.subject[row]! * 64 + ((rows.info[row]! >>> 16) & 63);
    if (place !== last) next++;
    last = place;
    assert.equal(rows.event[row], next);
  }
  assert.equal(rows.events, next + 1);
});

test('who got only what half of the dump asks for stands for half of the people outside it', () => {
  const half = anybody(world, 400, randomFrom(26)).sort((a, b) => a - b);
  const all = dumpOf(half);
  const dump = {
    ...all,
    fields: all.fields.map((fields, i) => (i % 2 === 0 ? fields : mask('name', 'phone', 'address'))),
  };
  const input = inputOf(world, dump);
  const rows = orderRows(input);
  const units = findUnits(rows, input.principals.length, (principal) => principal);
  const share = dump.fields.filter((_, i) => i % 2 === 0).length / dump.fields.length;
  const weights = new Map<number, Set<number>>();
  for (const [who, name] of [
    [world.scanners[0]!, 'scanner'],
    [world.staff[0]!, 'staff'],
  ] as const) {
    const found = new Set<number>();
    for (let unit = units.start[who]!; unit < units.start[who + 1]!; unit++)
      if (rows.dumpRow[units.subject[unit]!] === 0xffffffff) found.add(units.weight[unit]!);
    weights.set(who, found);
    assert.equal(found.size, 1, name);
  }
  assert.ok(Math.abs([...weights.get(world.scanners[0]!)!][0]! - share) < 1e-4);
  assert.ok(Math.abs([...weights.get(world.staff[0]!)!][0]! - 1) < 1e-4);
});
