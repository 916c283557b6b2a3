import type { DisclosureReject, LogFormat } from '../../contract/disclosures.ts';
import { BoltsealError } from '../../core/errors.ts';
import { accessValue, parseAccessLine } from './access-line.ts';
import { createRecordReader } from './json-records.ts';
import { compilePrefix, type LogPrefix, parseAudit, splitAudit, usualPrefixes } from './pgaudit-line.ts';
import { readStatement, tokenize } from './pgaudit-statement.ts';
import type { ReadingRules } from './rules.ts';
import type { DisclosureSink } from './sink.ts';

/** Reads a log line by line; `finish` tells that there are no more. */
export interface LineReader {
  line(text: string): void;
  finish(): void;
}

/** A PostgreSQL message goes on over lines that begin with a tab, up to so many characters. */
const MAX_MESSAGE_LENGTH = 1_048_576;

/** The reader of a format that goes by lines. Fails with DISCLOSURES_OPTION. */
export function createLineReader(
  format: Exclude<LogFormat, 'table'>,
  rules: ReadingRules,
  sink: DisclosureSink,
): LineReader {
  if (format === 'json') return createJsonReader(rules, sink);
  return format === 'access' ? createAccessReader(rules, sink) : createAuditReader(rules, sink);
}

function createJsonReader(rules: ReadingRules, sink: DisclosureSink): LineReader {
  const take = createRecordReader(rules, sink);
  return {
    line(text) {
      const record = parseJson(text);
      if (record === undefined) sink.reject('bad-line');
      else take(record);
    },
    finish() {},
  };
}

function createAccessReader(rules: ReadingRules, sink: DisclosureSink): LineReader {
  const principalKey = rules.map.get('principal') ?? 'remote_user';
  const purposeKey = rules.map.get('purpose');
  const subjectKey = rules.map.get('subject');
  return {
    line(text) {
      const found = parseAccessLine(text);
      if (found === null) {
        sink.reject('bad-line');
        return;
      }
      const [method = '', url = ''] = found.request.split(' ', 2);
      const principal = accessValue(found, principalKey) ?? '';
      const purpose = purposeKey === undefined ? '' : (accessValue(found, purposeKey) ?? '');
      if (subjectKey === undefined) {
        sink.takeRequest(found.time_local, principal, { url, method, status: found.status }, 0, purpose);
        return;
      }
      sink.take(found.time_local, principal, accessValue(found, subjectKey) ?? '', rules.fields ?? 0, purpose);
    },
    finish() {},
  };
}

/** What PostgreSQL's jsonlog calls the parts of a prefix (19.8.5). */
const jsonNames: Readonly<Record<keyof LogPrefix, string>> = {
  at: 'timestamp',
  user: 'user',
  database: 'dbname',
  application: 'application_name',
  host: 'remote_host',
};

const prefixParts = Object.keys(jsonNames) as (keyof LogPrefix)[];

function createAuditReader(rules: ReadingRules, sink: DisclosureSink): LineReader {
  const parsers = (rules.logPrefix === null ? usualPrefixes : [rules.logPrefix]).map(compilePrefix);
  const principalKey = prefixPart(rules.map.get('principal') ?? 'user');
  const purpose = rules.map.get('purpose');
  const purposeKey = purpose === undefined ? null : prefixPart(purpose);
  let message: string[] = [];
  let length = 0;

  const take = (prefix: LogPrefix, audit: string): DisclosureReject | null => {
    const record = parseAudit(audit);
    if (record === null) return 'bad-line';
    if (record.kind !== 'READ') return 'not-read';
    const reading = readStatement(tokenize(record.statement), record.object, record.parameters, rules.tables);
    if (typeof reading === 'string') return reading;
    const why = purposeKey === null ? '' : prefix[purposeKey];
    for (const subject of reading.subjects) {
      sink.take(prefix.at, prefix[principalKey], subject, reading.fields, why);
    }
    return null;
  };
  const takeText = (text: string): DisclosureReject | null => {
    const split = splitAudit(text);
    if (split === null) return 'not-audit';
    for (const parse of parsers) {
      const prefix = parse(split.prefix);
      if (prefix !== null) return take(prefix, split.audit);
    }
    return 'bad-line';
  };
  const takeJson = (text: string): DisclosureReject | null => {
    const record = parseJson(text);
    if (typeof record !== 'object' || record === null) return 'bad-line';
    const get = (name: string): string => {
      const value = (record as Record<string, unknown>)[name];
      return typeof value === 'string' ? value : '';
    };
    const audit = get('message');
    if (!audit.startsWith('AUDIT: ')) return 'not-audit';
    const prefix = Object.fromEntries(Object.entries(jsonNames).map(([part, name]) => [part, get(name)]));
    return take(prefix as unknown as LogPrefix, audit.slice(7));
  };
  const flush = (): void => {
    if (message.length === 0) return;
    const text = message.join('\n');
    message = [];
    length = 0;
    const reason = text.startsWith('{') ? takeJson(text) : takeText(text);
    if (reason !== null) sink.reject(reason);
  };
  return {
    line(text) {
      if (text.startsWith('\t') && message.length > 0) {
        length += text.length;
        if (length <= MAX_MESSAGE_LENGTH) message.push(text.slice(1));
        return;
      }
      flush();
      message = [text];
    },
    finish: flush,
  };
}

/** The part of a line's prefix that --map names. Fails with DISCLOSURES_OPTION. */
function prefixPart(name: string): keyof LogPrefix {
  const part = prefixParts.find((known) => known === name);
  if (part !== undefined) return part;
  const problem = `of PostgreSQL's logs --map takes ${prefixParts.join(', ')}`;
  throw new BoltsealError('DISCLOSURES_OPTION', { problem, command: 'disclosures import' });
}

/** Undefined when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
