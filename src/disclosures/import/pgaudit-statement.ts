import type { FieldName } from '../../core/fields/field.ts';
import { fieldByName } from '../../core/fields/registry.ts';
import { fieldOfName } from './field-names.ts';

/** A table of the database with fields of subjects. */
export interface TableRule {
  /** Null: in whatever schema. */
  readonly schema: string | null;
  readonly table: string;
  /** The column with the subject's id. */
  readonly key: string;
  /** Fields and their columns; a null column is any whose name says the field. */
  readonly fields: readonly { readonly field: FieldName; readonly column: string | null }[];
}

/** A piece of SQL. Names are as the database sees them: lower case unless quoted. */
export interface SqlToken {
  readonly kind: 'name' | 'value' | 'parameter' | 'mark';
  readonly text: string;
}

/** Whose fields a statement reads: ids of subjects and a mask of fields by id; or why that cannot be told. */
export type StatementReading =
  | { readonly subjects: readonly string[]; readonly fields: number }
  | 'other-table'
  | 'no-key';

/** Subjects that one statement may name. */
const MAX_SUBJECTS = 100_000;

/**
 * Finds whose fields a statement reads, for the first table that it mentions: the ids that its key column is compared with (`id = 5`, `id IN (5, 6)`, `id = ANY ($1)`), and of
 * the fields those whose columns stand between any SELECT and its FROM (`*`, the whole row, TABLE and COPY: all). Parameters are `$1`, `$2` … in their order. Linear time.
 */
export function readStatement(
  tokens: readonly SqlToken[],
  object: string,
  parameters: readonly string[],
  rules: readonly TableRule[],
): StatementReading {
  for (const rule of rules) {
    const aliases = findAliases(tokens, rule);
    if (aliases.size === 0 && !isObject(object, rule)) continue;
    aliases.add(rule.table);
    const fields = readFields(tokens, rule, aliases);
    if (fields === 0) return 'other-table';
    const subjects = readKeys(tokens, rule.key, aliases, parameters);
    return subjects.length === 0 ? 'no-key' : { subjects, fields };
  }
  return 'other-table';
}

/** Cuts SQL into tokens without comments (PostgreSQL, 4.1); what never ends goes to the end. Of texts with escapes (`E'…'`) these stay as they are. Linear time. */
export function tokenize(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  const pattern =
    /\s+|--[^\n]*|\/\*|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(\d[\w.]*)|\$(\d+)|"|'|\$\w*\$|([<>=!~]{1,3}|[@#%^&|+*/?-])|([\s\S])/gy;
  for (let match = pattern.exec(sql); match !== null; match = pattern.exec(sql)) {
    const [whole, word, number, parameter, operator, other] = match;
    if (word !== undefined) tokens.push({ kind: 'name', text: word.toLowerCase() });
    else if (number !== undefined) tokens.push({ kind: 'value', text: number });
    else if (parameter !== undefined) tokens.push({ kind: 'parameter', text: parameter });
    else if (operator !== undefined || other !== undefined)
      tokens.push({ kind: 'mark', text: operator ?? other ?? '' });
    else if (whole === '/*') pattern.lastIndex = endOfComment(sql, pattern.lastIndex);
    else if (whole === '"' || whole === "'") {
      const prefix = whole === "'" ? takePrefix(tokens, sql, pattern.lastIndex - 2) : '';
      const end = endOfQuoted(sql, pattern.lastIndex, whole, prefix === 'e');
      const text = sql.slice(pattern.lastIndex, end).replaceAll(whole + whole, whole);
      tokens.push({ kind: whole === '"' ? 'name' : 'value', text });
      pattern.lastIndex = end + 1;
    } else if (whole.startsWith('$')) {
      const end = endOf(sql, whole, pattern.lastIndex);
      tokens.push({ kind: 'value', text: sql.slice(pattern.lastIndex, end - whole.length) });
      pattern.lastIndex = end;
    }
    if (pattern.lastIndex >= sql.length) break;
  }
  return tokens;
}

/** Past the next `mark`, or the end. */
function endOf(sql: string, mark: string, from: number): number {
  const at = sql.indexOf(mark, from);
  return at < 0 ? sql.length : at + mark.length;
}

/** Past the end of a comment: they may stand in each other (PostgreSQL, 4.1.5). */
function endOfComment(sql: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const match = mark.exec(sql);
    if (match === null) return sql.length;
    depth += match[0] === '/*' ? 1 : -1;
  }
  return mark.lastIndex;
}

/** The letter right before a text's quote, which is none of the tokens then: `E` for escapes, `N` for a national text (PostgreSQL, 4.1.2); '' when there is none. */
function takePrefix(tokens: SqlToken[], sql: string, at: number): string {
  const last = tokens.at(-1);
  const letter = sql[at]?.toLowerCase() ?? '';
  if (last?.kind !== 'name' || last.text !== letter || (letter !== 'e' && letter !== 'n')) return '';
  tokens.pop();
  return letter;
}

/** Where the closing quote stands; a doubled one does not close, nor does one behind a backslash where there are escapes. */
function endOfQuoted(sql: string, from: number, quote: string, hasEscapes: boolean): number {
  for (let at = from; at < sql.length; at++) {
    if (hasEscapes && sql[at] === '\\') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at;
      at++;
    }
  }
  return sql.length;
}

function isObject(object: string, { schema, table }: TableRule): boolean {
  const [name, within] = object.replaceAll('"', '').split('.').reverse();
  return name === table && (schema === null || within === undefined || within === schema);
}

const notAliases = new Set([
  'as',
  'where',
  'join',
  'inner',
  'left',
  'right',
  'full',
  'cross',
  'on',
  'group',
  'order',
  'limit',
  'for',
  'using',
]);

/** What stands before a table that is read: of a statement, `TABLE customers` and `COPY customers TO` among them. */
const announcing = new Set(['from', 'join', ',', 'only', 'table', 'copy']);

/** The names under which a table that follows FROM, JOIN or a comma is spoken of; empty when it is not mentioned. */
function findAliases(tokens: readonly SqlToken[], { schema, table }: TableRule): Set<string> {
  const aliases = new Set<string>();
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i]!.kind !== 'name' || tokens[i]!.text !== table) continue;
    const isQualified = tokens[i - 1]!.text === '.';
    if (isQualified && schema !== null && tokens[i - 2]?.text !== schema) continue;
    let before = isQualified ? i - 3 : i - 1;
    // Joins may stand in parentheses.
    while (tokens[before]?.text === '(') before--;
    if (!announcing.has(tokens[before]?.text ?? '')) continue;
    aliases.add(table);
    const next = tokens[tokens[i + 1]?.text === 'as' ? i + 2 : i + 1];
    if (next?.kind === 'name' && !notAliases.has(next.text)) aliases.add(next.text);
  }
  return aliases;
}

/** The fields whose columns are asked for, as a mask: in the lists of all SELECTs, wherever they stand. */
function readFields(tokens: readonly SqlToken[], rule: TableRule, aliases: ReadonlySet<string>): number {
  const all = rule.fields.reduce((mask, { field }) => mask | (1 << fieldByName(field).id), 0);
  const outer: boolean[] = [];
  let isList = false;
  let mask = 0;
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text } = tokens[i]!;
    if (kind === 'mark' && text === '(') outer.push(isList);
    else if (kind === 'mark' && text === ')') isList = outer.pop() ?? isList;
    else if (kind === 'name' && text === 'select') isList = true;
    else if (kind === 'name' && text === 'from') isList = false;
    // `TABLE customers` and `COPY customers TO` have no list.
    else if (kind === 'name' && (text === 'table' || text === 'copy') && isTable(tokens, i + 1, rule)) return all;
    if (!isList) continue;
    if (text === '*' ? isStar(tokens, i) : isWholeRow(tokens, i, aliases)) return all;
    if (kind !== 'name') continue;
    for (const { field, column } of rule.fields) {
      if (column === null ? fieldOfName(text) === field : text === column) mask |= 1 << fieldByName(field).id;
    }
  }
  return mask;
}

function isTable(tokens: readonly SqlToken[], at: number, { table }: TableRule): boolean {
  return tokens[tokens[at + 1]?.text === '.' ? at + 2 : at]?.text === table;
}

/** Whether a star stands for all columns: one behind a parenthesis counts rows, one between two values multiplies. */
function isStar(tokens: readonly SqlToken[], at: number): boolean {
  const before = tokens[at - 1]?.text ?? '';
  const next = tokens[at + 1]?.text ?? '';
  return (
    before !== '(' &&
    (['.', ',', 'select', 'distinct', 'all'].includes(before) || [',', 'from', ')', ''].includes(next))
  );
}

/** `SELECT c FROM customers c`, `row_to_json(c)`. */
function isWholeRow(tokens: readonly SqlToken[], at: number, aliases: ReadonlySet<string>): boolean {
  const { kind, text } = tokens[at]!;
  return kind === 'name' && aliases.has(text) && tokens[at + 1]?.text !== '.' && tokens[at - 1]?.text !== '.';
}

function readKeys(
  tokens: readonly SqlToken[],
  key: string,
  aliases: ReadonlySet<string>,
  parameters: readonly string[],
): string[] {
  const subjects: string[] = [];
  const add = (token: SqlToken | undefined): boolean => {
    if (token?.kind !== 'value' && token?.kind !== 'parameter') return false;
    const text = token.kind === 'value' ? token.text : parameters[Number(token.text) - 1];
    if (text !== undefined && subjects.length < MAX_SUBJECTS) subjects.push(text);
    return true;
  };
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i]!.kind !== 'name' || tokens[i]!.text !== key) continue;
    if (tokens[i - 1]!.text === '.' && !aliases.has(tokens[i - 2]?.text ?? '')) continue;
    const mark = tokens[i + 1]?.text;
    if (mark === 'in' && tokens[i + 2]?.text === '(') {
      let at = i + 3;
      // A name that is no type of a value belongs to a subselect, which says nothing of ids.
      while (
        at < tokens.length &&
        tokens[at]!.text !== ')' &&
        (tokens[at]!.kind !== 'name' || tokens[at - 1]!.text === ':')
      ) {
        add(tokens[at++]);
      }
      i = at - 1;
    } else if (mark === '=' && tokens[i + 2]?.text === 'any' && tokens[i + 3]?.text === '(') {
      const before = subjects.length;
      add(tokens[i + 4]);
      const list = subjects.splice(before).join();
      for (const text of list.split(/[{},"]+/)) if (text !== '' && subjects.length < MAX_SUBJECTS) subjects.push(text);
    } else if (mark === '=') add(tokens[i + 2]);
  }
  return subjects;
}
