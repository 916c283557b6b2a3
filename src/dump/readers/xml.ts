import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { RecordTable } from './record-shapes.ts';
import { MAX_RECORD_BYTES } from './record-window.ts';
import { cellName, isSchema, localName, type XmlPlan, XmlSurvey } from './xml-plan.ts';
import { type XmlHandler, XmlTokens } from './xml-tokens.ts';

const SURVEY_BYTES = 1_048_576;
const MAX_DEPTH = 64;
/** Elements of one name within a parent that become columns (`phone`, `phone.1`). */
const MAX_REPEATS = 8;
const MAX_CELLS = 4096;
const MAX_TABLES = 1024;

const decoder = new TextDecoder();

/**
 * XML with repeated elements as rows: child elements and attributes are cells, nesting becomes names (`address.city`), repeats are numbered (`phone`, `phone.1`). Knows
 * `<field name="…">` of mysqldump and phpMyAdmin. A row with broken markup is rejected. Entities that a file declares are not expanded.
 */
export const xmlReader: FormatReader = {
  format: 'xml',
  takes: 'text',
  detect,
  read: readXml,
};

/** By an XML declaration or a root element with elements in it; HTML, SVG and office documents are others' or nobody's. */
function detect(start: InputStart): number {
  const head = decoder.decode(start.head.subarray(0, 4096)).trimStart();
  if (!/^<(?:\?xml[\s?]|!--|!DOCTYPE\s|[A-Za-z_][\w:.-]{0,200}[\s/>])/i.test(head)) return 0;
  if (/^(?:<\?xml[^>]{0,200}\?>\s{0,20})?(?:<!doctype\s{1,5}html|<html[\s>]|<svg[\s>])/i.test(head)) return 0;
  const survey = new XmlSurvey();
  const tokens = new XmlTokens(survey);
  tokens.push(start.head.subarray(0, 65_536));
  if (start.headIsWhole && start.head.length <= 65_536) tokens.finish();
  if (survey.elements < 2 || survey.damage * 4 > survey.elements) return 0;
  return head.startsWith('<?xml') ? 0.95 : 0.8;
}

async function readXml(input: ByteInput, sink: RowSink, _context: ReadContext): Promise<void> {
  const survey = new XmlSurvey();
  const first = new XmlTokens(survey);
  first.push(input.head.subarray(0, SURVEY_BYTES));
  if (input.headIsWhole && input.head.length <= SURVEY_BYTES) first.finish();
  const rows = new RowBuilder(sink, survey.plan());
  const tokens = new XmlTokens(rows);
  for await (const chunk of input.stream()) {
    tokens.push(chunk);
    await sink.drain();
  }
  tokens.finish();
  rows.finish();
  await sink.drain();
}

interface OpenElement {
  readonly name: string;
  readonly path: string;
  /** Its column's name within the row, or null when it is dropped. */
  readonly column: string | null;
  readonly repeats: Map<string, number>;
  readonly label: string | null;
  hasElements: boolean;
  text: string;
  isNull: boolean;
}

/** Turns tags into rows. */
class RowBuilder implements XmlHandler {
  readonly #sink: RowSink;
  readonly #plan: XmlPlan;
  readonly #tables = new Map<string, RecordTable>();
  readonly #stack: OpenElement[] = [];
  #beyond = 0;
  /** The depth of the row that is open, or -1. */
  #row = -1;
  #keys: string[] = [];
  #values: (string | null)[] = [];
  #length = 0;
  #damaged = false;
  #tooLong = false;

  constructor(sink: RowSink, plan: XmlPlan) {
    this.#sink = sink;
    this.#plan = plan;
  }

  open(name: string, attributes: readonly (readonly [string, string])[]): void {
    if (this.#beyond > 0 || this.#stack.length >= MAX_DEPTH) {
      this.#beyond++;
      return;
    }
    if (this.#row >= 0) this.#endUnclosedRow(name);
    const parent = this.#stack.at(-1);
    const parentPath = parent?.path ?? '';
    const path = `${parentPath}/${name}`.slice(-2048);
    const label = attributes.find(([key]) => key === 'name')?.[1] ?? null;
    let column: string | null = null;
    if (this.#row < 0) {
      if (this.#plan.parents.has(parentPath) && !this.#stack.some((open) => isSchema(open.name))) {
        this.#row = this.#stack.length;
        column = '';
      }
    } else if (parent !== undefined && parent.column !== null) {
      column = nameWithin(parent, cellName(name, attributes) ?? localName(name));
    }
    if (parent !== undefined) parent.hasElements = true;
    const isNull = attributes.some(([key, value]) => localName(key) === 'nil' && value !== 'false');
    this.#stack.push({ name, path, column, repeats: new Map(), label, hasElements: false, text: '', isNull });
    if (column === null) return;
    const named = column !== '' && cellName(name, attributes) !== null;
    for (const [key, value] of attributes) {
      if (key.startsWith('xmlns') || key.startsWith('xsi:') || (column === '' && key === 'name') || named) continue;
      this.#add(column === '' ? localName(key) : `${column}.${localName(key)}`, value);
    }
    if (column === '' && label !== null && !this.#labelsTable(name)) this.#add('name', label);
  }

  close(name: string): void {
    if (this.#beyond > 0) {
      this.#beyond--;
      return;
    }
    let at = this.#stack.length - 1;
    while (at >= 0 && this.#stack[at]!.name !== name) at--;
    if (at < 0) {
      this.#damaged = true;
      return;
    }
    // Elements above were not closed: what stands in them belongs nowhere for certain.
    if (at < this.#stack.length - 1) this.#damaged = true;
    while (this.#stack.length > at) this.#pop();
  }

  text(value: string): void {
    const top = this.#stack.at(-1);
    if (top === undefined || top.column === null || this.#beyond > 0) return;
    this.#length += value.length;
    if (this.#length > MAX_RECORD_BYTES) this.#tooLong = true;
    else top.text += value;
  }

  broken(tooLong: boolean): void {
    if (tooLong) this.#tooLong = true;
    else this.#damaged = true;
    if (this.#row < 0) this.#endRow(null);
  }

  finish(): void {
    if (this.#row >= 0) this.#damaged = true;
    while (this.#stack.length > 0) this.#pop();
    if (this.#damaged || this.#tooLong) this.#endRow(null);
    for (const table of this.#tables.values()) table.finish();
  }

  /** The start of a row within a row: the one before was not closed. */
  #endUnclosedRow(name: string): void {
    const row = this.#stack[this.#row];
    if (row === undefined || row.name !== name || this.#plan.nested.has(name)) return;
    if (cellName(name, []) !== null) return;
    this.#damaged = true;
    while (this.#stack.length > this.#row && this.#row >= 0) this.#pop();
  }

  #pop(): void {
    const open = this.#stack.pop()!;
    if (open.column !== null) {
      const isRow = this.#stack.length === this.#row;
      if (open.hasElements || isRow) {
        if (open.text.trim() !== '') this.#add(isRow ? 'text' : `${open.column}.text`, open.text.trim());
      } else this.#add(open.column, open.isNull ? null : open.text);
      if (isRow) this.#endRow(open);
    }
  }

  #endRow(open: OpenElement | null): void {
    if (this.#tooLong || this.#damaged) this.#sink.reject(this.#tooLong ? 'too-long' : 'bad-record');
    else if (open !== null && this.#keys.length > 0) this.#table(this.#tableName(open)).add(this.#keys, this.#values);
    this.#keys = [];
    this.#values = [];
    this.#length = 0;
    this.#damaged = false;
    this.#tooLong = false;
    this.#row = -1;
  }

  #add(key: string, value: string | null): void {
    if (this.#keys.length >= MAX_CELLS || this.#row < 0) return;
    this.#length += value?.length ?? 0;
    this.#keys.push(key);
    this.#values.push(value);
  }

  /** `<table_data name="users"><row>` and `<table name="users">` are rows of `users`; others of their element's name. */
  #tableName(row: OpenElement): string {
    if (row.label !== null && this.#labelsTable(row.name)) return row.label;
    const parent = this.#stack.at(-1);
    return parent?.label ?? localName(row.name);
  }

  #labelsTable(name: string): boolean {
    return localName(name) === 'table';
  }

  #table(name: string): RecordTable {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const key = this.#tables.size < MAX_TABLES ? name.slice(0, 1024) : '';
    const table = this.#tables.get(key) ?? new RecordTable(this.#sink, key === '' ? null : key);
    this.#tables.set(key, table);
    return table;
  }
}

/** The column's name of an element within another; null when there have been too many of it. */
function nameWithin(parent: OpenElement, name: string): string | null {
  const count = parent.repeats.get(name) ?? 0;
  if (count >= MAX_REPEATS || parent.repeats.size >= MAX_CELLS) return null;
  parent.repeats.set(name, count + 1);
  const part = count === 0 ? name : `${name}.${count}`;
  return parent.column === '' ? part : `${parent.column}.${part}`;
}
