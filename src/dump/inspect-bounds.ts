import type { Outlet } from './outlet.ts';
import type { ByteInput } from './reader.ts';

/** Reading stops here because enough was seen: not a failure. */
export class EnoughSeen extends Error {}

/** Bytes of one input after which `inspect` has seen enough of it. */
const MOST_BYTES = 16_777_216;
/** Time is not asked for before so many bytes: a reader needs some to see anything. */
const LEAST_BYTES = 4_194_304;
/** While nothing was found yet, time is up so many times later: an archive that starts slowly, a picture. */
export const PATIENCE = 10;

/** How much of everything is looked at: all of it, or only the start of each table and until a time. */
export class Bounds {
  readonly #endsAt: { readonly found: number; readonly nothing: number } | null;
  readonly #outlet: Outlet;
  #isLate = false;
  #hasFound = false;
  /** Bytes of the input at hand that were seen from its start on, and whether that is all. */
  #seenBytes = 0;
  #isWhole = true;

  /** `milliseconds` from now; null: everything. */
  constructor(milliseconds: number | null, outlet: Outlet) {
    this.#outlet = outlet;
    const now = Date.now();
    this.#endsAt = milliseconds === null ? null : { found: now + milliseconds, nothing: now + milliseconds * PATIENCE };
  }

  /** A table was found. */
  found(): void {
    this.#hasFound = true;
  }

  /** Throws EnoughSeen when time is up. */
  check(): void {
    if (this.#endsAt === null || Date.now() <= (this.#hasFound ? this.#endsAt.found : this.#endsAt.nothing)) return;
    if (!this.#isLate) this.#outlet.incomplete();
    this.#isLate = true;
    throw new EnoughSeen();
  }

  /** Runs `read`, which reads the input, and tells how much of it was looked at. */
  async look({ head, headIsWhole, windows }: ByteInput, read: () => Promise<void>): Promise<void> {
    if (this.#endsAt === null) return read();
    this.#seenBytes = head.length;
    this.#isWhole = headIsWhole;
    const windowBytes = windows.reduce((sum, { length }) => sum + length, 0);
    try {
      await read();
    } finally {
      this.#outlet.looked(this.#isWhole ? this.#seenBytes : this.#seenBytes + windowBytes, this.#isWhole);
    }
  }

  /** The input, which ends with EnoughSeen when enough of it was seen. */
  limit(input: ByteInput): ByteInput {
    if (this.#endsAt === null) return input;
    const take = (seen: number): void => {
      this.#seenBytes = Math.max(this.#seenBytes, seen);
      if (seen >= MOST_BYTES) throw new EnoughSeen();
      if (seen >= LEAST_BYTES) this.check();
    };
    const finish = (): void => {
      this.#isWhole = true;
    };
    return {
      ...input,
      async *stream() {
        let seen = 0;
        for await (const chunk of input.stream()) {
          yield chunk;
          seen += chunk.length;
          take(seen);
        }
        finish();
      },
    };
  }
}
