import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { RecordTable } from './record-shapes.ts';
import { LineCutter, linesOf, MAX_RECORD_BYTES } from './record-window.ts';

/** Values of one property that become columns. */
const MAX_VALUES = 8;
const MAX_CELLS = 4096;

/** The parts of structured values. RFC 6350, 6.2.2 and 6.3.1. */
const structures = new Map<string, readonly string[]>([
  ['n', ['family', 'given', 'additional', 'prefixes', 'suffixes']],
  ['adr', ['pobox', 'extended', 'street', 'city', 'region', 'code', 'country']],
]);
/** Properties that a person often has several of: numbered from the first on. */
const several = new Set(['tel', 'email']);
/** Pictures, sounds and keys: never of use. */
const binary = new Set(['photo', 'logo', 'sound', 'key']);

/**
 * vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350): a card is a row; telephone numbers and e-mail addresses are `tel.0`, `tel.1`, `email.0`; names and addresses are taken
 * apart (`n.family`, `adr.street`). A card with a line that is none, or without its end, is rejected as `bad-record`.
 */
export const vcardReader: FormatReader = {
  format: 'vcard',
  takes: 'text',
  detect,
  read: readVcard,
};

function detect(start: InputStart): number {
  const first = linesOf(start.head, true, 4096).find((line) => line.trim() !== '') ?? '';
  return /^begin:vcard\s{0,8}$/i.test(first) ? 0.98 : 0;
}

async function readVcard(input: ByteInput, sink: RowSink, _context: ReadContext): Promise<void> {
  const cards = new Cards(sink);
  const lines = new LineCutter((line) => cards.line(line));
  for await (const chunk of input.stream()) {
    lines.push(chunk);
    await sink.drain();
  }
  lines.finish();
  cards.finish();
  await sink.drain();
}

class Cards {
  readonly #sink: RowSink;
  readonly #table: RecordTable;
  #pieces: string[] = [];
  #piecesLength = 0;
  /** The line ends with `=` within quoted-printable: the next goes on with it. */
  #soft = false;
  #inside = false;
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
    const folded = this.#pieces.length > 0 && (line.startsWith(' ') || line.startsWith('\t'));
    // A card's end is never the rest of a value: the line before was cut off.
    const isFrame = /^(?:begin|end):vcard\s{0,8}$/i.test(line);
    if (!isFrame && (folded || this.#soft)) {
      this.#piecesLength += line.length;
      if (this.#piecesLength > MAX_RECORD_BYTES) this.#tooLong = true;
      else this.#pieces.push(this.#soft && !folded ? line : line.slice(1));
    } else {
      if (this.#soft) this.#damaged = true;
      this.#unfold();
      this.#pieces = [line];
      this.#piecesLength = line.length;
    }
    this.#soft = line.endsWith('=') && isQuotedPrintable(this.#pieces[0]!);
    if (this.#soft) this.#pieces.push(this.#pieces.pop()!.slice(0, -1));
  }

  finish(): void {
    this.#unfold();
    if (this.#inside) this.#end(false);
    this.#table.finish();
  }

  #unfold(): void {
    const line = this.#pieces.join('');
    this.#pieces = [];
    if (line.trim() === '') return;
    const property = parseProperty(line);
    if (property === null) {
      this.#damaged = this.#inside;
      return;
    }
    const { name, value } = property;
    const isCard = value.trim().toLowerCase() === 'vcard';
    if (name === 'begin' && isCard) {
      if (this.#inside) this.#end(false);
      this.#inside = true;
    } else if (name === 'end' && isCard) {
      if (this.#inside) this.#end(true);
      else this.#sink.reject('bad-record');
    } else if (this.#inside && name !== 'version') this.#take(name, value);
  }

  #take(name: string, value: string): void {
    if (binary.has(name)) return;
    this.#length += name.length + value.length;
    if (this.#length > MAX_RECORD_BYTES) this.#tooLong = true;
    if (this.#tooLong) return;
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    if (count >= MAX_VALUES) return;
    const key = count === 0 && !several.has(name) ? name : `${name}.${count}`;
    const parts = structures.get(name);
    if (parts === undefined) {
      this.#add(key, undoEscapes(withoutScheme(name, value)));
      return;
    }
    splitParts(value).forEach((part, index) => {
      const label = parts[index];
      if (label !== undefined && part !== '') this.#add(`${key}.${label}`, undoEscapes(part));
    });
  }

  #add(key: string, value: string): void {
    if (this.#keys.length >= MAX_CELLS) return;
    this.#keys.push(key);
    this.#values.push(value);
  }

  #end(complete: boolean): void {
    if (this.#tooLong) this.#sink.reject('too-long');
    else if (this.#damaged || !complete) this.#sink.reject('bad-record');
    else this.#table.add(this.#keys, this.#values);
    this.#keys = [];
    this.#values = [];
    this.#counts = new Map();
    this.#length = 0;
    this.#inside = false;
    this.#damaged = false;
    this.#tooLong = false;
  }
}

interface Property {
  readonly name: string;
  readonly value: string;
}

/** `group.NAME;PARAMETER=value:value`, decoded; null when the line is none. */
function parseProperty(line: string): Property | null {
  // A parameter's value may be quoted, and then hold colons.
  let colon = -1;
  let quoted = false;
  for (let p = 0; p < line.length; p++) {
    const c = line.charCodeAt(p);
    if (c === 0x22) quoted = !quoted;
    else if (c === 0x3a && !quoted) {
      colon = p;
      break;
    }
  }
  if (colon < 1 || colon > 4096) return null;
  const [head = '', ...parameters] = line.slice(0, colon).split(';');
  const name = head.slice(head.indexOf('.') + 1).toLowerCase();
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) return null;
  return {
    name,
    value: decodeValue(
      line.slice(colon + 1),
      parameters.map((parameter) => parameter.toLowerCase()),
    ),
  };
}

function decodeValue(value: string, parameters: readonly string[]): string {
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice(8);
  if (parameters.some((parameter) => /^(?:encoding=)?quoted-printable$/.test(parameter))) {
    return decodeBytes(fromQuotedPrintable(value), charset);
  }
  if (parameters.some((parameter) => /^(?:encoding=)?(?:b|base64)$/.test(parameter))) {
    return decodeBytes(Buffer.from(value, 'base64'), charset);
  }
  return value;
}

function isQuotedPrintable(line: string): boolean {
  const colon = line.indexOf(':');
  return colon > 0 && colon < 4096 && /;(?:encoding=)?quoted-printable/i.test(line.slice(0, colon));
}

/** RFC 2045, 6.7; a `=` that begins no pair of digits stays. */
function fromQuotedPrintable(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  let out = 0;
  for (let p = 0; p < bytes.length; p++) {
    let c = bytes[p]!;
    if (c === 0x3d) {
      const pair = bytes.toString('latin1', p + 1, p + 3);
      if (/^[0-9a-f]{2}$/i.test(pair)) {
        c = Number.parseInt(pair, 16);
        p += 2;
      }
    }
    bytes[out++] = c;
  }
  return bytes.subarray(0, out);
}

function decodeBytes(bytes: Uint8Array, charset: string | undefined): string {
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(bytes);
  } catch {
    // A name that no decoder has.
    return new TextDecoder().decode(bytes);
  }
}

/** Cuts at semicolons that are not escaped. */
function splitParts(value: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let p = 0; p <= value.length && parts.length < 16; p++) {
    if (value[p] === '\\') p++;
    else if (p === value.length || value[p] === ';') {
      parts.push(value.slice(from, p));
      from = p + 1;
    }
  }
  return parts;
}

/** RFC 6350, 3.4. */
function undoEscapes(value: string): string {
  return value.includes('\\')
    ? value.replace(/\\([\\,;nN:])/g, (_, letter: string) => (letter === 'n' || letter === 'N' ? '\n' : letter))
    : value;
}

/** Version 4 writes numbers and addresses as URIs: `tel:+86-…`. */
function withoutScheme(name: string, value: string): string {
  if (name === 'tel') return value.replace(/^tel:/i, '');
  return name === 'email' ? value.replace(/^mailto:/i, '') : value;
}
