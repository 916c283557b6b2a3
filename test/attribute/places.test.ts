import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGroups } from '../../src/attribute/groups.ts';
import { findPlaces } from '../../src/attribute/places.ts';
import { STILL } from '../../src/attribute/port.ts';
import { orderRows } from '../../src/attribute/rows.ts';
import { anybody, dumpOf, randomFrom } from './simulate.ts';
import { inputOf, smallWorld } from './support.ts';

const world = smallWorld();
/** Devices of a station that large shops send from that read each of their parcels. */
const PASSED = 7;

test('stations and partners are territories, builds and models are not; people belong to the station that reads them', () => {
  const input = inputOf(world, dumpOf(anybody(world, 500, randomFrom(1))));
  const rows = orderRows(input);
  const attributes = findGroups(rows, input.principals);
  const { own, home, count } = findPlaces(rows, input.principals.length, attributes);
  assert.deepEqual([...own.keys()].map(({ attribute }) => attribute).sort(), ['partner', 'station']);
  const stations = attributes.find(({ attribute }) => attribute === 'station');
  assert.equal(count, (stations?.groups.length ?? 0) + 1);
  // Subjects are numbered anew, in the order of their numbers among those who were read or stand in the dump.
  const read = [...new Set(input.reads.subject)].sort((a, b) => a - b);
  const known = read.flatMap((subject, place) => {
    const found = stations?.groups[(home[place] ?? 0) - 1]?.value;
    return found === undefined ? [] : [found === `station-${world.home[subject]}`];
  });
  // The others were read by staff alone.
  assert.ok(known.length > 0.5 * read.length, `${known.length} of ${read.length}`);
  assert.ok(known.filter(Boolean).length > 0.9 * known.length, `${known.filter(Boolean).length} of ${known.length}`);
});

test('an attribute is what was said of a principal, whatever it is called', () => {
  const principals = world.principals.map((one) =>
    one.number % 4 === 0 ? one : { ...one, attributes: { ...one.attributes, constructor: `maker-${one.number % 4}` } },
  );
  const input = { ...inputOf(world, dumpOf(anybody(world, 50, randomFrom(1)))), principals };
  const groups = findGroups(orderRows(input), principals).find(({ attribute }) => attribute === 'constructor')?.groups;
  assert.deepEqual(groups?.map(({ value }) => value).sort(), ['maker-1', 'maker-2', 'maker-3']);
});

test('an attribute that is made of territories is one, however few values it has; one that only has as few is none', () => {
  const numberOf = (station: string): number => Number(station.split('-')[1]);
  const principals = world.principals.map((one) => {
    const { station } = one.attributes;
    const more = { partner: `partner-${numberOf(station ?? '') % 3}`, shift: `shift-${one.number % 3}` };
    return station === undefined ? one : { ...one, attributes: { station, ...more } };
  });
  const input = { ...inputOf(world, dumpOf(anybody(world, 500, randomFrom(1)))), principals };
  const rows = orderRows(input);
  const { own } = findPlaces(rows, principals.length, findGroups(rows, principals));
  assert.deepEqual([...own.keys()].map(({ attribute }) => attribute).sort(), ['partner', 'station']);
});

test('who is read elsewhere while the dump’s version is current belongs there as well', () => {
  const { time, principal, subject } = world.columns;
  const stationOf = (row: number): string | undefined => world.principals[principal[row]!]?.attributes.station;
  // The customer who is read most is read away from home now and then.
  const about = 0;
  const home = `station-${world.home[about]}`;
  const away = subject.findIndex(
    (one, row) => one === about && stationOf(row) !== undefined && stationOf(row) !== home,
  );
  const there = stationOf(away);
  const at = time[away]!;
  const ownAt = (interval: readonly [number, number]): number | undefined => {
    const input = inputOf(
      world,
      dumpOf([about], undefined, () => interval),
    );
    const rows = orderRows(input);
    const attributes = findGroups(rows, input.principals);
    const stations = attributes.find(({ attribute }) => attribute === 'station')!;
    const reader = stations.groups.findIndex(({ value }) => value === there);
    const { start, subject: units } = stations.units;
    const unit = units.findIndex((one, i) => one === about && i >= start[reader]! && i < start[reader + 1]!);
    return findPlaces(rows, input.principals.length, attributes).own.get(stations)?.[unit];
  };
  assert.equal(ownAt([0, STILL]), 0);
  assert.equal(ownAt([at, at + 60]), 1);
});

test('a station that large shops send from is a territory, though it reads people of everywhere', () => {
  const { columns, principals, home } = world;
  const random = randomFrom(5);
  const devices = principals.filter(({ attributes }) => attributes.station === 'station-0');
  // Each parcel passes several of its devices, half as many disclosures as all stations have together: chance gives it so much that its lift is below that of a territory.
  const rows = Array.from({ length: 14_000 / PASSED }, () => {
    const row = Math.floor(random() * columns.time.length);
    const first = Math.floor(random() * devices.length);
    return Array.from({ length: PASSED }, (_, i) => ({
      row,
      principal: devices[(first + i) % devices.length]!.number,
    }));
  }).flat();
  const withMore = <T extends Uint32Array | Uint16Array>(values: T, more: readonly number[]): T => {
    const all = values.slice(0) as T;
    const made = new (values.constructor as new (size: number) => T)(all.length + more.length);
    made.set(all);
    made.set(more, all.length);
    return made;
  };
  const party = {
    ...world,
    columns: {
      time: withMore(
        columns.time,
        rows.map(({ row }) => columns.time[row]!),
      ),
      principal: withMore(
        columns.principal,
        rows.map(({ principal }) => principal),
      ),
      subject: withMore(
        columns.subject,
        rows.map(({ row }) => columns.subject[row]!),
      ),
      fields: withMore(
        columns.fields,
        rows.map(({ row }) => columns.fields[row]!),
      ),
      purpose: new Uint16Array(columns.time.length + rows.length),
    },
  };
  const input = {
    ...inputOf(party, dumpOf(anybody(world, 500, random))),
    fromSeconds: columns.time[0]!,
    untilSeconds: columns.time.at(-1)!,
  };
  const ordered = orderRows(input);
  const attributes = findGroups(ordered, input.principals);
  const found = findPlaces(ordered, input.principals.length, attributes);
  const stations = attributes.find(({ attribute }) => attribute === 'station')!;
  const reader = stations.groups.findIndex(({ value }) => value === 'station-0');
  const read = [...new Set(input.reads.subject)].sort((a, b) => a - b);
  const { start, subject } = stations.units;
  const local = new Set<number>();
  const owned = new Set<number>();
  const atHome = new Set<number>();
  for (let unit = start[reader]!; unit < start[reader + 1]!; unit++) {
    const about = subject[unit]!;
    if (home[read[about]!] !== 0) continue;
    local.add(about);
    if (found.own.get(stations)?.[unit] === 1) owned.add(about);
    if (found.home[about] === reader + 1) atHome.add(about);
  }
  assert.ok(local.size > 100 && owned.size > 0.9 * local.size, `${owned.size} of ${local.size} belong to it`);
  assert.ok(atHome.size > 0.9 * local.size, `${atHome.size} of ${local.size} are at home there`);
});
