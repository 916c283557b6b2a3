import type { Kernel } from '../kernel/kernel.ts';
import { CTX_BYTES, CTX_OUT_ROWS, CTX_ROW_COUNTER, CTX_SLOW, CTX_SLOW_COUNT } from '../kernel/layout.ts';
import { ExactPath } from './exact-path.ts';
import type { ScanPlan } from './plan.ts';

/** Runs one thread's kernel over blocks: fast rows inside the kernel, the others through the exact path, whatever fills up emptied in between. */
export class BlockScanner {
  readonly exact: ExactPath;
  readonly #kernel: Kernel;
  readonly #context: number;
  readonly #words: Uint32Array;

  constructor(kernel: Kernel, memory: WebAssembly.Memory, context: number, plan: ScanPlan) {
    this.#kernel = kernel;
    this.#context = context;
    this.#words = new Uint32Array(memory.buffer, context, CTX_BYTES / 4);
    this.exact = new ExactPath(kernel, memory, context, plan);
  }

  /**
   * Scans the whole rows in [from, from + length). `drain` is called whenever lists that go out are to be emptied, and at the end;
   * it must copy what it wants, after which the lists count as empty.
   */
  scan(from: number, length: number, drain: () => void): void {
    const end = from + length;
    this.#words[CTX_ROW_COUNTER / 4] = 0;
    let at = from;
    while (at < end) {
      at = this.#kernel.scanRows(this.#context, at, end);
      this.#kernel.flushBatch(this.#context);
      drain();
      this.#takeSlowRows(drain);
    }
  }

  #takeSlowRows(drain: () => void): void {
    const count = this.#words[CTX_SLOW_COUNT / 4]!;
    if (count === 0) return;
    const list = this.#words.slice(CTX_SLOW / 4, CTX_SLOW / 4 + count * 4);
    this.#words[CTX_SLOW_COUNT / 4] = 0;
    for (let i = 0; i < list.length; i += 4) {
      if (this.#kernel.hasRoom(this.#context) === 0) {
        this.#kernel.flushBatch(this.#context);
        drain();
      }
      this.exact.take(list[i]!, list[i + 1]!, list[i + 2]!);
    }
    this.#kernel.flushBatch(this.#context);
    if (this.#words[CTX_OUT_ROWS / 4] !== 0) drain();
  }
}
