import { hash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';

/*
 * Nonces that were taken, for as long as a signature with them could still be valid. In memory for the question, and in files that outlast a kill: written to before a request is
 * let through (1 µs: the system's memory, no sync). A power cut may take the newest of them along; when the machine was started anew and nothing was closed in order,
 * nothing is accepted until whatever was signed before is too old. Refusing all requests of some time after every start would be simpler, and
 * would turn away honest devices whose clocks go wrong whenever the gateway is upgraded.
 */

/** A file for so many seconds of `created`: small enough to be forgotten as a whole soon. */
const SLICE_SECONDS = 8;
/** Of SHA-256 of key and nonce: two that agree in 96 bits do not occur. */
const DIGEST_BYTES = 12;

export interface NonceOptions {
  /** Made when it is not there. */
  readonly folder: string;
  /** How far `created` may be from the clock, either way. */
  readonly skewSeconds: number;
  /** Most nonces in memory, about 80 bytes each: beyond it requests are refused until some are too old. */
  readonly most: number;
  readonly nowMs: number;
  /** Names one run of the machine; null: unknown, every start counts as that of a machine. */
  readonly boot: string | null;
}

/** Most nonces unless something else is said: 10,000 requests a second for a minute, three times over. */
export const MOST_NONCES = 2_000_000;

interface Slice {
  readonly taken: Set<string>;
  readonly descriptor: number;
}

/** See above. One process at a time: the home is locked by whoever serves. */
export class Nonces {
  readonly #options: NonceOptions;
  readonly #slices = new Map<number, Slice>();
  readonly #record = Buffer.alloc(DIGEST_BYTES);
  /** Milliseconds since 1970 until which nothing is accepted. */
  readonly #quietUntilMs: number;
  /** What was signed before is forgotten, even if the clock is set back to it. */
  #forgottenSeconds = 0;
  #count = 0;

  /** Fails with what the file system fails with. */
  constructor(options: NonceOptions) {
    this.#options = options;
    const { folder, boot, nowMs, skewSeconds } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const before = readMark(folder);
    const isWhole = before === null || before === CLOSED || before === boot;
    this.#quietUntilMs = isWhole ? 0 : nowMs + 2 * skewSeconds * 1000;
    this.#load(Math.floor(nowMs / 1000));
    writeMark(folder, boot ?? 'unknown');
  }

  /** Nonces that are remembered. */
  get count(): number {
    return this.#count;
  }

  /** Whether it was taken already. Fails with AUTH_BUSY. */
  isTaken(fingerprint: string, nowMs: number): boolean {
    if (nowMs < this.#quietUntilMs) throw busy(this.#quietUntilMs - nowMs);
    for (const { taken } of this.#slices.values()) if (taken.has(fingerprint)) return true;
    return false;
  }

  /** Takes one that is not taken, of a request with this `created`: the system remembers it when this returns. Fails with AUTH_BUSY when there is no room for it. */
  take(fingerprint: string, createdSeconds: number, nowMs: number): void {
    const slice = this.#sliceOf(createdSeconds, nowMs);
    if (this.#count >= this.#options.most) throw busy(SLICE_SECONDS * 1000);
    this.#record.write(fingerprint, 'latin1');
    // At its place and not at the end: what a full disk cut off is overwritten by the next.
    const place = slice.taken.size * DIGEST_BYTES;
    attempt(() => {
      if (writeSync(slice.descriptor, this.#record, 0, DIGEST_BYTES, place) !== DIGEST_BYTES) throw busy(1000);
    });
    slice.taken.add(fingerprint);
    this.#count++;
  }

  /** Whatever was taken is on the disk when it returns. */
  close(): void {
    for (const { descriptor } of this.#slices.values()) {
      fdatasyncSync(descriptor);
      closeSync(descriptor);
    }
    this.#slices.clear();
    writeMark(this.#options.folder, CLOSED);
  }

  #sliceOf(createdSeconds: number, nowMs: number): Slice {
    const number = Math.floor(createdSeconds / SLICE_SECONDS);
    const found = this.#slices.get(number);
    if (found !== undefined) return found;
    this.#forget(Math.floor(nowMs / 1000));
    if (createdSeconds < this.#forgottenSeconds) throw busy((this.#forgottenSeconds - createdSeconds) * 1000);
    const slice = { taken: new Set<string>(), descriptor: attempt(() => openSync(this.#path(number), 'w', 0o600)) };
    this.#slices.set(number, slice);
    return slice;
  }

  #forget(nowSeconds: number): void {
    for (const [number, { taken, descriptor }] of this.#slices) {
      if (!this.#isOver(number, nowSeconds)) continue;
      this.#slices.delete(number);
      this.#count -= taken.size;
      this.#forgottenSeconds = Math.max(this.#forgottenSeconds, (number + 1) * SLICE_SECONDS);
      closeSync(descriptor);
      rmSync(this.#path(number), { force: true });
    }
  }

  /** Whether every signature of the slice is too old. */
  #isOver(number: number, nowSeconds: number): boolean {
    return (number + 1) * SLICE_SECONDS + this.#options.skewSeconds < nowSeconds;
  }

  #load(nowSeconds: number): void {
    for (const name of readdirSync(this.#options.folder)) {
      if (!/^\d{1,12}$/.test(name)) continue;
      const number = Number(name);
      if (this.#isOver(number, nowSeconds)) {
        rmSync(this.#path(number), { force: true });
        continue;
      }
      // A kill in the middle of a write leaves a piece of a record, whose request was not let through.
      const bytes = readFileSync(this.#path(number)).toString('latin1');
      const taken = new Set<string>();
      for (let at = 0; at + DIGEST_BYTES <= bytes.length; at += DIGEST_BYTES)
        taken.add(bytes.slice(at, at + DIGEST_BYTES));
      this.#slices.set(number, { taken, descriptor: openSync(this.#path(number), 'r+') });
      this.#count += taken.size;
    }
  }

  #path(number: number): string {
    return join(this.#options.folder, String(number));
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw cause instanceof BoltsealError ? cause : busy(SLICE_SECONDS * 1000, cause);
  }
}

/** What stands for a nonce of a key: a key's owner cannot choose it. */
export function fingerprintNonce(keyId: string, nonce: string): string {
  return hash('sha256', `${keyId} ${nonce}`, 'binary').slice(0, DIGEST_BYTES);
}

/** One name for each run of the machine; null where the system has none. */
export function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return null;
  }
}

const CLOSED = 'closed';
const MARK = 'run';

/** Null: nothing was ever taken here. */
function readMark(folder: string): string | null {
  try {
    return readFileSync(join(folder, MARK), 'latin1');
  } catch {
    return null;
  }
}

function writeMark(folder: string, text: string): void {
  writeFileSync(join(folder, MARK), text, { mode: 0o600, flush: true });
}

function busy(retryAfterMs: number, cause?: unknown): BoltsealError {
  return new BoltsealError('AUTH_BUSY', { retryAfterMs }, { cause });
}
