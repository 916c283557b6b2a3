import { BoltsealError } from '../core/errors.ts';
import { IdTable } from './id-table.ts';
import { MAX_SUBJECTS } from './layout.ts';

/** The subjects of a register that is being extended: gives numbers to new ones and keeps creation times. */
export class SubjectRegistry {
  readonly #oldCount: number;
  readonly #ids = new IdTable();
  #created: Uint32Array;
  #sink = 0;

  /** `oldCreated` has one time for each subject of the old register; it is not changed. */
  constructor(oldCreated: Uint32Array) {
    this.#oldCount = oldCreated.length;
    this.#created = new Uint32Array(Math.max(1024, oldCreated.length));
    this.#created.set(oldCreated);
  }

  get oldCount(): number {
    return this.#oldCount;
  }

  get count(): number {
    return this.#oldCount + this.#ids.count;
  }

  /** Seconds, 0 when unknown; one for each subject. */
  get created(): Uint32Array {
    return this.#created.subarray(0, this.count);
  }

  /** The number of a subject that is not in the old register; equal to `count` before the call when it is met for the first time. */
  findOrAdd(idLo: number, idHi: number): number {
    const subject = this.#oldCount + this.#ids.findOrAdd(idLo, idHi);
    if (subject < MAX_SUBJECTS) return subject;
    throw new BoltsealError('REGISTER_TOO_BIG', { count: subject + 1, what: 'subjects', most: MAX_SUBJECTS });
  }

  /** Makes the look-ups of a block's ids cheap (IdTable). */
  warm(idLo: Uint32Array, idHi: Uint32Array, rows: number): void {
    this.#sink ^= this.#ids.warm(idLo, idHi, rows);
  }

  /** Keeps the earliest creation time that is known, whatever order rows come in. */
  setCreated(subject: number, seconds: number): void {
    if (subject >= this.#created.length) {
      const larger = new Uint32Array(2 * Math.max(this.#created.length, subject));
      larger.set(this.#created);
      this.#created = larger;
    }
    const known = this.#created[subject]!;
    if (known === 0 || (seconds !== 0 && seconds < known)) this.#created[subject] = seconds;
  }
}
