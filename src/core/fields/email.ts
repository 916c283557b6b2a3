import { isAscii, nfkc, trimAscii } from '../text.ts';
import type { Field } from './field.ts';
import { headers } from './headers.ts';
import { stars } from './masks.ts';
import { classifiable, identifyingLimitBytes, trimmedCell } from './no-value.ts';

// RFC 5321 4.1.2 "Dot-string" of RFC 5322 "atext"; quoted local parts and address literals are not accepted.
const atoms = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const lastLabel = /^(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$/;

function normalise(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  const text = trimmed === null ? null : nfkc(trimmed);
  if (text === null) return null;
  const address = unwrap(trimAscii(text).replace(/^mailto:/i, ''));
  if (address.length > identifyingLimitBytes || !isAscii(address)) return null;
  const lower = address.toLowerCase();
  const at = lower.indexOf('@');
  return at > 0 && isLocalPart(lower.slice(0, at)) && isDomain(lower.slice(at + 1)) ? lower : null;
}

function unwrap(text: string): string {
  return text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text;
}

function isLocalPart(text: string): boolean {
  return text.length <= 64 && atoms.test(text);
}

function isDomain(text: string): boolean {
  const labels = text.split('.');
  return labels.length >= 2 && labels.every((part) => label.test(part)) && lastLabel.test(labels.at(-1) ?? '');
}

export const email: Field = {
  name: 'email',
  id: 1,
  role: 'identifying',
  exclusive: false,
  version: 1,
  headers: headers.email,
  classify,
  normalise,
  mask,
};

function classify(cell: string): number {
  const text = classifiable(cell, 320);
  if (text === null) return 0;
  if (normalise(text) !== null) return 0.99;
  // Addresses that version 1 does not take: letters beyond ASCII.
  return /^[^\s@]{1,64}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63}){1,8}$/.test(text) && !isAscii(text) ? 0.5 : 0;
}

/** First character and a top-level domain of two or three letters. */
function mask(cell: string): string {
  const address = normalise(cell.slice(0, 512));
  if (address === null) return stars;
  const end = /\.[a-z]{2,3}$/.exec(address)?.[0] ?? '';
  return `${address[0] ?? ''}***@***${end}`;
}
