import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { newlineByte } from './messy-text-lines.ts';
import { MessyParser } from './messy-text-parser.ts';
import { type LineWindow, LineWindows } from './messy-text-window.ts';

/** Bytes of the head that are read to find out whether a file is messy. */
const JUDGED_BYTES = 196_608;

/** Delimited text that no single dialect reads: see `MessyParser`. Every table of the file is a table of its own. */
export const messyTextReader: FormatReader = {
  format: 'messy text',
  label: 'delimited text, irregular',
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

/** Rows that one dialect would lose from which a file counts as messy. */
const LOST_ROWS = 3;
const LOST_SHARE = 0.01;
const TAKEN_SHARE = 0.6;
/** Lines after which a file that is mostly no table is judged no further. */
const ENOUGH_LINES = 150;
const SLICE_BYTES = 16_384;

/** What other formats begin with, and lines that only SQL has. */
const otherStarts = /^\s{0,100}[{[<]/;
const sqlLines =
  /^[ \t]{0,8}(?:(?:insert|replace)\s{1,9}into|create\s{1,9}(?:table|database|schema)|copy\s[^\n]{1,300}\sfrom\s{1,9}stdin|lock\s{1,9}tables)/im;

/**
 * 0.5 to 0.75 where the head or the stretches of a file have rows that a reader of one dialect would lose (at least 3, and 1 %) and most of their lines are rows of tables whose columns
 * have a form; else 0.
 */
export function isMessy(start: InputStart): number {
  const text = new TextDecoder().decode(start.head.subarray(0, 32_768));
  if (otherStarts.test(text) || sqlLines.test(text)) return 0;
  const newline = newlineByte(start.head.subarray(0, JUDGED_BYTES));
  let gained = 0;
  let taken = 0;
  let lost = 0;
  const stretches = [
    start.head.subarray(0, JUDGED_BYTES),
    ...start.windows.map((window) => window.subarray(0, 32_768)),
  ];
  for (const stretch of stretches) {
    const lines = new LineWindows(newline);
    const parser = new MessyParser(silentSink, { region: 'CN' });
    const take = (window: LineWindow, index: number): number => parser.take(window, index);
    for (let at = 0; at < stretch.length; at += SLICE_BYTES) {
      lines.push(stretch.subarray(at, at + SLICE_BYTES), take);
      const others = parser.rows + parser.rejected - parser.formedRows;
      if (others > ENOUGH_LINES && others > parser.formedRows * 2) return 0;
    }
    if (start.headIsWhole && stretch === stretches[0] && stretch.length === start.head.length) lines.finish(take);
    gained += parser.gainedRows;
    taken += parser.formedRows;
    lost += parser.rows + parser.rejected - parser.formedRows;
  }
  if (gained < LOST_ROWS || gained < taken * LOST_SHARE || taken < (taken + lost) * TAKEN_SHARE) return 0;
  return Math.min(0.75, 0.55 + gained / taken / 2);
}

const silentWriter = { text() {}, bytes() {}, empty() {}, end() {}, drop() {} };
const silentSink: RowSink = { table: () => silentWriter, reject() {}, async drain() {} };
