import { BoltsealError } from '../core/errors.ts';

const PAGE_BYTES = 65_536;
/** Most that a WebAssembly memory with 32-bit addresses can hold. */
export const MAX_MEMORY_BYTES = 65_536 * PAGE_BYTES;

/** One memory shared by all threads and the kernel, given out from its beginning and taken back from its end. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  // Address 0 means "none" in the kernel, and the compiler may use the first kilobytes.
  #used = PAGE_BYTES;
  /** Memory below this has been given out before and may hold something. */
  #touched = PAGE_BYTES;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Address of `byteLength` zeroed bytes, a multiple of 64. Fails with MEMORY_TOO_SMALL. */
  allocate(byteLength: number): number {
    const at = this.#used;
    const end = at + Math.ceil(byteLength / 64) * 64;
    if (end > MAX_MEMORY_BYTES) throw new BoltsealError('MEMORY_TOO_SMALL', { neededMb: Math.ceil(end / 1e6) });
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.memory.grow(Math.ceil(missing / PAGE_BYTES));
      } catch (cause) {
        throw new BoltsealError('MEMORY_TOO_SMALL', { neededMb: Math.ceil(end / 1e6) }, { cause });
      }
    }
    if (at < this.#touched) this.bytes(at, Math.min(end, this.#touched) - at).fill(0);
    this.#used = end;
    this.#touched = Math.max(this.#touched, end);
    return at;
  }

  /** Takes back everything that was allocated after `usedBytes` had this value; nobody may use it any more. */
  release(usedBytes: number): void {
    this.#used = usedBytes;
  }

  /** A view of memory that was allocated. */
  bytes(at: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, byteLength);
  }

  words(at: number, count: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, count);
  }
}
