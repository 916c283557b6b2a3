import type { Chance } from './random.ts';

export const DAY_SECONDS = 86_400;
/** A time that has no end. */
export const FOREVER = 0xffffffff;

/** Seconds since 1970 of a day given as 2026-11-11 (UTC). */
export function secondsOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000;
}

/** ISO 8601 with seconds, UTC. */
export function isoOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/*
 * How busy the hours are, one number an hour of China (UTC+8). Orders have a noon and an evening peak; couriers of the published last-mile data
 * work from about 8 to 19; sorting runs at night.
 */
const hours = {
  order: [2, 1, 1, 0, 0, 1, 2, 4, 6, 9, 10, 9, 8, 8, 8, 8, 8, 7, 7, 9, 11, 12, 9, 5],
  signUp: [2, 1, 1, 0, 0, 1, 2, 4, 6, 8, 8, 8, 9, 8, 7, 7, 7, 7, 8, 10, 11, 11, 8, 4],
  pickUp: [0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 9, 9, 5, 5, 9, 11, 13, 14, 10, 4, 0, 0, 0, 0],
  delivery: [0, 0, 0, 0, 0, 0, 0, 1, 6, 13, 15, 12, 6, 6, 9, 10, 9, 7, 5, 2, 1, 0, 0, 0],
  morning: [0, 0, 0, 0, 1, 4, 8, 8, 2, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  night: [9, 9, 8, 6, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 5, 8, 10, 11, 10],
  office: [0, 0, 0, 0, 0, 0, 0, 0, 4, 10, 11, 11, 6, 6, 10, 11, 10, 8, 5, 5, 4, 2, 0, 0],
} satisfies Record<string, readonly number[]>;

export type HourProfile = keyof typeof hours;

const ZONE_SECONDS = 8 * 3600;

/** For each profile 4,096 times of day (seconds, UTC) in the proportions of its hours, in no order of time within a day of China. */
const drawn = Object.fromEntries(
  Object.entries(hours).map(([name, weights]) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const starts = new Uint8Array(4096);
    let at = 0;
    let passed = 0;
    weights.forEach((weight, hour) => {
      passed += weight;
      for (; at < Math.round((passed / total) * 4096); at++) starts[at] = hour;
    });
    return [name, starts];
  }),
) as Record<HourProfile, Uint8Array>;

/** Seconds after midnight in China, drawn from a profile. */
export function timeOfDay(profile: HourProfile, chance: Chance): number {
  return (drawn[profile][chance.bits() & 4095] as number) * 3600 + chance.below(3600);
}

/** The second of a time of day in China on a day counted from the world's first one. */
export function secondAt(startSeconds: number, day: number, time: number): number {
  return startSeconds + day * DAY_SECONDS + time - ZONE_SECONDS;
}

/** How busy a day is, 1 on an ordinary weekday: weekends, the sales of 18 June and 11 November with what they bring before and after. */
export function busyness(dayStartSeconds: number): number {
  const date = new Date(dayStartSeconds * 1000);
  const weekday = date.getUTCDay();
  const base = weekday === 0 ? 0.78 : weekday === 6 ? 0.88 : 1;
  return (
    base *
    sale(dayStartSeconds, date.getUTCFullYear(), '06-18', 1.9) *
    sale(dayStartSeconds, date.getUTCFullYear(), '11-11', 3.4)
  );
}

function sale(dayStartSeconds: number, year: number, day: string, height: number): number {
  const distance = (dayStartSeconds - secondsOf(`${year}-${day}`)) / DAY_SECONDS;
  if (distance < -10 || distance > 6) return 1;
  if (distance < 0) return 1 + (height - 1) * 0.25 * (1 + distance / 10);
  return 1 + (height - 1) * Math.exp(-distance / 2.2);
}

/** Whether staff works on that day: four of five on weekdays, three of ten at weekends, always the same for a person and a day. */
export function worksOn(draw: number, dayStartSeconds: number): boolean {
  const weekday = new Date(dayStartSeconds * 1000).getUTCDay();
  return draw % 1000 < (weekday === 0 || weekday === 6 ? 300 : 800);
}
