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
  readonly #home: string;
  readonly #dump: string;
  readonly #places = new Map<number, { readonly at: number; readonly bytes: number }>();
  #end = 0;

  /** For the part number `part` of the file `dump`. Fails with SCRATCH_WRITE. */
  constructor(home: string, part: number, dump: string) {
    this.#home = home;
    this.#dump = dump;
    const path = join(home, `.states-${process.pid}-${part}`);
    try {
      this.#file = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (cause) {
      throw scratchError(home, cause);
    }
  }

  /** What the pass before saved of a block. Fails with DUMP_CHANGED when there was no such block. */
  load(sequence: number, into: Uint8Array): void {
    const place = this.#places.get(sequence);
    if (place === undefined) throw this.#changed();
    for (let done = 0; done < place.bytes; ) {
      const read = readSync(this.#file, into, done, place.bytes - done, place.at + done);
      if (read === 0) throw new BoltsealError('INTERNAL', { kind: 'row states are missing' });
      done += read;
    }
  }

  /** Fails with SCRATCH_WRITE, and with DUMP_CHANGED when the block had another number of rows before. */
  save(sequence: number, states: Uint8Array): void {
    const known = this.#places.get(sequence);
    const place = known ?? { at: this.#end, bytes: states.length };
    if (place.bytes !== states.length) throw this.#changed();
    if (known === undefined) {
      this.#places.set(sequence, place);
      this.#end += states.length;
    }
    try {
      for (let done = 0; done < states.length; ) {
        done += writeSync(this.#file, states, done, states.length - done, place.at + done);
      }
    } catch (cause) {
      throw scratchError(this.#home, cause);
    }
  }

  /** A pass has read so many blocks. Fails with DUMP_CHANGED when the one before had more. */
  checkBlocks(blocks: number): void {
    if (blocks !== this.#places.size) throw this.#changed();
  }

  #changed(): BoltsealError {
    return new BoltsealError('DUMP_CHANGED', { path: this.#dump });
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
