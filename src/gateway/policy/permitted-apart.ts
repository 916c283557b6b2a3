import { Worker } from 'node:worker_threads';
import { BoltsealError } from '../../core/errors.ts';
import type { Permitted } from './permitted.ts';

/** The default policies take about half a second on a quiet machine. */
const LONGEST_MS = 180_000;
/** Both steps of a change ask for the same texts. */
const MOST_REMEMBERED = 4;
const remembered = new Map<string, Promise<readonly Permitted[]>>();

/**
 * `findPermitted` in a thread of its own, so that nobody who asks for data waits for it. Rejects with POLICY_INVALID when it takes longer than three minutes or exhausts Cedar.
 * `text`: policies that were read.
 */
export function findPermittedApart(text: string): Promise<readonly Permitted[]> {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const [oldest] = remembered.keys();
  if (remembered.size >= MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  const asked = ask(text);
  remembered.set(text, asked);
  asked.catch(() => remembered.delete(text));
  return asked;
}

function ask(text: string): Promise<readonly Permitted[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./permitted-worker.ts', import.meta.url), { workerData: text });
    const fail = (reason: string): void => {
      clearTimeout(timer);
      void worker.terminate();
      reject(new BoltsealError('POLICY_INVALID', { place: 'the text as a whole', reason }));
    };
    const timer = setTimeout(() => fail('it cannot be looked through within three minutes'), LONGEST_MS);
    worker.once('message', (permitted: readonly Permitted[]) => {
      clearTimeout(timer);
      resolve(permitted);
    });
    worker.once('error', () => fail('it is nested too deeply'));
    worker.once('exit', () => fail('the thread that looked through it ended'));
  });
}
