import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DisclosureKey,
  type DisclosureReject,
  disclosureKeys,
  type LogFormat,
} from '../../contract/disclosures.ts';
import { BoltsealError } from '../../core/errors.ts';
import { resolveColumn } from '../../dump/columns.ts';
import { asReadError, type ReadListener, readFile, STDIN } from '../../dump/input.ts';
import type { InferredColumn, RejectReason } from '../../dump/port.ts';
import { disclosuresKey } from '../sealed.ts';
import type { StepListener } from '../store.ts';
import { DisclosureWriter } from '../writer.ts';
import { detectLog } from './detect-log.ts';
import { openLog, readLines } from './lines.ts';
import { createLineReader } from './log-readers.ts';
import { readRules } from './read-rules.ts';
import type { ReadingRules, RuleWords } from './rules.ts';
import { DisclosureSink } from './sink.ts';
import { readTables } from './tables.ts';
import type { TextRowTaker } from './text-rows.ts';

/** Logs and how they are to be read. The home's lock must be held. */
export interface ImportRequest {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly region: string;
  /** Files, folders, and `-`. */
  readonly inputs: readonly string[];
  readonly words: RuleWords;
  /** Standard input. */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly onRead: ReadListener;
  readonly onStep?: StepListener;
  readonly segmentRows?: number;
}

/** What an import did. */
export interface ImportSummary {
  readonly files: number;
  /** Of them, those that were imported before and not read again. */
  readonly knownFiles: number;
  readonly formats: ReadonlySet<LogFormat>;
  /** Disclosures in what was read. */
  readonly read: number;
  /** Of them, those that were not there before. */
  readonly added: number;
  readonly rejected: ReadonlyMap<DisclosureReject, number>;
  /** Different names in lists of fields that are none of Boltseal's. */
  readonly ignoredNames: number;
  /** First and last time in what was read; null when nothing was. */
  readonly fromSeconds: number | null;
  readonly untilSeconds: number | null;
  readonly newPrincipals: number;
  readonly newUnknownSubjects: number;
  /** Of all that there is now. */
  readonly total: number;
}

/**
 * Imports logs into the disclosures of a home, all of them or, after a failure, none. A file that was imported before in the same way is left out; so is each disclosure
 * that is there already.
 *
 * Fails with DISCLOSURES_*, DUMP_*, KEY_UNUSABLE and, where there is a register, REGISTER_*.
 */
export async function importDisclosures(request: ImportRequest): Promise<ImportSummary> {
  const { home, registerKey } = request;
  const rules = readRules(request.words, request.region);
  const paths = await listFiles(request.inputs);
  const writer = new DisclosureWriter({
    home,
    registerKey,
    key: disclosuresKey(registerKey),
    ...(request.onStep === undefined ? {} : { onStep: request.onStep }),
    ...(request.segmentRows === undefined ? {} : { segmentRows: request.segmentRows }),
  });
  try {
    return await readAndCommit(request, rules, paths, writer);
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

async function readAndCommit(
  request: ImportRequest,
  rules: ReadingRules,
  paths: readonly string[],
  writer: DisclosureWriter,
): Promise<ImportSummary> {
  const { stdin, onRead } = request;
  const before = writer.manifest;
  const sink = new DisclosureSink(writer, rules);
  const reading = digestRules(request.words, request.region);
  const known = new Set(before.imported.filter((file) => file.reading === reading).map(({ sha256 }) => sha256));
  const formats = new Set<LogFormat>();
  let knownFiles = 0;
  for (const path of paths) {
    const sha256 = path === STDIN ? null : await digestFile(path);
    if (sha256 !== null && known.has(sha256)) {
      knownFiles++;
      continue;
    }
    const taken = sink.taken;
    formats.add(await readLog(path, rules, sink, stdin, onRead));
    if (sha256 === null) continue;
    known.add(sha256);
    writer.addImported({ sha256, reading, disclosures: sink.taken - taken });
  }
  const written = writer.commit();
  return {
    files: paths.length,
    knownFiles,
    formats,
    read: sink.taken,
    added: written.added,
    rejected: sink.rejected,
    ignoredNames: sink.fields.unknownNames,
    fromSeconds: sink.taken === 0 ? null : sink.fromSeconds,
    untilSeconds: sink.taken === 0 ? null : sink.untilSeconds,
    newPrincipals: writer.principals.count - before.principalCount,
    newUnknownSubjects: writer.subjects.unknownCount - before.unknownSubjects,
    total: before.segments.reduce((sum, { rows }) => sum + rows, 0) + written.added,
  };
}

async function readLog(
  path: string,
  rules: ReadingRules,
  sink: DisclosureSink,
  stdin: AsyncIterable<Uint8Array>,
  onRead: ReadListener,
): Promise<LogFormat> {
  const input = await openLog(path, stdin, onRead);
  const format = rules.format ?? detectLog(input.head);
  if (format === 'table') {
    // The dump reader opens files itself; standard input has been begun and goes on from its start.
    const names = disclosureKeys.map((key) => rules.map.get(key) ?? key);
    const table = { path, region: rules.region, stdin: path === STDIN ? input.stream() : stdin, onRead, names };
    await readTables(table, (columns, name) => createTableTaker(columns, name, rules, sink));
    return format;
  }
  if (format === 'pgaudit' && rules.tables.length === 0) {
    throw new BoltsealError('DISCLOSURES_OPTION', {
      problem:
        'PostgreSQL logs need --table NAME:KEY=FIELDS: which table holds people, and which of its columns is their id?',
      command: 'disclosures import',
    });
  }
  if (format === 'access' && rules.urls.length === 0 && !rules.map.has('subject')) {
    throw new BoltsealError('DISCLOSURES_OPTION', {
      problem:
        "web servers' logs need --subject-pattern: which addresses show a person, for example '/customers/{subject}'?",
      command: 'disclosures import',
    });
  }
  const reader = createLineReader(format, rules, sink);
  await readLines(
    input.stream(),
    (line) => reader.line(line),
    () => sink.reject('too-long'),
  );
  reader.finish();
  return format;
}

/** Rows of a table with columns named, or mapped, as disclosures need them. Fails with DISCLOSURES_COLUMN and USAGE_COLUMN. */
function createTableTaker(
  columns: readonly InferredColumn[],
  name: string,
  rules: ReadingRules,
  sink: DisclosureSink,
): TextRowTaker {
  const find = (key: DisclosureKey): number => {
    const mapped = rules.map.get(key);
    if (mapped !== undefined) return resolveColumn(columns, mapped, name);
    return columns.findIndex((column) => column.name?.trim().toLowerCase() === key);
  };
  const need = (key: DisclosureKey): number => {
    const index = find(key);
    if (index < 0) throw new BoltsealError('DISCLOSURES_COLUMN', { path: name, what: key });
    return index;
  };
  const at = need('at');
  const principal = need('principal');
  const url = rules.urls.length > 0 ? find('url') : -1;
  const subject = url < 0 ? need('subject') : find('subject');
  const hasUrlFields = url >= 0 && rules.urls.every((rule) => rule.fields !== null);
  const fields = rules.fields === null && !hasUrlFields ? need('fields') : find('fields');
  const purpose = find('purpose');
  const status = find('status');
  const method = find('method');
  return {
    row(cells) {
      const cell = (index: number): string => (index < 0 ? '' : (cells[index] ?? ''));
      const said = fields < 0 ? 0 : sink.fields.maskOfText(cell(fields));
      if (url >= 0 && cell(subject) === '') {
        const request = { url: cell(url), method: cell(method), status: cell(status) };
        sink.takeRequest(cell(at), cell(principal), request, said, cell(purpose));
        return;
      }
      sink.take(cell(at), cell(principal), cell(subject), fields < 0 ? (rules.fields ?? 0) : said, cell(purpose));
    },
    reject: (reason, count) => sink.reject(asReject(reason), count),
  };
}

function asReject(reason: RejectReason): DisclosureReject {
  return reason === 'too-long' || reason === 'too-many-cells' ? reason : 'unreadable';
}

/** Files, and those in folders, in the order of their names. Fails with DUMP_NOT_FOUND, DUMP_UNREADABLE and DUMP_NOT_FILE. */
async function listFiles(inputs: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const input of inputs) {
    if (input === STDIN) {
      paths.push(input);
      continue;
    }
    try {
      const entry = await stat(input);
      if (entry.isFile()) paths.push(input);
      else if (entry.isDirectory()) {
        const entries = await readdir(input, { withFileTypes: true, recursive: true });
        const files = entries.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
        paths.push(...files.sort());
      } else throw new BoltsealError('DUMP_NOT_FILE', { path: input, kind: 'pipe or device' });
    } catch (error) {
      throw asReadError(error, input);
    }
  }
  return paths;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readFile(path, path, () => {})) hash.update(chunk);
  return hash.digest('hex');
}

/** Read with other rules, a file is another import. */
function digestRules(words: RuleWords, region: string): string {
  const said = { ...words, map: [...words.map].sort(), region };
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
