/** One line as it was read: what stood before the first pair, and the pairs. */
export interface KeyValueLine {
  readonly prefix: string;
  readonly keys: string[];
  readonly values: string[];
}

const MAX_PAIRS = 1024;
const MAX_KEY_LENGTH = 64;

/** A key as it was found: [from, to) in the line, and where its value begins. */
interface KeyAt {
  readonly from: number;
  readonly to: number;
  readonly value: number;
  readonly colon: boolean;
  /** One past the value's closing quote, or -1 when it is not quoted. */
  readonly quotedTo: number;
}

/**
 * Cuts a line into `key=value` and `key: value` pairs; null when it has none. A value ends before the next key: at a comma, semicolon, bar, tab or ampersand where one stands
 * there, otherwise at the first blank (`user=li phone=1 logged in`), except after `key:`, whose values may have blanks. Linear in the line.
 */
export function splitPairs(line: string): KeyValueLine | null {
  const found = findKeys(line);
  const first = found[0];
  if (first === undefined) return null;
  const keys: string[] = [];
  const values: string[] = [];
  let strong = false;
  found.forEach((key, i) => {
    keys.push(line.slice(key.from, key.to));
    if (key.quotedTo >= 0) {
      values.push(undoEscapes(line.slice(key.value + 1, key.quotedTo - 1)));
      return;
    }
    const next = found[i + 1];
    if (next !== undefined) strong = isStrong(line, key.value, next.from);
    values.push(cutValue(line, key, next?.from ?? line.length, strong));
  });
  return { prefix: trimEdges(line.slice(0, first.from)), keys, values };
}

function findKeys(line: string): KeyAt[] {
  const keys: KeyAt[] = [];
  let p = 0;
  let wordFrom = 0;
  let unclosed = '';
  while (p < line.length && keys.length < MAX_PAIRS) {
    const c = line.charCodeAt(p);
    if (c === 0x20 || c === 0x09) wordFrom = p + 1;
    const colon = (c === 0x3a && isColonEnd(line, p)) || c === 0xff1a;
    if (c !== 0x3d && !colon) {
      p++;
      continue;
    }
    const key = keyBefore(line, p, wordFrom, keys.at(-1)?.value ?? 0);
    if (key === null || line.charCodeAt(p + 1) === 0x3d) {
      p += 1;
      continue;
    }
    let value = p + 1;
    while (value < line.length && isBlank(line.charCodeAt(value)) && colon) value++;
    // A quote that no other closed is closed by none further on: looked for once, or hostile lines would cost the square of their length.
    const quote = line[value] ?? '';
    const quotedTo = quote !== '' && unclosed.includes(quote) ? -1 : closingQuote(line, value);
    if (quotedTo < 0 && (quote === '"' || quote === "'")) unclosed += quote;
    keys.push({ from: key[0], to: key[1], value, colon, quotedTo });
    p = quotedTo >= 0 ? quotedTo : value;
    wordFrom = p;
  }
  return keys;
}

/** A colon ends a key only before a blank, a quote or the line's end: not in times and addresses. */
function isColonEnd(line: string, at: number): boolean {
  const next = line.charCodeAt(at + 1);
  return Number.isNaN(next) || isBlank(next) || next === 0x22;
}

/** The key that ends at `end`, with the quotes around it left away; null when the letters before it are none. */
function keyBefore(line: string, end: number, wordFrom: number, least: number): [number, number] | null {
  const quote = line[end - 1] === '"' || line[end - 1] === "'" ? 1 : 0;
  const to = end - quote;
  let from = to;
  while (from > least && to - from <= MAX_KEY_LENGTH && isKeyLetter(line.charCodeAt(from - 1))) from--;
  if (to === from || to - from > MAX_KEY_LENGTH || isDigit(line.charCodeAt(from))) return null;
  if (quote === 1 && line[from - 1] !== line[end - 1]) return null;
  const before = from - quote - 1;
  if (before < 0) return [from, to];
  if (before < least - 1) return null;
  const c = line[before]!;
  // An ampersand within an address is a part of it.
  if (c === '&') return /[?/]/.test(line.slice(Math.max(wordFrom, from - 256), from)) ? null : [from, to];
  return ' \t,;|([{<，；'.includes(c) || before === least - 1 ? [from, to] : null;
}

function closingQuote(line: string, at: number): number {
  const quote = line[at];
  if (quote !== '"' && quote !== "'") return -1;
  for (let p = at + 1; p < line.length; p++) {
    if (line[p] === '\\') p++;
    else if (line[p] === quote) {
      const next = line[p + 1];
      if (next === undefined || ' \t,;|)]}>&，；'.includes(next)) return p + 1;
    }
  }
  return -1;
}

/** Whether a separator other than blanks stands before the next key. */
function isStrong(line: string, from: number, next: number): boolean {
  let p = next - 1;
  while (p >= from && (line[p] === ' ' || line[p] === '"' || line[p] === "'")) p--;
  return p >= from && ',;|\t&，；'.includes(line[p]!);
}

function cutValue(line: string, key: KeyAt, to: number, strong: boolean): string {
  const value = trimEnd(line.slice(key.value, to));
  if (strong || key.colon) return value.trim();
  const blank = value.search(/[ \t]/);
  return blank < 0 ? value : trimEnd(value.slice(0, blank));
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t,;|&([{<，；)]}>"\''.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function trimEdges(text: string): string {
  return trimEnd(text).trim().replace(/:$/, '');
}

function undoEscapes(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\(["'\\nt])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : letter))
    : text;
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

/** Letters, digits, `_`, `.`, `-`, and everything beyond ASCII but its punctuation (`姓名=…`). */
function isKeyLetter(c: number): boolean {
  if (isDigit(c) || c === 0x5f || c === 0x2e || c === 0x2d) return true;
  if (c < 0x80) return (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a;
  return c > 0xa0 && c !== 0xff0c && c !== 0xff1b && c !== 0xff1a && !(c >= 0x2000 && c < 0x3100) && c !== 0xfffd;
}
