import { fitsUtf8, nfkc, trimAscii } from '../text.ts';

/** What tables write where there is no value; compared without regard to ASCII case after trimming ASCII whitespace. */
const noValueWords: ReadonlySet<string> = new Set([
  '',
  'null',
  '\\n',
  '-',
  '--',
  'n/a',
  'na',
  'none',
  'nil',
  'undefined',
  'nan',
  '(null)',
  '<null>',
]);

const longestWord = 9;

/** Normalised identifying values are at most this long in UTF-8. */
export const identifyingLimitBytes = 254;

/** Normalised confirming values are at most this long in UTF-8. */
export const confirmingLimitBytes = 1024;

/** Whether a trimmed cell, or a normalised value, is one of the words for "no value" (or empty). */
export function isNoValue(trimmed: string): boolean {
  return trimmed.length <= longestWord && noValueWords.has(trimmed.toLowerCase());
}

/** The cell without ASCII whitespace around it, or null when it holds no value. */
export function trimmedCell(cell: string): string | null {
  const trimmed = trimAscii(cell);
  return isNoValue(trimmed) ? null : trimmed;
}

/**
 * The last step of the free-text fields: the value, or null when it is too long or is itself a word for "no value" (so that
 * normalising a normalised value changes nothing: "N.A." and full-width "ＮＵＬＬ" are no values either).
 */
export function acceptedValue(value: string, limitBytes: number): string | null {
  return isNoValue(value) || !fitsUtf8(value, limitBytes) ? null : value;
}

/** The trimmed NFKC form of a cell for classifying, or null when it holds no value or is longer than any value of its field. */
export function classifiable(cell: string, maxUnits: number): string | null {
  if (cell.length > maxUnits) return null;
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : nfkc(trimmed);
  return text === null || text === '' ? null : trimAscii(text);
}
