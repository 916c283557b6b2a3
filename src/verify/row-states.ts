import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import type { RowStates } from '../scan/pool.ts';

/**
 * A file without a name for notes between passes: it is unlinked as soon as it is open, so that nothing is left whatever happens.
 * All parts of a dump share one: a dump may have more parts than a process may have files.
 */
export class ScratchFile {
  readonly #file: number;
  readonly #home: string;
  #end = 0;

  /** Fails with SCRATCH_WRITE. */
  constructor(home: string) {
    this.#home = home;
    const path = join(home, `.states-${process.pid}`);
    try {
      this.#file = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** Place of `byteLength` bytes that nobody else has. */
  reserve(byteLength: number): number {
    const at = this.#end;
    this.#end += byteLength;
    return at;
  }

  read(at: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const read = readSync(this.#file, into, done, into.length - done, at + done);
      if (read === 0) throw new BoltsealError('INTERNAL', { kind: 'row states are missing' });
      done += read;
    }
  }

  /** Fails with SCRATCH_WRITE. */
  write(at: number, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#file, bytes, done, bytes.length - done, at + done);
      }
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #failed(cause: unknown): BoltsealError {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    return new BoltsealError('SCRATCH_WRITE', { path: this.#home, reason }, { cause });
  }
}

/** What is known of each row of one part between passes: 12 bytes a row, no value of the dump among them. */
export class PartStates implements RowStates {
  readonly #file: ScratchFile;
  readonly #dump: string;
  readonly #places = new Map<number, { readonly at: number; readonly bytes: number }>();

  /** `dump` is the part's name. */
  constructor(file: ScratchFile, dump: string) {
    this.#file = file;
    this.#dump = dump;
  }

  /** What the pass before saved of a block. Fails with DUMP_CHANGED when there was no such block. */
  load(sequence: number, into: Uint8Array): void {
    const place = this.#places.get(sequence);
    if (place === undefined) throw this.#changed();
    this.#file.read(place.at, into.subarray(0, place.bytes));
  }

  /** Fails with SCRATCH_WRITE, and with DUMP_CHANGED when the block had another number of rows before. */
  save(sequence: number, states: Uint8Array): void {
    let place = this.#places.get(sequence);
    if (place === undefined) {
      place = { at: this.#file.reserve(states.length), bytes: states.length };
      this.#places.set(sequence, place);
    }
    if (place.bytes !== states.length) throw this.#changed();
    this.#file.write(place.at, states);
  }

  /** A pass has read so many blocks. Fails with DUMP_CHANGED when the one before had more. */
  checkBlocks(blocks: number): void {
    if (blocks !== this.#places.size) throw this.#changed();
  }

  #changed(): BoltsealError {
    return new BoltsealError('DUMP_CHANGED', { path: this.#dump });
  }
}
