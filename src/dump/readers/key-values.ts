import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { type KeyValueLine, splitPairs } from './key-values-line.ts';
import { RecordTable } from './record-shapes.ts';
import { LineCutter, linesOf } from './record-window.ts';

const DETECT_LINES = 200;

/**
 * Lines of `key=value` or `key: value` (logfmt, syslog with pairs, query strings): a line is a row, what stands before the first pair is the column `prefix`. Lines without
 * pairs are rejected as `bad-line`.
 */
export const keyValueReader: FormatReader = {
  format: 'key-values',
  takes: 'text',
  detect,
  read: readKeyValues,
};

/**
 * Seven of ten lines (three at least) have two pairs or more, two keys come back in six of ten of them, the pairs are most of the text, and what stands before them is not
 * several cells.
 */
function detect(start: InputStart): number {
  const lines = linesOf(start.head, start.headIsWhole)
    .filter((line) => line.trim() !== '')
    .slice(0, DETECT_LINES);
  if (lines.length < 3) return 0;
  const counts = new Map<string, number>();
  let good = 0;
  for (const line of lines) {
    const split = line.length > 65_536 ? null : splitPairs(line);
    if (split === null || !isPlausible(line, split)) continue;
    good++;
    for (const key of new Set(split.keys)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (good < lines.length * 0.7) return 0;
  const common = [...counts.values()].filter((count) => count >= good * 0.6).length;
  return common >= 2 ? 0.8 : 0;
}

function isPlausible(line: string, split: KeyValueLine): boolean {
  if (split.keys.length < 2) return false;
  const cells = split.prefix.split(/[,;\t|]/).length - 1;
  if (cells >= 2 || /^["<{[]?(?:select|insert|update|create|delete|alter|set)\b/i.test(split.prefix)) return false;
  if (/^[<{[]/.test(line) && !/^\[[^\]]{1,60}\]\s|^<\d{1,3}>/.test(line)) return false;
  let pairs = 0;
  for (const [i, key] of split.keys.entries()) pairs += key.length + 1 + (split.values[i]?.length ?? 0);
  return pairs * 2 >= line.length - split.prefix.length && (pairs * 3 >= line.length || split.prefix.length < 120);
}

async function readKeyValues(input: ByteInput, sink: RowSink, _context: ReadContext): Promise<void> {
  const table = new RecordTable(sink, null);
  const lines = new LineCutter((line) => {
    if (line === null) sink.reject('too-long');
    else if (line.trim() !== '') takeLine(line, table, sink);
  });
  for await (const chunk of input.stream()) {
    lines.push(chunk);
    await sink.drain();
  }
  lines.finish();
  table.finish();
  await sink.drain();
}

function takeLine(line: string, table: RecordTable, sink: RowSink): void {
  const split = splitPairs(line);
  if (split === null) {
    sink.reject('bad-line');
    return;
  }
  if (split.prefix === '') table.add(split.keys, split.values);
  else table.add(['prefix', ...split.keys], [split.prefix, ...split.values]);
}
