import type { RowSink, RowWriter } from '../reader.ts';
import type { ExpansionMeter } from './expansion-meter.ts';
import { formatSheetNumber, type NumberShape } from './xlsx-format.ts';
import { type SharedStrings, TextBuffer } from './xlsx-strings.ts';
import type { XmlHandler, XmlTag } from './xlsx-xml.ts';

const MAX_COLUMNS = 4_096;
const MAX_CELL_BYTES = 16_777_216;
/** A spreadsheet's number has 15 digits; longer ones that were written by other programs are kept as they stand. */
const MAX_DIGITS = 40;

/** What the cells of a workbook refer to. */
export interface SheetContext {
  readonly strings: SharedStrings;
  /** By index of the cell's format. */
  readonly shapes: readonly NumberShape[];
  readonly from1904: boolean;
  /** Counts the bytes that are written. */
  readonly meter: ExpansionMeter;
}

type CellType = 'number' | 'shared' | 'text' | 'inline' | 'boolean' | 'error';

const cellTypes: ReadonlyMap<string, CellType> = new Map([
  ['n', 'number'],
  ['s', 'shared'],
  ['str', 'text'],
  ['d', 'text'],
  ['inlineStr', 'inline'],
  ['b', 'boolean'],
  ['e', 'error'],
]);

/** Writes the rows of a worksheet (ISO/IEC 29500-1, 18.3). A row whose cells do not stand in order, or refer to nothing, is rejected. */
export class SheetHandler implements XmlHandler {
  readonly #sink: RowSink;
  readonly #writer: RowWriter;
  readonly #context: SheetContext;
  readonly #value = new TextBuffer(256, MAX_CELL_BYTES);
  #inRow = false;
  #damage: 'bad-record' | 'too-long' | null = null;
  /** Column of the cell at hand, from 0. */
  #column = -1;
  /** Cells of the row that were given to the writer. */
  #written = 0;
  #inCell = false;
  #type: CellType = 'number';
  #style = 0;
  #inValue = false;
  #inInline = false;
  #inPhonetic = false;

  constructor(sink: RowSink, writer: RowWriter, context: SheetContext) {
    this.#sink = sink;
    this.#writer = writer;
    this.#context = context;
  }

  open(name: string, tag: XmlTag): void {
    if (name === 'c') this.#openCell(tag);
    else if (name === 'v') this.#inValue = this.#inCell;
    else if (name === 't') this.#inValue = this.#inInline && !this.#inPhonetic;
    else if (name === 'is') this.#inInline = this.#inCell;
    else if (name === 'rPh') this.#inPhonetic = true;
    else if (name === 'row') this.#openRow();
  }

  close(name: string): void {
    if (name === 'c') this.#closeCell();
    else if (name === 'v' || name === 't') this.#inValue = false;
    else if (name === 'is') this.#inInline = false;
    else if (name === 'rPh') this.#inPhonetic = false;
    else if (name === 'row') this.#closeRow();
    else if (name === 'sheetData') this.end();
  }

  text(bytes: Uint8Array, from: number, to: number, literal: boolean): void {
    if (this.#inValue) this.#value.append(bytes, from, to, literal);
  }

  skipped(): void {
    if (this.#inRow) this.#damage = 'too-long';
  }

  /** The sheet's data have ended, or were cut off: a row that is open is lost. */
  end(): void {
    if (!this.#inRow) return;
    this.#damage ??= 'bad-record';
    this.#closeRow();
  }

  #openRow(): void {
    this.end();
    this.#inRow = true;
    this.#column = -1;
    this.#written = 0;
  }

  #closeRow(): void {
    if (!this.#inRow) return;
    if (this.#inCell) this.#damage ??= 'bad-record';
    if (this.#damage !== null) {
      this.#writer.drop();
      this.#sink.reject(this.#damage);
    } else if (this.#written > 0) {
      this.#writer.end();
    }
    this.#damage = null;
    this.#inRow = false;
    this.#leaveCell();
  }

  #leaveCell(): void {
    this.#inCell = false;
    this.#inValue = false;
    this.#inInline = false;
    this.#inPhonetic = false;
  }

  #openCell(tag: XmlTag): void {
    if (!this.#inRow) return;
    if (this.#inCell) this.#damage ??= 'bad-record';
    this.#leaveCell();
    this.#inCell = true;
    this.#value.clear();
    const reference = tag.find('r');
    const column = reference.from < 0 ? this.#column + 1 : columnOf(reference.bytes, reference.from, reference.to);
    if (column <= this.#column) this.#damage ??= 'bad-record';
    else this.#column = column;
    const type = tag.find('t');
    this.#type = type.from < 0 ? 'number' : typeOf(type.bytes, type.from, type.to);
    const style = tag.find('s');
    this.#style = style.from < 0 ? 0 : digits(style.bytes, style.from, style.to);
  }

  #closeCell(): void {
    if (!this.#inCell) return;
    this.#leaveCell();
    if (this.#damage !== null || this.#column >= MAX_COLUMNS) return;
    const { bytes, length, full } = this.#value;
    if (full) this.#damage = 'too-long';
    // A cell without a value has only a look.
    else if (length === 0 || this.#type === 'error') return;
    else if (this.#type === 'shared') this.#writeShared(digits(bytes, 0, length));
    else if (this.#type === 'number') this.#writeNumber(bytes, length);
    else if (this.#type === 'boolean') this.#writeText(bytes[0] === 0x31 || bytes[0] === 0x74 ? 'TRUE' : 'FALSE');
    else this.#writeBytes(bytes, 0, length);
  }

  #writeShared(index: number): void {
    const { strings } = this.#context;
    if (!(index >= 0 && index < strings.count)) {
      this.#damage = 'bad-record';
      return;
    }
    const [from, to] = [strings.start(index), strings.start(index + 1)];
    if (from < to) this.#writeBytes(strings.bytes, from, to);
  }

  #writeNumber(bytes: Uint8Array, length: number): void {
    const shape = this.#context.shapes[this.#style];
    const plain = shape === undefined || shape.kind === 'number';
    if (plain && isWhole(bytes, length)) {
      this.#writeBytes(bytes, 0, length);
      return;
    }
    const text = latin1(bytes, 0, Math.min(length, 64)).trim();
    if (length > 64 || !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) {
      this.#damage = 'bad-record';
      return;
    }
    this.#writeText(formatSheetNumber(Number(text), shape ?? { kind: 'number' }, this.#context.from1904));
  }

  #writeText(text: string): void {
    this.#fill(text.length);
    this.#writer.text(text);
  }

  #writeBytes(bytes: Uint8Array, from: number, to: number): void {
    this.#fill(to - from);
    this.#writer.bytes(bytes, from, to);
  }

  /** Cells that are not there, up to the one at hand. */
  #fill(sizeBytes: number): void {
    this.#context.meter.add(sizeBytes + this.#column - this.#written + 1);
    for (; this.#written < this.#column; this.#written++) this.#writer.empty();
    this.#written++;
  }
}

function typeOf(bytes: Uint8Array, from: number, to: number): CellType {
  if (to - from === 1 && bytes[from] === 0x73) return 'shared';
  return cellTypes.get(latin1(bytes, from, to)) ?? 'error';
}

/** The column of a reference such as `AB12`, from 0; -1 when it is none. */
function columnOf(bytes: Uint8Array, from: number, to: number): number {
  let column = 0;
  for (let at = from; at < to && at < from + 5; at++) {
    const letter = (bytes[at] as number) & 0xdf;
    if (letter < 0x41 || letter > 0x5a) break;
    column = column * 26 + letter - 0x40;
  }
  return column - 1;
}

function isWhole(bytes: Uint8Array, length: number): boolean {
  const from = bytes[0] === 0x2d ? 1 : 0;
  if (length === from || length > MAX_DIGITS) return false;
  for (let at = from; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/** A whole number of up to nine digits, or -1. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  if (to === from || to - from > 9) return -1;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return -1;
    value = value * 10 + byte - 0x30;
  }
  return value;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < Math.min(to, from + 64); at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
