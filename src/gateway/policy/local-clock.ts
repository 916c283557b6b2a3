/** The time as policies see it. */
export interface LocalClock {
  /** 0 to 23. */
  readonly hour: number;
  /** 1 (Monday) to 7. */
  readonly weekday: number;
  readonly nowMs: number;
}

const slotMs = 15 * 60_000;
const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/**
 * Gives the local hour and weekday of a time in a zone of the IANA database. All zones are whole quarters of an hour from UTC today, so one answer holds for a quarter of an hour of UTC:
 * formatting a time costs more than a decision from the cache.
 */
export function createLocalClock(timeZone: string): (nowMs: number) => LocalClock {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', weekday: 'short', hourCycle: 'h23' });
  let slot = Number.NaN;
  let current = { hour: 0, weekday: 1 };
  return (nowMs) => {
    const nextSlot = Math.floor(nowMs / slotMs);
    if (nextSlot !== slot) {
      const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
      current = { hour: Number(parts.get('hour')), weekday: weekdays.indexOf(parts.get('weekday') ?? '') + 1 };
      slot = nextSlot;
    }
    return { ...current, nowMs };
  };
}
