import { accesses } from './access.ts';
import type { Base } from './base.ts';
import { DAY_SECONDS } from './calendar.ts';
import { gateOf } from './fleet.ts';
import { countCreatedBy, isThere, type People, stranger, versionAt } from './people.ts';
import { type Chance, makeDraw, pick, sample } from './random.ts';
import type { TheftKind } from './theft-kinds.ts';
import type { Campaign } from './traffic.ts';

/** One row before it is written: everything is a number of `people.ts`. */
export interface LootRow {
  readonly person: number;
  readonly phone: number;
  readonly place: number;
}

/** Rows and who took them when. */
export interface Loot {
  readonly rows: LootRow[];
  readonly principals: readonly number[];
  readonly twins: readonly number[];
  readonly group: { readonly attribute: string; readonly value: string } | null;
  readonly active: readonly [number, number] | null;
  /** Time of the copy, when there was one. */
  readonly copied: number | null;
}

const nobody = { principals: [], twins: [], group: null, active: null, copied: null } as const;

const showsLabel = Uint8Array.from(accesses, ({ fields }) =>
  ['name', 'phone', 'address'].every((field) => fields.includes(field)) ? 1 : 0,
);

/** Commits a theft. Fails when the world is too small for it. */
export function steal(base: Base, theft: TheftKind, chance: Chance): Loot {
  switch (theft.kind) {
    case 'scanners':
      return infectScanners(base, theft, chance);
    case 'insiders':
      return bribeStaff(base, theft, chance);
    case 'web-hole':
      return useCampaigns(
        base,
        [pickCampaign(base, chance, (one) => one.kind === 'hole')],
        (rows) => sample(rows, theft.rows, chance),
        chance,
      );
    case 'export':
      return takeExport(base, theft.rows, chance);
    case 'table':
      return copyTable(base, theft, chance);
    case 'outside':
      return { ...nobody, rows: otherCompany(base, theft.rows, theft.overlap, theft.people, chance) };
  }
}

type Of<K extends TheftKind['kind']> = Extract<TheftKind, { kind: K }>;

/** The first read of each subject, within a time, that showed name, phone and address. */
function readsOf(base: Base, principal: number, from: number, until: number): LootRow[] {
  const { columns, byPrincipal } = base;
  const seen = new Set<number>();
  const rows: LootRow[] = [];
  for (let i = byPrincipal.starts[principal] as number; i < (byPrincipal.starts[principal + 1] as number); i++) {
    const at = byPrincipal.order[i] as number;
    const time = columns.time[at] as number;
    const subject = columns.subject[at] as number;
    if (time < from || time >= until || showsLabel[columns.access[at] as number] !== 1 || seen.has(subject)) continue;
    seen.add(subject);
    rows.push(rowAt(base.people, subject, time));
  }
  return rows;
}

function rowAt(people: People, customer: number, seconds: number): LootRow {
  return rowOf(people, customer, versionAt(people, customer, seconds));
}

/** A customer's row in one version. */
export function rowOf(people: People, customer: number, version: number): LootRow {
  return { person: customer, phone: people.phone[version] as number, place: people.place[version] as number };
}

function infectScanners(base: Base, theft: Of<'scanners'>, chance: Chance): Loot {
  const length = Math.min(theft.days * DAY_SECONDS, base.until - base.from);
  const from = base.from + Math.floor(chance.unit() * (base.until - base.from - length));
  const until = from + length;
  const { members, group } = chooseDevices(base, theft, chance);
  const rows: LootRow[] = [];
  const principals: number[] = [];
  for (const device of members) {
    if (principals.length === theft.devices) break;
    const read = readsOf(base, device, from, until);
    if (read.length < theft.rowsEach) continue;
    principals.push(device);
    rows.push(...sample(read, theft.rowsEach, chance));
  }
  if (principals.length === 0) throw new Error(`no device reads ${theft.rowsEach} subjects in ${theft.days} days`);
  return { rows, principals, twins: twinsOf(base, principals), group, active: [from, until], copied: null };
}

/** Devices in the order in which they are infected: 37 of 40 share the attribute, the others come from anywhere. */
function chooseDevices(base: Base, theft: Of<'scanners'>, chance: Chance): { members: number[]; group: Loot['group'] } {
  const { devices, principals } = base.fleet;
  const anybody = sample(devices, devices.length, chance);
  if (theft.via === 'nothing') return { members: anybody, group: null };
  const attribute = theft.via;
  const members = new Map<string, number[]>();
  for (const device of anybody) {
    const value = (principals[device] as (typeof principals)[number])[attribute];
    members.set(value, [...(members.get(value) ?? []), device]);
  }
  const wanted = Math.round(theft.devices * 0.925);
  const rare = (value: string) => attribute !== 'build' || base.fleet.rareBuilds.includes(value);
  const fitting = [...members].filter(([value, all]) => rare(value) && all.length >= wanted && value !== 'own');
  // When no group is large enough, the largest one is.
  const largest = [...members].filter(([value]) => value !== 'own').sort((a, b) => a[1].length - b[1].length);
  const [value, all] =
    fitting.length > 0
      ? pick(fitting, chance)
      : (largest.find(([, some]) => some.length >= wanted) ?? largest.at(-1) ?? ['', []]);
  const others = anybody.filter((device) => !all.includes(device)).slice(0, theft.devices - wanted);
  return {
    members: [...others, ...all, ...anybody.filter((device) => !all.includes(device))],
    group: { attribute, value },
  };
}

function twinsOf(base: Base, principals: readonly number[]): number[] {
  const { fleet, config } = base;
  const gates = Array.from({ length: config.stations }, (_, station) => gateOf(fleet, station));
  return gates
    .filter((gate) => gate.some((head) => principals.includes(head)))
    .flat()
    .filter((head) => !principals.includes(head));
}

function pickCampaign(base: Base, chance: Chance, fits: (campaign: Campaign) => boolean): Campaign {
  const fitting = base.campaigns.filter(fits);
  if (fitting.length === 0) throw new Error('nobody in this world reads so much more than needed');
  return pick(fitting, chance);
}

function bribeStaff(base: Base, theft: Of<'insiders'>, chance: Chance): Loot {
  const fitting = base.campaigns.filter(
    ({ kind, pace, reads }) => kind === 'curious' && pace === theft.pace && reads === theft.reads,
  );
  const campaigns = sample(fitting, theft.people, chance);
  if (campaigns.length < theft.people)
    throw new Error(`this world has ${campaigns.length} of ${theft.people} such members of staff`);
  return useCampaigns(base, campaigns, (rows) => sample(rows, Math.round(rows.length * theft.sold), chance), chance);
}

function useCampaigns(
  base: Base,
  campaigns: readonly Campaign[],
  choose: (rows: LootRow[]) => LootRow[],
  chance: Chance,
): Loot {
  const rows: LootRow[] = [];
  const spans = campaigns.map(
    ({ firstDay, days }) => [base.from + firstDay * DAY_SECONDS, base.from + (firstDay + days) * DAY_SECONDS] as const,
  );
  campaigns.forEach(({ principal }, i) => {
    const [from, until] = spans[i] as readonly [number, number];
    rows.push(...choose(readsOf(base, principal, from, until)));
  });
  const active = [Math.min(...spans.map(([from]) => from)), Math.max(...spans.map(([, until]) => until))] as const;
  return {
    ...nobody,
    rows: sample(rows, rows.length, chance),
    principals: campaigns.map(({ principal }) => principal),
    active,
  };
}

function takeExport(base: Base, count: number, chance: Chance): Loot {
  const principal = base.fleet.services['svc-crm-export'];
  const [first, last] = [
    base.byPrincipal.starts[principal] as number,
    base.byPrincipal.starts[principal + 1] as number,
  ];
  const time = base.columns.time[base.byPrincipal.order[first + chance.below(last - first)] as number] as number;
  // An export is through within the hour, and the next one is a week away.
  const [from, until] = [time - 3600, time + 3600];
  return {
    ...nobody,
    rows: sample(readsOf(base, principal, from, until), count, chance),
    principals: [principal],
    active: [from, until],
  };
}

function copyTable(base: Base, theft: Of<'table'>, chance: Chance): Loot {
  const { people } = base;
  const margin = theft.scope === 'all' ? 7 * DAY_SECONDS : 30 * DAY_SECONDS;
  // A backup is so much older than the day on which it is taken.
  const taken = base.from + margin + Math.floor(chance.unit() * (base.until - base.from - margin));
  const copied = taken - theft.backupDays * DAY_SECONDS;
  const fits = inScope(base, theft.scope, copied, chance);
  const customers = Array.from({ length: countCreatedBy(people, copied) }, (_, c) => c).filter(
    (c) => isThere(people, c, copied) && fits(c),
  );
  const chosen = theft.rows === null ? customers : sample(customers, theft.rows, chance);
  return { ...nobody, rows: chosen.map((c) => rowAt(people, c, copied)), copied };
}

/** Who is in a part of the customers at a time. */
function inScope(
  base: Base,
  scope: Of<'table'>['scope'],
  copied: number,
  chance: Chance,
): (customer: number) => boolean {
  const { people, config, fleet } = base;
  const placeOf = (c: number): number => people.place[versionAt(people, c, copied)] as number;
  switch (scope) {
    case 'all':
      return () => true;
    case 'city': {
      const city = chance.below(config.cities);
      return (c) => cityOf(base, placeOf(c)) === city;
    }
    case 'station': {
      const station = chance.below(config.stations);
      return (c) => placeOf(c) % config.stations === station;
    }
    case 'partner': {
      const partnerOf = Array.from({ length: config.stations }, (_, station) => {
        const device = fleet.scannersOf[station]?.[0] ?? fleet.couriersOf[station]?.[0];
        return device === undefined ? '' : fleet.principals[device]?.partner;
      });
      const partner = pick(partnerOf, chance);
      return (c) => partnerOf[placeOf(c) % config.stations] === partner;
    }
    case 'active':
    case 'week': {
      const days = scope === 'week' ? 7 : 30;
      const active = readSince(base, copied - days * DAY_SECONDS, copied);
      return (c) => active[c] === 1;
    }
    case 'shop': {
      const orders = ordersOf(base, pickShop(base, chance), copied);
      return (c) => orders.has(c);
    }
  }
}

/** A shop with a hundred customers or more. */
function pickShop({ fleet, byPrincipal }: Base, chance: Chance): number {
  const large = [...fleet.shops].filter(
    (shop) => (byPrincipal.starts[shop + 1] as number) - (byPrincipal.starts[shop] as number) >= 300,
  );
  return pick(large, chance);
}

function ordersOf({ byPrincipal, columns }: Base, shop: number, until: number): Set<number> {
  const customers = new Set<number>();
  for (let i = byPrincipal.starts[shop] as number; i < (byPrincipal.starts[shop + 1] as number); i++) {
    const at = byPrincipal.order[i] as number;
    if ((columns.time[at] as number) < until) customers.add(columns.subject[at] as number);
  }
  return customers;
}

function cityOf({ config }: Base, place: number): number {
  return (place % config.stations) % config.cities;
}

/** Which customers anybody read in a time: those with a parcel, but for a few. */
function readSince(base: Base, from: number, until: number): Uint8Array {
  const active = new Uint8Array(base.people.count);
  const { time, subject, count } = base.columns;
  for (let i = 0; i < count; i++) {
    if ((time[i] as number) >= from && (time[i] as number) < until) active[subject[i] as number] = 1;
  }
  return active;
}

/** Rows of the customers' table as it was at an older time, for a leak that is merged in. */
export function olderLeak(base: Base, count: number, copied: number, chance: Chance): LootRow[] {
  const { people } = base;
  const known = countCreatedBy(people, copied);
  const rows: LootRow[] = [];
  for (let tries = 0; rows.length < count && tries < count * 20; tries++) {
    const customer = chance.below(known);
    if (isThere(people, customer, copied)) rows.push(rowAt(people, customer, copied));
  }
  return rows;
}

/**
 * People of another company: strangers, and `overlap` of them customers here, as that company knows them: name and e-mail the same, the phone that was theirs when they came there,
 * often another address. `uniform`: any customer; `popular`: those who buy much here buy much elsewhere; `city`, `station`: those who live there.
 */
export function otherCompany(
  base: Base,
  count: number,
  overlap: number,
  whom: Of<'outside'>['people'],
  chance: Chance,
): LootRow[] {
  const { people, config } = base;
  const draw = whom === 'popular' ? popularDraw(base) : () => chance.below(people.count);
  const station = chance.below(config.stations);
  const fits = (place: number) => {
    if (whom === 'station') return place % config.stations === station;
    return whom !== 'city' || cityOf(base, place) === station % config.cities;
  };
  const taken = new Set<number>();
  const rows: LootRow[] = [];
  // When there are not enough who fit, the file is shorter.
  for (let n = 0; n < count; n++) {
    if (chance.unit() >= overlap) {
      const person = stranger(chance.below(9_000_000));
      rows.push({ person, phone: person, place: chance.bits() });
      continue;
    }
    for (let tries = 0; tries < 1000; tries++) {
      const customer = draw(chance);
      const joined = base.until - Math.floor(chance.unit() ** 2 * 2 * 365 * DAY_SECONDS);
      const row = rowAt(people, customer, joined);
      if (taken.has(customer) || !fits(row.place)) continue;
      taken.add(customer);
      rows.push(chance.unit() < 0.6 ? row : { ...row, place: chance.bits() });
      break;
    }
  }
  return rows;
}

/** Draws customers in proportion to how often they are read, to the power of 0.7: elsewhere they are popular too, but not in the same order. */
function popularDraw(base: Base): (chance: Chance) => number {
  let draw = draws.get(base);
  if (draw === undefined) {
    const reads = new Float64Array(base.people.count).fill(1);
    for (const subject of base.columns.subject) reads[subject]! += 1;
    draw = makeDraw(reads.map((n) => n ** 0.7));
    draws.set(base, draw);
  }
  return draw;
}

const draws = new WeakMap<Base, (chance: Chance) => number>();

/** Another version of the same customer, any; the same row when there is none. */
export function otherVersion(people: People, row: LootRow, chance: Chance): LootRow {
  if (row.person >= people.count) return row;
  const first = people.firstVersion[row.person] as number;
  const count = (people.firstVersion[row.person + 1] as number) - first;
  const others = Array.from({ length: count }, (_, i) => first + i).filter(
    (v) => people.phone[v] !== row.phone || people.place[v] !== row.place,
  );
  return others.length === 0 ? row : rowOf(people, row.person, pick(others, chance));
}
