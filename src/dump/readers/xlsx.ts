import { BoltsealError } from '../../core/errors.ts';
import { openRandom } from '../random-file.ts';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { ExpansionMeter } from './expansion-meter.ts';
import { type NumberShape, shapeOfBuiltin, shapeOfCode } from './xlsx-format.ts';
import type { OfficePackage } from './xlsx-package.ts';
import { SheetHandler } from './xlsx-sheet.ts';
import { SharedStrings } from './xlsx-strings.ts';
import { readXml, type XmlHandler, type XmlTag } from './xlsx-xml.ts';

const MAX_SHEETS = 100_000;
const MAX_STYLES = 1_000_000;
const LOCAL_HEADER = Buffer.from('PK\x03\x04', 'latin1');

/**
 * Workbooks in Office Open XML (ISO/IEC 29500-1, transitional and strict), hidden sheets too, read as streams; binary ones (xlsb) whole. Each sheet is a table named after it, without columns:
 * its header is a row like others. Numbers, times and truth values come as text (`xlsx-format.ts`), formulas as the values that were saved with them, errors as empty cells.
 * Fails with DUMP_CORRUPT, DUMP_TRUNCATED (after the other sheets were read), DUMP_BOMB, DUMP_MEMORY.
 */
export const xlsxReader: FormatReader = {
  format: 'xlsx',
  takes: 'bytes',
  detect: detectXlsx,
  read: readXlsx,
};

/** The first member of the archive is one that only Office writes, and another is part of a workbook. */
function detectXlsx(start: InputStart): number {
  const head = Buffer.from(start.head.buffer, start.head.byteOffset, start.head.byteLength);
  if (head.indexOf(LOCAL_HEADER) !== 0) return 0;
  if (!/^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|customXml\/|xl\/)/i.test(memberName(head, 0))) return 0;
  for (let at = 0; at >= 0; at = head.indexOf(LOCAL_HEADER, at + 4)) {
    if (/^xl\/(?:workbook|worksheets|sharedStrings|styles|_rels|theme)/i.test(memberName(head, at))) return 0.98;
  }
  return 0;
}

function memberName(head: Buffer, at: number): string {
  if (at + 30 > head.length) return '';
  return head.toString('latin1', at + 30, at + 30 + Math.min(head.readUInt16LE(at + 26), 256)).replaceAll('\\', '/');
}

async function readXlsx(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void> {
  const file = await openRandom(input, context);
  try {
    const meter = new ExpansionMeter(input.name, file.sizeBytes, context.limits);
    // Both bring large libraries: nobody waits for them who has no such file.
    const { openPackage } = await import('./xlsx-package.ts');
    const parts = await openPackage(file, input.name, meter);
    if (parts.has('xl/workbook.bin')) {
      const { readWithSheetJs } = await import('./xls-sheets.ts');
      return await readWithSheetJs(file, input, sink, context);
    }
    const written = new ExpansionMeter(input.name, file.sizeBytes, context.limits);
    await readWorkbook(parts, input.name, sink, written);
  } finally {
    file.close();
  }
}

async function readWorkbook(parts: OfficePackage, path: string, sink: RowSink, meter: ExpansionMeter): Promise<void> {
  const failures: BoltsealError[] = [];
  /** What is damaged is told at the end; the rest is read. */
  const attempt = async (read: () => Promise<void>) => {
    try {
      await read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      failures.push(error);
    }
  };
  const rootLinks = new Map<string, Link>();
  await attempt(() => readLinks(parts, '_rels/.rels', '', rootLinks));
  const main = [...rootLinks.values()].find(({ type }) => type === 'officeDocument')?.target ?? 'xl/workbook.xml';
  const workbook = parts.has(main) ? main : 'xl/workbook.xml';
  const folder = workbook.slice(0, workbook.lastIndexOf('/') + 1);
  const links = new Map<string, Link>();
  await attempt(() => readLinks(parts, `${folder}_rels/${workbook.slice(folder.length)}.rels`, folder, links));
  const linked = (type: string, usual: string) =>
    [...links.values()].find((link) => link.type === type)?.target ?? `${folder}${usual}`;
  const book: Workbook = { sheets: [], from1904: false };
  await attempt(() => readSheetList(parts, workbook, book));
  const strings = new SharedStrings();
  const stringsPart = linked('sharedStrings', 'sharedStrings.xml');
  if (parts.has(stringsPart)) await attempt(() => strings.read(parts.stream(stringsPart), path));
  const shapes: NumberShape[] = [];
  const stylesPart = linked('styles', 'styles.xml');
  if (parts.has(stylesPart)) await attempt(() => readShapes(parts, stylesPart, shapes));

  for (const { name, part } of placeSheets(book, links, parts)) {
    const handler = new SheetHandler(sink, sink.table(name, null), { strings, shapes, from1904: book.from1904, meter });
    await attempt(() => readXml(parts.stream(part), handler, () => sink.drain()));
    handler.end();
  }
  if (failures[0] !== undefined) throw failures[0];
}

function isDamage(error: unknown): error is BoltsealError {
  return error instanceof BoltsealError && (error.code === 'DUMP_CORRUPT' || error.code === 'DUMP_TRUNCATED');
}

interface Workbook {
  readonly sheets: { readonly name: string; readonly link: string }[];
  from1904: boolean;
}

interface Link {
  /** The last word of the relationship's type; transitional and strict differ in what comes before. */
  readonly type: string;
  readonly target: string;
}

/** Each part once, in the workbook's order; then worksheets that no sheet refers to. */
function placeSheets(
  book: Workbook,
  links: ReadonlyMap<string, Link>,
  parts: OfficePackage,
): readonly { readonly name: string; readonly part: string }[] {
  const placed = new Map<string, string>();
  for (const { name, link } of book.sheets) {
    const part = links.get(link)?.target.toLowerCase();
    if (part !== undefined && parts.has(part) && !placed.has(part)) placed.set(part, name);
  }
  for (const part of parts.paths) {
    const file = /^xl\/worksheets\/([^/]{1,200})\.xml$/.exec(part)?.[1];
    if (file !== undefined && !placed.has(part)) placed.set(part, file);
  }
  return [...placed].map(([part, name]) => ({ name, part }));
}

async function readLinks(parts: OfficePackage, part: string, folder: string, links: Map<string, Link>): Promise<void> {
  if (!parts.has(part)) return;
  await readTags(parts, part, (name, tag) => {
    if (name !== 'Relationship' || links.size >= MAX_SHEETS) return;
    const [id, type, target] = [tag.get('Id'), tag.get('Type'), tag.get('Target')];
    if (id === null || type === null || target === null || tag.get('TargetMode') === 'External') return;
    links.set(id, { type: type.slice(type.lastIndexOf('/') + 1), target: resolve(folder, target) });
  });
}

/** A target is relative to the folder of its source, or absolute (ISO/IEC 29500-2, 6.5). */
function resolve(folder: string, target: string): string {
  const steps: string[] = [];
  for (const step of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.join('/');
}

async function readSheetList(parts: OfficePackage, part: string, book: Workbook): Promise<void> {
  await readTags(parts, part, (name, tag) => {
    if (name === 'workbookPr') book.from1904 = /^(?:1|true|on)$/.test(tag.get('date1904') ?? '');
    if (name !== 'sheet' || book.sheets.length >= MAX_SHEETS) return;
    const link = tag.get('id', true);
    if (link !== null) book.sheets.push({ name: tag.get('name') ?? '', link });
  });
}

/** The shapes of the cell formats, by their index (ISO/IEC 29500-1, 18.8.10 and 18.8.31). */
async function readShapes(parts: OfficePackage, part: string, shapes: NumberShape[]): Promise<void> {
  const codes = new Map<string, NumberShape>();
  let inCellFormats = false;
  await readTags(
    parts,
    part,
    (name, tag) => {
      if (name === 'cellXfs') inCellFormats = true;
      const id = name === 'numFmt' || name === 'xf' ? tag.get('numFmtId') : null;
      if (name === 'numFmt' && id !== null && codes.size < MAX_STYLES) {
        codes.set(id, shapeOfCode(tag.get('formatCode') ?? ''));
      }
      if (name === 'xf' && inCellFormats && shapes.length < MAX_STYLES) {
        shapes.push(codes.get(id ?? '0') ?? shapeOfBuiltin(Number(id ?? 0)));
      }
    },
    (name) => {
      if (name === 'cellXfs') inCellFormats = false;
    },
  );
}

async function readTags(
  parts: OfficePackage,
  part: string,
  open: (name: string, tag: XmlTag) => void,
  close: (name: string) => void = () => {},
): Promise<void> {
  const handler: XmlHandler = { open, close, text: () => {}, skipped: () => {} };
  await readXml(parts.stream(part), handler);
}
