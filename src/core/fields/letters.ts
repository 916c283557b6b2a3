import { foldCase, isNfkcInert } from '../text.ts';
import { acceptedValue, confirmingLimitBytes, trimmedCell } from './no-value.ts';

/** Names and addresses: NFKC, case folded, only letters, digits and combining marks of any script; null when nothing is left. */
export function normaliseLetters(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : isNfkcInert(trimmed) ? plainLetters(trimmed) : foldedLetters(trimmed);
  return text === null ? null : acceptedValue(text, confirmingLimitBytes);
}

/** The same for ASCII and common ideographs, where only ASCII has characters to drop. */
function plainLetters(text: string): string {
  return text.toLowerCase().replace(/[\x00-\x2f\x3a-\x60\x7b-\x7f]+/g, '');
}

function foldedLetters(text: string): string | null {
  let letters: string | null = text;
  // What separated two characters may be gone after the first round, and they may compose: "e-" and U+0301.
  for (let round = 0; letters !== null && round < 3; round++) {
    const next: string | null = foldCase(letters)?.replace(/[^\p{L}\p{N}\p{M}]+/gu, '') ?? null;
    if (next === letters) break;
    // At most four characters compose into one, so that this is too long whatever the next round does.
    if (next !== null && next.length > 4 * confirmingLimitBytes) return null;
    letters = next;
  }
  return letters;
}
