import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import type { RowStates } from '../scan/pool.ts';

/**
 * What is known of each row between passes, in a file without a name: 12 bytes a row, no value of the dump among them.
 * The file is unlinked as soon as it is open, so that nothing is left whatever happens.
 */
export class RowStateFile implements RowStates {
  readonly #file: number;
  readonly #places = new Map<number, { readonly at: number; readonly bytes: number }>();
  #end = 0;

  /** Fails with SCRATCH_WRITE. */
  constructor(home: string, name: string) {
    const path = join(home, `.states-${process.pid}-${name}`);
    try {
      this.#file = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (cause) {
      throw scratchError(home, cause);
    }
  }

  load(sequence: number, into: Uint8Array): void {
    const place = this.#places.get(sequence);
    if (place === undefined) return;
    for (let done = 0; done < place.bytes; ) {
      const read = readSync(this.#file, into, done, place.bytes - done, place.at + done);
      if (read === 0) throw new BoltsealError('INTERNAL', { kind: 'row states are missing' });
      done += read;
    }
  }

  save(sequence: number, states: Uint8Array): void {
    const place = this.#places.get(sequence) ?? { at: this.#end, bytes: states.length };
    if (!this.#places.has(sequence)) {
      this.#places.set(sequence, place);
      this.#end += states.length;
    }
    try {
      for (let done = 0; done < states.length; ) {
        done += writeSync(this.#file, states, done, states.length - done, place.at + done);
      }
    } catch (cause) {
      throw scratchError('the home', cause);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

function scratchError(path: string, cause: unknown): BoltsealError {
  return new BoltsealError(
    'SCRATCH_WRITE',
    { path, reason: (cause as NodeJS.ErrnoException).code ?? 'unknown' },
    { cause },
  );
}
