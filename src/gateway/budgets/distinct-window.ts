/**
 * Distinct people within the last stretch of time, each weighing 1 or 2: exact, since the time of everybody's last reading is kept, in the order of these times. About 70 bytes for each person.
 * Who was read as an exception weighs 2 until the stay in the window ends. Who is held (asked for, not given yet) takes room already, and takes none when the hold ends without a reading.
 */
export class DistinctWindow {
  readonly #lengthMs: number;
  /** Person to 4 × milliseconds of the last reading + weight: in the order of last readings. */
  readonly #last = new Map<number, number>();
  /** Person to holds of weight 1 + 65,536 × holds of weight 2. */
  readonly #held = new Map<number, number>();
  #used = 0;
  /** Nobody leaves before: to look at the first of a Map costs a step for each that was taken out before it, which with every request was a tenth of its time. */
  #firstLeavesMs = Number.POSITIVE_INFINITY;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** Room taken at that time. */
  used(nowMs: number): number {
    this.#expire(nowMs);
    return this.#used;
  }

  /** Room that these people would take beyond what is taken. */
  needed(people: readonly number[], weight: 1 | 2, nowMs: number): number {
    this.#expire(nowMs);
    let needed = 0;
    for (const person of people) needed += Math.max(0, weight - this.#weightOf(person));
    return needed;
  }

  /** Takes room for a person until `release`. */
  hold(person: number, weight: 1 | 2): void {
    this.#weigh(person, () => this.#held.set(person, (this.#held.get(person) ?? 0) + heldUnit(weight)));
  }

  /** Ends a hold of that weight. */
  release(person: number, weight: 1 | 2): void {
    this.#weigh(person, () => {
      const rest = (this.#held.get(person) ?? 0) - heldUnit(weight);
      if (rest > 0) this.#held.set(person, rest);
      else this.#held.delete(person);
    });
  }

  /** Counts a reading. One that comes late, or by a clock that went back, shortens nobody's stay. */
  add(person: number, weight: 1 | 2, atMs: number): void {
    this.#weigh(person, () => {
      const before = this.#last.get(person) ?? 0;
      this.#last.delete(person);
      this.#last.set(person, 4 * Math.max(atMs, timeOf(before)) + Math.max(weight, before % 4));
      this.#firstLeavesMs = Math.min(this.#firstLeavesMs, atMs + this.#lengthMs);
    });
  }

  /** Milliseconds until so much room is free. */
  freeAfterMs(room: number, nowMs: number): number {
    let freed = 0;
    for (const kept of this.#last.values()) {
      freed += kept % 4;
      if (freed >= room) return Math.max(1, timeOf(kept) + this.#lengthMs - nowMs);
    }
    return this.#lengthMs;
  }

  get isEmpty(): boolean {
    return this.#last.size === 0 && this.#held.size === 0;
  }

  #weigh(person: number, change: () => void): void {
    this.#used -= this.#weightOf(person);
    change();
    this.#used += this.#weightOf(person);
  }

  #weightOf(person: number): number {
    const held = this.#held.get(person) ?? 0;
    return Math.max((this.#last.get(person) ?? 0) % 4, held >= heldUnit(2) ? 2 : held > 0 ? 1 : 0);
  }

  /** Stops at the first who stays: readings that came late stand behind newer ones, and leave with them. */
  #expire(nowMs: number): void {
    if (nowMs < this.#firstLeavesMs) return;
    for (const [person, kept] of this.#last) {
      this.#firstLeavesMs = timeOf(kept) + this.#lengthMs;
      if (this.#firstLeavesMs > nowMs) return;
      this.#weigh(person, () => this.#last.delete(person));
    }
    this.#firstLeavesMs = Number.POSITIVE_INFINITY;
  }
}

function heldUnit(weight: 1 | 2): number {
  return weight === 1 ? 1 : 65_536;
}

function timeOf(kept: number): number {
  return Math.floor(kept / 4);
}
