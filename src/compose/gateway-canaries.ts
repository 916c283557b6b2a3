import { readCanaries } from '../canaries/marker.ts';
import { allCanaries } from '../canaries/stock.ts';
import { emptyCanaries } from '../contract/canaries.ts';

const AGAIN_MS = 60_000;

/** The canaries of a home, those too that are made while it is served, within a minute. Fails as `readCanaries`. */
export function watchCanaries(home: string): { isCanary(subject: string): boolean; close(): void } {
  const read = (): ReadonlySet<string> =>
    new Set(allCanaries(readCanaries(home) ?? emptyCanaries).flatMap(({ values }) => values.customerId ?? []));
  let ids = read();
  const timer = setInterval(() => {
    try {
      ids = read();
    } catch {
      // Being written, or damaged, of which `canaries list` tells: those that were known still are.
    }
  }, AGAIN_MS).unref();
  return { isCanary: (subject) => ids.has(subject), close: () => clearInterval(timer) };
}
