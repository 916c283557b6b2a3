import { detectDialect } from '../dialect.ts';
import type { Dialect } from '../port.ts';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { newlineByte } from './messy-text-lines.ts';
import { MessyParser } from './messy-text-parser.ts';
import { joinedRowsBehind, StrictRows } from './messy-text-strict.ts';
import { type LineWindow, LineWindows } from './messy-text-window.ts';

const QUOTE = 0x22;

/** Bytes of the head that are read to find out whether a file is messy. */
const JUDGED_BYTES = 196_608;
/** The last lines of a stretch are not judged, for want of what follows them. */
const OVERLAP_BYTES = 32_768;

/** Delimited text that no single dialect reads: see `MessyParser`. Every table of the file is a table of its own. */
export const messyTextReader: FormatReader = {
  format: 'messy text',
  takes: 'text',
  detect: isMessy,
  read: readMessyText,
};

async function readMessyText(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void> {
  const lines = new LineWindows(newlineByte(input.head));
  const parser = new MessyParser(sink, { region: context.region });
  let tooLong = 0;
  for await (const chunk of input.stream()) {
    lines.push(chunk, (window, index) => parser.take(window, index));
    if (lines.tooLong > tooLong) sink.reject('too-long', lines.tooLong - tooLong);
    tooLong = lines.tooLong;
    await sink.drain();
  }
  lines.finish((window, index) => parser.take(window, index));
}

/** Rows that one dialect would lose from which a file counts as messy; of those that an open quote takes, which nothing else explains, one is enough. */
const LOST_ROWS = 3;
const LOST_SHARE = 0.01;
const TAKEN_SHARE = 0.6;
/** Lines after which a file that is mostly no table is judged no further. */
const ENOUGH_LINES = 150;

/** What other formats begin with, and lines that only SQL has. */
const otherStarts = /^\s{0,100}[{[<]/;
const sqlLines =
  /^[ \t]{0,8}(?:(?:insert|replace)\s{1,9}into|create\s{1,9}(?:table|database|schema)|copy\s[^\n]{1,300}\sfrom\s{1,9}stdin|lock\s{1,9}tables)/im;

/**
 * 0.5 to 0.75 where the head or the stretches of a file have rows that a reader of one dialect would lose (at least 3, and 1 %; of rows that a quote left open takes, one) and most of
 * their lines are rows of tables whose columns have a form; else 0.
 */
export function isMessy(start: InputStart): number {
  const text = new TextDecoder().decode(start.head.subarray(0, 32_768));
  if (otherStarts.test(text) || sqlLines.test(text)) return 0;
  const newline = newlineByte(start.head.subarray(0, JUDGED_BYTES));
  const head = start.head.subarray(0, JUDGED_BYTES);
  const stretches = [head, ...start.windows.map((window) => window.subarray(0, 32_768))];
  const hasQuotes = [start.head, ...start.windows].some((stretch) => stretch.includes(QUOTE));
  const dialect = hasQuotes ? detectDialect(start.head, judgedContext).dialect : null;
  // What is left of the head is worth the time only where a quote may have been left open.
  const hasRest = start.head.length > JUDGED_BYTES && dialect !== null;
  const rest = hasRest ? joinedRowsBehind(start.head, JUDGED_BYTES - OVERLAP_BYTES, dialect) : null;
  if (rest !== null) stretches.push(start.head.subarray(rest));
  const sum = { gained: 0, swallowed: 0, taken: 0, lost: 0 };
  for (const stretch of stretches) {
    const isWhole = start.headIsWhole && isEndOf(stretch, start.head);
    const judged = judgeStretch(stretch, isWhole, newline, dialect);
    if (judged === null) return 0;
    sum.gained += judged.gained;
    sum.swallowed += judged.swallowed;
    sum.taken += judged.taken;
    sum.lost += judged.lost;
  }
  const { gained, swallowed, taken, lost } = sum;
  if (swallowed === 0 && (gained < LOST_ROWS || gained < taken * LOST_SHARE)) return 0;
  if (taken < (taken + lost) * TAKEN_SHARE) return 0;
  return Math.min(0.75, 0.55 + (gained + swallowed) / taken / 2);
}

/** What one stretch has: rows in form, rows that one dialect would not read, those of them that a quote left open takes, and lines that are none. Null when it is hardly a table. */
function judgeStretch(
  stretch: Uint8Array,
  isWhole: boolean,
  newline: number,
  dialect: Dialect | null,
): { gained: number; swallowed: number; taken: number; lost: number } | null {
  const lines = new LineWindows(newline);
  const parser = new MessyParser(silentSink, judgedContext);
  const strict = dialect === null || dialect.quote === null ? null : new StrictRows(stretch, dialect);
  let swallowed = 0;
  let isOther = false;
  const take = (window: LineWindow, index: number): number => {
    const { formedRows, gainedRows } = parser;
    const taken = parser.take(window, index);
    const others = parser.rows + parser.rejected - parser.formedRows;
    isOther ||= others > ENOUGH_LINES && others > parser.formedRows * 2;
    if (isOther) return window.from.length - index;
    if (strict !== null && taken === 1 && parser.formedRows > formedRows && parser.gainedRows === gainedRows) {
      // What is held back until the end is a copy of the last bytes.
      const offset = stretch.length - window.bytes.length;
      if (!strict.isRow(offset + (window.from[index] ?? 0), offset + (window.to[index] ?? 0))) swallowed++;
    }
    return taken;
  };
  lines.push(stretch, take);
  if (isWhole) lines.finish(take);
  if (isOther) return null;
  const { rows, formedRows, gainedRows, rejected } = parser;
  return { gained: gainedRows, swallowed, taken: formedRows, lost: rows + rejected - formedRows };
}

function isEndOf(stretch: Uint8Array, whole: Uint8Array): boolean {
  return stretch.buffer === whole.buffer && stretch.byteOffset + stretch.length === whole.byteOffset + whole.length;
}

const judgedContext = { region: 'CN' };
const silentWriter = { text() {}, bytes() {}, empty() {}, end() {}, drop() {} };
const silentSink: RowSink = { table: () => silentWriter, reject() {}, async drain() {} };
