/** How many calls are let through in a window: of one caller, and of all together. */
export interface RateLimits {
  readonly windowMs: number;
  readonly mostOfOne: number;
  readonly mostOfAll: number;
}

/** Counts calls of strangers in windows of fixed length. Bounded: callers are forgotten with their window, and no more of them are counted than calls are let through. */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #ofOne = new Map<string, number>();
  #window = -1;
  #ofAll = 0;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Null: let through and counted; otherwise milliseconds until it may be tried again. `address`: of the caller; one network of IPv6 is one caller. */
  take(address: string, nowMs: number): number | null {
    const caller = networkOf(address);
    const { windowMs, mostOfOne, mostOfAll } = this.#limits;
    const window = Math.floor(nowMs / windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#ofOne.clear();
      this.#ofAll = 0;
    }
    const own = this.#ofOne.get(caller) ?? 0;
    if (own >= mostOfOne || this.#ofAll >= mostOfAll) return (window + 1) * windowMs - nowMs;
    this.#ofOne.set(caller, own + 1);
    this.#ofAll++;
    return null;
  }
}

/** An IPv4 address as it is, of IPv6 the first 64 bits: whoever has one address of such a network has all of them (RFC 6177). */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [before = '', after] = address.split('::');
  const groups = before === '' ? [] : before.split(':');
  if (after !== undefined) {
    const last = after === '' ? [] : after.split(':');
    while (groups.length + last.length < 8) groups.push('0');
    groups.push(...last);
  }
  return groups.slice(0, 4).join(':');
}
