import { BoltsealError } from '../../core/errors.ts';

/** Clocks of others go wrong, and times without a zone are up to 14 hours off: what is further ahead would keep everything that follows from counting. */
export const MOST_AHEAD_MS = 24 * 3600 * 1000;

/** Milliseconds since 1970 of a time that its schema has checked; `nowMs` when there is none. Fails with GATEWAY_REQUEST when it is no time from 1970 to tomorrow. */
export function timeMs(text: string | undefined, nowMs: number, place: string): number {
  if (text === undefined) return nowMs;
  const time = Date.parse(text);
  if (!(time >= 0 && time <= nowMs + MOST_AHEAD_MS))
    throw new BoltsealError('GATEWAY_REQUEST', { place, problem: 'must be a time between 1970 and tomorrow' });
  return time;
}
