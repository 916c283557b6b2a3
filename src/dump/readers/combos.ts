import { isHeaderName } from '../header.ts';
import type { ByteInput, FormatReader, InputStart, RowSink, RowWriter } from '../reader.ts';
import { BlockReader, blockLine } from './combos-blocks.ts';
import { ComboLine, type ComboSeparator, comboColumns, comboSeparators, loginKind, Separators } from './combos-line.ts';
import { LineCutter, newlineByte, sampleLines } from './messy-text-lines.ts';

const SAMPLE_BYTES = 131_072;
const SAMPLE_LINES = 1000;
/** Logins, URLs and passwords are short; what is longer is none. */
const LONGEST_LINE_BYTES = 16_384;

/** What a file of credentials is: lines with these separators, or records of one key a line. */
type Layout = { readonly kind: 'lines'; readonly separators: Separators } | { readonly kind: 'blocks' };

/**
 * Lists of logins and passwords: `login:password` with `;`, `|`, tab or `----` too, hashes with their salts, lines with a URL before or behind, and the records of password
 * stealers. One table with the columns of `comboColumns`; of e-mail address, user name and phone number the one is filled that the login is.
 */
export const comboReader: FormatReader = {
  format: 'combos',
  takes: 'text',
  hasOwnColumns: true,
  detect: (start) => survey(start).confidence,
  read: readCombos,
};

async function readCombos(input: ByteInput, sink: RowSink): Promise<void> {
  const { layout } = survey(input);
  const writer = sink.table(null, comboColumns);
  const cutter = new LineCutter(newlineByte(input.head.subarray(0, SAMPLE_BYTES)), LONGEST_LINE_BYTES);
  const lines =
    layout.kind === 'blocks' ? new BlockLines(writer, sink) : new CredentialLines(writer, sink, layout.separators);
  let tooLong = 0;
  const onLine = (bytes: Uint8Array, from: number, to: number): void => lines.take(bytes, from, to);
  for await (const chunk of input.stream()) {
    cutter.push(chunk, onLine);
    if (cutter.tooLong > tooLong) sink.reject('too-long', cutter.tooLong - tooLong);
    tooLong = cutter.tooLong;
    await sink.drain();
  }
  cutter.finish(onLine);
  lines.finish();
}

class CredentialLines {
  readonly #writer: RowWriter;
  readonly #sink: RowSink;
  readonly #separators: Separators;
  readonly #line = new ComboLine();
  #isFirst = true;

  constructor(writer: RowWriter, sink: RowSink, separators: Separators) {
    this.#writer = writer;
    this.#sink = sink;
    this.#separators = separators;
  }

  take(bytes: Uint8Array, from: number, to: number): void {
    if (isBlank(bytes, from, to)) return;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isFirst && isHeaderLine(bytes.subarray(from, to), this.#separators)) return;
    if (!this.#line.parse(bytes, from, to, this.#separators)) {
      this.#sink.reject('bad-line');
      return;
    }
    const { spans } = this.#line;
    for (let at = 0; at < spans.length; at += 2) {
      const start = spans[at] ?? -1;
      if (start === -1) this.#writer.empty();
      else this.#writer.bytes(bytes, start, spans[at + 1] ?? start);
    }
    this.#writer.end();
  }

  finish(): void {}
}

class BlockLines {
  readonly #sink: RowSink;
  readonly #blocks: BlockReader;
  readonly #decoder = new TextDecoder();

  constructor(writer: RowWriter, sink: RowSink) {
    this.#sink = sink;
    this.#blocks = new BlockReader(writer);
  }

  take(bytes: Uint8Array, from: number, to: number): void {
    if (!this.#blocks.line(this.#decoder.decode(bytes.subarray(from, to)))) this.#sink.reject('bad-line');
  }

  finish(): void {
    this.#blocks.finish();
    if (this.#blocks.empty > 0) this.#sink.reject('bad-record', this.#blocks.empty);
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if ((bytes[index] ?? 0) > 0x20) return false;
  return true;
}

function isHeaderLine(line: Uint8Array, separators: Separators): boolean {
  const end = separators.find(line, 0, line.length);
  const length = separators.at(line, end, line.length);
  if (length === 0 || line.length > 128) return false;
  const decode = (from: number, to: number): string => new TextDecoder().decode(line.subarray(from, to));
  const next = separators.find(line, end + length, line.length);
  return isHeaderName(decode(0, end)) && isHeaderName(decode(end + length, next));
}

/** Looks at the start of a file and at stretches of it: what layout it has, and how sure it is that these are credentials. */
function survey(start: InputStart): { layout: Layout; confidence: number } {
  const lines = sampleLines(start, newlineByte(start.head.subarray(0, SAMPLE_BYTES)), SAMPLE_BYTES)
    .filter((line) => !isBlank(line, 0, line.length))
    .slice(0, SAMPLE_LINES);
  const blocks = blockShare(lines);
  if (blocks >= 0.5) return { layout: { kind: 'blocks' }, confidence: blocks >= 0.8 ? 0.9 : 0.6 };
  const separators = usualSeparators(lines);
  return { layout: { kind: 'lines', separators }, confidence: lineConfidence(lines, separators) };
}

/** Share of the lines that are of records with a login or password key. */
function blockShare(lines: readonly Uint8Array[]): number {
  const decoder = new TextDecoder();
  const seen = { url: 0, login: 0, password: 0, other: 0, sign: 0 };
  for (const line of lines) {
    const text = decoder.decode(line.subarray(0, 256));
    const part = blockLine(text)?.part;
    if (part !== undefined) seen[part]++;
    else if (/^[=_*~#+-]{3,}\s*$/.test(text)) seen.sign++;
  }
  if (Math.min(seen.login, seen.password) < Math.max(1, lines.length * 0.1)) return 0;
  return (seen.url + seen.login + seen.password + seen.other + seen.sign) / lines.length;
}

/** What follows the logins (or the URLs before them) in at least one line in thirty; blanks and commas, which sentences have too, in one of five. */
function usualSeparators(lines: readonly Uint8Array[]): Separators {
  const tally = new Map<ComboSeparator, number>();
  let found = 0;
  for (const line of lines) {
    const separator = separatorOf(line);
    if (separator === null) continue;
    tally.set(separator, (tally.get(separator) ?? 0) + 1);
    found++;
  }
  const usual = [...tally]
    .filter(([separator, count]) => count >= found / (separator === ' ' || separator === ',' ? 5 : 30))
    .map(([separator]) => separator);
  return new Separators(usual.length === 0 ? [':'] : usual);
}

/** What stands behind the first login or URL of a line, whatever other lines have. */
function separatorOf(line: Uint8Array): ComboSeparator | null {
  const text = new TextDecoder().decode(line.subarray(0, 1024));
  const url = /^[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:|;,]{1,500}(?::\d{1,5}(?=[/:]))?[^\s:|;]{0,500}/i.exec(text);
  const login =
    url ??
    /^[^\s@:;|,]{1,64}@[a-z0-9.-]{1,190}?(?=-{3,4}|[^a-z0-9.-])/i.exec(text) ??
    /^[^\s:;|,@]{1,64}?(?=-{3,4}|[\s:;|,])/.exec(text);
  if (login === null) return null;
  const rest = text.slice(login[0].length);
  return comboSeparators.find((separator) => rest.startsWith(separator)) ?? null;
}

/** Whether a text is digits with what stands between those of a phone number. */
function isPhoneLike(text: string): boolean {
  return /^\+?[\d ().-]{7,24}$/.test(text) && /[ ().-]|^\+/.test(text) && text.replace(/\D/g, '').length >= 7;
}

/** Whether the bytes could be a password, rather than a name, a date, a sentence or an address. */
function isSecretLike(text: string): boolean {
  return (
    /^[\x21-\x7e]{3,72}$/.test(text) &&
    !/^\d{4}[-/.]\d\d?[-/.]\d\d?/.test(text) &&
    !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)
  );
}

function lineConfidence(lines: readonly Uint8Array[], separators: Separators): number {
  // "a, b" is a sentence or a table; a blank may stand between credentials when nothing else does.
  const isPlain = separators.usual.has(',') || separators.usual.has(' ');
  if (lines.length < 3 || (isPlain && separators.usual.size > 1)) return 0;
  const parsed = new ComboLine();
  const decoder = new TextDecoder();
  const count = { fit: 0, sure: 0, explained: 0, secrets: 0, numbers: 0, phones: 0, emails: 0, urls: 0 };
  const widths = new Map<number, number>();
  const logins = new Set<string>();
  const texts = new Set<string>();
  for (const line of lines) {
    widths.set(cellsIn(line), (widths.get(cellsIn(line)) ?? 0) + 1);
    if (!parsed.parse(line, 0, line.length, separators)) continue;
    count.fit++;
    const cell = (column: (typeof comboColumns)[number]): string => {
      const at = comboColumns.indexOf(column) * 2;
      const from = parsed.spans[at] ?? -1;
      return from === -1 ? '' : decoder.decode(line.subarray(from, Math.min(parsed.spans[at + 1] ?? from, from + 256)));
    };
    const password = cell('password');
    logins.add(cell('email') + cell('username') + cell('phone'));
    texts.add(password + cell('passwordHash'));
    // What has a reason for more separators than one.
    if (parsed.hasUrl) count.urls++;
    if (parsed.hasUrl || parsed.hasHash) count.explained++;
    if (parsed.hasUrl || parsed.hasHash || cell('email') !== '') count.sure++;
    if (parsed.hasHash || isSecretLike(password)) count.secrets++;
    if (/^\d+$/.test(password)) count.numbers++;
    const bytes = new TextEncoder().encode(password);
    const kind = loginKind(bytes, 0, bytes.length);
    if (kind === 'phone' || isPhoneLike(password)) count.phones++;
    if (kind === 'email') count.emails++;
  }
  const fit = count.fit / lines.length;
  const of = (part: number): number => part / Math.max(1, count.fit);
  if (fit < 0.8 || of(count.secrets) < 0.7 || of(count.phones + count.emails) > 0.4) return 0;
  const isExplained = of(count.explained) >= 0.5 || [...separators.usual].some((separator) => separator.length > 1);
  if (isHeaderTable(lines[0], separators) || (!isExplained && isTable(widths, lines.length))) return 0.2;
  // A hash and its salt explain three cells; four and more, the same in nearly every line, are a table that has a hash among its columns.
  if (of(count.urls) < 0.5 && shareOfWidest(widths, lines.length, 4) > 0.95) return 0.2;
  if (logins.size < count.fit * 0.3 || texts.size < Math.min(3, count.fit)) return 0.2;
  if (of(count.sure) >= 0.6) return of(count.numbers) > 0.85 ? 0.3 : 0.5 + 0.45 * fit;
  // User names and numbers alone: many tables have two such columns.
  if (of(count.numbers) > 0.5) return 0.2;
  return [...separators.usual].some((separator) => separator === ':' || separator.startsWith('--'))
    ? 0.4 + 0.2 * fit
    : 0.3;
}

/** Share of the lines that have the commonest number of cells, 0 when that is below `least`. */
function shareOfWidest(widths: ReadonlyMap<number, number>, lines: number, least: number): number {
  const [width = 0, count = 0] = [...widths].toSorted((a, b) => b[1] - a[1])[0] ?? [];
  return width < least ? 0 : count / lines;
}

/** Cells of a line between colons, semicolons, bars, tabs, commas or four dashes, whatever is most. */
function cellsIn(line: Uint8Array): number {
  let most = 0;
  for (const separator of [0x3a, 0x3b, 0x7c, 0x09, 0x2c]) {
    let cells = 1;
    for (const byte of line) if (byte === separator) cells++;
    most = Math.max(most, cells);
  }
  let dashed = 1;
  for (let index = 0; index + 4 <= line.length; index++) {
    if (line[index] !== 0x2d || line[index + 1] !== 0x2d || line[index + 2] !== 0x2d || line[index + 3] !== 0x2d)
      continue;
    dashed++;
    index += 3;
  }
  return Math.max(most, dashed);
}

/** Whether nearly all lines have the same three or more cells. */
function isTable(widths: ReadonlyMap<number, number>, lines: number): boolean {
  return [...widths].some(([width, found]) => width >= 3 && found >= lines * 0.9);
}

function isHeaderTable(first: Uint8Array | undefined, separators: Separators): boolean {
  if (first === undefined || !isHeaderLine(first, separators)) return false;
  // "email:password" above such a list is welcome; any other header is that of a table.
  return !/^[a-z_ -]{3,10}(?:-{3,4}|[:;|\t ])(?:pass\w{0,6}|pwd|hash)\s*$/i.test(new TextDecoder().decode(first));
}
