import { type CopyEvidence, makeAxis, SEEN } from '../../../src/verify/dating/copy-evidence.ts';
import { LifespanCounter } from '../../../src/verify/dating/lifespans.ts';

/*
 * A simulated company: accounts that begin, change their values and end, a register that watches them, and dumps copied from it. Events are drawn one by one; nothing here knows the model.
 */

export const DAY = 86_400;
const STILL = 0xffffffff;

/** Xorshift, so that each test has its own invented company. */
export function makeChance(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}

export interface CompanyOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly days: number;
  /** Changes of one value per year. */
  readonly changesPerYear: number;
  /** Share of accounts that are there on the first day; the others sign up evenly over the days. */
  readonly olderShare?: number;
  /** The register sees everything every so many days only; without, it knows the times. */
  readonly snapshotEveryDays?: number;
  readonly knowsCreated?: boolean;
}

interface Version {
  readonly field: number;
  readonly value: number;
  readonly from: number;
  until: number;
}

interface Account {
  readonly created: number;
  readonly versions: Version[];
}

const START = 1_600_000_000;
const FIELDS = [1, 2, 3, 8, 9];

export class Company {
  readonly start = START;
  readonly end: number;
  readonly #accounts: Account[] = [];
  readonly #options: CompanyOptions;
  readonly chance: () => number;

  constructor(options: CompanyOptions) {
    this.#options = options;
    this.chance = makeChance(options.seed);
    this.end = START + options.days * DAY;
    const { accounts, olderShare = 0.9, changesPerYear } = options;
    for (let i = 0; i < accounts; i++) {
      const older = i < accounts * olderShare;
      const created = older ? START : START + Math.floor(this.chance() * (this.end - START));
      const versions: Version[] = [];
      for (const field of FIELDS) {
        let [from, value] = [created, 0];
        for (;;) {
          const wait = field === 1 ? Infinity : (-Math.log(1 - this.chance()) / changesPerYear) * 365 * DAY;
          const until = Math.floor(from + 1 + wait);
          versions.push({ field, value: value++, from, until: until >= this.end ? STILL : until });
          if (until >= this.end) break;
          from = until;
        }
      }
      this.#accounts.push({ created, versions });
    }
  }

  day(number: number): number {
    return START + number * DAY;
  }

  /** The versions of so many accounts, drawn at random, each as of its own time. */
  copy(rows: number, time: () => number): Map<number, Set<Version>[]> {
    const dump = new Map<number, Set<Version>[]>();
    for (let tries = 0, n = 0; n < rows && tries < rows * 50; tries++) {
      const account = Math.floor(this.chance() * this.#accounts.length);
      const at = time();
      const row = this.#accounts[account]!.versions.filter((v) => v.from <= at && at < v.until);
      if (row.length === 0 || dump.has(account)) continue;
      dump.set(account, [new Set(row)]);
      n++;
    }
    return dump;
  }

  /** Everybody who was there at a time, or those of them whose creation time is wanted. */
  copyAll(at: number, isWanted: (created: number) => boolean = () => true): Map<number, Set<Version>[]> {
    const dump = new Map<number, Set<Version>[]>();
    this.#accounts.forEach(({ created, versions }, account) => {
      if (!isWanted(created)) return;
      const row = versions.filter((v) => v.from <= at && at < v.until);
      if (row.length > 0) dump.set(account, [new Set(row)]);
    });
    return dump;
  }

  /** What dating gets to see of a dump. */
  evidence(...dumps: ReadonlyMap<number, readonly ReadonlySet<Version>[]>[]): CopyEvidence {
    const { snapshotEveryDays, knowsCreated = false } = this.#options;
    const every = (snapshotEveryDays ?? 0) * DAY;
    // A snapshot sees a change at the next full date.
    const seenAt = (time: number): number =>
      every === 0 || time === STILL ? time : START + Math.ceil((time - START) / every) * every;
    const axis = makeAxis(START, this.end);
    const index = [0];
    const columns = {
      created: [] as number[],
      from: [] as number[],
      until: [] as number[],
      field: [] as number[],
      flags: [] as number[],
    };
    const snapshots =
      every === 0
        ? []
        : Array.from({ length: Math.floor((this.end - START) / every) + 1 }, (_, i) => START + i * every);
    const counter = new LifespanCounter(axis, snapshots);
    this.#accounts.forEach(({ created, versions }, account) => {
      const rows = dumps.flatMap((dump) => dump.get(account) ?? []);
      const began = knowsCreated ? counter.exactPlaceOf(created) : counter.placeOf(seenAt(created));
      counter.add(began, counter.placeOf(STILL), rows.length > 0);
      if (rows.length === 0) return;
      columns.created.push(knowsCreated ? created : 0);
      for (const version of versions) {
        const [from, until] = [seenAt(version.from), seenAt(version.until)];
        if (from >= until || from > this.end) continue;
        columns.from.push(from);
        columns.until.push(until);
        columns.field.push(version.field);
        columns.flags.push(rows.some((row) => row.has(version)) ? SEEN : 0);
      }
      index.push(columns.from.length);
    });
    return {
      axis,
      snapshots,
      history: {
        subjects: index.length - 1,
        index: Uint32Array.from(index),
        created: Uint32Array.from(columns.created),
        from: Uint32Array.from(columns.from),
        until: Uint32Array.from(columns.until),
        field: Uint8Array.from(columns.field),
        flags: Uint8Array.from(columns.flags),
      },
      lifespans: counter.finish(),
      usable: index.length - 1,
    };
  }
}
