const MAX_SECONDS = 0xfffffffe;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?$/;

/**
 * Reads the time of a log's line: ISO 8601 (RFC 3339, also with a blank for the T), Apache's `22/Nov/2026:10:00:00 +0800`, PostgreSQL's
 * `2026-11-22 10:00:00.123 UTC`, or seconds (also with a fraction), milliseconds or microseconds since 1970, told apart by their size.
 *
 * Answers whole seconds since 1970 (fractions are cut off), or null when it is no time between 1970 and 2106. A time without a zone, or with a zone's name other than
 * UTC and GMT (which may mean several), is taken as `zoneSeconds` east of Greenwich; a name is refused when that is null.
 */
export function parseLogTime(text: string, zoneSeconds: number | null): number | null {
  if (text.length > 48) return null;
  const first = text.charCodeAt(0);
  if (first === 0x20 || first === 0x5b) return parseLogTime(text.replace(/^[ [\]]+|[ [\]]+$/g, ''), zoneSeconds);
  return parseIso(text, zoneSeconds) ?? parseEpoch(text) ?? parseApache(text, zoneSeconds);
}

/** Seconds since 1970 of a number in seconds, milliseconds or microseconds; null outside 1970 to 2106. */
export function secondsOfNumber(value: number): number | null {
  // Seconds until 2106 have at most ten digits; milliseconds since 1973 have twelve and more, microseconds fifteen and more.
  const seconds = Math.floor(value >= 1e14 ? value / 1e6 : value >= 1e11 ? value / 1e3 : value);
  return seconds >= 0 && seconds <= MAX_SECONDS ? seconds : null;
}

/** Reads a zone as `+08:00`, `+0800`, `+08`, `Z`, `UTC` or `GMT` into seconds east of Greenwich; null when it is none. */
export function parseZone(zone: string): number | null {
  if (zone === 'Z' || zone === 'z' || zone === 'UTC' || zone === 'GMT') return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (match === null) return null;
  const [, sign, hours, minutes = '00'] = match;
  if (Number(hours) > 15 || Number(minutes) > 59) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

/** `YYYY-MM-DD?HH:MM:SS` with whatever zone: by character codes, because a log has a time in every line. */
function parseIso(text: string, zoneSeconds: number | null): number | null {
  if (text.length < 10 || text.charCodeAt(4) !== 0x2d || text.charCodeAt(7) !== 0x2d) return null;
  const day = daySeconds(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
  if (day < 0) return null;
  if (text.length === 10) return within(day - (zoneSeconds ?? 0));
  const between = text.charCodeAt(10);
  if ((between !== 0x54 && between !== 0x20 && between !== 0x74) || text.charCodeAt(13) !== 0x3a) return null;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  let at = 16;
  let second = 0;
  if (text.charCodeAt(at) === 0x3a) {
    second = digits(text, 17, 2);
    at = 19;
  }
  // 60 is a leap second (ISO 8601): it counts as the next minute's first.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return null;
  if (text.charCodeAt(at) === 0x2e || text.charCodeAt(at) === 0x2c) {
    const start = ++at;
    while (isDigit(text.charCodeAt(at))) at++;
    if (at === start) return null;
  }
  const zone = readZone(text, at, zoneSeconds);
  return zone === null ? null : within(day + hour * 3600 + minute * 60 + second - zone);
}

function parseEpoch(text: string): number | null {
  return /^\d{9,16}(?:\.\d{1,9})?$/.test(text) ? secondsOfNumber(Number(text)) : null;
}

/** `22/Nov/2026:10:00:00 +0800` (Apache HTTP Server, mod_log_config, %t). */
function parseApache(text: string, zoneSeconds: number | null): number | null {
  const match = /^(\d{1,2})\/([A-Za-z]{3})\/(\d{4}):(\d{2}:\d{2}:\d{2})/.exec(text);
  if (match === null) return null;
  const [whole, date, month = '', year, clock = ''] = match;
  const time = CLOCK.exec(clock);
  const day = daySeconds(Number(year), months.indexOf(month.toLowerCase()) + 1, Number(date));
  if (day < 0 || time === null) return null;
  const [hour, minute, second] = time.slice(1).map(Number) as [number, number, number];
  const zone = readZone(text, whole.length, zoneSeconds);
  if (zone === null || hour > 23 || minute > 59 || second > 60) return null;
  return within(day + hour * 3600 + minute * 60 + second - zone);
}

/** The zone from `at` to the end; `otherwise` where there is none. */
function readZone(text: string, at: number, otherwise: number | null): number | null {
  if (text.length === at) return otherwise ?? 0;
  if (text.length === at + 1 && text.charCodeAt(at) === 0x5a) return 0;
  const zone = text.slice(at).trim();
  if (zone === '') return otherwise ?? 0;
  return parseZone(zone) ?? (/^[A-Za-z]{2,5}$/.test(zone) ? otherwise : null);
}

/** Seconds of a day's beginning, UTC (proleptic Gregorian calendar); -1 when there is no such day from 1970 to 2106. */
function daySeconds(year: number, month: number, day: number): number {
  if (year < 1970 || year > 2106 || month < 1 || month > 12 || day < 1 || day > 31) return -1;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > 28 && day > (month === 2 ? (isLeap ? 29 : 28) : 30 + ((month + (month >> 3)) & 1))) return -1;
  // Days since 1970 by counting years from March: the leap day is then the last of its year.
  const shifted = month > 2 ? year : year - 1;
  const days =
    365 * shifted +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    Math.floor((153 * ((month + 9) % 12) + 2) / 5) +
    day -
    719_469;
  return days * 86_400;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const unit = text.charCodeAt(i);
    if (!isDigit(unit)) return -1;
    value = value * 10 + unit - 0x30;
  }
  return value;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function within(seconds: number): number | null {
  return seconds >= 0 && seconds <= MAX_SECONDS ? seconds : null;
}
