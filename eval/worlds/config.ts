/** What one parcel network is like; a world is this and nothing else, so that it can be made again. */
export interface WorldConfig {
  readonly name: string;
  readonly seed: number;
  /** First day, UTC. */
  readonly start: string;
  readonly days: number;
  /** At the end of the world, those who left among them. */
  readonly customers: number;
  /** Share of the customers who are there on the first day. */
  readonly alreadyThere: number;
  readonly parcels: number;
  readonly cities: number;
  readonly stations: number;
  readonly couriers: number;
  readonly stationScanners: number;
  readonly sorters: number;
  readonly staff: number;
  readonly shops: number;
  /** Searches of a member of staff on a day of work. */
  readonly staffReadsPerDay: number;
  readonly partners: number;
  /** Builds that about 1 % of the devices run. */
  readonly rareBuilds: number;
  /** Members of staff of each kind (size × pace) who read more than their work needs. */
  readonly curious: number;
  /** Exponent of the customers' and the shops' popularity: weight of rank r is (r + 20) ^ -exponent. */
  readonly popularity: number;
}

const small: WorldConfig = {
  name: 'small',
  seed: 1,
  start: '2026-05-16',
  days: 184,
  customers: 100_000,
  alreadyThere: 0.6,
  parcels: 500_000,
  cities: 5,
  stations: 160,
  couriers: 2000,
  stationScanners: 1300,
  sorters: 200,
  staff: 500,
  shops: 988,
  staffReadsPerDay: 20,
  partners: 32,
  rareBuilds: 16,
  curious: 3,
  popularity: 0.9,
};

/**
 * The worlds of the evaluation. Couriers have about 500 parcels in six months, as in the published last-mile data of five cities (LaDe, arXiv:2306.10675:
 * 10.7 M parcels, 21 k couriers, six months); 12 services make the principals 5,000. `signups` has daily sign-ups in their thousands and hardly any parcel.
 */
export const worldConfigs: Readonly<Record<string, WorldConfig>> = {
  tiny: {
    ...small,
    name: 'tiny',
    days: 60,
    start: '2026-09-20',
    customers: 6000,
    parcels: 25_000,
    cities: 3,
    stations: 12,
    couriers: 100,
    stationScanners: 60,
    sorters: 12,
    staff: 40,
    shops: 60,
    staffReadsPerDay: 8,
    partners: 6,
    rareBuilds: 3,
    curious: 1,
  },
  small,
  signups: {
    ...small,
    name: 'signups',
    customers: 400_000,
    alreadyThere: 0.2,
    parcels: 20_000,
    couriers: 200,
    staff: 100,
  },
  large: {
    ...small,
    name: 'large',
    customers: 10_000_000,
    parcels: 5_000_000,
    stations: 800,
    couriers: 10_000,
    stationScanners: 4000,
    sorters: 800,
    staff: 2000,
    shops: 8000,
    partners: 120,
  },
};
