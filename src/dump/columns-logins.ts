import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { looksLike, sureness } from './columns-judge.ts';
import { type ColumnProfile, scoreOf } from './profile.ts';

/** What is known of a column while its table is judged. */
export interface JudgedColumn {
  readonly name: string | null;
  readonly profile: ColumnProfile;
  field: FieldName | null;
  confidence: number;
  reason: string;
}

/**
 * A table without header in which a password or its hash stands right after an e-mail address, phone or user name is a list of logins ("crashing the base");
 * elsewhere a word is only a word. Changes the columns.
 */
export function findLogins(columns: readonly JudgedColumn[]): void {
  for (let index = 1; index < columns.length; index++) {
    const secret = columns[index];
    const login = columns[index - 1];
    if (secret === undefined || login === undefined) continue;
    const isPassword = secret.field === null && isPasswordLike(secret.profile) && hasTellingPasswords(secret.profile);
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

/** Whether cells could be passwords, where something else says that passwords are to be expected. */
export function isPasswordLike(profile: ColumnProfile, least = 0.25): boolean {
  const isDate = profile.kind === 'date' && profile.kindShare >= 0.9;
  if (isDate || profile.counting || profile.distinct < 0.3 || scoreOf(profile, 'password') < least) return false;
  return !hasOneLength(profile.values);
}

/** Codes have one length, what people think of has not. */
function hasOneLength(values: readonly string[]): boolean {
  const lengths = new Map<number, number>();
  for (const { length } of values) lengths.set(length, (lengths.get(length) ?? 0) + 1);
  return values.length >= 3 && Math.max(...lengths.values()) >= values.length * 0.95;
}

/** Of many passwords some are among the commonest, have signs or are digits alone, which few user names are and do. */
function hasTellingPasswords({ values }: ColumnProfile): boolean {
  const { classify } = fieldByName('password');
  const telling = values.filter(
    (value) => classify(value, { region: '' }) >= 0.7 || /["'\d]/.test(value[0] ?? ''),
  ).length;
  return telling >= Math.max(1, values.length * 0.04);
}
