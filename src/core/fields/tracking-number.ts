import { nfkc, upperAscii } from '../text.ts';
import type { Field, FieldContext } from './field.ts';
import { headers } from './headers.ts';
import { hasRegionAndBirthDate } from './id-formats.ts';
import { stars } from './masks.ts';
import { classifiable, trimmedCell } from './no-value.ts';
import { trackingFormats } from './tracking-formats.ts';

function normalise(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : nfkc(trimmed);
  if (text === null) return null;
  const code = upperAscii(text).replace(/[\t-\r -]+/g, '');
  return /^[A-Z0-9]{8,40}$/.test(code) && /(?:\d\D*){6}/.test(code) ? code : null;
}

export const trackingNumber: Field = {
  name: 'trackingNumber',
  id: 4,
  role: 'identifying',
  exclusive: true,
  version: 1,
  headers: headers.trackingNumber,
  classify,
  normalise,
  mask,
};

function classify(cell: string, context: FieldContext): number {
  const text = classifiable(cell, 64);
  const code = text === null ? null : normalise(text);
  if (text === null || code === null) return 0;
  let best = 0;
  for (const { pattern, confidence, check, regions } of trackingFormats) {
    if (confidence <= best || regions?.includes(context.region) === false || !pattern.test(code)) continue;
    best = Math.max(best, check === undefined || check(code) ? confidence : 0.04);
  }
  // A resident's identity number also has the length of some parcel numbers, and its own check decides.
  return /^\d{15}$/.test(code) && hasRegionAndBirthDate(code) ? best / 2 : best;
}

/** The carrier's letters and the last two characters of long numbers. */
function mask(cell: string): string {
  const code = normalise(cell.slice(0, 256));
  if (code === null || code.length < 11) return stars;
  return (/^(?:1Z|[A-Z]{2})/.exec(code)?.[0] ?? '') + stars + code.slice(-2);
}
