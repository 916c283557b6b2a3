import { isDigit } from './sql-lexer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Undoes doubled quotes and, where `backslash` is set, MySQL's escapes (MySQL 8.4 manual, 9.1.1, table 9.1: `\0 \b \n \r \t \Z`; `\%` and `\_` stay as they are)
 * in [from, to); writes into `target`, which has room for as many bytes, and gives the length.
 */
export function unescapeLiteral(
  source: Uint8Array,
  from: number,
  to: number,
  quote: number,
  backslash: boolean,
  target: Uint8Array,
): number {
  let length = 0;
  for (let at = from; at < to; at++) {
    let unit = source[at]!;
    if (unit === quote) at++;
    else if (unit === 92 && backslash && at + 1 < to) {
      unit = source[++at]!;
      if (unit === 48) unit = 0;
      else if (unit === 98) unit = 8;
      else if (unit === 110) unit = 10;
      else if (unit === 114) unit = 13;
      else if (unit === 116) unit = 9;
      else if (unit === 90) unit = 26;
      else if (unit === 37 || unit === 95) target[length++] = 92;
    }
    target[length++] = unit;
  }
  return length;
}

/** Undoes the escapes of COPY's text format (PostgreSQL 18 manual, COPY, "Text Format": `\b \f \n \r \t \v`, octal, `\x`), as `unescapeLiteral` does. */
export function unescapeCopy(source: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let length = 0;
  for (let at = from; at < to; at++) {
    let unit = source[at]!;
    if (unit === 92 && at + 1 < to) {
      unit = source[++at]!;
      if (controlOf[unit] !== 0) unit = controlOf[unit]!;
      else if (unit >= 48 && unit <= 55) {
        let value = unit - 48;
        for (let count = 1; count < 3 && at + 1 < to && isOctal(source[at + 1]!); count++) {
          value = value * 8 + source[++at]! - 48;
        }
        unit = value & 255;
      } else if (unit === 120 && at + 1 < to && hexValue(source[at + 1]!) >= 0) {
        let value = hexValue(source[++at]!);
        if (at + 1 < to && hexValue(source[at + 1]!) >= 0) value = value * 16 + hexValue(source[++at]!);
        unit = value;
      }
    }
    target[length++] = unit;
  }
  return length;
}

/** `\b \f \n \r \t \v` of C. */
const controls: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 };

const controlOf = new Uint8Array(256);
for (const [letter, control] of Object.entries(controls)) controlOf[Number(letter)] = control;

/** The text of E'…' between its quotes (PostgreSQL 18 manual, 4.1.2.2). Octal and hexadecimal escapes are bytes, which several of them in a row are of one character. */
export function unescapeE(body: string): string {
  return body.replace(
    /((?:\\(?:[0-7]{1,3}|x[0-9A-Fa-f]{1,2})){1,3000})|\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[\s\S])|''/g,
    (whole, bytes: string | undefined, code: string | undefined) => {
      if (bytes !== undefined) return Buffer.from(bytes.split('\\').slice(1).map(byteOf)).toString();
      if (code === undefined) return "'";
      const first = code.charCodeAt(0);
      if (code.length > 1) return codePoint(Number.parseInt(code.slice(1), 16)) ?? whole;
      return controls[first] === undefined ? code : String.fromCharCode(controls[first]);
    },
  );
}

/** The byte of `x41` or `101`. */
function byteOf(code: string): number {
  return code.startsWith('x') ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8) & 255;
}

/** `\XXXX`, `\+XXXXXX`, `\uXXXX`, `\UXXXXXXXX` and `\\`, as U&'…' (PostgreSQL 18 manual, 4.1.2.3), Oracle's and SQLite's unistr() write characters. */
export function unescapeUnicode(body: string): string {
  return body.replace(
    /\\(?:([0-9A-Fa-f]{4})|\+([0-9A-Fa-f]{6})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|\\)/g,
    (whole, ...groups: (string | undefined)[]) => {
      const digits = groups[0] ?? groups[1] ?? groups[2] ?? groups[3];
      if (digits === undefined) return '\\';
      return codePoint(Number.parseInt(digits, 16)) ?? whole;
    },
  );
}

/** The character, or null when there is none of that number. */
export function codePoint(value: number): string | null {
  return Number.isInteger(value) && value >= 0 && value <= 0x10ffff ? String.fromCodePoint(value) : null;
}

/**
 * A binary value as a cell: the text that its bytes are in UTF-8, when they are text without control characters (phone numbers in VARBINARY columns,
 * `--hex-blob`), else its digits in lower case, as hashes are written.
 * @param digits hexadecimal; of an odd number the first has a byte of its own, as MySQL reads it.
 */
export function binaryCell(digits: string): string {
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const bytes = new Uint8Array(even.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    const unit = hexValue(even.charCodeAt(2 * at)) * 16 + hexValue(even.charCodeAt(2 * at + 1));
    if ((unit < 32 && unit !== 9 && unit !== 10 && unit !== 13) || unit === 127) return even.toLowerCase();
    bytes[at] = unit;
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return even.toLowerCase();
  }
}

/** 0 to 15, or -1. */
export function hexValue(unit: number): number {
  if (isDigit(unit)) return unit - 48;
  const letter = unit | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function isOctal(unit: number): boolean {
  return unit >= 48 && unit <= 55;
}
