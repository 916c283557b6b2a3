/** What waits for an answer from a browser: each is taken once, and forgotten after its time; the oldest goes when there are too many. */
export class Pending<T> {
  readonly #ttlMs: number;
  readonly #most: number;
  readonly #entries = new Map<string, { readonly value: T; readonly untilMs: number }>();

  constructor(ttlMs: number, most: number) {
    this.#ttlMs = ttlMs;
    this.#most = most;
  }

  put(name: string, value: T, nowMs: number): void {
    for (const [known, { untilMs }] of this.#entries) {
      if (untilMs > nowMs && this.#entries.size < this.#most) break;
      this.#entries.delete(known);
    }
    this.#entries.set(name, { value, untilMs: nowMs + this.#ttlMs });
  }

  /** Null: there is none, it was taken, or its time is over. */
  take(name: string, nowMs: number): T | null {
    const found = this.#entries.get(name);
    this.#entries.delete(name);
    return found === undefined || nowMs >= found.untilMs ? null : found.value;
  }
}
