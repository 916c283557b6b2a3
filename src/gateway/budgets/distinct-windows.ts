/** Two bits of a byte each. */
const MOST_WINDOWS = 4;
const NOBODY = -1;
/** Holds of weight 2 are counted above those of weight 1. */
const HEAVY_HOLD = 65_536;

/**
 * Distinct people within the last stretches of time, several lengths at once over the same readings, each person weighing 1 or 2: exact, since the time of everybody's last reading is kept, in the
 * order of these times. About 70 bytes for each person, whatever the number of windows.
 * Who was read as an exception weighs 2 until the stay in a window ends. Who is held (asked for, not given yet) takes room already, and takes none when the hold ends without a reading.
 *
 * One list in the order of last readings serves all windows: each knows who of it leaves next. A list and a Map for each window cost ten times as much a request.
 */
export class DistinctWindows {
  readonly #lengthsMs: readonly number[];
  /** Where a person stands in the columns: who is in a window, or held. */
  readonly #slots = new Map<number, number>();
  readonly #used: number[];
  /** The first of the list that may be in a window; nobody before is. */
  readonly #oldest: number[];
  /** Nobody leaves a window before. */
  readonly #leavesMs: number[];
  #newest = NOBODY;
  /** Slots that are free, one behind the other. */
  #free = NOBODY;
  #people = new Float64Array(8);
  #lastMs = new Float64Array(8);
  #next = new Int32Array(8);
  #previous = new Int32Array(8);
  #held = new Uint32Array(8);
  /** 0 to 2 for each window; all 0: not in the list. */
  #weights = new Uint8Array(8);
  #filled = 0;

  /** At most four lengths. */
  constructor(lengthsMs: readonly number[]) {
    if (lengthsMs.length > MOST_WINDOWS) throw new RangeError('at most four windows');
    this.#lengthsMs = lengthsMs;
    this.#used = lengthsMs.map(() => 0);
    this.#oldest = lengthsMs.map(() => NOBODY);
    this.#leavesMs = lengthsMs.map(() => Number.POSITIVE_INFINITY);
  }

  /** Room taken in a window at that time. */
  used(window: number, nowMs: number): number {
    this.#expire(window, nowMs);
    return this.#used[window]!;
  }

  /** Room that these people would take in a window beyond what is taken. */
  needed(window: number, people: readonly number[], weight: 1 | 2, nowMs: number): number {
    this.#expire(window, nowMs);
    let needed = 0;
    for (const person of people) {
      const slot = this.#slots.get(person);
      needed += slot === undefined ? weight : Math.max(0, weight - this.#weightIn(slot, window));
    }
    return needed;
  }

  /** Takes room for a person in all windows until `release`. */
  hold(person: number, weight: 1 | 2): void {
    const slot = this.#slotOf(person);
    this.#weigh(slot, this.#weights[slot]!, this.#held[slot]! + (weight === 1 ? 1 : HEAVY_HOLD));
  }

  /** Ends a hold of that weight. */
  release(person: number, weight: 1 | 2): void {
    const slot = this.#slots.get(person);
    if (slot === undefined) return;
    this.#weigh(slot, this.#weights[slot]!, Math.max(0, this.#held[slot]! - (weight === 1 ? 1 : HEAVY_HOLD)));
    this.#freeUnused(slot);
  }

  /** Counts a reading in every window that it is in at `nowMs`. One that comes late, or by a clock that went back, shortens nobody's stay. */
  add(person: number, weight: 1 | 2, atMs: number, nowMs: number): void {
    const slot = this.#slotOf(person);
    const before = this.#weights[slot]!;
    let weights = before;
    for (let window = 0; window < this.#lengthsMs.length; window++)
      if (atMs + this.#lengthsMs[window]! > nowMs)
        weights = withWeight(weights, window, Math.max(weight, weightOf(before, window)));
    if (weights === 0) {
      this.#freeUnused(slot);
      return;
    }
    const lastMs = before === 0 ? atMs : Math.max(atMs, this.#lastMs[slot]!);
    if (before !== 0) this.#unlink(slot);
    this.#lastMs[slot] = lastMs;
    this.#weigh(slot, weights, this.#held[slot]!);
    this.#append(slot);
  }

  /** Milliseconds until so much room of a window is free. */
  freeAfterMs(window: number, room: number, nowMs: number): number {
    const lengthMs = this.#lengthsMs[window]!;
    let freed = 0;
    for (let slot = this.#oldest[window]!; slot !== NOBODY; slot = this.#next[slot]!) {
      freed += weightOf(this.#weights[slot]!, window);
      if (freed >= room) return Math.max(1, this.#lastMs[slot]! + lengthMs - nowMs);
    }
    return lengthMs;
  }

  /** Whether nobody is in any window at that time, nor held. */
  isEmpty(nowMs: number): boolean {
    for (let window = 0; window < this.#lengthsMs.length; window++) this.#expire(window, nowMs);
    return this.#slots.size === 0;
  }

  #weightIn(slot: number, window: number): number {
    return Math.max(weightOf(this.#weights[slot]!, window), heldWeight(this.#held[slot]!));
  }

  #weigh(slot: number, weights: number, held: number): void {
    const heldBefore = heldWeight(this.#held[slot]!);
    const heldNow = heldWeight(held);
    const before = this.#weights[slot]!;
    for (let window = 0; window < this.#used.length; window++)
      this.#used[window]! +=
        Math.max(weightOf(weights, window), heldNow) - Math.max(weightOf(before, window), heldBefore);
    this.#weights[slot] = weights;
    this.#held[slot] = held;
  }

  /** Stops at the first who stays: readings that came late stand behind newer ones, and leave with them. */
  #expire(window: number, nowMs: number): void {
    if (nowMs < this.#leavesMs[window]!) return;
    const lengthMs = this.#lengthsMs[window]!;
    let slot = this.#oldest[window]!;
    let leavesMs = Number.POSITIVE_INFINITY;
    while (slot !== NOBODY) {
      const next = this.#next[slot]!;
      const weights = this.#weights[slot]!;
      if (weightOf(weights, window) !== 0) {
        leavesMs = this.#lastMs[slot]! + lengthMs;
        if (leavesMs > nowMs) break;
        leavesMs = Number.POSITIVE_INFINITY;
        this.#weigh(slot, withWeight(weights, window, 0), this.#held[slot]!);
        if (this.#weights[slot] === 0) {
          this.#unlink(slot);
          this.#freeUnused(slot);
        }
      }
      slot = next;
    }
    this.#oldest[window] = slot;
    this.#leavesMs[window] = leavesMs;
  }

  #append(slot: number): void {
    this.#previous[slot] = this.#newest;
    this.#next[slot] = NOBODY;
    if (this.#newest !== NOBODY) this.#next[this.#newest] = slot;
    this.#newest = slot;
    for (let window = 0; window < this.#oldest.length; window++) {
      if (this.#oldest[window] !== NOBODY) continue;
      this.#oldest[window] = slot;
      this.#leavesMs[window] = this.#lastMs[slot]! + this.#lengthsMs[window]!;
    }
  }

  #unlink(slot: number): void {
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    if (previous !== NOBODY) this.#next[previous] = next;
    if (next === NOBODY) this.#newest = previous;
    else this.#previous[next] = previous;
    // When the next one leaves is found out by `#expire`, which looks too early rather than too late.
    for (let window = 0; window < this.#oldest.length; window++)
      if (this.#oldest[window] === slot) this.#oldest[window] = next;
  }

  #slotOf(person: number): number {
    const known = this.#slots.get(person);
    if (known !== undefined) return known;
    let slot = this.#free;
    if (slot !== NOBODY) this.#free = this.#next[slot]!;
    else {
      slot = this.#filled++;
      if (slot === this.#people.length) this.#grow();
    }
    this.#people[slot] = person;
    this.#slots.set(person, slot);
    return slot;
  }

  #freeUnused(slot: number): void {
    if (this.#weights[slot] !== 0 || this.#held[slot] !== 0) return;
    this.#slots.delete(this.#people[slot]!);
    this.#next[slot] = this.#free;
    this.#free = slot;
  }

  #grow(): void {
    const size = 2 * this.#people.length;
    this.#people = enlarge(new Float64Array(size), this.#people);
    this.#lastMs = enlarge(new Float64Array(size), this.#lastMs);
    this.#next = enlarge(new Int32Array(size), this.#next);
    this.#previous = enlarge(new Int32Array(size), this.#previous);
    this.#held = enlarge(new Uint32Array(size), this.#held);
    this.#weights = enlarge(new Uint8Array(size), this.#weights);
  }
}

function weightOf(weights: number, window: number): number {
  return (weights >> (2 * window)) & 3;
}

function withWeight(weights: number, window: number, weight: number): number {
  return (weights & ~(3 << (2 * window))) | (weight << (2 * window));
}

function heldWeight(held: number): number {
  return held >= HEAVY_HOLD ? 2 : held > 0 ? 1 : 0;
}

function enlarge<T extends { set(from: ArrayLike<number>): void }>(larger: T, from: ArrayLike<number>): T {
  larger.set(from);
  return larger;
}
