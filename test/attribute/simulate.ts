import { type DumpSubjects, STILL } from '../../src/attribute/port.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import type { DisclosureColumns, Principal } from '../../src/disclosures/port.ts';

/* A parcel network in memory. It draws parcels and scans; it knows nothing of rates, strata or likelihoods. */

export type Random = () => number;

/** Marsaglia's xorshift32 (Journal of Statistical Software 8(14), 2003), from 0 to 1. */
export function randomFrom(seed: number): Random {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

export interface WorldOptions {
  readonly seed: number;
  readonly customers: number;
  readonly stations: number;
  readonly scannersPerStation: number;
  readonly staff: number;
  readonly days: number;
  readonly parcelsPerDay: number;
}

export const mask = (
  ...names: readonly ('name' | 'phone' | 'address' | 'trackingNumber' | 'passwordHash' | 'email')[]
): number => names.reduce((bits, name) => bits | (1 << fieldByName(name).id), 0);

const scanned = mask('name', 'phone', 'trackingNumber');
const DAY = 86_400;
export const START = 1_750_000_000;

export interface World {
  readonly columns: DisclosureColumns;
  readonly principals: readonly Principal[];
  readonly customers: number;
  readonly home: Uint16Array;
  readonly days: number;
  readonly scanners: readonly number[];
  readonly staff: readonly number[];
  /** Customer's sign-up, seconds. */
  readonly joined: Uint32Array;
}

/** Makes a world: scanners at stations, sorting devices, staff who look people up, a service that sees every parcel. */
export function makeWorld(options: WorldOptions): World {
  const random = randomFrom(options.seed);
  const { customers, stations, scannersPerStation, staff: staffCount, days } = options;
  const pick = (n: number): number => Math.floor(random() * n);
  const principals: { name: string; attributes: Record<string, string> }[] = [];
  const scanners: number[] = [];
  const atStation: number[][] = [];
  for (let station = 0; station < stations; station++) {
    atStation.push([]);
    for (let i = 0; i < scannersPerStation; i++) {
      const number = principals.length;
      principals.push({
        name: `scanner-${station}-${i}`,
        attributes: {
          kind: 'scanner',
          station: `station-${station}`,
          partner: `partner-${station % 7}`,
          model: `model-${pick(4)}`,
          build: random() < 0.02 ? '4.2.1-p3' : `4.${pick(6)}.0`,
        },
      });
      scanners.push(number);
      atStation[station]!.push(number);
    }
  }
  const sorters = Array.from({ length: 8 }, (_, i) => {
    principals.push({ name: `sorter-${i}`, attributes: { kind: 'sorter' } });
    return principals.length - 1;
  });
  const staff = Array.from({ length: staffCount }, (_, i) => {
    principals.push({ name: `staff-${i}`, attributes: { kind: 'staff', role: `role-${i % 5}` } });
    return principals.length - 1;
  });
  principals.push({ name: 'routing-service', attributes: { kind: 'service' } });
  const service = principals.length - 1;
  const home = Uint16Array.from({ length: customers }, () => pick(stations));
  // A third signs up while the world runs.
  const joined = Uint32Array.from({ length: customers }, (_, i) =>
    i < customers * 0.67 ? START : START + Math.floor(((i / customers - 0.67) / 0.33) * days * DAY),
  );
  const rows: [number, number, number, number][] = [];
  for (let day = 0; day < days; day++) {
    const known = customers * (0.67 + (0.33 * day) / days);
    const volume = day % 7 === 6 ? options.parcelsPerDay * 0.4 : options.parcelsPerDay;
    for (let p = 0; p < volume; p++) {
      // A few order often.
      const who = Math.min(customers - 1, Math.floor(known * random() ** 2.5));
      const station = random() < 0.95 ? home[who]! : pick(stations);
      const at = START + day * DAY + 20_000 + pick(50_000);
      const devices = atStation[station]!;
      rows.push([at, service, who, scanned]);
      rows.push([at + 600, sorters[station % sorters.length]!, who, scanned]);
      rows.push([at + 3_600, devices[pick(devices.length)]!, who, scanned]);
      if (random() < 0.7) rows.push([at + 9_000, devices[pick(devices.length)]!, who, scanned]);
    }
    for (const one of staff) {
      for (let i = 0; i < 25; i++)
        rows.push([
          START + day * DAY + 30_000 + pick(30_000),
          one,
          pick(Math.floor(known)),
          mask('name', 'phone', 'address', 'trackingNumber'),
        ]);
    }
  }
  rows.sort((a, b) => a[0] - b[0]);
  const column = (i: 0 | 1 | 2): Uint32Array => Uint32Array.from(rows, (row) => row[i]);
  return {
    columns: {
      time: column(0),
      principal: column(1),
      subject: column(2),
      fields: Uint16Array.from(rows, (row) => row[3]),
      purpose: new Uint16Array(rows.length),
    },
    principals: principals.map((one, number) => ({ number, ...one, history: [] })),
    customers,
    home,
    days,
    scanners,
    staff,
    joined,
  };
}

/** Subjects that a principal read between two days, each once, in the order in which they were read. */
export function lootOf({ columns }: World, principal: number, fromDay: number, untilDay: number): number[] {
  const loot = new Set<number>();
  for (let row = 0; row < columns.time.length; row++) {
    const day = (columns.time[row]! - START) / DAY;
    if (columns.principal[row] === principal && day >= fromDay && day < untilDay) loot.add(columns.subject[row]!);
  }
  return [...loot];
}

/** So many of a list, by chance. */
export function sample<T>(list: readonly T[], size: number, random: Random): T[] {
  const rest = [...list];
  const taken: T[] = [];
  while (taken.length < size && rest.length > 0) {
    const i = Math.floor(random() * rest.length);
    taken.push(rest[i]!);
    rest[i] = rest[rest.length - 1]!;
    rest.pop();
  }
  return taken;
}

/** So many customers, by chance. */
export function anybody(world: World, size: number, random: Random): number[] {
  return Array.from({ length: size }, () => Math.floor(random() * world.customers));
}

/** A dump of these subjects, whose versions were current all the time or as `interval` says. */
export function dumpOf(
  subjects: Iterable<number>,
  fields: number = mask('name', 'phone'),
  interval: (subject: number) => readonly [number, number] = () => [0, STILL],
): DumpSubjects {
  const subject = Uint32Array.from(new Set(subjects)).sort();
  return {
    subject,
    fields: new Uint16Array(subject.length).fill(fields),
    from: Uint32Array.from(subject, (one) => interval(one)[0]),
    until: Uint32Array.from(subject, (one) => interval(one)[1]),
  };
}
