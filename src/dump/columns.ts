import { BoltsealError } from '../core/errors.ts';
import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { headerKey } from '../core/text.ts';
import { noHint, readHeader } from './columns-headers.ts';
import { judgeColumn, lookForPeople } from './columns-judge.ts';
import { findLogins, type JudgedColumn } from './columns-logins.ts';
import { findSplit } from './columns-splits.ts';
import { trustHints } from './columns-trust.ts';
import type { InferredColumn } from './port.ts';
import { profileColumn, scoreOf } from './profile.ts';
import type { ColumnSplit } from './split-cell.ts';

/** What the user says about one column: a header's name, or a number from 1. */
export interface ColumnMapping {
  readonly field: FieldName;
  readonly column: string;
}

/** What the columns of a table hold. */
export interface InferredTable {
  readonly columns: readonly InferredColumn[];
  /** Columns whose cells hold several values. Their `field` is null (`kind` is `mixed`), or that of a list's values where most cells hold one value only. */
  readonly splits: readonly ColumnSplit[];
}

/** Judged columns and cells: a hostile file may have thousands of columns. */
const MAX_JUDGED_COLUMNS = 512;
const MAX_JUDGED_CELLS = 100_000;
/** Columns that are looked at for several values in a cell. */
const MAX_SPLIT_COLUMNS = 64;

/**
 * Says for each column which field it holds, from a sample of data rows (the more they are from all over the file, the better) and the header (null when there is none).
 *
 * Fields with a form of their own (phone, email, nationalId, trackingNumber, passwordHash) follow the content: a header alone never makes them sure, and a
 * header that says something else is overruled. The others (customerId, username, name, address, password) follow the header unless the content cannot be that; without one, names
 * and addresses follow the content, and user names and passwords only where the table looks like a list of logins.
 */
export function inferTable(
  rows: readonly (readonly string[])[],
  header: readonly string[] | null,
  columns: number,
  context: FieldContext,
): InferredTable {
  const judgedRows = spread(rows, Math.max(20, Math.floor(MAX_JUDGED_CELLS / columns)));
  const profiles = Array.from({ length: columns }, (_, index) =>
    profileColumn(index < MAX_JUDGED_COLUMNS ? judgedRows.map((row) => row[index] ?? '') : [], context),
  );
  const names = header === null ? [] : profiles.map((_, index) => header[index] ?? '');
  const { hints, remark } = trustHints(profiles, names.map(readHeader));
  const judged: JudgedColumn[] = [];
  const splits: ColumnSplit[] = [];
  let tried = 0;
  for (const [index, profile] of profiles.entries()) {
    const name = names[index] ?? null;
    const verdict = judgeColumn(
      profile,
      hints[index] ?? noHint,
      remark ?? (name === null || name === '' ? 'no header' : null),
    );
    const column = { name, profile, ...verdict };
    judged.push(column);
    const split = profile.worded && tried++ < MAX_SPLIT_COLUMNS ? findSplit(profile, context) : null;
    if (split === null) continue;
    splits.push({ index, ...split });
    if (split.pattern === 'list' && column.field === split.fields[0]) continue;
    Object.assign(column, { field: null, confidence: 0, reason: split.reason });
  }
  if (header === null) findLogins(judged.filter((_, index) => !splits.some((split) => split.index === index)));
  keepOneCustomerId(judged);
  dropLonelyNames(judged);
  return { columns: judged.map((column, index) => asInferred(column, index, splits)), splits };
}

/** The columns of `inferTable` alone. */
export function inferColumns(
  rows: readonly (readonly string[])[],
  header: readonly string[] | null,
  columns: number,
  context: FieldContext,
): readonly InferredColumn[] {
  return inferTable(rows, header, columns, context).columns;
}

function asInferred(column: JudgedColumn, index: number, splits: readonly ColumnSplit[]): InferredColumn {
  const { name, profile, field, confidence, reason } = column;
  const isMixed = splits.some((split) => split.index === index);
  return {
    index,
    name: name === null || name === '' ? null : name,
    field,
    kind: field !== null ? null : isMixed ? 'mixed' : lookForPeople(profile, name),
    confidence: Math.round(confidence * 100) / 100,
    reason,
  };
}

/** At most so many of the rows, from all over them. */
function spread<T>(rows: readonly T[], most: number): readonly T[] {
  if (rows.length <= most) return rows;
  const step = rows.length / most;
  return Array.from({ length: most }, (_, index) => rows[Math.floor(index * step)] as T);
}

function isGeneric(name: string | null): boolean {
  return /^(?:name|displayname|名称|名字|名前|이름|nom|nome|nombre)$/.test(headerKey(name ?? ''));
}

/** A header "name" over words that are no names, in a table without anything else of a person, names things. */
function dropLonelyNames(columns: readonly JudgedColumn[]): void {
  if (columns.some(({ field }) => field !== null && field !== 'name')) return;
  for (const column of columns) {
    if (column.field !== 'name' || scoreOf(column.profile, 'name') >= 0.4 || !isGeneric(column.name)) continue;
    column.field = null;
    column.confidence = 0;
    column.reason = 'header says name, but the cells do not look like it, nor does any column hold another field';
  }
}

/** The company's own id stands in one column: the one whose header says "customer" most plainly. Others would make every row a chimera. */
function keepOneCustomerId(columns: readonly JudgedColumn[]): void {
  const ids = columns.filter((column) => column.field === 'customerId');
  const [kept] = ids.toSorted((a, b) => plainness(b) - plainness(a));
  for (const column of ids) {
    if (column === kept) continue;
    column.field = null;
    column.confidence = 0;
    column.reason = 'header says customerId; another column says it more plainly';
  }
}

function plainness(column: JudgedColumn): number {
  const key = headerKey(column.name ?? '');
  if (/cust|client|member|subject|会员|会員|會員|客户|客戶|顾客|顧客/.test(key)) return 2 + column.confidence;
  return (/user|uid|用户|用戶/.test(key) ? 1 : 0) + column.confidence;
}

/** Position of the column that the user means: by header (exactly, else whatever its case and punctuation), else by number from 1. Fails with USAGE_COLUMN. */
export function resolveColumn(columns: readonly InferredColumn[], column: string, path: string): number {
  const exact = columns.find(({ name }) => name === column);
  if (exact !== undefined) return exact.index;
  const key = headerKey(column);
  const alike = key === '' ? undefined : columns.find(({ name }) => name !== null && headerKey(name) === key);
  if (alike !== undefined) return alike.index;
  const index = /^\d{1,6}$/.test(column) ? Number(column) - 1 : -1;
  if (index >= 0 && index < columns.length) return index;
  // The names themselves come from the file, and where data was taken for a header they are values.
  const header = columns.some(({ name }) => name !== null) ? 'with a header' : 'without header';
  throw new BoltsealError('USAGE_COLUMN', { column, path, count: columns.length, header });
}

/** Why a column holds what the user said. */
export const mappedReason = 'given by --map';

/** The columns with what the user said about them; a field that is mapped stays on no other column. */
export function applyMappings(
  columns: readonly InferredColumn[],
  mappings: readonly ColumnMapping[],
  path: string,
): InferredColumn[] {
  const mapped = new Map(mappings.map(({ field, column }) => [resolveColumn(columns, column, path), field]));
  const taken = new Set(mappings.map(({ field }) => field));
  return columns.map((column) => {
    const field = mapped.get(column.index);
    if (field !== undefined) return { ...column, field, kind: null, confidence: 1, reason: mappedReason };
    if (column.field === null || !taken.has(column.field)) return column;
    return { ...column, field: null, kind: 'text', confidence: 0, reason: 'another column was given by --map' };
  });
}
