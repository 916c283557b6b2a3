import { accesses } from './access.ts';
import type { Base } from './base.ts';
import { busyness, DAY_SECONDS } from './calendar.ts';
import { gateOf } from './fleet.ts';
import { makeChance, pick } from './random.ts';
import { quantile } from './wilson.ts';

/** What a world looks like: to be held against what is known of real ones. */
export interface WorldStatistics {
  readonly customers: number;
  readonly versionsPerCustomer: number;
  readonly principals: number;
  readonly disclosures: number;
  readonly signUpsPerDay: number;
  /** Slope of the logarithm of deliveries over that of the rank, ranks 100 to a tenth of the customers. */
  readonly popularitySlope: number;
  /** Reads of each kind of principal: 10 %, median, 90 %, most. */
  readonly readsPerPrincipal: Readonly<Record<string, readonly (number | null)[]>>;
  /** Jaccard overlap of the subjects of two scanners: of one station, of one gate, of two stations; medians. */
  readonly overlap: Readonly<Record<'station' | 'gate' | 'apart', number | null>>;
  /** Share of the customers whom a principal has read, the largest of each kind, and each service. */
  readonly coverage: Readonly<Record<string, number>>;
  /** Of scanner reads between 22 and 6 in China, and of couriers' alone. */
  readonly night: Readonly<Record<'all' | 'couriers', number>>;
  /** Sundays' orders over those of other days, and the busiest day's over the median day's. */
  readonly sunday: number;
  readonly peak: number;
  readonly parcelsPerCourier: number | null;
}

/** Measures a world. */
export function measureWorld(base: Base): WorldStatistics {
  const { people, columns, fleet, byPrincipal, config, from } = base;
  const reads = (principal: number) =>
    (byPrincipal.starts[principal + 1] as number) - (byPrincipal.starts[principal] as number);
  const kindOf = (n: number) => kinds.find(([, fits]) => fits(fleet.principals[n]?.principal ?? ''))?.[0] ?? 'other';
  const byKind = Map.groupBy(
    Array.from(fleet.principals, (_, n) => n),
    kindOf,
  );
  const subjects = (principal: number) => {
    const found = new Set<number>();
    for (let i = byPrincipal.starts[principal] as number; i < (byPrincipal.starts[principal + 1] as number); i++) {
      found.add(columns.subject[byPrincipal.order[i] as number] as number);
    }
    return found;
  };
  const perDay = new Float64Array(config.days);
  const deliveries = new Uint32Array(people.count);
  const night = { all: 0, couriers: 0 };
  let [scans, couriersReads] = [0, 0];
  const kindNumber = Uint8Array.from(fleet.principals, ({ principal }) =>
    principal.startsWith('pda') ? 2 : principal.startsWith('gun') || principal.startsWith('sort') ? 1 : 0,
  );
  const ordered = accesses.findIndex(({ purpose }) => purpose === 'order');
  const settled = accesses.findIndex(({ purpose }) => purpose === 'settlement');
  for (let i = 0; i < columns.count; i++) {
    const time = columns.time[i] as number;
    if (columns.access[i] === ordered) perDay[Math.floor((time - from) / DAY_SECONDS)]! += 1;
    if (columns.access[i] === settled) deliveries[columns.subject[i] as number]! += 1;
    const hour = Math.floor(((time - from) % DAY_SECONDS) / 3600);
    const kind = kindNumber[columns.principal[i] as number] as number;
    if (kind > 0) scans++;
    if (kind === 2) couriersReads++;
    if (kind > 0 && (hour >= 22 || hour < 6)) night.all++;
    if (kind === 2 && (hour >= 22 || hour < 6)) night.couriers++;
  }
  const parcels = deliveries.reduce((sum, n) => sum + n, 0);
  const middle = [...perDay].slice(8, -2);
  const weekdayOf = (day: number) => new Date((from + (day + 0.5) * DAY_SECONDS) * 1000).getUTCDay();
  const quiet = [...perDay.keys()].filter((day) => day >= 8 && busyness(from + (day + 1) * DAY_SECONDS) <= 1.05);
  const mean = (days: readonly number[]) =>
    days.reduce((sum, day) => sum + (perDay[day] as number), 0) / Math.max(1, days.length);
  return {
    customers: people.count,
    versionsPerCustomer: people.versionFrom.length / people.count,
    principals: fleet.principals.length,
    disclosures: columns.count,
    signUpsPerDay: (people.count * (1 - config.alreadyThere)) / config.days,
    popularitySlope: slope(
      [...deliveries].sort((a, b) => b - a),
      people.count / 10,
    ),
    readsPerPrincipal: Object.fromEntries(
      [...byKind].map(([kind, members]) => {
        const counts = members.map(reads);
        return [kind, [quantile(counts, 0.1), quantile(counts, 0.5), quantile(counts, 0.9), quantile(counts, 1)]];
      }),
    ),
    overlap: measureOverlap(base, subjects),
    coverage: Object.fromEntries(
      [...byKind].flatMap(([kind, members]) =>
        kind === 'service'
          ? members.map((n) => [fleet.principals[n]?.principal ?? '', subjects(n).size / people.count])
          : [
              [
                `largest ${kind}`,
                subjects(members.reduce((a, b) => (reads(a) >= reads(b) ? a : b))).size / people.count,
              ],
            ],
      ),
    ),
    night: { all: night.all / Math.max(1, scans), couriers: night.couriers / Math.max(1, couriersReads) },
    sunday: mean(quiet.filter((day) => weekdayOf(day) === 0)) / mean(quiet.filter((day) => weekdayOf(day) !== 0)),
    peak: Math.max(...middle) / (quantile(middle, 0.5) ?? 1),
    parcelsPerCourier: config.couriers === 0 ? null : parcels / config.couriers,
  };
}

const kinds: readonly (readonly [string, (name: string) => boolean])[] = [
  ['courier', (name) => name.startsWith('pda')],
  ['station scanner', (name) => name.startsWith('gun')],
  ['sorter', (name) => name.startsWith('sort')],
  ['staff', (name) => name.startsWith('staff')],
  ['shop', (name) => name.startsWith('shop')],
  ['service', (name) => name.startsWith('svc')],
];

function measureOverlap(
  { fleet, config }: Base,
  subjects: (principal: number) => Set<number>,
): WorldStatistics['overlap'] {
  const chance = makeChance(config.seed, 'statistics');
  const stations = [...fleet.scannersOf.keys()].filter((station) => (fleet.scannersOf[station]?.length ?? 0) > 3);
  const jaccard = (a: number, b: number): number => {
    const [one, other] = [subjects(a), subjects(b)];
    return one.intersection(other).size / Math.max(1, one.union(other).size);
  };
  const inner = (station: number) =>
    pick(
      [...(fleet.scannersOf[station] as Uint32Array)].filter((n) => !gateOf(fleet, station).includes(n)),
      chance,
    );
  const gates = stations.map((station) => gateOf(fleet, station)).filter((gate) => gate.length === 2);
  const tries = stations.length < 2 ? [] : Array.from({ length: 40 }, () => pick(stations, chance));
  const different = (station: number) => {
    const a = inner(station);
    let b = inner(station);
    for (let i = 0; a === b && i < 20; i++) b = inner(station);
    return jaccard(a, b);
  };
  return {
    station: quantile(tries.map(different), 0.5),
    gate: quantile(
      gates.slice(0, 10).map(([a, b]) => jaccard(a as number, b as number)),
      0.5,
    ),
    apart: quantile(
      tries.map((station) =>
        jaccard(inner(station), inner(stations[(stations.indexOf(station) + 1) % stations.length] as number)),
      ),
      0.5,
    ),
  };
}

/** Least squares over the logarithms, from rank 100. */
function slope(counts: readonly number[], until: number): number {
  let [n, sx, sy, sxx, sxy] = [0, 0, 0, 0, 0];
  for (let rank = Math.min(100, until / 10); rank < until; rank = Math.ceil(rank * 1.1)) {
    const count = counts[Math.floor(rank)] ?? 0;
    if (count === 0) break;
    const [x, y] = [Math.log(rank + 1), Math.log(count)];
    n++;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}
