import { pick, type Random } from './sample.ts';

const numbers = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
const digits = ['0', '-1', '65536', '4294967296', '99999999999999999999', '1e999', '0x'];

function splice(bytes: Uint8Array, from: number, to: number, put: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);
}

function number(random: Random): Uint8Array {
  if (random(3) === 0) return Buffer.from(pick(random, digits));
  const bytes = Buffer.alloc(8);
  const value = pick(random, numbers);
  if (random(2) === 0) bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes.subarray(0, pick(random, [1, 2, 4, 4, 8]));
}

/** One change at a place: bytes flipped, lost, repeated, overwritten with numbers, or tokens of the format put in. */
function change(random: Random, bytes: Uint8Array, tokens: readonly string[]): Uint8Array {
  const at = random(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random(random(4) === 0 ? 200 : 8));
  switch (random(8)) {
    case 0:
      return splice(bytes, at, at + 1, Buffer.of(random(256)));
    case 1:
      return splice(bytes, at, to, Buffer.alloc(0));
    case 2: {
      const put = number(random);
      return splice(bytes, at, at + (random(3) === 0 ? 0 : put.length), put);
    }
    case 3:
      return splice(bytes, at, at, bytes.subarray(at, to));
    case 4:
      return splice(bytes, at, at + 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random(8))));
    default:
      return splice(bytes, at, random(3) === 0 ? to : at, Buffer.from(pick(random, tokens)));
  }
}

/** Damage to one record that leaves it somewhere near what it was. */
export function damageRecord(random: Random, bytes: Uint8Array, tokens: readonly string[]): Uint8Array {
  if (random(6) === 0) return bytes.subarray(0, random(bytes.length));
  let damaged = bytes;
  for (let changes = 1 + random(3); changes > 0; changes--) damaged = change(random, damaged, tokens);
  return damaged;
}

/** Longest input that damage makes of a short one. */
const LONG_BYTES = 200_000;

/** Any damage: also files cut off, two of them in one another, and stretches repeated until they are long. */
export function damageFile(
  random: Random,
  bytes: Uint8Array,
  other: Uint8Array,
  tokens: readonly string[],
): Uint8Array {
  let damaged = bytes;
  for (let changes = random(5); changes > 0; changes--) damaged = change(random, damaged, tokens);
  const at = random(damaged.length + 1);
  switch (random(10)) {
    case 0:
      return damaged.subarray(0, at);
    case 1:
      return Buffer.concat([damaged.subarray(0, at), other.subarray(random(other.length + 1))]);
    case 2: {
      const token = Array.from({ length: 1 + random(4) }, () => pick(random, tokens)).join('');
      return splice(damaged, at, at, repeated(Buffer.from(token), random(8) === 0 ? LONG_BYTES : 2000));
    }
    case 3: {
      const piece = damaged.subarray(at, at + 1 + random(random(2) === 0 ? 12 : 200));
      return splice(damaged, at, at, repeated(piece, random(8) === 0 ? LONG_BYTES : 2000));
    }
    default:
      return damaged;
  }
}

function repeated(piece: Uint8Array, sizeBytes: number): Uint8Array {
  return piece.length === 0
    ? piece
    : Buffer.concat(Array.from({ length: Math.ceil(sizeBytes / piece.length) }, () => piece));
}
