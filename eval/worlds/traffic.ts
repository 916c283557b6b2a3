import { type AccessName, access } from './access.ts';
import { busyness, DAY_SECONDS, secondAt, secondsOf, timeOfDay, worksOn } from './calendar.ts';
import type { WorldConfig } from './config.ts';
import { type Fleet, gateOf } from './fleet.ts';
import { countCreatedBy, isThere, type People, versionAt } from './people.ts';
import { type Chance, makeChance, makeDraw, pick, poisson, scramble, shuffleIn } from './random.ts';

/** One day's reads in the order of their times. */
export interface DayReads {
  readonly day: number;
  readonly count: number;
  readonly time: Uint32Array;
  readonly principal: Uint32Array;
  readonly subject: Uint32Array;
  /** Index into `accesses`. */
  readonly access: Uint8Array;
}

/** Reads beyond what work needs, which are in the log although nobody has sold anything yet. */
export interface Campaign {
  readonly kind: 'curious' | 'hole';
  readonly principal: number;
  readonly pace: 'slow' | 'fast';
  readonly reads: number;
  readonly firstDay: number;
  readonly days: number;
}

/** No parcel's last read is later than that after its order: a day to pick up, three on the road, two more attempts, a day to settle, and what nights carry over. */
const IN_TRANSIT_DAYS = 12;

/** The campaigns of a world: curious members of staff of every size and pace, and two services with a hole. */
export function planCampaigns(config: WorldConfig, fleet: Fleet): Campaign[] {
  const chance = makeChance(config.seed, 'campaigns');
  const staff = shuffleIn(fleet.staff.slice(), chance);
  const plans: Campaign[] = [];
  const sizes = [300, 1000, 3000, 9000].filter((reads) => reads <= config.customers / 4);
  for (let copy = 0; copy < config.curious; copy++) {
    for (const reads of sizes) {
      for (const pace of ['slow', 'fast'] as const) {
        const days =
          pace === 'fast' ? 1 + Math.ceil(reads / 3000) : Math.floor(config.days * (0.5 + 0.3 * chance.unit()));
        const principal = staff[plans.length % staff.length] as number;
        plans.push({ kind: 'curious', principal, pace, reads, days, firstDay: chance.below(config.days - days) });
      }
    }
  }
  for (const [name, share] of [
    ['svc-partner-api', 0.05],
    ['svc-track', 0.2],
  ] as const) {
    const reads = Math.floor(Math.min(20_000, config.customers * share));
    plans.push({
      kind: 'hole',
      principal: fleet.services[name],
      pace: 'fast',
      reads,
      days: 3,
      firstDay: chance.below(config.days - 3),
    });
  }
  return plans;
}

/** Runs a world day by day and hands out each day's reads; memory holds the days that parcels on their way reach into. */
export function* runTraffic(
  config: WorldConfig,
  people: People,
  fleet: Fleet,
  campaigns: readonly Campaign[],
): Generator<DayReads> {
  const start = secondsOf(config.start);
  const days = Array.from({ length: IN_TRANSIT_DAYS }, () => new Bucket());
  const network = makeNetwork(config, people, fleet, start, (day, time, principal, subject, kind) => {
    // What would happen after the world's end is not read.
    days[day % IN_TRANSIT_DAYS]?.add(secondAt(start, day, time), principal, subject, access[kind]);
  });
  const busy = Array.from({ length: config.days }, (_, day) => busyness(start + day * DAY_SECONDS));
  const perBusyness = config.parcels / busy.reduce((sum, one) => sum + one, 0);
  for (let day = 0; day < config.days; day++) {
    // Before the day's parcels: nobody looks up an order that has not been placed yet.
    network.runExports(day);
    network.workStaff(day, busy[day] as number);
    for (const campaign of campaigns) network.runCampaign(campaign, day);
    const parcels = poisson(perBusyness * (busy[day] as number), network.chance);
    for (let n = 0; n < parcels; n++) network.sendParcel(day);
    network.welcome(day);
    const bucket = days[day % IN_TRANSIT_DAYS] as Bucket;
    yield bucket.sorted(day, secondAt(start, day, 0));
    bucket.clear();
  }
}

type Read = (day: number, time: number, principal: number, subject: number, kind: AccessName) => void;

function makeNetwork(config: WorldConfig, people: People, fleet: Fleet, start: number, read: Read) {
  const chance = makeChance(config.seed, 'traffic');
  const rank = shuffleIn(
    Uint32Array.from({ length: people.count }, (_, i) => i),
    chance,
  );
  const weight = (r: number) => (r + 20) ** -config.popularity;
  const drawCustomer = makeDraw(Float64Array.from(rank, weight));
  const drawShop = makeDraw(Float64Array.from(fleet.shops, (_, r) => weight(r)));
  const stationOfShop = Uint32Array.from(fleet.shops, () => chance.below(config.stations));
  const recent = new Recent(Math.max(2000, Math.ceil((config.parcels / config.days) * 5)));
  const active = new Set<number>();
  const svc = fleet.services;
  const see: Read = (day, time, principal, subject, kind) => {
    const over = Math.floor(time / DAY_SECONDS);
    read(day + over, time - over * DAY_SECONDS, principal, subject, kind);
  };

  const sendTo = (customer: number, orderDay: number, orderTime: number): void => {
    const shop = drawShop(chance);
    const ordered = secondAt(start, orderDay, orderTime);
    const version = versionAt(people, customer, ordered);
    const station = (people.place[version] as number) % config.stations;
    const origin = stationOfShop[shop] as number;
    recent.add(customer);
    active.add(customer);
    read(orderDay, orderTime, fleet.shops[shop] as number, customer, 'order');
    see(orderDay, orderTime + 60 + chance.below(1800), svc['svc-label'], customer, 'print');
    if (chance.unit() < 0.15) see(orderDay, orderTime + chance.below(300), svc['svc-fraud'], customer, 'track');
    let day = orderDay + (orderTime > 16 * 3600 ? 1 : 0);
    let time = Math.max(timeOfDay('pickUp', chance), day === orderDay ? orderTime + 600 : 0);
    // One courier comes for all parcels of a shop; at the largest shops more take turns.
    const takers = 1 + Math.floor(200 / (shop + 20));
    see(day, time, courierFor(fleet, origin, shop * 3 + chance.below(takers), day), customer, 'pickUp');
    time = Math.max(time + 1800, 19 * 3600 + chance.below(3 * 3600));
    scanAtStation(origin, day, time, customer);
    see(day, time, svc['svc-sms'], customer, 'sms');
    time += 3600 + chance.below(7200);
    sortAt(origin % config.cities, day, time, customer);
    day += 1;
    if (station % config.cities !== origin % config.cities) {
      if (chance.unit() < 0.4) day += 1;
      sortAt(station % config.cities, day, timeOfDay('night', chance), customer);
      day += 1;
    }
    scanAtStation(station, day, timeOfDay('morning', chance), customer);
    if (chance.unit() < 0.5) see(day, 6 * 3600 + chance.below(7200), svc['svc-route'], customer, 'sort');
    const zone = Math.floor((people.place[version] as number) / config.stations);
    for (let attempt = 0; attempt < 3; attempt++, day++) {
      const courier = courierFor(fleet, station, zone, day);
      const delivered = timeOfDay('delivery', chance);
      see(day, Math.max(0, Math.min(delivered - 600, 7 * 3600 + 1800 + chance.below(5400))), courier, customer, 'load');
      see(day, delivered - 300, svc['svc-sms'], customer, 'sms');
      if (chance.unit() < 0.35) see(day, delivered - chance.below(1200), courier, customer, 'call');
      see(day, delivered, courier, customer, 'deliver');
      if (chance.unit() >= 0.1) break;
    }
    for (let looks = poisson(1.3, chance); looks > 0; looks--) {
      const lookDay = orderDay + chance.below(day - orderDay + 1);
      const lookTime = timeOfDay('order', chance);
      see(
        lookDay,
        lookDay === orderDay ? Math.max(orderTime + 30, lookTime) : lookTime,
        svc['svc-track'],
        customer,
        'track',
      );
    }
    if (chance.unit() < 0.1) see(orderDay + 1, timeOfDay('office', chance), svc['svc-partner-api'], customer, 'track');
    see(day, 23 * 3600 + chance.below(3000), svc['svc-analytics'], customer, 'analytics');
    if (chance.unit() < 0.2) see(day + 1, timeOfDay('office', chance), svc['svc-invoice'], customer, 'invoice');
    if (chance.unit() < 0.02) see(day, timeOfDay('office', chance), svc['svc-backoffice'], customer, 'support');
    see(day + 1, 2 * 3600 + chance.below(1800), svc['svc-settlement'], customer, 'settlement');
  };

  const scanAtStation = (station: number, day: number, time: number, customer: number): void => {
    const scanners = fleet.scannersOf[station] as Uint32Array;
    if (scanners.length === 0) return;
    const scan = (at: number) => {
      const n = chance.below(scanners.length);
      const gate = gateOf(fleet, station);
      const heads = gate.includes(scanners[n] as number) ? gate : [scanners[n] as number];
      heads.forEach((head, second) => {
        see(day, at + second, head, customer, 'station');
      });
    };
    scan(time);
    if (chance.unit() < 0.25) scan(time + 300 + chance.below(2400));
  };

  const sortAt = (city: number, day: number, time: number, customer: number): void => {
    const sorters = fleet.sortersOf[city] as Uint32Array;
    see(day, time, pick(sorters, chance), customer, 'sort');
    see(day, time + 1200 + chance.below(7200), pick(sorters, chance), customer, 'sort');
  };

  return {
    chance,
    sendParcel(day: number): void {
      const time = timeOfDay('order', chance);
      let customer = drawCustomer(chance);
      while (!isThere(people, customer, secondAt(start, day, time))) customer = drawCustomer(chance);
      sendTo(customer, day, time);
    },
    /** Three of ten who sign up have ordered something. */
    welcome(day: number): void {
      const last = countCreatedBy(people, secondAt(start, day, DAY_SECONDS) - 1);
      for (let c = countCreatedBy(people, secondAt(start, day, 0) - 1); c < last; c++) {
        const time = (people.created[c] as number) - secondAt(start, day, 0) + 120;
        if (time < DAY_SECONDS && chance.unit() < 0.3) sendTo(c, day, time);
      }
    },
    /** Shifts with sessions: each call is one customer, mostly of a recent parcel, looked at once to three times. */
    workStaff(day: number, busy: number): void {
      fleet.staff.forEach((principal, n) => {
        if (!worksOn(scramble(n, day), start + day * DAY_SECONDS) || recent.size === 0) return;
        const late = n % 3 === 0 ? 6 * 3600 : 0;
        const pace = 0.6 + 0.8 * (scramble(n, 77) / 2 ** 32);
        for (let calls = poisson(config.staffReadsPerDay * 0.6 * pace * Math.sqrt(busy), chance); calls > 0; calls--) {
          const customer = recent.draw(chance);
          const time = 8 * 3600 + late + chance.below(8 * 3600);
          if (chance.unit() < 0.5) see(day, time, svc['svc-search'], customer, 'search');
          for (let look = 0; look < 1 + (chance.below(3) === 0 ? 2 : 0); look++) {
            see(day, time + 5 + look * (40 + chance.below(200)), principal, customer, 'support');
          }
        }
      });
    },
    /** Sundays at 3: all customers of the week's parcels go to the CRM. */
    runExports(day: number): void {
      if (new Date((start + day * DAY_SECONDS) * 1000).getUTCDay() !== 0) return;
      let time = 3 * 3600;
      let n = 0;
      for (const customer of active) {
        read(day, time, fleet.services['svc-crm-export'], customer, 'export');
        if (++n % 200 === 0) time += 1;
      }
      active.clear();
    },
    runCampaign(campaign: Campaign, day: number): void {
      if (day < campaign.firstDay || day >= campaign.firstDay + campaign.days) return;
      const known = countCreatedBy(people, secondAt(start, day, 0));
      for (let reads = poisson(campaign.reads / campaign.days, chance); reads > 0; reads--) {
        const hole = campaign.kind === 'hole';
        // Half of what the curious look up has just been in their hands; a hole hands out whatever number is asked for.
        const customer = !hole && chance.unit() < 0.5 && recent.size > 0 ? recent.draw(chance) : chance.below(known);
        const time = hole ? chance.below(DAY_SECONDS) : timeOfDay('office', chance);
        if (isThere(people, customer, secondAt(start, day, time)))
          read(day, time, campaign.principal, customer, hole ? 'hole' : 'curious');
      }
    },
  };
}

/** The device that serves a zone of a station on a day: the zone's own, on one day of seven a colleague's, in pooled stations any. */
function courierFor(fleet: Fleet, station: number, zone: number, day: number): number {
  const devices = fleet.couriersOf[station] as Uint32Array;
  const own = zone % devices.length;
  if (fleet.pooled[station]) return devices[scramble(own, day) % devices.length] as number;
  return devices[(own + day) % 7 === 0 ? (own + 1 + (day % 3)) % devices.length : own] as number;
}

/** Customers of the latest parcels. */
class Recent {
  private readonly ring: Uint32Array;
  private added = 0;
  constructor(size: number) {
    this.ring = new Uint32Array(size);
  }
  get size(): number {
    return Math.min(this.added, this.ring.length);
  }
  add(customer: number): void {
    this.ring[this.added++ % this.ring.length] = customer;
  }
  draw(chance: Chance): number {
    return this.ring[chance.below(this.size)] as number;
  }
}

/** Reads of one day in no order. */
class Bucket {
  private count = 0;
  private time = new Uint32Array(1 << 14);
  private principal = new Uint32Array(1 << 14);
  private subject = new Uint32Array(1 << 14);
  private access = new Uint8Array(1 << 14);

  add(time: number, principal: number, subject: number, kind: number): void {
    if (this.count === this.time.length) this.grow();
    const i = this.count++;
    this.time[i] = time;
    this.principal[i] = principal;
    this.subject[i] = subject;
    this.access[i] = kind;
  }

  clear(): void {
    this.count = 0;
  }

  /** By time; reads of one second stay in the order in which they were added. */
  sorted(day: number, from: number): DayReads {
    const starts = new Uint32Array(DAY_SECONDS + 1);
    for (let i = 0; i < this.count; i++) starts[(this.time[i] as number) - from + 1]!++;
    for (let s = 0; s < DAY_SECONDS; s++) starts[s + 1]! += starts[s] as number;
    const { count } = this;
    const out = {
      day,
      count,
      time: new Uint32Array(count),
      principal: new Uint32Array(count),
      subject: new Uint32Array(count),
      access: new Uint8Array(count),
    };
    for (let i = 0; i < count; i++) {
      const at = starts[(this.time[i] as number) - from]!++;
      out.time[at] = this.time[i] as number;
      out.principal[at] = this.principal[i] as number;
      out.subject[at] = this.subject[i] as number;
      out.access[at] = this.access[i] as number;
    }
    return out;
  }

  private grow(): void {
    const size = this.time.length * 2;
    const wider = <T extends Uint32Array | Uint8Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.time = wider(new Uint32Array(size), this.time);
    this.principal = wider(new Uint32Array(size), this.principal);
    this.subject = wider(new Uint32Array(size), this.subject);
    this.access = wider(new Uint8Array(size), this.access);
  }
}
