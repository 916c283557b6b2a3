import type { TaskRunner } from '../../src/scan/tasks.ts';

/** Runs tasks one after the other in this thread, as many at a time as `threads` would. */
export function inOneThread(threads = 1): TaskRunner {
  return { threads, run: async ({ run }, inputs) => inputs.map(run) };
}
