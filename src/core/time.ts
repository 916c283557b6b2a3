/** Largest time that a register can hold: 2106-02-07, one second before "still current". */
const MAX_SECONDS = 0xfffffffe;

const DATE =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$/;

/**
 * Reads a time as databases and people write it: ISO 8601 (also with blanks, slashes or points), a time without a zone being UTC,
 * `YYYYMMDD`, or seconds or milliseconds since 1970 as 9 to 10 or 12 to 13 digits.
 *
 * Answers whole seconds since 1970 (fractions are cut off), or null when it is no time between 1970 and 2106.
 */
export function parseTimeSeconds(text: string): number | null {
  const trimmed = text.trim();
  if (trimmed.length > 40) return null;
  if (/^\d+$/.test(trimmed)) return parseDigits(trimmed);
  const match = DATE.exec(trimmed);
  if (match === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', zone = 'Z'] = match;
  const date = civilSeconds(Number(year), Number(month), Number(day));
  if (date === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  return within(date + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - zoneSeconds(zone));
}

function parseDigits(digits: string): number | null {
  if (digits.length === 8) {
    return within(civilSeconds(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)), Number(digits.slice(6))));
  }
  if (digits.length === 9 || digits.length === 10) return within(Number(digits));
  if (digits.length === 12 || digits.length === 13) return within(Math.floor(Number(digits) / 1000));
  return null;
}

function within(seconds: number | null): number | null {
  return seconds !== null && seconds >= 0 && seconds <= MAX_SECONDS ? seconds : null;
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const digits = zone.replace(/[^\d]/g, '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2) || '0') * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

/** Seconds of a day's beginning (proleptic Gregorian calendar, UTC), or null when there is no such day. */
function civilSeconds(year: number, month: number, day: number): number | null {
  if (year < 1969 || year > 2107 || month < 1 || month > 12 || day < 1) return null;
  const time = new Date(Date.UTC(year, month - 1, day));
  return time.getUTCMonth() === month - 1 && time.getUTCDate() === day ? time.getTime() / 1000 : null;
}
