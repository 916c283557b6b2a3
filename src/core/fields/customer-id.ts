import { nfkc, trimAscii } from '../text.ts';
import type { Field } from './field.ts';
import { headers } from './headers.ts';
import { maskInput, stars } from './masks.ts';
import { acceptedValue, classifiable, identifyingLimitBytes, trimmedCell } from './no-value.ts';

function normalise(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : nfkc(trimmed);
  return text === null ? null : acceptedValue(trimAscii(text), identifyingLimitBytes);
}

export const customerId: Field = {
  name: 'customerId',
  id: 5,
  role: 'identifying',
  exclusive: true,
  version: 1,
  headers: headers.customerId,
  classify,
  normalise,
  mask,
};

// Every company makes its own: only universally unique identifiers have a shape. A header or `--map` must say the rest.
function classify(cell: string): number {
  const text = classifiable(cell, 64);
  if (text === null) return 0;
  if (/^(?:\{|[a-z_-]{1,24}[/:])?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i.test(text)) return 0.6;
  if (/^[0-9a-f]{24}$/i.test(text) && /[a-f]/i.test(text)) return 0.55;
  if (/^[0-9A-HJKMNP-TV-Z]{26}$/.test(text) && /^[0-7]/.test(text)) return 0.55;
  if (/^[A-Z]{1,6}[-_]?\d{4,14}$/i.test(text)) return 0.3;
  return /^\d{3,19}$/.test(text) ? 0.15 : 0;
}

/** The last two characters of long identifiers. */
function mask(cell: string): string {
  const text = maskInput(cell);
  const end = text.length >= 8 ? text.slice(-2) : '';
  return /^[0-9A-Za-z]{2}$/.test(end) ? stars + end : stars;
}
