import { nfkc, printable } from '../text.ts';

/** Stars of a fixed number: their count tells nothing of the length. */
export const stars = '********';

/** Longest text that a mask looks at; what comes after can show nothing. */
export function maskInput(cell: string): string {
  return nfkc(cell.slice(0, 256))?.trim() ?? '';
}

const longestShape = 12;

/**
 * The shape of a cell of a column that is no field: digits become 9, letters a, ideographs 汉, anything else but ASCII
 * punctuation and blanks ?; at most 12 characters, then `…`. It shows no character of the value but punctuation.
 */
export function maskUnknown(cell: string): string {
  const shape: string[] = [];
  for (const character of cell.slice(0, 4 * longestShape)) {
    if (shape.length === longestShape) return `${shape.join('')}…`;
    shape.push(shapeOf(character));
  }
  return printable(shape.join(''), longestShape);
}

function shapeOf(character: string): string {
  if (/\p{Nd}/u.test(character)) return '9';
  if (/\p{Script=Han}/u.test(character)) return '汉';
  if (/[\p{L}\p{M}\p{N}]/u.test(character)) return 'a';
  return /[\x20-\x7e]/.test(character) ? character : '?';
}
