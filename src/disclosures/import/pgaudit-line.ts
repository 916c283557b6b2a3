/** What stands before a message in PostgreSQL's log. */
export interface LogPrefix {
  readonly at: string;
  readonly user: string;
  readonly database: string;
  readonly application: string;
  readonly host: string;
}

/** One record of pgaudit. */
export interface AuditRecord {
  /** `READ`, `WRITE`, … */
  readonly kind: string;
  readonly object: string;
  readonly statement: string;
  readonly parameters: readonly string[];
}

/** Turns the start of a line into its parts; null when it is written otherwise. */
export type PrefixParser = (text: string) => LogPrefix | null;

const empty: LogPrefix = { at: '', user: '', database: '', application: '', host: '' };
const parts: Readonly<Record<string, keyof LogPrefix>> = {
  m: 'at',
  t: 'at',
  n: 'at',
  u: 'user',
  d: 'database',
  a: 'application',
  r: 'host',
  h: 'host',
};
const clock = /\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?: [A-Za-z]{1,5}\b| ?[+-]\d{2}(?::?\d{2})?)?/y;

/** Prefixes that are tried when none is given: that of Debian's packages, and PostgreSQL's default (postgresql.conf.sample). */
export const usualPrefixes: readonly string[] = [
  '%m [%p] %q%u@%d ',
  '%m [%p] %u@%d ',
  '%t [%p]: user=%u,db=%d,app=%a,client=%h ',
  '%m [%p] ',
];

/** A parser for a `log_line_prefix` (PostgreSQL, 19.8.3). Each value goes up to the text that follows it in the prefix. Linear time. */
export function compilePrefix(prefix: string): PrefixParser {
  const pieces = [...prefix.matchAll(/%-?\d*([a-zA-Z%])|[^%]+|%/g)].map(([text, code]) => ({ text, code }));
  const steps = pieces.map(({ text, code }) =>
    code === undefined || code === '%' ? { literal: code === '%' ? '%' : text, code: null } : { literal: '', code },
  );
  const used = steps.filter(({ code }) => code !== 'q');
  return (text) => {
    const found = { ...empty };
    let at = 0;
    for (const [index, { literal, code }] of used.entries()) {
      if (code === null) {
        if (!text.startsWith(literal, at)) return null;
        at += literal.length;
        continue;
      }
      let end: number;
      if (code === 'm' || code === 't' || code === 's') {
        clock.lastIndex = at;
        if (!clock.test(text)) return null;
        end = clock.lastIndex;
      } else {
        const next = used[index + 1];
        end = next === undefined ? text.length : next.code === null ? text.indexOf(next.literal, at) : at;
        if (end < 0) return null;
      }
      const part = parts[code];
      if (part !== undefined) found[part] = text.slice(at, end).trim();
      at = end;
    }
    return at === text.length ? found : null;
  };
}

/** Splits a line of the server's log where its message begins; null when it is no audit. */
export function splitAudit(line: string): { readonly prefix: string; readonly audit: string } | null {
  const at = line.indexOf('AUDIT: ');
  if (at < 0) return null;
  const level = /[A-Z]{3,9}:\s{1,2}$/.exec(line.slice(Math.max(0, at - 12), at));
  return { prefix: line.slice(0, at - (level?.[0].length ?? 0)), audit: line.slice(at + 7) };
}

/**
 * Reads what stands behind `AUDIT: `: type, statement and substatement number, class, command, object type, object name, statement, parameters (pgAudit's README,
 * "Format"), as CSV. Null when it is something else. Linear time.
 */
export function parseAudit(text: string): AuditRecord | null {
  const cells = splitCsv(text, 10);
  const [type, , , kind, , , object = '', statement, parameters = ''] = cells;
  if ((type !== 'SESSION' && type !== 'OBJECT') || kind === undefined || statement === undefined) return null;
  const isThere = parameters !== '' && !/^<(?:none|not logged|previously logged)>$/.test(parameters);
  return { kind, object, statement, parameters: isThere ? splitCsv(parameters, 10_000) : [] };
}

/** The cells of one row of CSV (RFC 4180), at most `most`. */
function splitCsv(text: string, most: number): string[] {
  const cells: string[] = [];
  for (let at = 0; at <= text.length && cells.length < most; ) {
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) end = text.length;
        else if (text[end + 1] === '"') {
          end += 2;
          continue;
        }
        break;
      }
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
      const comma = text.indexOf(',', end);
      at = comma < 0 ? text.length + 1 : comma + 1;
    } else {
      const comma = text.indexOf(',', at);
      const end = comma < 0 ? text.length : comma;
      cells.push(text.slice(at, end));
      at = end + 1;
    }
  }
  return cells;
}
