/** The day `YYYY-MM-DD` of a time in milliseconds since 1970, where the company is. */
export type LocalDay = (timeMs: number) => string;

/** Offsets of all time zones are whole quarters of an hour now, so a quarter has one day. */
const QUARTER_MS = 15 * 60 * 1000;

/** Days in a time zone of the IANA database. Formatting costs microseconds, so the last answer is kept. Throws RangeError for a zone that nobody knows. */
export function localDay(timeZone: string): LocalDay {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  let quarter = Number.NaN;
  let day = '';
  return (timeMs) => {
    const now = Math.floor(timeMs / QUARTER_MS);
    if (now !== quarter) {
      const parts = Object.fromEntries(format.formatToParts(timeMs).map(({ type, value }) => [type, value]));
      day = `${parts.year}-${parts.month}-${parts.day}`;
      quarter = now;
    }
    return day;
  };
}
