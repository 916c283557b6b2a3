import { BoltsealError } from '../core/errors.ts';
import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { fields } from '../core/fields/registry.ts';
import { headerKey } from '../core/text.ts';
import type { InferredColumn } from './port.ts';
import { type ColumnProfile, profileColumn, scoreOf, strictFields } from './profile.ts';

/** What the user says about one column: a header's name, or a number from 1. */
export interface ColumnMapping {
  readonly field: FieldName;
  readonly column: string;
}

/** Judged columns and cells: a hostile file may have thousands of columns. */
const MAX_JUDGED_COLUMNS = 512;
const MAX_JUDGED_CELLS = 100_000;

/**
 * Says for each column which field it holds, from a sample of data rows and the header (null when there is none).
 *
 * Fields with a form of their own (phone, email, nationalId, trackingNumber, passwordHash) follow the content: a header alone never makes them sure, and a
 * header that says something else is overruled. The others (customerId, username, name, address, password) follow the header; without one, names and addresses follow
 * the content, and user names and passwords only where the table looks like a list of logins.
 */
export function inferColumns(
  rows: readonly (readonly string[])[],
  header: readonly string[] | null,
  columns: number,
  context: FieldContext,
): InferredColumn[] {
  const judgedRows = rows.slice(0, Math.max(20, Math.floor(MAX_JUDGED_CELLS / columns)));
  const inferred: Judgement[] = [];
  for (let index = 0; index < columns; index++) {
    const cells = index < MAX_JUDGED_COLUMNS ? judgedRows.map((row) => row[index] ?? '') : [];
    const profile = profileColumn(cells, context);
    const name = header === null ? null : (header[index] ?? '');
    inferred.push({ name, profile, ...judge(profile, name) });
  }
  if (header === null) findLogins(inferred);
  keepOneCustomerId(inferred);
  return inferred.map(({ name, profile, field, confidence, reason }, index) => ({
    index,
    name: name === null || name === '' ? null : name,
    field,
    kind: field === null ? profile.kind : null,
    confidence: Math.round(confidence * 100) / 100,
    reason,
  }));
}

interface Verdict {
  readonly field: FieldName | null;
  readonly confidence: number;
  readonly reason: string;
}

type Judgement = { name: string | null; profile: ColumnProfile } & { -readonly [K in keyof Verdict]: Verdict[K] };

const fieldOfHeader: ReadonlyMap<string, FieldName> = new Map(
  fields.flatMap((field) => field.headers.map((header) => [header, field.name] as const)),
);

/** Longest known endings first: "receiver_home_phone", "收货联系电话2". Only fields with a form of their own, which the content must confirm. */
const endings: readonly (readonly [string, FieldName])[] = [...fieldOfHeader]
  .filter(([header, field]) => strictFields.includes(field) && header.length >= (/[a-z]/.test(header) ? 4 : 2))
  .toSorted((a, b) => b[0].length - a[0].length);

/** The field that a header names, exactly or by its ending; null when it names none. */
function fieldNamedBy(header: string): { field: FieldName; exact: boolean } | null {
  const key = headerKey(header);
  const exact = fieldOfHeader.get(key) ?? fieldOfHeader.get(key.replace(/\d{1,2}$/, ''));
  if (exact !== undefined) return { field: exact, exact: true };
  const ending = endings.find(([text]) => key.replace(/\d{1,2}$/, '').endsWith(text));
  return ending === undefined ? null : { field: ending[1], exact: false };
}

/** Content from which a field is taken with its header, with another field's header or an unknown one, and without header. */
const SUPPORTED = 0.3;
const OVERRULING = 0.8;
const UNNAMED = 0.65;

function judge(profile: ColumnProfile, name: string | null): Verdict {
  const named = name === null ? null : fieldNamedBy(name);
  const strict = best(profile, strictFields);
  if (named !== null) return judgeNamed(profile, named, strict);
  if (profile.filled === 0) return none('no cell is filled');
  const place = name === null ? 'no header' : 'the header says nothing';
  const needed = name === null || name === '' ? UNNAMED : OVERRULING;
  const isOther = profile.counting || (profile.kind === 'date' && profile.kindShare >= 0.9);
  if (strict.score >= needed && !isOther) {
    return {
      field: strict.field,
      confidence: strict.score * sureness(profile),
      reason: `${place}; ${looksLike(profile, strict.field)}`,
    };
  }
  const loose = best(profile, ['name', 'address']);
  if (loose.score >= needed * 0.85) {
    return {
      field: loose.field,
      confidence: loose.score * 0.9 * sureness(profile),
      reason: `${place}; ${looksLike(profile, loose.field)}`,
    };
  }
  return none(`${place}; mostly ${profile.kind}`);
}

function judgeNamed(
  profile: ColumnProfile,
  named: { field: FieldName; exact: boolean },
  strict: { field: FieldName; score: number },
): Verdict {
  const { field } = named;
  const says = `header says ${field}`;
  if (profile.filled === 0)
    return { field: named.exact ? field : null, confidence: 0.3, reason: `${says}; no cell is filled` };
  const score = scoreOf(profile, field);
  const contradicted = strict.field !== field && strict.score >= OVERRULING && score < strict.score - 0.2;
  if (contradicted && !(field === 'customerId' && profile.counting)) {
    const confidence = strict.score * 0.95 * sureness(profile);
    return { field: strict.field, confidence, reason: `${says}, but ${looksLike(profile, strict.field)}` };
  }
  if (strictFields.includes(field)) return judgeNamedStrict(profile, named, says);
  if (!named.exact) return none(`${says}; the cells do not look like it`);
  return judgeNamedLoose(profile, field, says);
}

function judgeNamedStrict(profile: ColumnProfile, named: { field: FieldName; exact: boolean }, says: string): Verdict {
  const { field } = named;
  const score = scoreOf(profile, field);
  const usable = profile.usable(field);
  const reason = `${says}; ${looksLike(profile, field)}`;
  if (field === 'passwordHash' && score < SUPPORTED && scoreOf(profile, 'password') > score) {
    return { field: 'password', confidence: 0.6, reason: `${says}, but the cells look like plain passwords` };
  }
  if (score >= SUPPORTED) return { field, confidence: (0.75 + score / 4) * sureness(profile), reason };
  // Values in a form that the classifier does not vouch for: foreign parcel numbers, land lines. They match or they do not.
  if (named.exact && usable >= 0.2 && !isPlainlyOther(profile)) return { field, confidence: 0.4 + usable / 4, reason };
  return none(`${says}, but the cells do not look like it`);
}

function judgeNamedLoose(profile: ColumnProfile, field: FieldName, says: string): Verdict {
  const usable = profile.usable(field);
  if (usable < 0.2) return none(`${says}, but the cells do not look like it`);
  const many = profile.filled < 20 || profile.distinct >= 0.3;
  if ((field === 'customerId' || field === 'username') && !many) {
    return { field, confidence: 0.5, reason: `${says}; few different values` };
  }
  if (field === 'password' && scoreOf(profile, 'passwordHash') >= 0.6) {
    return { field: 'passwordHash', confidence: 0.9, reason: `${says}; ${looksLike(profile, 'passwordHash')}` };
  }
  if (profile.kind === 'date' && profile.kindShare >= 0.9 && field !== 'customerId') {
    return none(`${says}, but the cells are dates`);
  }
  return { field, confidence: 0.9 * sureness(profile), reason: `${says}; ${looksLike(profile, field)}` };
}

/** Dates and row numbers under a header such as "tracking" are no values. */
function isPlainlyOther(profile: ColumnProfile): boolean {
  return (profile.kind === 'date' && profile.kindShare >= 0.9) || profile.distinct < 0.02;
}

/** One cell may look like anything; from ten on the content is what it is. */
function sureness(profile: ColumnProfile): number {
  return 1 - 0.5 ** (profile.filled + 1);
}

function best(profile: ColumnProfile, names: readonly FieldName[]): { field: FieldName; score: number } {
  let found: { field: FieldName; score: number } = { field: 'phone', score: -1 };
  for (const field of names) {
    const score = scoreOf(profile, field);
    if (score > found.score) found = { field, score };
  }
  return found;
}

function looksLike(profile: ColumnProfile, field: FieldName): string {
  const count = Math.round(profile.usable(field) * profile.filled);
  const score = Math.round(scoreOf(profile, field) * 100);
  return `${count} of ${profile.filled} cells can be ${field}, likeness ${score} of 100`;
}

function none(reason: string): Verdict {
  return { field: null, confidence: 0, reason };
}

/**
 * A table without header in which a password or its hash stands right after an e-mail address, phone or user name is a list of logins ("crashing the base");
 * elsewhere a word is only a word.
 */
function findLogins(columns: readonly Judgement[]): void {
  for (let index = 1; index < columns.length; index++) {
    const secret = columns[index];
    const login = columns[index - 1];
    if (secret === undefined || login === undefined) continue;
    const isPassword = secret.field === null && isSecret(secret.profile);
    if (!isPassword && secret.field !== 'passwordHash') continue;
    const known = login.field === 'email' || login.field === 'phone' || login.field === 'username';
    const isLogin = login.field === null && looksLikeLogin(login.profile);
    if (!known && !isLogin) continue;
    if (isLogin) {
      login.field = 'username';
      login.confidence = 0.7 * sureness(login.profile);
      login.reason = `no header; stands before ${isPassword ? 'a password' : 'a hash'}; ${looksLike(login.profile, 'username')}`;
    }
    if (isPassword) {
      secret.field = 'password';
      secret.confidence = 0.7 * sureness(secret.profile);
      secret.reason = `no header; stands after a login; ${looksLike(secret.profile, 'password')}`;
    }
  }
}

function looksLikeLogin(profile: ColumnProfile): boolean {
  return profile.distinct >= 0.5 && scoreOf(profile, 'username') >= 0.38 && !profile.counting;
}

function isSecret(profile: ColumnProfile): boolean {
  const isDate = profile.kind === 'date' && profile.kindShare >= 0.9;
  return !isDate && !profile.counting && profile.distinct >= 0.3 && scoreOf(profile, 'password') >= 0.25;
}

/** The company's own id stands in one column: the one whose header says "customer" most plainly. Others would make every row a chimera. */
function keepOneCustomerId(columns: readonly Judgement[]): void {
  const ids = columns.filter((column) => column.field === 'customerId');
  const [kept] = ids.toSorted((a, b) => plainness(b) - plainness(a));
  for (const column of ids) {
    if (column === kept) continue;
    column.field = null;
    column.confidence = 0;
    column.reason = 'header says customerId; another column says it more plainly';
  }
}

function plainness(column: Judgement): number {
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
    if (field !== undefined) return { ...column, field, kind: null, confidence: 1, reason: 'given by --map' };
    if (column.field === null || !taken.has(column.field)) return column;
    return { ...column, field: null, kind: 'text', confidence: 0, reason: 'another column was given by --map' };
  });
}
