/*
 * The fast normalisers. Each takes a cell without its outer white space and answers
 *   > 0   bytes of the normalised value, written to `to`, zero padded to 64 (identifying) or to a whole block (confirming);
 *   0     the cell holds no value of the field;
 *   SLOW  the exact path must decide.
 * They take only shapes about which they are sure (docs/spec/fields.md is the definition): in doubt, SLOW. The differential tests hold both paths together.
 */
import {
  CLASS_EMAIL,
  CLASS_NATIONAL_ID,
  CLASS_PHONE,
  CLASS_TRACKING,
  CLASS_USERNAME,
  CLASS_LETTERS,
  CLASS_EXACT,
  REGION_CN,
  REGION_NANP,
} from '../../src/kernel/layout';
import { masksFor } from './hash';

export const SLOW: i32 = -1;

// Bytes to compare with, four of each: loaded into all lanes, which costs the engine less than a constant vector that it builds anew each time.
const BYTES = memory.data<u32>(
  [
    0x40404040, 0x5b5b5b5b, 0x20202020, 0x60606060, 0x7b7b7b7b, 0x2f2f2f2f, 0x3a3a3a3a, 0x2e2e2e2e, 0x5f5f5f5f, 0x2b2b2b2b, 0x2d2d2d2d, 0x1f1f1f1f,
    0x7f7f7f7f, 0xe4e4e4e4, 0xeaeaeaea, 0xc0c0c0c0,
  ],
  16,
);
const BEFORE_A = 0;
const AFTER_Z = 4;
const CASE_BIT = 8;
const BEFORE_LOWER_A = 12;
const AFTER_LOWER_Z = 16;
const BEFORE_0 = 20;
const AFTER_9 = 24;
const DOT = 28;
const UNDERSCORE = 32;
const PLUS = 36;
const HYPHEN = 40;
const BEFORE_SPACE = 44;
const DELETE = 48;
const BEFORE_E5 = 52;
const AFTER_E9 = 56;
const C0 = 60;
/** Moves eleven digits behind `+86`, and those three bytes. */
const MAINLAND = memory.data<u8>(
  [128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 128, 128, 0x2b, 0x38, 0x36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  16,
);

// @ts-ignore: decorator
@inline
function all(byte: usize): v128 {
  return v128.load32_splat(BYTES + byte);
}

/** Which bytes lie between two others (both left out), as signed numbers: bytes of 128 and more are negative. */
// @ts-ignore: decorator
@inline
function between(v: v128, below: usize, above: usize): v128 {
  return v128.and(i8x16.gt_s(v, all(below)), i8x16.gt_s(all(above), v));
}

// @ts-ignore: decorator
@inline
function bitsOf(low: v128, high: v128): u64 {
  return u64(i8x16.bitmask(low)) | (u64(i8x16.bitmask(high)) << 16);
}

// @ts-ignore: decorator
@inline
function lowerCase(v: v128): v128 {
  return v128.or(v, v128.and(between(v, BEFORE_A, AFTER_Z), all(CASE_BIT)));
}

/**
 * An address of 6 to 32 bytes of which one look is enough: letters and digits with single `.`, `_`, `-`, `+` between them before the `@` and single dots after it, and two letters or more at its end.
 * Answers 0 for everything else, which `email` then looks at.
 */
export function plainEmail(cell: usize, length: i32, to: usize): i32 {
  if (u32(length) - 6 > 26) return 0;
  const masks = masksFor(length);
  const v0 = v128.and(v128.load(cell, 0), v128.load(masks, 0));
  const v1 = v128.and(v128.load(cell, 16), v128.load(masks, 16));
  const lower0 = lowerCase(v0);
  const lower1 = lowerCase(v1);
  const letters = bitsOf(between(lower0, BEFORE_LOWER_A, AFTER_LOWER_Z), between(lower1, BEFORE_LOWER_A, AFTER_LOWER_Z));
  const digits = bitsOf(between(v0, BEFORE_0, AFTER_9), between(v1, BEFORE_0, AFTER_9));
  const dots = bitsOf(i8x16.eq(v0, all(DOT)), i8x16.eq(v1, all(DOT)));
  const ats = bitsOf(i8x16.eq(v0, all(BEFORE_A)), i8x16.eq(v1, all(BEFORE_A)));
  const others = bitsOf(
    v128.or(v128.or(i8x16.eq(v0, all(UNDERSCORE)), i8x16.eq(v0, all(HYPHEN))), i8x16.eq(v0, all(PLUS))),
    v128.or(v128.or(i8x16.eq(v1, all(UNDERSCORE)), i8x16.eq(v1, all(HYPHEN))), i8x16.eq(v1, all(PLUS))),
  );
  v128.store(to, lower0, 0);
  v128.store(to, lower1, 16);
  v128.store(to, i32x4.splat(0), 32);
  v128.store(to, i32x4.splat(0), 48);
  const whole: u64 = (u64(1) << u64(length)) - 1;
  const domain = whole & ~((ats << 1) - 1);
  const domainDots = dots & domain;
  const marks = dots | ats | others;
  const lastDot: u64 = 63 - clz(domainDots | 1);
  const top = whole & ~((u64(2) << lastDot) - 1);
  const wrong =
    ((letters | digits | marks) ^ whole) | // another byte
    (marks & ((marks << 1) | 1 | (u64(1) << u64(length - 1)))) | // two in a row, or one at an end
    (ats & (ats - 1)) | // a second @
    (others & domain) |
    (top & ~letters) |
    u64(ats == 0) |
    u64(domainDots == 0) |
    u64(u64(length) - lastDot < 3);
  return wrong == 0 ? length : 0;
}

/** Eleven digits of a mainland mobile number; answers 0 for everything else, which `phone` then looks at. */
// @ts-ignore: decorator
@inline
export function mainlandPhone(cell: usize, length: i32, to: usize): i32 {
  const v = v128.load(cell);
  const digits = i8x16.bitmask(between(v, BEFORE_0, AFTER_9));
  if (length != 11 || (digits & 0x7ff) != 0x7ff || load<u8>(cell) != 0x31 || load<u8>(cell, 1) < 0x33) return 0;
  v128.store(to, v128.or(i8x16.swizzle(v, v128.load(MAINLAND, 0)), v128.load(MAINLAND, 16)), 0);
  v128.store(to, i32x4.splat(0), 16);
  v128.store(to, i32x4.splat(0), 32);
  v128.store(to, i32x4.splat(0), 48);
  return 14;
}

/** Ten to sixteen printable bytes, which are no word for nothing; answers 0 for everything else. */
// @ts-ignore: decorator
@inline
export function plainAscii(cell: usize, length: i32, to: usize): i32 {
  if (u32(length) - 10 > 6) return 0;
  const v = v128.load(cell);
  const whole: u32 = (1 << length) - 1;
  if ((u32(i8x16.bitmask(between(v, BEFORE_SPACE, DELETE))) & whole) != whole) return 0;
  v128.store(to, v128.and(v, v128.load(masksFor(length))), 0);
  v128.store(to, i32x4.splat(0), 16);
  v128.store(to, i32x4.splat(0), 32);
  v128.store(to, i32x4.splat(0), 48);
  return length;
}

// @ts-ignore: decorator
@inline
function clear64(to: usize): void {
  const zero = i32x4.splat(0);
  v128.store(to, zero, 0);
  v128.store(to, zero, 16);
  v128.store(to, zero, 32);
  v128.store(to, zero, 48);
}

/** Clears the lanes of `v` from lane `length` on. */
// @ts-ignore: decorator
@inline
function keep(v: v128, length: i32): v128 {
  const lane = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(v, i8x16.lt_u(lane, i8x16.splat(<i8>min(length, 16))));
}

// @ts-ignore: decorator
@inline
export function isSpace(byte: u32): bool {
  return byte == 32 || byte - 9 < 5;
}

/** Whether a cell says "nothing": the words of docs/spec/fields.md, any case. */
function isNullWord(cell: usize, length: i32): bool {
  if (length > 9) return false;
  // Lower case by setting bit 5: none of the words has a character that this would confuse, but `-` (0x2d) and `/` keep theirs too.
  const word = (load<u64>(cell) | 0x2020202020202020) & (length >= 8 ? u64(-1) : (u64(1) << (u64(length) << 3)) - 1);
  switch (length) {
    case 1:
      return load<u8>(cell) == 0x2d;
    case 2:
      // "--", "na", "\n": the backslash (0x5c) becomes 0x7c when bit 5 is set; a real "|" is told apart below.
      return word == 0x2d2d || word == 0x616e || (word == 0x6e7c && load<u8>(cell) == 0x5c);
    case 3:
      return (word == 0x612f6e && load<u8>(cell, 1) == 0x2f) || word == 0x6c696e || word == 0x6e616e;
    case 4:
      return word == 0x6c6c756e || word == 0x656e6f6e;
    case 6:
      return (
        (word == 0x296c6c756e28 && load<u8>(cell) == 0x28 && load<u8>(cell, 5) == 0x29) ||
        (word == 0x3e6c6c756e3c && load<u8>(cell) == 0x3c && load<u8>(cell, 5) == 0x3e)
      );
    case 9:
      return word == 0x656e696665646e75 && (load<u8>(cell, 8) | 0x20) == 0x64;
    default:
      return false;
  }
}

/** Phones: a mainland mobile number, a North American number, or one that already has its `+`; separators of the usual kinds inside. */
function phone(cell: usize, length: i32, region: i32, to: usize): i32 {
  if (length == 11 && region == REGION_CN) {
    const digits = i8x16.sub(v128.load(cell), i8x16.splat(0x30));
    if ((i8x16.bitmask(i8x16.lt_u(digits, i8x16.splat(10))) & 0x7ff) == 0x7ff && load<u8>(cell) == 0x31 && load<u8>(cell, 1) >= 0x33) {
      clear64(to);
      store<u32>(to, 0x36382b); // "+86"
      store<u64>(to + 3, load<u64>(cell));
      store<u32>(to + 10, load<u32>(cell + 7));
      return 14;
    }
  }
  const first: u32 = load<u8>(cell);
  if (length == 1 && first == 0x30) return 0;
  if (length > 24) return SLOW;
  clear64(to);
  const digits = to + 3;
  let count: i32 = 0;
  const plus = first == 0x2b;
  for (let i: i32 = plus ? 1 : 0; i < length; i++) {
    const byte: u32 = load<u8>(cell + i);
    if (byte - 0x30 < 10) {
      store<u8>(digits + count, byte);
      count++;
    } else if (!(byte == 0x2d || byte == 0x20 || byte == 0x2e || byte == 0x28 || byte == 0x29 || byte == 0x2f || byte == 9)) {
      if (count == 0 && isNullWord(cell, length)) return 0;
      return SLOW;
    }
  }
  if (plus) {
    if (count < 8 || count > 15) return SLOW;
    const lead: u32 = load<u8>(digits);
    if (lead == 0x30) return SLOW;
    // A trunk 0 after the country code is dropped for some countries: the exact path knows which.
    if (lead != 0x31 && lead != 0x37 && (load<u8>(digits, 1) == 0x30 || load<u8>(digits, 2) == 0x30 || load<u8>(digits, 3) == 0x30)) return SLOW;
    store<u8>(to, 0x2b);
    v128.store(to, v128.load(digits), 1);
    store<u16>(to + 1 + count, 0);
    return count + 1;
  }
  if (region == REGION_CN) {
    if (count == 11 && load<u8>(digits) == 0x31 && load<u8>(digits, 1) >= 0x33) {
      store<u16>(to, 0x382b);
      store<u8>(to, 0x36, 2);
      return 14;
    }
    if (count == 13 && load<u16>(digits) == 0x3638 && load<u8>(digits, 2) == 0x31 && load<u8>(digits, 3) >= 0x33) {
      store<u8>(to, 0x2b);
      v128.store(to, v128.load(digits), 1);
      return 14;
    }
    return SLOW;
  }
  if (region == REGION_NANP) {
    if (count == 10 && load<u8>(digits) >= 0x32 && load<u8>(digits, 3) >= 0x32) {
      store<u16>(to, 0x312b);
      v128.store(to, v128.load(digits), 2);
      return 12;
    }
    if (count == 11 && load<u8>(digits) == 0x31 && load<u8>(digits, 1) >= 0x32 && load<u8>(digits, 4) >= 0x32) {
      store<u8>(to, 0x2b);
      v128.store(to, v128.load(digits), 1);
      return 12;
    }
  }
  return SLOW;
}

// @ts-ignore: decorator
@inline
function maskOf(mask: v128, at: i32): u64 {
  return u64(u32(i8x16.bitmask(mask))) << u64(at);
}

/** E-mail addresses of up to 64 bytes from letters, digits and `. _ - +`; bit masks over the bytes decide all rules at once. */
function email(cell: usize, length: i32, to: usize): i32 {
  if (length > 64) return SLOW;
  const all: u64 = length == 64 ? u64(-1) : (u64(1) << u64(length)) - 1;
  let letters: u64 = 0;
  let digits: u64 = 0;
  let dots: u64 = 0;
  let ats: u64 = 0;
  let hyphens: u64 = 0;
  let others: u64 = 0;
  let high: u64 = 0;
  clear64(to);
  for (let i: i32 = 0; i < length; i += 16) {
    const v = v128.load(cell + i);
    const isUpper = i8x16.lt_u(i8x16.sub(v, i8x16.splat(0x41)), i8x16.splat(26));
    const lower = v128.or(v, v128.and(isUpper, i8x16.splat(0x20)));
    letters |= maskOf(i8x16.lt_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(26)), i);
    digits |= maskOf(i8x16.lt_u(i8x16.sub(v, i8x16.splat(0x30)), i8x16.splat(10)), i);
    dots |= maskOf(i8x16.eq(v, i8x16.splat(0x2e)), i);
    ats |= maskOf(i8x16.eq(v, i8x16.splat(0x40)), i);
    hyphens |= maskOf(i8x16.eq(v, i8x16.splat(0x2d)), i);
    others |= maskOf(v128.or(i8x16.eq(v, i8x16.splat(0x5f)), i8x16.eq(v, i8x16.splat(0x2b))), i);
    high |= u64(u32(i8x16.bitmask(v))) << u64(i);
    v128.store(to + i, keep(lower, length - i));
  }
  ats &= all;
  if (ats == 0) return (high & all) == 0 ? 0 : SLOW;
  letters &= all;
  digits &= all;
  dots &= all;
  hyphens &= all;
  others &= all;
  if ((letters | digits | dots | ats | hyphens | others) != all) return SLOW;
  if ((ats & (ats - 1)) != 0) return 0; // two @: never an address, whatever else it holds
  const at: u64 = ctz(ats);
  if (at == 0 || at + 4 > u64(length) - 1) return SLOW;
  const domain = all & ~((ats << 1) - 1);
  const edges = dots | ats | 1 << 63;
  // No dot next to a dot or the @, none at either end.
  if ((dots & ((dots << 1) | (ats << 1) | (ats >> 1))) != 0 || (dots & 1) != 0 || (dots >> u64(length - 1)) != 0) return SLOW;
  if ((others & domain) != 0) return SLOW;
  const domainHyphens = hyphens & domain;
  if ((domainHyphens & ((edges << 1) | (dots >> 1))) != 0 || (domainHyphens >> u64(length - 1)) != 0) return SLOW;
  const domainDots = dots & domain;
  if (domainDots == 0) return SLOW;
  const lastDot: u64 = 63 - clz(domainDots);
  const top = all & ~((u64(2) << lastDot) - 1);
  if ((top & letters) != top || popcnt(top) < 2) return SLOW;
  return length;
}

/** Copies printable ASCII of up to 64 bytes; false when there is anything else. `low`: the lowest byte allowed (0x20 allows inner spaces). */
function copyAscii(cell: usize, length: i32, to: usize, low: i32, fold: bool): bool {
  clear64(to);
  let bad: i32 = 0;
  for (let i: i32 = 0; i < length; i += 16) {
    const v = v128.load(cell + i);
    const rest = length - i;
    const mask = rest >= 16 ? 0xffff : (1 << rest) - 1;
    const inside = i8x16.lt_u(i8x16.sub(v, i8x16.splat(<i8>low)), i8x16.splat(<i8>(0x7f - low)));
    bad |= ~i8x16.bitmask(inside) & mask;
    const isUpper = i8x16.lt_u(i8x16.sub(v, i8x16.splat(0x41)), i8x16.splat(26));
    v128.store(to + i, keep(fold ? v128.or(v, v128.and(isUpper, i8x16.splat(0x20))) : v, rest));
  }
  return bad == 0;
}

/** Letters and digits only, up to 64 bytes, as upper case; `least` digits and a length within bounds, else no value. */
function alphanumeric(cell: usize, length: i32, to: usize, shortest: i32, longest: i32, least: i32, isNationalId: bool): i32 {
  if (length > 64) return SLOW;
  clear64(to);
  let bad: i32 = 0;
  let digitCount: i32 = 0;
  for (let i: i32 = 0; i < length; i += 16) {
    const v = v128.load(cell + i);
    const rest = length - i;
    const mask = rest >= 16 ? 0xffff : (1 << rest) - 1;
    const lower = v128.or(v, i8x16.splat(0x20));
    const isLetter = i8x16.lt_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(26));
    const isDigit = i8x16.lt_u(i8x16.sub(v, i8x16.splat(0x30)), i8x16.splat(10));
    bad |= ~i8x16.bitmask(v128.or(isLetter, isDigit)) & mask;
    digitCount += popcnt(i8x16.bitmask(isDigit) & mask);
    v128.store(to + i, keep(v128.andnot(v, v128.and(isLetter, i8x16.splat(0x20))), rest));
  }
  if (bad != 0) return isNullWord(cell, length) ? 0 : SLOW;
  if (length < shortest || length > longest || digitCount < least) return 0;
  if (isNationalId && length == 15 && digitCount == 15) return SLOW;
  return length;
}

/** Normalises an identifying cell into the 64 bytes at `to`. */
export function normaliseIdentifying(kind: i32, cell: usize, length: i32, region: i32, to: usize): i32 {
  if (length == 0) return 0;
  if (kind == CLASS_PHONE) return phone(cell, length, region, to);
  if (kind == CLASS_EMAIL) return email(cell, length, to);
  if (kind == CLASS_NATIONAL_ID) return alphanumeric(cell, length, to, 5, 20, 4, true);
  if (kind == CLASS_TRACKING) return alphanumeric(cell, length, to, 8, 40, 6, false);
  if (length > 64) return SLOW;
  const fold = kind == CLASS_USERNAME;
  if (!copyAscii(cell, length, to, fold ? 0x21 : 0x20, fold)) return SLOW;
  return isNullWord(cell, length) ? 0 : length;
}

/** Writes one ASCII byte of a name or address: letters in lower case and digits; the rest is dropped. */
// @ts-ignore: decorator
@inline
function putAscii(to: usize, byte: u32): usize {
  const lower = byte | 0x20;
  if (lower - 0x61 < 26) {
    store<u8>(to, lower);
    return to + 1;
  }
  if (byte - 0x30 < 10) {
    store<u8>(to, byte);
    return to + 1;
  }
  return to;
}

/** Names and addresses: ASCII, CJK unified ideographs, full-width ASCII, common CJK punctuation and precomposed Latin-1 letters. */
function letters(cell: usize, length: i32, to: usize): i32 {
  let out = to;
  let at = cell;
  const end = cell + length;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    // Runs of letters and digits, and of ideographs, are taken 16 bytes at a time; what follows them is overwritten.
    if (byte < 0x80) {
      const v = v128.load(at);
      const lower = lowerCase(v);
      const kept = v128.or(between(lower, BEFORE_LOWER_A, AFTER_LOWER_Z), between(v, BEFORE_0, AFTER_9));
      const run = min(ctz(~i8x16.bitmask(kept)), i32(end - at));
      v128.store(out, lower);
      out += run;
      at += max(run, 1);
      continue;
    }
    if (byte >= 0xe5 && byte <= 0xe9) {
      const v = v128.load(at);
      const leads = i8x16.bitmask(between(v, BEFORE_E5, AFTER_E9));
      const tails = i8x16.bitmask(i8x16.gt_s(all(C0), v));
      const broken = (~leads & 0x1249) | (~tails & 0x6db6) | 0x8000;
      // Whole characters only: 11 / 32 is a third for numbers this small.
      const run = ((min(ctz(broken), i32(end - at)) * 11) >> 5) * 3;
      if (run != 0) {
        v128.store(out, v);
        out += run;
        at += run;
        continue;
      }
    }
    if (byte >= 0xe4 && byte <= 0xe9 && at + 3 <= end) {
      const second: u32 = load<u8>(at, 1);
      const third: u32 = load<u8>(at, 2);
      // U+4E00 to U+9FFF; the ideographs before U+4E00 in this lead byte are symbols (U+4DC0 to U+4DFF) and extension A.
      if ((second & 0xc0) != 0x80 || (third & 0xc0) != 0x80 || (byte == 0xe4 && second < 0xb8)) return SLOW;
      store<u8>(out, byte);
      store<u8>(out, second, 1);
      store<u8>(out, third, 2);
      out += 3;
      at += 3;
      continue;
    }
    if (byte == 0xc3 && at + 2 <= end) {
      const second: u32 = load<u8>(at, 1);
      if ((second & 0xc0) != 0x80) return SLOW;
      if (second != 0x97 && second != 0xb7) {
        // × and ÷ are no letters; À to Þ fold by adding 0x20; ß and ÿ stay.
        store<u8>(out, 0xc3);
        store<u8>(out, second < 0x9f ? second + 0x20 : second, 1);
        out += 2;
      }
      at += 2;
      continue;
    }
    if (byte == 0xe3 && at + 3 <= end) {
      const third: u32 = load<u8>(at, 2);
      // U+3000 to U+3002 and U+3008 to U+3011: space, comma, full stop, brackets.
      if (load<u8>(at, 1) != 0x80 || !(third - 0x80 < 3 || third - 0x88 < 10)) return SLOW;
      at += 3;
      continue;
    }
    if (byte == 0xef && at + 3 <= end) {
      const second: u32 = load<u8>(at, 1);
      const third: u32 = load<u8>(at, 2);
      // U+FF01 to U+FF5E are U+0021 to U+007E in full width.
      if (second == 0xbc && third - 0x81 < 0x3f) out = putAscii(out, third - 0x60);
      else if (second == 0xbd && third - 0x80 < 0x1f) out = putAscii(out, third - 0x20);
      else return SLOW;
      at += 3;
      continue;
    }
    return SLOW;
  }
  return i32(out - to);
}

function isAllHex(cell: usize, length: i32): bool {
  for (let i: i32 = 0; i < length; i++) {
    const byte: u32 = load<u8>(cell + i);
    if (!(byte - 0x30 < 10 || (byte | 0x20) - 0x61 < 6)) return false;
  }
  return true;
}

/**
 * Normalises a confirming cell into `to`, which has LANE_BYTES, and pads it with zeros to a whole block of 64.
 * `cell` is trimmed, but for CLASS_EXACT, where white space counts.
 */
export function normaliseConfirming(kind: i32, cell: usize, length: i32, to: usize): i32 {
  if (length == 0) return 0;
  // Room: the output is never longer than the input but for nothing here; longer cells are for the exact path.
  if (length > 960) return SLOW;
  let size: i32;
  if (kind == CLASS_LETTERS) {
    if (length <= 9 && isNullWord(cell, length)) return 0;
    size = letters(cell, length, to);
    if (size <= 0) return size;
    // "N.A." says as little as "na". Bytes after the value are whatever an earlier one left: the word test masks them.
    if (size <= 9 && isNullWord(to, size)) return 0;
  } else {
    for (let i: i32 = 0; i < length; i++) if (load<u8>(cell + i) >= 0x80) return SLOW;
    memory.copy(to, cell, length);
    size = length;
    if (kind != CLASS_EXACT) {
      if (isNullWord(cell, length)) return 0;
      const first: u32 = load<u8>(cell);
      if (first == 0x2a || (first == 0x30 && (load<u8>(cell, 1) | 0x20) == 0x78)) return SLOW;
      if (
        (length == 32 || length == 40 || length == 56 || length == 64 || length == 96 || length == 128) &&
        isAllHex(cell, length)
      ) {
        for (let i: i32 = 0; i < length; i++) {
          const byte: u32 = load<u8>(cell + i);
          store<u8>(to + i, byte > 0x39 ? byte | 0x20 : byte);
        }
      }
    }
  }
  // The lane has room for a block more than any value.
  clear64(to + size);
  return size;
}

/** Two ASCII digits as a number, or 255. */
// @ts-ignore: decorator
@inline
function two(at: usize): u32 {
  const a: u32 = load<u8>(at) - 0x30;
  const b: u32 = load<u8>(at, 1) - 0x30;
  return a < 10 && b < 10 ? a * 10 + b : 255;
}

/** Whether what follows the seconds of a time is an optional fraction and an optional zone of no offset: `Z`, `+00`, `+00:00`. */
function isUtcRest(cell: usize, length: i32): bool {
  let at: i32 = 19;
  if (at < length && load<u8>(cell + at) == 0x2e) {
    at++;
    const first = at;
    while (at < length && load<u8>(cell + at) - 0x30 < 10) at++;
    if (at == first || at - first > 9) return false;
  }
  const rest = length - at;
  if (rest == 0) return true;
  const zone = cell + at;
  if (rest == 1) return load<u8>(zone) == 0x5a;
  if (load<u8>(zone) != 0x2b || load<u16>(zone, 1) != 0x3030) return false;
  return rest == 3 || (rest == 6 && load<u8>(zone, 3) == 0x3a && load<u16>(zone, 4) == 0x3030);
}

/** Seconds since 1970 of `YYYY-MM-DD`, with ` HH:MM:SS` or `THH:MM:SS`, fractions cut off, in UTC; -1 for anything else and for times outside 1970 to 2105. */
export function timeSeconds(cell: usize, length: i32): i64 {
  if (length != 10 && (length < 19 || length > 35)) return -1;
  const century = two(cell);
  const yearRest = two(cell + 2);
  const month = two(cell + 5);
  const day = two(cell + 8);
  if (century > 99 || yearRest > 99 || month - 1 > 11 || day - 1 > 30) return -1;
  if (load<u8>(cell, 4) != 0x2d || load<u8>(cell, 7) != 0x2d) return -1;
  const year: i64 = century * 100 + yearRest;
  if (year < 1970 || year > 2105) return -1;
  const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day > 28) {
    const last: u32 = month == 2 ? (leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    if (day > last) return -1;
  }
  let seconds: i64 = 0;
  if (length > 10) {
    const separator: u32 = load<u8>(cell, 10);
    if (separator != 0x20 && separator != 0x54) return -1;
    if (load<u8>(cell, 13) != 0x3a || load<u8>(cell, 16) != 0x3a) return -1;
    if (length > 19 && !isUtcRest(cell, length)) return -1;
    const hour = two(cell + 11);
    const minute = two(cell + 14);
    const second = two(cell + 17);
    if (hour > 23 || minute > 59 || second > 59) return -1;
    seconds = hour * 3600 + minute * 60 + second;
  }
  // Days from the civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
  const y: i64 = year - (month <= 2 ? 1 : 0);
  const era: i64 = y / 400;
  const yoe: i64 = y - era * 400;
  const mp: i64 = (i64(month) + 9) % 12;
  const doy: i64 = (153 * mp + 2) / 5 + i64(day) - 1;
  const doe: i64 = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return (era * 146097 + doe - 719468) * 86400 + seconds;
}
