import { nfkc, printable } from '../text.ts';
import { eastAsian, maskHanAddress } from './han-address.ts';
import { maskSpelledAddress } from './spelled-address.ts';
import type { MaskUse } from './use.ts';

/** Longest part of an address that is looked at; what comes after is hidden. */
const LONGEST = 300;

/**
 * An address without unit, floor and room (GB/T 41833-2022): on a waybill down to the house, on a screen down to the district or town. A number is shown only where it can be no room:
 * what cannot be told apart is hidden. Everything hidden is `***`.
 */
export function maskAddress(value: string, use: MaskUse): string {
  const text = nfkc(value.slice(0, LONGEST)) ?? '';
  // Line ends separate parts of a spelled address.
  const clean = printable(text.replace(/[\r\n]+/g, ', '), LONGEST);
  return eastAsian.test(clean) ? maskHanAddress(clean, use) : maskSpelledAddress(clean, use);
}
