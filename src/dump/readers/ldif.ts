import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { RecordTable } from './record-shapes.ts';
import { LineCutter, linesOf, MAX_RECORD_BYTES } from './record-window.ts';

/** Values of one attribute in an entry that become columns (`mail`, `mail.1`). */
const MAX_VALUES = 8;
const MAX_CELLS = 4096;
/** An attribute's description with its options. RFC 2849, `AttributeDescription`. */
const attribute = /^[A-Za-z0-9][\w.;-]{0,254}$/;

/**
 * LDIF (RFC 2849): folded lines, base64 values, comments; an entry is a row, an attribute a column (in lower case: RFC 4512, 2.5), further values are numbered. Values that
 * stand elsewhere (`:< file:…`) are never fetched. An entry with a line that is none is rejected as `bad-record`.
 */
export const ldifReader: FormatReader = {
  format: 'ldif',
  takes: 'text',
  detect,
  read: readLdif,
};

/** By the first line that is no comment: `version: 1` or `dn:`, and an attribute after it. */
function detect(start: InputStart): number {
  const lines = linesOf(start.head, start.headIsWhole).filter((line) => /^[^\s#]/.test(line));
  const from = /^version:\s{0,8}\d/i.test(lines[0] ?? '') ? 1 : 0;
  if (!/^dn:/i.test(lines[from] ?? '')) return 0;
  const next = lines[from + 1];
  return next === undefined || splitLine(next) === null ? 0 : 0.95;
}

async function readLdif(input: ByteInput, sink: RowSink, _context: ReadContext): Promise<void> {
  const entries = new Entries(sink);
  const lines = new LineCutter((line) => entries.line(line));
  for await (const chunk of input.stream()) {
    lines.push(chunk);
    await sink.drain();
  }
  lines.finish();
  entries.finish();
  await sink.drain();
}

class Entries {
  readonly #sink: RowSink;
  readonly #table: RecordTable;
  /** The line that may be continued, in pieces. */
  #pieces: string[] | null = null;
  #piecesLength = 0;
  #keys: string[] = [];
  #values: (string | null)[] = [];
  #counts = new Map<string, number>();
  #length = 0;
  #damaged = false;
  #tooLong = false;

  constructor(sink: RowSink) {
    this.#sink = sink;
    this.#table = new RecordTable(sink, null);
  }

  line(line: string | null): void {
    if (line === null) {
      this.#tooLong = true;
      return;
    }
    if (line.startsWith(' ') && this.#pieces !== null) {
      this.#piecesLength += line.length;
      if (this.#piecesLength + this.#length > MAX_RECORD_BYTES) this.#tooLong = true;
      else this.#pieces.push(line.slice(1));
      return;
    }
    this.#unfold();
    if (line === '') this.#end();
    else {
      this.#pieces = [line];
      this.#piecesLength = line.length;
    }
  }

  finish(): void {
    this.#unfold();
    this.#end();
    this.#table.finish();
  }

  #unfold(): void {
    if (this.#pieces === null) return;
    const line = this.#pieces.join('');
    this.#pieces = null;
    // `-` ends one change of a change record.
    if (line.startsWith('#') || line === '-') return;
    const parts = splitLine(line);
    if (parts === null) {
      this.#damaged = true;
      return;
    }
    const [name, value] = parts;
    if (name === 'dn' && this.#keys.length > 0) this.#end();
    if (name === 'version' && this.#keys.length === 0) return;
    this.#length += line.length;
    if (this.#length > MAX_RECORD_BYTES) this.#tooLong = true;
    if (this.#tooLong) return;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    if (count >= MAX_VALUES || this.#keys.length >= MAX_CELLS) return;
    this.#keys.push(count === 0 ? name : `${name}.${count}`);
    this.#values.push(value);
  }

  #end(): void {
    // An entry begins with its name; without it a part is missing.
    const damaged = this.#damaged || (this.#keys.length > 0 && this.#keys[0] !== 'dn');
    if (this.#tooLong || damaged) this.#sink.reject(this.#tooLong ? 'too-long' : 'bad-record');
    else this.#table.add(this.#keys, this.#values);
    this.#keys = [];
    this.#values = [];
    this.#counts = new Map();
    this.#length = 0;
    this.#damaged = false;
    this.#tooLong = false;
  }
}

/** `name: value`, `name:: base64`, `name:< url`; null when the line is none of them. */
function splitLine(line: string): [name: string, value: string | null] | null {
  const colon = line.indexOf(':');
  if (colon < 1 || colon > 255) return null;
  const name = line.slice(0, colon);
  if (!attribute.test(name)) return null;
  const kind = line[colon + 1];
  if (kind === '<') return [name.toLowerCase(), null];
  if (kind !== ':') return [name.toLowerCase(), trimStart(line, colon + 1)];
  return [name.toLowerCase(), fromBase64(trimStart(line, colon + 2))];
}

function trimStart(line: string, from: number): string {
  let p = from;
  while (line[p] === ' ') p++;
  return line.slice(p);
}

/** The text that base64 stands for, or the base64 itself when it is no text. */
function fromBase64(value: string): string {
  const bytes = Buffer.from(value, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return value;
  }
}
