import type { Kernel } from '../kernel/kernel.ts';
import { CTX_BYTES, CTX_ROW_COUNTER, CTX_SLOW, CTX_SLOW_COUNT, SLOW_BYTES } from '../kernel/layout.ts';
import { ExactPath } from './exact-path.ts';
import type { ScanPlan } from './plan.ts';

/** Runs one thread's kernel over blocks: fast rows inside the kernel, the others through the exact path. */
export class BlockScanner {
  readonly exact: ExactPath;
  readonly #kernel: Kernel;
  readonly #context: number;
  readonly #words: Uint32Array;
  readonly #flush: () => void;

  /** `drain` is called after every flush: it copies what it wants of the lists that go out and marks them empty. */
  constructor(kernel: Kernel, memory: WebAssembly.Memory, context: number, plan: ScanPlan, drain: () => void) {
    this.#kernel = kernel;
    this.#context = context;
    this.#words = new Uint32Array(memory.buffer, context, CTX_BYTES / 4);
    this.#flush = () => {
      kernel.flush(context);
      drain();
    };
    this.exact = new ExactPath(kernel, memory, context, plan, this.#flush);
  }

  /** Scans the whole rows in [from, from + length); everything is drained when it returns. */
  scan(from: number, length: number): void {
    const end = from + length;
    this.#words[CTX_ROW_COUNTER / 4] = 0;
    for (let at = from; at < end; ) {
      at = this.#kernel.scanRows(this.#context, at, end);
      this.#flush();
      this.#takeSlowRows();
    }
  }

  #takeSlowRows(): void {
    const count = this.#words[CTX_SLOW_COUNT / 4]!;
    if (count === 0) return;
    const stride = SLOW_BYTES / 4;
    const list = this.#words.slice(CTX_SLOW / 4, CTX_SLOW / 4 + count * stride);
    this.#words[CTX_SLOW_COUNT / 4] = 0;
    for (let i = 0; i < list.length; i += stride) {
      this.exact.take(list[i]!, list[i + 1]!, list[i + 2]!, list[i + 4]!, list[i + 5]!);
    }
    this.#flush();
  }
}
