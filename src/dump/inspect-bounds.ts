import type { ByteInput } from './reader.ts';

/** Reading stops here because enough was seen: not a failure. */
export class EnoughSeen extends Error {}

/** Bytes of one input after which `inspect` has seen enough of it. */
const MOST_BYTES = 16_777_216;
/** Time is not asked for before so many bytes: a reader needs some to see anything. */
const LEAST_BYTES = 4_194_304;

/** How much of everything is looked at: all of it, or only the start of each table and until a time. */
export class Bounds {
  readonly #until: number | null;
  readonly #onLate: () => void;
  #isLate = false;

  /** `until`: milliseconds since 1970, null: everything. `onLate` is called once, when time is up. */
  constructor(until: number | null, onLate: () => void) {
    this.#until = until;
    this.#onLate = onLate;
  }

  /** Throws EnoughSeen when time is up. */
  check(): void {
    if (this.#until === null || Date.now() <= this.#until) return;
    if (!this.#isLate) this.#onLate();
    this.#isLate = true;
    throw new EnoughSeen();
  }

  /** The input, which ends with EnoughSeen when enough of it was seen. */
  limit(input: ByteInput): ByteInput {
    if (this.#until === null) return input;
    const check = (): void => this.check();
    return {
      ...input,
      async *stream() {
        let seen = 0;
        for await (const chunk of input.stream()) {
          yield chunk;
          seen += chunk.length;
          if (seen >= MOST_BYTES) throw new EnoughSeen();
          if (seen >= LEAST_BYTES) check();
        }
      },
    };
  }
}
