import { DAY_SECONDS, isoOf, secondsOf } from './calendar.ts';
import type { WorldConfig } from './config.ts';
import { makeChance, makeDraw, pick } from './random.ts';

/** One who reads, with what the company knows about it: empty where it does not apply. */
export interface Principal {
  readonly principal: string;
  readonly kind: 'scanner' | 'staff' | 'shop' | 'service';
  readonly station: string;
  readonly partner: string;
  readonly role: string;
  readonly model: string;
  readonly build: string;
  readonly updated: string;
}

/** Numbers of principals by what they do. */
export interface Fleet {
  readonly principals: readonly Principal[];
  /** Per station: hand-held devices of couriers, first of `couriers`. */
  readonly couriersOf: readonly Uint32Array[];
  /** Stations whose couriers take any device of a morning. */
  readonly pooled: readonly boolean[];
  /** Per station: scanners that do not leave it. */
  readonly scannersOf: readonly Uint32Array[];
  /** Stations where two scanners of one gate read every parcel together. */
  readonly gates: readonly boolean[];
  /** Per city: machines of its sorting centre. */
  readonly sortersOf: readonly Uint32Array[];
  readonly staff: Uint32Array;
  readonly shops: Uint32Array;
  readonly services: Readonly<Record<ServiceName, number>>;
  readonly devices: Uint32Array;
  readonly rareBuilds: readonly string[];
}

export const serviceNames = [
  'svc-label',
  'svc-sms',
  'svc-track',
  'svc-partner-api',
  'svc-analytics',
  'svc-settlement',
  'svc-crm-export',
  'svc-fraud',
  'svc-search',
  'svc-route',
  'svc-invoice',
  'svc-backoffice',
] as const;
export type ServiceName = (typeof serviceNames)[number];

const roles = ['hotline', 'hotline', 'hotline', 'claims', 'address-desk', 'key-account', 'supervisor'];

/** Everybody who reads in a world. */
export function makeFleet(config: WorldConfig): Fleet {
  const chance = makeChance(config.seed, 'fleet');
  const start = secondsOf(config.start);
  const principals: Principal[] = [];
  const builds = makeBuilds(config);
  const drawBuild = makeDraw(builds.map((build) => build.weight));
  const partnerOf = Array.from({ length: config.stations }, () => `partner-${two(chance.below(config.partners))}`);
  const blank = { station: '', partner: '', role: '', model: '', build: '', updated: '' };

  const device = (prefix: string, number: number, station: string, partner: string, model: string): number => {
    const build = builds[drawBuild(chance)] as Build;
    const updated = start + Math.floor((build.released + chance.unit() ** 2 * 30) * DAY_SECONDS);
    const principal = `${prefix}-${String(number).padStart(5, '0')}`;
    return (
      principals.push({
        ...blank,
        principal,
        kind: 'scanner',
        station,
        partner,
        model,
        build: build.name,
        updated: isoOf(updated),
      }) - 1
    );
  };
  const models = ['MC-200', 'MC-200', 'MC-330', 'N7', 'N7', 'DT-50'];
  // Every station gets its share of devices, larger ones first come first served.
  const couriersOf = spread(config.couriers, config.stations).map((numbers, s) =>
    Uint32Array.from(numbers, (n) => device('pda', n, `st-${three(s)}`, partnerOf[s] as string, pick(models, chance))),
  );
  const scannersOf = spread(config.stationScanners, config.stations).map((numbers, s) =>
    Uint32Array.from(numbers, (n) => device('gun', n, `st-${three(s)}`, partnerOf[s] as string, pick(models, chance))),
  );
  const sortersOf = spread(config.sorters, config.cities).map((numbers, c) =>
    Uint32Array.from(numbers, (n) => device('sort', n, `hub-${c}`, 'own', 'TUNNEL-5')),
  );
  const devices = Uint32Array.from({ length: principals.length }, (_, i) => i);
  const staff = Uint32Array.from({ length: config.staff }, (_, n) => {
    const role = roles[n % roles.length] as string;
    return (
      principals.push({
        ...blank,
        principal: `staff-${String(n).padStart(4, '0')}`,
        kind: 'staff',
        station: `desk-${n % 4}`,
        role,
      }) - 1
    );
  });
  const shops = Uint32Array.from(
    { length: config.shops },
    (_, n) =>
      principals.push({ ...blank, principal: `shop-${String(n).padStart(5, '0')}`, kind: 'shop', role: 'merchant' }) -
      1,
  );
  const services = Object.fromEntries(
    serviceNames.map((name) => [
      name,
      principals.push({ ...blank, principal: name, kind: 'service', role: 'system' }) - 1,
    ]),
  ) as Record<ServiceName, number>;
  const stations = Array.from({ length: config.stations }, (_, station) => station);
  return {
    principals,
    couriersOf,
    scannersOf,
    sortersOf,
    staff,
    shops,
    services,
    devices,
    pooled: stations.map((station) => station % 8 === 3),
    gates: stations.map((station) => station % 8 === 7),
    rareBuilds: builds.filter((build) => build.rare).map((build) => build.name),
  };
}

/** The two scanners of a station that read every parcel together, a second apart; none in most stations. */
export function gateOf(fleet: Fleet, station: number): readonly number[] {
  const scanners = fleet.scannersOf[station] as Uint32Array;
  return fleet.gates[station] && scanners.length > 1
    ? [scanners[0] as number, scanners[scanners.length - 1] as number]
    : [];
}

interface Build {
  readonly name: string;
  readonly weight: number;
  readonly rare: boolean;
  /** Days from the first day of the world. */
  readonly released: number;
}

/** Four builds that most devices run, one of about 5 %, and the rare ones of 1 % each. */
function makeBuilds(config: WorldConfig): Build[] {
  const rare = Array.from({ length: config.rareBuilds }, (_, n) => ({
    name: `4.${1 + (n % 3)}.${Math.floor(n / 3)}-p${1 + (n % 4)}`,
    weight: 1.15,
    rare: true,
    released: -60 + ((n * 37) % 90),
  }));
  const common = (95 - config.rareBuilds * 1.15) / 10;
  return [
    { name: '4.2.0', weight: common * 4, rare: false, released: -120 },
    { name: '4.3.0', weight: common * 3, rare: false, released: -50 },
    { name: '4.1.9', weight: common * 2, rare: false, released: -300 },
    { name: '4.3.1', weight: common, rare: false, released: 5 },
    { name: '4.2.9-beta', weight: 5, rare: false, released: -20 },
    ...rare,
  ];
}

/** Numbers 0 to below `count` dealt out to so many places, one after the other. */
function spread(count: number, places: number): number[][] {
  const dealt: number[][] = Array.from({ length: places }, () => []);
  for (let n = 0; n < count; n++) dealt[n % places]?.push(n);
  return dealt;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

function three(n: number): string {
  return String(n).padStart(3, '0');
}
