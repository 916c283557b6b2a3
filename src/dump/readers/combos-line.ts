/** Columns of a combination list, in the order of a row. */
export const comboColumns = ['url', 'email', 'username', 'phone', 'password', 'passwordHash', 'rest'] as const;

const URL = 0;
const EMAIL = 1;
const USERNAME = 2;
const PHONE = 3;
const PASSWORD = 4;
const PASSWORD_HASH = 5;
const REST = 6;

/** What a login looks like; NONE is no login in form. */
export type LoginKind = 'email' | 'phone' | 'username' | 'none';

/** How many bytes a login may have (RFC 5321 4.5.3.1: an address has at most 254). */
const LONGEST_LOGIN = 254;

const COLON = 0x3a;
const SLASH = 0x2f;
const AT = 0x40;
const DASH = 0x2d;
const DOT = 0x2e;
const BLANK = 0x20;

// Bytes of user names: all of UTF-8 beyond ASCII, letters, digits and signs; no blanks, quotes, brackets, commas or separators.
const inLogin = new Uint8Array(256).fill(1, 0x80);
for (let byte = 0x21; byte < 0x7f; byte++)
  inLogin[byte] = /[\w.+@!#$%&*~^=?/\\-]/.test(String.fromCharCode(byte)) ? 1 : 0;
const isDigitByte = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isLetterByte = (byte: number | undefined): boolean =>
  byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
const isHexByte = (byte: number | undefined): boolean =>
  isDigitByte(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);

/** What stands between the parts of a line. The longest that fits counts. */
export const comboSeparators = ['----', '---', '::', '||', ':', ';', '|', '\t', ',', ' '] as const;
export type ComboSeparator = (typeof comboSeparators)[number];

/** The separators of one file, ready to be looked for. */
export class Separators {
  readonly usual: ReadonlySet<ComboSeparator>;
  readonly #byFirst: Uint8Array[][] = Array.from({ length: 128 }, () => []);
  /** 1 for bytes that begin a separator: nearly all bytes are done with this. */
  readonly #begins = new Uint8Array(256);

  constructor(usual: Iterable<ComboSeparator>) {
    this.usual = new Set(usual);
    for (const separator of comboSeparators) {
      if (!this.usual.has(separator)) continue;
      this.#byFirst[separator.charCodeAt(0)]?.push(new TextEncoder().encode(separator));
      this.#begins[separator.charCodeAt(0)] = 1;
    }
  }

  /** Length of the separator at `index`, 0 when there is none. */
  at(bytes: Uint8Array, index: number, to: number): number {
    const byte = bytes[index] ?? 0;
    if (this.#begins[byte] === 0) return 0;
    for (const separator of this.#byFirst[byte] ?? []) {
      let length = 1;
      while (length < separator.length && index + length < to && bytes[index + length] === separator[length]) length++;
      if (length === separator.length) return length;
    }
    return 0;
  }

  /** Index of the first separator in [from, to), or `to`. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const begins = this.#begins;
    for (let index = from; index < to; index++) {
      if (begins[bytes[index] ?? 0] === 1 && this.at(bytes, index, to) > 0) return index;
    }
    return to;
  }
}

/** What the bytes [from, to) look like as a login. Linear. */
export function loginKind(bytes: Uint8Array, from: number, to: number): LoginKind {
  if (to <= from || to - from > LONGEST_LOGIN) return 'none';
  let at = -1;
  let digits = 0;
  let isWord = false;
  let lastDot = -1;
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0;
    if (inLogin[byte] === 0) return 'none';
    if (byte === AT) at = at === -1 ? index : -2;
    else if (byte === DOT) lastDot = index;
    else if (isDigitByte(byte)) digits++;
    else isWord ||= byte >= 0x80 || isLetterByte(byte);
  }
  if (at > from && lastDot > at + 1 && lastDot < to - 2 && isLetterByte(bytes[to - 1])) return 'email';
  const start = bytes[from] === 0x2b ? from + 1 : from;
  if (digits === to - start && digits >= 10 && digits <= 15) return 'phone';
  return isWord || digits > 0 ? 'username' : 'none';
}

/** Length of the scheme with its `://` at `from`, or 0. */
export function schemeLength(bytes: Uint8Array, from: number, to: number): number {
  let index = from;
  while (index < to && index - from <= 24) {
    const byte = bytes[index] ?? 0;
    if (byte === COLON)
      return index > from + 1 && bytes[index + 1] === SLASH && bytes[index + 2] === SLASH && index + 3 < to
        ? index + 3 - from
        : 0;
    if (!isLetterByte(byte) && !(index > from && (isDigitByte(byte) || byte === 0x2b || byte === DOT || byte === DASH)))
      return 0;
    index++;
  }
  return 0;
}

// Top-level domains that a user name hardly ever ends with; generic ones and those of large countries.
const topLevels = new Set(
  'com net org edu gov info biz io app dev xyz online site shop store club top cc tv me cn ru de fr it es pl uk us ca au br in jp kr tw hk sg id my th vn ph tr ua nl be ch at se no dk fi cz hu ro gr pt mx ar cl co pe za ng eg il ir pk bd kz by'.split(
    ' ',
  ),
);

/** Whether a token begins with the name of a host and could be a URL without its scheme. */
function isHostLike(bytes: Uint8Array, from: number, to: number): boolean {
  let end = from;
  let lastDot = -1;
  for (; end < to; end++) {
    const byte = bytes[end] ?? 0;
    if (byte === DOT) {
      if (end === from || lastDot === end - 1) return false;
      lastDot = end;
    } else if (byte === SLASH) break;
    else if (!isLetterByte(byte) && !isDigitByte(byte) && byte !== DASH) return false;
  }
  if (lastDot === -1) return false;
  if (end - lastDot > 7) return false;
  return topLevels.has(latin(bytes, lastDot + 1, end).toLowerCase());
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let index = from; index < to; index++) text += String.fromCharCode(bytes[index] ?? 0);
  return text;
}

const LONGEST_HASH = 512;
/**
 * Hashes that say how they were made, whole: passwords begin with `$1$` too. crypt(5) has the forms of `$1$ $2b$ $5$ $6$ $7$ $y$ $gy$` and their lengths; the others: the PHC string format
 * (argon2), Apache's `$apr1$`, phpass and Drupal (`$P$ $H$ $S$`), WordPress 6.8 (`$wp$`), RFC 2307 (LDAP), Django and Werkzeug (pbkdf2, scrypt).
 */
const writtenHash = new RegExp(
  `^(?:${[
    String.raw`(?:\$wp)?\$2[abxy]?\$\d\d\$[./\w]{53}`,
    String.raw`\$(?:1|apr1)\$[!-#%-9;-~]{0,8}\$[./\w]{22}`,
    String.raw`\$5\$(?:rounds=\d{1,9}\$)?[!-#%-9;-~]{0,16}\$[./\w]{43}`,
    String.raw`\$6\$(?:rounds=\d{1,9}\$)?[!-#%-9;-~]{0,16}\$[./\w]{86}`,
    String.raw`\$g?y\$[./\w]{1,16}\$[./\w]{0,86}\$[./\w]{43}`,
    String.raw`\$7\$[./\w]{11,97}\$[./\w]{43}`,
    String.raw`\$[PH]\$[./\w]{31}`,
    String.raw`\$S\$[./\w]{52}`,
    String.raw`\$argon2(?:id?|d)\$(?:v=\d{1,3}\$)?m=\d{1,9},t=\d{1,9},p=\d{1,3}\$[+/\w]{8,64}\$[+/\w]{16,128}`,
    String.raw`\{S?(?:SHA|MD5)(?:-?\d{3})?\}[+/\w]{22,200}={0,2}`,
    String.raw`pbkdf2[:_]sha\d{1,3}(?::\d{1,9}|\$\d{1,9})?\$[!-#%-9;-~]{1,64}\$[+/\w]{27,128}={0,2}`,
    String.raw`scrypt:\d{1,9}:\d{1,3}:\d{1,3}\$[!-#%-9;-~]{1,64}\$[\da-f]{128}`,
  ].join('|')})`,
);

/** End of the hash that begins at `from` (its own colons within), or -1: digests in hex, and crypt(5), PHC and LDAP forms. */
function hashEnd(bytes: Uint8Array, from: number, to: number, separators: Separators): number {
  const first = bytes[from] ?? 0;
  let index = first === 0x2a ? from + 1 : from;
  const start = index;
  while (index < to && index - start <= 128 && isHexByte(bytes[index])) index++;
  const digits = index - start;
  const isWhole = index === to || separators.at(bytes, index, to) > 0;
  if (isWhole && (digits === 32 || digits === 40 || digits === 56 || digits === 64 || digits === 96 || digits === 128))
    return index;
  // "$", "{", "pb" and "sc": many passwords begin with p and s.
  const second = bytes[from + 1];
  const isForm =
    first === 0x24 || first === 0x7b || (first === 0x70 && second === 0x62) || (first === 0x73 && second === 0x63);
  if (!isForm) return -1;
  const length = writtenHash.exec(latin(bytes, from, Math.min(to, from + LONGEST_HASH)))?.[0].length ?? -1;
  const end = from + length;
  return length > 0 && (end === to || separators.at(bytes, end, to) > 0) ? end : -1;
}

/** Finds the parts of one line after another; `from` and `to` of a column are in `spans` at twice its position, -1 where it has none. */
export class ComboLine {
  readonly spans = new Int32Array(comboColumns.length * 2);
  /** What the last line had between login and password. */
  hasUrl = false;
  hasHash = false;
  login: LoginKind = 'none';

  /**
   * Takes a line apart; false when it is none of a combination list. The login ends at the first separator, because it can hold none; all that follows is the password, but for a
   * URL at the end, a hash with its salt, and what `----` sets apart.
   */
  parse(bytes: Uint8Array, lineFrom: number, lineTo: number, separators: Separators): boolean {
    this.spans.fill(-1);
    this.hasUrl = false;
    this.hasHash = false;
    let from = lineFrom;
    let to = lineTo;
    while (from < to && (bytes[from] ?? 0) <= BLANK) from++;
    while (to > from && (bytes[to - 1] ?? 0) <= BLANK) to--;
    const afterUrl = this.#leadingUrl(bytes, from, to, separators);
    if (afterUrl === -1) return false;
    const end = separators.find(bytes, afterUrl, to);
    const length = separators.at(bytes, end, to);
    if (length === 0 || (end + length < to && bytes[end + length] === BLANK && bytes[end] !== BLANK)) return false;
    this.login = loginKind(bytes, afterUrl, end);
    if (this.login === 'none' && !(this.hasUrl && end - afterUrl <= LONGEST_LOGIN)) return false;
    if (end > afterUrl)
      this.#set(this.login === 'email' ? EMAIL : this.login === 'phone' ? PHONE : USERNAME, afterUrl, end);
    else if (!this.hasUrl || end + length >= to) return false;
    this.#takeSecret(bytes, end + length, to, separators, length);
    return true;
  }

  /** Sets the URL at the start of the line; where the login begins then, or -1 when nothing follows the URL. */
  #leadingUrl(bytes: Uint8Array, from: number, to: number, separators: Separators): number {
    const scheme = schemeLength(bytes, from, to);
    let end = from + scheme;
    if (scheme === 0) {
      end = separators.find(bytes, from, to);
      if (!isHostLike(bytes, from, end) || !this.#hasTwoMore(bytes, end, to, separators)) return from;
      end = from;
    }
    end = authorityEnd(bytes, end, to, separators);
    for (;;) {
      while (end < to && bytes[end] !== BLANK && separators.at(bytes, end, to) === 0) end++;
      if (end >= to) return -1;
      const after = end + Math.max(1, separators.at(bytes, end, to));
      const next = separators.find(bytes, after, to);
      // "…?to=https://" and a path with a colon in it: a login has no slashes.
      if (next >= to || !isPathLike(bytes, after, next)) {
        this.hasUrl = true;
        this.#set(URL, from, end);
        return after;
      }
      end = after;
    }
  }

  #hasTwoMore(bytes: Uint8Array, first: number, to: number, separators: Separators): boolean {
    const length = separators.at(bytes, first, to);
    return length > 0 && separators.find(bytes, first + length, to) < to;
  }

  #takeSecret(bytes: Uint8Array, from: number, lineTo: number, separators: Separators, length: number): void {
    let to = lineTo;
    if (!this.hasUrl) {
      const url = trailingUrl(bytes, from, to, separators);
      if (url !== -1) {
        this.hasUrl = true;
        this.#set(URL, url, to);
        to = url - Math.max(1, lengthBefore(bytes, url, separators));
      }
    }
    if (from >= to) return;
    const hash = hashEnd(bytes, from, to, separators);
    if (hash !== -1) {
      this.hasHash = true;
      this.#set(PASSWORD_HASH, from, hash);
      const after = hash + separators.at(bytes, hash, to);
      if (after < to) this.#set(REST, after, to);
      return;
    }
    const next = separators.find(bytes, from, to);
    const nextLength = separators.at(bytes, next, to);
    // user name, e-mail address, password
    if (this.login === 'username' && nextLength > 0 && loginKind(bytes, from, next) === 'email') {
      this.#set(EMAIL, from, next);
      this.login = 'none';
      this.#takeSecret(bytes, next + nextLength, to, separators, nextLength);
      return;
    }
    if (length < 3) {
      this.#set(PASSWORD, from, to);
      return;
    }
    this.#set(PASSWORD, from, next);
    const rest = next + nextLength;
    if (rest >= to) return;
    const isPhone = (this.spans[PHONE * 2] ?? -1) === -1 && loginKind(bytes, rest, to) === 'phone';
    this.#set(isPhone ? PHONE : REST, rest, to);
  }

  #set(column: number, from: number, to: number): void {
    if (to <= from) return;
    this.spans[column * 2] = from;
    this.spans[column * 2 + 1] = to;
  }
}

/** End of host and port: a colon with up to five digits is a port when a slash follows, or a separator with yet another one behind it. */
function authorityEnd(bytes: Uint8Array, from: number, to: number, separators: Separators): number {
  let index = from;
  if (bytes[index] === 0x5b) {
    const close = indexWithin(bytes, 0x5d, index, Math.min(to, index + 64));
    if (close !== -1) index = close + 1;
  }
  while (index < to) {
    const byte = bytes[index];
    if (byte === COLON) break;
    if (byte === SLASH || byte === BLANK || separators.at(bytes, index, to) > 0) return index;
    index++;
  }
  let digits = index + 1;
  while (digits < to && digits - index <= 6 && isDigitByte(bytes[digits])) digits++;
  const count = digits - index - 1;
  if (count < 1 || count > 5) return index;
  if (bytes[digits] === SLASH) return digits;
  const length = separators.at(bytes, digits, to);
  return length > 0 && separators.find(bytes, digits + length, to) < to ? digits : index;
}

/** Whether bytes between two separators go on with a URL's path. */
function isPathLike(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (bytes[index] === SLASH) return true;
  return false;
}

/** Start of a URL that ends the line and stands behind a separator, or -1. */
function trailingUrl(bytes: Uint8Array, from: number, to: number, separators: Separators): number {
  for (let index = from; index + 3 < to; index++) {
    if (bytes[index] !== COLON || bytes[index + 1] !== SLASH || bytes[index + 2] !== SLASH) continue;
    let start = index;
    while (start > from && index - start < 24 && isLetterByte(bytes[start - 1])) start--;
    const isApart = bytes[start - 1] === BLANK || lengthBefore(bytes, start, separators) > 0;
    if (index - start >= 3 && isApart) return start;
  }
  return -1;
}

/** Length of the separator that ends at `end`, 0 when there is none. */
function lengthBefore(bytes: Uint8Array, end: number, separators: Separators): number {
  for (let length = 4; length > 0; length--) {
    if (end >= length && separators.at(bytes, end - length, end) === length) return length;
  }
  return 0;
}

function indexWithin(bytes: Uint8Array, byte: number, from: number, to: number): number {
  let index = from;
  while (index < to && bytes[index] !== byte) index++;
  return index < to ? index : -1;
}
