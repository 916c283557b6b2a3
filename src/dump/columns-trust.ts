import type { FieldName } from '../core/fields/field.ts';
import { type HeaderHint, noHint } from './columns-headers.ts';
import { bestStrict, isCategory, settled } from './columns-judge.ts';
import { type ColumnProfile, scoreOf, strictFields } from './profile.ts';

/** What the headers of a table are worth, all together. */
interface TrustedHints {
  readonly hints: readonly HeaderHint[];
  /** Why they are not those of the columns below them; null when they are. */
  readonly remark: string | null;
}

/**
 * Compares all headers with what is plain from the content. Where at least two columns contradict their headers, and more than agree, the header row is not that of these columns: it is moved by one column
 * (a row number was added, a column left out) where that makes at least two agree and none contradict, and disregarded otherwise.
 */
export function trustHints(profiles: readonly ColumnProfile[], hints: readonly HeaderHint[]): TrustedHints {
  const plain = profiles.map(plainContent);
  const asIs = compare(plain, hints);
  if (asIs.against < 2 || asIs.against <= asIs.agreeing) return { hints, remark: null };
  for (const by of [1, -1]) {
    const moved = profiles.map(
      (_, index) => hints[index - by] ?? (hints.length > 2 ? hints.at(index - by - hints.length) : undefined) ?? noHint,
    );
    const { agreeing, against } = compare(plain, moved);
    if (agreeing >= 2 && against === 0) return { hints: moved, remark: 'the header row is moved by one column' };
  }
  return { hints: profiles.map(() => noHint), remark: 'the header row contradicts the columns and is disregarded' };
}

/** The field that the content alone makes plain, `none` where it plainly is no field, null where it says nothing. */
function plainContent(profile: ColumnProfile): FieldName | 'none' | null {
  if (profile.filled < 2) return null;
  const strict = bestStrict(profile);
  if (strict.score >= 0.8) return strict.field;
  if (settled.has(profile.look())) return 'none';
  if (isCategory(profile)) return null;
  if (scoreOf(profile, 'address') >= 0.8) return 'address';
  return scoreOf(profile, 'name') >= 0.75 ? 'name' : null;
}

function compare(
  plain: readonly (FieldName | 'none' | null)[],
  hints: readonly HeaderHint[],
): { agreeing: number; against: number } {
  let agreeing = 0;
  let against = 0;
  for (const [index, content] of plain.entries()) {
    const hint = hints[index] ?? noHint;
    if (content === null || hint.says === 'nothing') continue;
    if (content === hint.field || (content === 'none' && hint.says === 'other')) agreeing++;
    else if (contradict(content, hint)) against++;
  }
  return { agreeing, against };
}

function contradict(content: FieldName | 'none', { field }: HeaderHint): boolean {
  if (field === null) return content !== 'none' && content !== 'name' && content !== 'passwordHash';
  if (content === 'none')
    return field !== 'customerId' && field !== 'username' && field !== 'password' && field !== 'passwordHash';
  // E-mail addresses and phone numbers serve as user names, hashes stand under "password".
  if (field === 'username') return content === 'address' || content === 'nationalId';
  if (field === 'password') return content !== 'passwordHash';
  if (field === 'customerId') return content === 'address' || content === 'name';
  return strictFields.includes(field) || field === 'name' || field === 'address';
}
