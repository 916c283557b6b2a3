import type { ControlSample } from './controls.ts';
import type { IdSealer } from './ids.ts';
import { STILL_CURRENT } from './layout.ts';
import type { NovelVersions } from './novel-versions.ts';
import type { Companion, CompanionSource, NovelValues } from './port.ts';
import type { SubjectRegistry } from './subject-registry.ts';

/** Field ids from here on are confirming (core/fields/field.ts). */
const FIRST_CONFIRMING = 8;

/** What companions are added to. */
export interface Hosts {
  readonly source: CompanionSource;
  readonly subjects: SubjectRegistry;
  readonly sealer: IdSealer;
  readonly novel: NovelVersions;
  readonly controls: ControlSample;
  readonly customerIdField: number;
}

/** Times of a new subject, seconds since 1970; 0: unknown. */
export interface Times {
  readonly createdSeconds: number;
  /** Of dated versions, since when its first row holds; 0: since the table's time. */
  readonly fromSeconds: number;
}

interface Guest {
  readonly number: number;
  readonly companion: Companion;
  /** Of the subject before it; of its own when they are known. */
  times: Times;
  readonly values: { readonly field: number; readonly lo: number; readonly hi: number }[];
}

/**
 * The companions of a table: each goes in behind one of its new subjects. It has a value of each field that the subject has in the row in which it came, and its times lie between those of that subject and of the next new one. Of a table of
 * dated versions it has one version of each value, current from then on, as customers have who never changed anything: the times of others are theirs alone, and a copy of them would stand out.
 */
export class Guests {
  readonly #hosts: Hosts;
  readonly #all: Guest[] = [];
  /** By the row of the block at hand behind whose subject they stand. */
  readonly #byRow = new Map<number, Guest>();
  /** Its times are open until the next new subject is met. */
  #open: Guest | null = null;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  get count(): number {
    return this.#all.length;
  }

  /** Values of all of them, ids among them. */
  get versions(): number {
    return this.#all.reduce((sum, { values }) => sum + values.length + 1, 0);
  }

  /** Puts a companion behind the new subject of a row, where there is one for it. */
  invite(row: number, times: Times): void {
    this.#settle(times);
    const { source, subjects, sealer } = this.#hosts;
    const companion = source.next();
    if (companion === null) return;
    const { idLo, idHi, idBytes } = companion;
    const count = subjects.count;
    const number = subjects.findOrAdd(idLo, idHi);
    // The table has that id: whoever has it is a customer.
    if (number !== count) return;
    sealer.add(idBytes, 0, idBytes.length);
    subjects.setCreated(number, 0);
    const guest = { number, companion, times, values: [] };
    this.#open = guest;
    this.#byRow.set(row, guest);
    this.#all.push(guest);
  }

  /** Gives the last one times between those of the subject before it and of the next new one. */
  #settle(next: Times): void {
    const guest = this.#open;
    if (guest === null) return;
    this.#open = null;
    const { companion, times } = guest;
    const created = companion.createdBetween(times.createdSeconds, next.createdSeconds);
    const isSame = times.createdSeconds === times.fromSeconds && next.createdSeconds === next.fromSeconds;
    const fromSeconds = isSame ? created : companion.createdBetween(times.fromSeconds, next.fromSeconds);
    guest.times = { createdSeconds: fromSeconds === 0 ? created : Math.min(created, fromSeconds), fromSeconds };
    this.#hosts.subjects.setCreated(guest.number, guest.times.createdSeconds);
  }

  /** Gives those of the block at hand a value for each value that the subject before them has in its row. */
  takeValues({ count, row, field: fields }: NovelValues): void {
    if (this.#byRow.size === 0) return;
    const { controls, customerIdField } = this.#hosts;
    for (let i = 0; i < count; i++) {
      const field = fields[i]!;
      const guest = field === customerIdField ? undefined : this.#byRow.get(row[i]!);
      if (guest === undefined) continue;
      const { lo, hi } = guest.companion.printOf(field);
      guest.values.push({ field, lo, hi });
      if (field >= FIRST_CONFIRMING || hi >= controls.thresholds[field]!) continue;
      const neighbours = guest.companion.neighboursOf(field);
      if (neighbours.length > 0) controls.add({ field, sampleHi: hi, neighbours });
    }
    this.#byRow.clear();
  }

  /** Adds all of them; none of their times is before `earliestSeconds`. */
  finish(earliestSeconds: number): void {
    if (this.#open !== null) this.#settle(this.#open.times);
    const { novel, customerIdField } = this.#hosts;
    for (const { number, companion, times, values } of this.#all) {
      const isDated = times.fromSeconds !== 0;
      const from = isDated ? Math.max(earliestSeconds, times.fromSeconds) : 0;
      const until = isDated ? STILL_CURRENT : 0;
      novel.addIdentifying(companion.idLo, companion.idHi, number, customerIdField, from, until);
      for (const { field, lo, hi } of values) {
        if (field >= FIRST_CONFIRMING) novel.addConfirming(lo, number, field, from, until);
        else novel.addIdentifying(lo, hi, number, field, from, until);
      }
    }
  }
}
