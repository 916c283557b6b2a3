import { blake3 } from '@noble/hashes/blake3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { mod11Of2 } from './checks.ts';
import type { FieldName } from './field.ts';
import { holdsGb11643 } from './id-formats.ts';

/** The last digits of a phone number that its neighbours replace: a block of that size goes to one operator in one place. */
const replacedDigits = 4;

/**
 * Look-alikes of a normalised value, for controls: values that a nation-wide list would contain as often as this one. They
 * differ from it and from each other and depend on nothing but the arguments. Phone: the last four digits are others.
 * Resident identity number: same region and birth date, another sequence number of the same parity (the sex), the right check
 * character (GB 11643-1999). Null for every other field, for values that cannot be varied so, and for more neighbours than exist.
 * `seed` (at least 16 bytes) keys the choice, so that nobody else can tell which values are controls.
 */
export function makeNeighbours(
  field: FieldName,
  normalised: string,
  seed: Uint8Array,
  count: number,
): readonly string[] | null {
  const variants = variantsOf(field, normalised);
  if (variants === null || count > variants.size) return null;
  const chosen = new Set<string>();
  const draw = drawer(field, normalised, seed);
  while (chosen.size < count) {
    const value = variants.at(draw() % variants.range);
    if (value !== null && value !== normalised) chosen.add(value);
  }
  return [...chosen];
}

interface Variants {
  /** Numbers below which `at` is defined. */
  readonly range: number;
  /** How many values there are, the original not among them. */
  readonly size: number;
  /** The value of a number; null when there is none. */
  at(index: number): string | null;
}

function variantsOf(field: FieldName, normalised: string): Variants | null {
  if (field === 'phone' && /^\+\d{9,15}$/.test(normalised)) return phoneVariants(normalised);
  if (field === 'nationalId' && /^\d{17}[\dX]$/.test(normalised) && holdsGb11643(normalised))
    return residentVariants(normalised);
  return null;
}

function phoneVariants(phone: string): Variants {
  const block = phone.slice(0, -replacedDigits);
  const range = 10 ** replacedDigits;
  return { range, size: range - 1, at: (index) => block + String(index).padStart(replacedDigits, '0') };
}

function residentVariants(id: string): Variants {
  const start = id.slice(0, 14);
  const parity = Number(id[16]) % 2;
  return {
    range: 500,
    size: 498 + parity,
    at(index) {
      const sequence = index * 2 + parity;
      const body = start + String(sequence).padStart(3, '0');
      return sequence === 0 ? null : body + mod11Of2(body);
    },
  };
}

/** Uniform enough: 32-bit numbers from the output stream of BLAKE3 over seed, field and value, taken modulo at most 10,000. */
function drawer(field: FieldName, normalised: string, seed: Uint8Array): () => number {
  const message = utf8ToBytes(`\0${field}\0${normalised}`);
  const input = new Uint8Array(seed.length + message.length);
  input.set(seed);
  input.set(message, seed.length);
  const stream = blake3.create({}).update(input);
  return () => {
    const [a = 0, b = 0, c = 0, d = 0] = stream.xof(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  };
}
