import { setTimeout } from 'node:timers/promises';
import { threadTask } from '../../src/scan/tasks.ts';

/* A task for tests whose module takes a while to load. */

await setTimeout(100);

/** Answers what it was given. */
export function answerLate(input: string): string {
  return input;
}

export const answeringLate = threadTask(import.meta.url, answerLate);
