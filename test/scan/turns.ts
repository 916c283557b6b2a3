import { threadTask } from '../../src/scan/tasks.ts';

/* A task for tests, in a module of its own: threads that took it from the test would run the test. */

export interface Turn {
  readonly seen: Int32Array;
  readonly thread: number;
  readonly fails: boolean;
}

/** Notes in shared memory that it ran; the first thread is the last to end. */
export function takeTurn({ seen, thread, fails }: Turn): number {
  if (thread === 0) Atomics.wait(seen, 3, 0, 200);
  Atomics.add(seen, thread, 1);
  if (fails) throw new Error('16255557777');
  return 10 * thread;
}

export const takingTurns = threadTask(import.meta.url, takeTurn);
