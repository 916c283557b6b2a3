import { createCipheriv } from 'node:crypto';
import { readWhole } from './chunked-files.ts';
import { hasBit } from './old-versions.ts';
import { openGeneration } from './store.ts';

/** Bytes of a row's fingerprint, little endian. */
export const ROW_PRINT_BYTES = 6;
const HALVES = ROW_PRINT_BYTES / 2;
const FIRST_SUBJECTS = 1024;
/** Subjects whose filling is made at once. */
const FILL_SUBJECTS = 1024;

// What is known of a subject's rows in the table at hand.
const NO_ROW = 0;
const ONE_ROW = 1;
/** Several that differ, or one without a fingerprint. */
const UNCLEAR = 2;
const KEPT = 3;

/**
 * The fingerprints of whole rows of the last snapshot, one a subject (docs/spec/register.md). A subject that has none gets six bytes of a stream under a key of the rows' meaning, which no row ever has:
 * who reads the file cannot tell which subjects had no row, or several, or do not exist at all. Chance alone would do for one file; of two of the same meaning, with another one between them, it would
 * tell canaries, whose bytes had changed, from customers whose rows had not.
 */
export class RowPrints {
  readonly #old: Uint16Array | null;
  readonly #oldCount: number;
  readonly #fillerKey: Uint8Array;
  #prints = new Uint16Array(0);
  #states = new Uint8Array(0);

  /** `old` has ROW_PRINT_BYTES for each of the first `oldCount` subjects, which are still true of rows that the table does not have (delta, history) or has unchanged; null: none are. `fillerKey`: 32 bytes, always the same ones for a meaning of rows. */
  constructor(old: Uint8Array | null, oldCount: number, fillerKey: Uint8Array) {
    this.#old = old === null ? null : new Uint16Array(old.buffer, old.byteOffset, HALVES * oldCount);
    this.#oldCount = oldCount;
    this.#fillerKey = fillerKey;
  }

  /** Notes a row of a subject. `lo` has the lowest 32 bits, `hi` the others; both 0: the row has no fingerprint. */
  add(subject: number, lo: number, hi: number): void {
    if (subject >= this.#states.length) this.#grow(subject);
    const state = this.#states[subject]!;
    if (state === KEPT || state === UNCLEAR) return;
    const prints = this.#prints;
    const at = HALVES * subject;
    if (lo === 0 && hi === 0) {
      this.#states[subject] = UNCLEAR;
    } else if (state === NO_ROW) {
      this.#states[subject] = ONE_ROW;
      prints[at] = lo;
      prints[at + 1] = lo >>> 16;
      prints[at + 2] = hi;
    } else if (prints[at] !== (lo & 0xffff) || prints[at + 1] !== lo >>> 16 || prints[at + 2] !== hi) {
      this.#states[subject] = UNCLEAR;
    }
  }

  /** A subject of the old register stays as it is, whatever the table has of it. */
  keep(subject: number): void {
    if (subject >= this.#states.length) this.#grow(subject);
    this.#states[subject] = KEPT;
  }

  /**
   * ROW_PRINT_BYTES for each of `count` subjects. `unchanged` has a bit for each old subject whose row was found to be the old one; null: those that the table did not have keep theirs.
   * To be called once.
   */
  finish(count: number, unchanged: Uint32Array | null): Uint8Array {
    if (count > 0) this.#grow(count - 1);
    const prints = this.#prints;
    const old = this.#old;
    const stream = createCipheriv('aes-256-ctr', this.#fillerKey, new Uint8Array(16));
    const nothing = new Uint8Array(ROW_PRINT_BYTES * FILL_SUBJECTS);
    let filling = nothing;
    for (let subject = 0; subject < count; subject++) {
      const fillingAt = ROW_PRINT_BYTES * (subject % FILL_SUBJECTS);
      if (fillingAt === 0) filling = stream.update(nothing);
      const state = this.#states[subject]!;
      const at = HALVES * subject;
      const hasOld = old !== null && subject < this.#oldCount;
      const isUnchanged = hasOld && (unchanged === null || hasBit(unchanged, subject));
      if (hasOld && (state === KEPT || (state === NO_ROW && isUnchanged))) {
        for (let half = at; half < at + HALVES; half++) prints[half] = old[half]!;
        continue;
      }
      // A row that was found unchanged and another one are two rows.
      if (state === ONE_ROW && (!isUnchanged || isOld(prints, old, at))) continue;
      for (let half = 0; half < HALVES; half++) {
        const byte = fillingAt + 2 * half;
        prints[at + half] = filling[byte]! | (filling[byte + 1]! << 8);
      }
    }
    return new Uint8Array(prints.buffer, 0, ROW_PRINT_BYTES * count);
  }

  #grow(subject: number): void {
    if (subject < this.#states.length) return;
    const capacity = Math.max(FIRST_SUBJECTS, this.#oldCount, subject + 1, Math.ceil(1.5 * this.#states.length));
    const prints = new Uint16Array(HALVES * capacity);
    prints.set(this.#prints);
    this.#prints = prints;
    const states = new Uint8Array(capacity);
    states.set(this.#states);
    this.#states = states;
  }
}

function isOld(prints: Uint16Array, old: Uint16Array | null, at: number): boolean {
  return old !== null && prints[at] === old[at] && prints[at + 1] === old[at + 1] && prints[at + 2] === old[at + 2];
}

/**
 * Reads the fingerprints of rows of the current generation into memory that the caller gives; null when it has none, or none of rows with this meaning (`check`; null: any).
 * Fails like `loadRegister`.
 */
export function readRowPrints(
  home: string,
  registerKey: Uint8Array,
  check: string | null,
  allocate: (byteLength: number) => Uint8Array,
): Uint8Array | null {
  const { manifest, close } = openGeneration(home, registerKey);
  close();
  if (manifest.rowCheck === undefined || (check !== null && manifest.rowCheck !== check)) return null;
  const generation = openGeneration(home, registerKey, ['rows.bin']);
  try {
    const file = generation.open('rows.bin');
    const prints = allocate(file.stored.bytes);
    readWhole(file, prints);
    return prints;
  } finally {
    generation.close();
  }
}
