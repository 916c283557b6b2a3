import { mod11Of2 } from '../core/fields/checks.ts';
import { type Chance, pick } from './chance.ts';

/**
 * Counties that became cities or districts with another code, and the year in which theirs ended (changes of GB/T 2260, Ministry of Civil Affairs).
 * Older people's numbers begin with these codes; who was born years later got the new one.
 */
const endedCounties: readonly (readonly [code: string, ended: number])[] = [
  ['310221', 1992],
  ['310222', 1992],
  ['310224', 1993],
  ['320222', 1995],
  ['320522', 1993],
  ['320524', 1995],
  ['320525', 1992],
  ['330125', 1994],
  ['330124', 1996],
  ['440121', 1993],
  ['440122', 1994],
  ['440123', 1992],
  ['440125', 1993],
];

/** Offices kept writing old codes for a while. */
const MARGIN_YEARS = 4;
const LAST_BIRTH_YEAR = 2005;
const DAY_MS = 86_400_000;
const spans = endedCounties.map(([code, ended]) => ({
  code,
  firstDay: Date.UTC(ended + MARGIN_YEARS, 0, 1) / DAY_MS,
  days: (Date.UTC(LAST_BIRTH_YEAR + 1, 0, 1) - Date.UTC(ended + MARGIN_YEARS, 0, 1)) / DAY_MS,
}));

/** At least as many numbers `drawNationalId` draws from: days of the shortest span, all counties, 999 sequence numbers. */
export const nationalIdChoices = Math.min(...spans.map(({ days }) => days)) * spans.length * 999;

/**
 * A resident identity number with a right check character (GB 11643-1999), a county code that exists and an adult's birth date, that was given to nobody: the county had
 * ended years before that birth. Who holds a table of when each county ended can see that.
 */
export function drawNationalId(chance: Chance): string {
  const { code, firstDay, days } = pick(chance, spans);
  const birthDay = new Date((firstDay + chance.below(days)) * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
  const body = `${code}${birthDay}${String(1 + chance.below(999)).padStart(3, '0')}`;
  return body + mod11Of2(body);
}
