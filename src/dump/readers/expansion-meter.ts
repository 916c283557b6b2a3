import { BoltsealError } from '../../core/errors.ts';
import type { ReadLimits } from '../reader.ts';

/** Counts the bytes that come out of a packed file. */
export class ExpansionMeter {
  readonly #limitBytes: number;
  readonly #path: string;
  readonly #times: number;
  #bytes = 0;

  constructor(name: string, packedBytes: number, limits: ReadLimits) {
    this.#path = name;
    this.#times = limits.expansion;
    this.#limitBytes = limits.expansionFreeBytes + packedBytes * limits.expansion;
  }

  /** Fails with DUMP_BOMB beyond the limits. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limitBytes) throw new BoltsealError('DUMP_BOMB', { path: this.#path, times: this.#times });
  }
}
