import type { FieldName } from '../core/fields/field.ts';
import { hasLengthsOfQq, isSorted } from './columns-digits.ts';
import type { HeaderHint } from './columns-headers.ts';
import type { ColumnLook } from './port.ts';
import { type ColumnProfile, scoreOf, strictFields } from './profile.ts';

/** What one column was judged to be. */
export interface Verdict {
  readonly field: FieldName | null;
  readonly confidence: number;
  readonly reason: string;
}

/** Content from which a field is taken with its header, with a header that ends in it, with another field's header, with an unknown header or none, with one that names something else. */
const SUPPORTED = 0.3;
const ENDING = 0.5;
const OVERRULING = 0.8;
const UNNAMED = 0.65;
const CONTRADICTING = 0.78;
/** Names and addresses without header: their form is looser. */
const LOOSE = 0.55;
/** Addresses under a header that names something else. */
const PLAIN_ADDRESS = 0.85;

/** Looks that settle that numbers are no phone, parcel or the like. */
export const settled: ReadonlySet<ColumnLook> = new Set([
  'ip',
  'uuid',
  'url',
  'timestamp',
  'order',
  'date',
  'card',
  'money',
]);

/** Judges a column by its content and what its header says; `remark` says why the header is not taken at its word, or that there is none. */
export function judgeColumn(profile: ColumnProfile, hint: HeaderHint, remark: string | null): Verdict {
  const strict = bestStrict(profile);
  if (hint.field !== null) {
    const verdict = judgeNamed(profile, hint.field, hint.says, strict);
    return remark === null
      ? verdict
      : { ...verdict, confidence: Math.min(0.85, verdict.confidence), reason: `${remark}; ${verdict.reason}` };
  }
  if (profile.filled === 0) return none('no cell is filled');
  const place = remark ?? (hint.says === 'other' ? 'header names something else' : 'the header says nothing');
  const needed = hint.says === 'other' ? CONTRADICTING : UNNAMED;
  const blocked = hint.says === 'other' && strict.field === 'passwordHash';
  if (strict.score >= needed && !blocked) {
    const ceiling = hint.says === 'other' ? 0.88 : strict.field === 'passwordHash' ? 0.85 : 0.97;
    return {
      field: strict.field,
      confidence: Math.min(ceiling, strict.score) * sureness(profile),
      reason: `${place}; ${looksLike(profile, strict.field)}`,
    };
  }
  if (hint.says !== 'other' || scoreOf(profile, 'address') >= PLAIN_ADDRESS) {
    const loose = judgeUnnamedLoose(profile, place) ?? judgeCarrier(profile, place);
    if (loose !== null) return loose;
  }
  return none(`${place}; ${describeLook(profile)}`);
}

/** What the column looks like to people. */
export function lookForPeople(profile: ColumnProfile, name: string | null): ColumnLook {
  const look = profile.look();
  const saysQq = /qq/i.test(name ?? '');
  if (look === 'number' && !profile.counting && (saysQq || looksLikeQq(profile))) return 'qq';
  if ((look === 'text' || look === 'number') && isCategory(profile)) return 'category';
  return look;
}

function looksLikeQq(profile: ColumnProfile): boolean {
  return profile.distinct > 0.9 && hasLengthsOfQq(profile.values) && !isSorted(profile.values);
}

function describeLook(profile: ColumnProfile): string {
  const look = lookForPeople(profile, null);
  const words: Partial<Record<ColumnLook, string>> = {
    timestamp: 'mostly seconds or milliseconds since 1970',
    card: 'mostly payment card numbers with their check digit',
    order: 'mostly numbers that begin with a day',
    qq: 'numbers of mixed lengths, as QQ numbers have',
    ip: 'mostly network addresses',
    category: 'few different values',
  };
  return words[look] ?? `mostly ${look}`;
}

export function bestStrict(profile: ColumnProfile): { field: FieldName; score: number } {
  let found: { field: FieldName; score: number } = { field: 'phone', score: -1 };
  for (const field of strictFields) {
    const score = scoreOf(profile, field);
    if (score > found.score) found = { field, score };
  }
  // Numbers that have another check digit or a day in front are what these say; an identity number has a check of its own.
  const isSure = found.field === 'email' || found.field === 'passwordHash' || found.score >= 0.9;
  if (found.score > 0 && !isSure && settled.has(profile.look())) return { ...found, score: 0 };
  return found;
}

function judgeNamed(
  profile: ColumnProfile,
  field: FieldName,
  said: HeaderHint['says'],
  strict: { field: FieldName; score: number },
): Verdict {
  const says =
    said === 'exact'
      ? `header says ${field}`
      : said === 'ending'
        ? `header ends in ${field}`
        : `header has the initials of ${field}`;
  if (profile.filled === 0) return { field, confidence: 0.3, reason: `${says}; no cell is filled` };
  const score = scoreOf(profile, field);
  const isUnsupported = strictFields.includes(field) ? score < 0.1 : field === 'name' || field === 'address';
  const overruling = isUnsupported ? UNNAMED : OVERRULING;
  const isContradicted = strict.field !== field && strict.score >= overruling && score < strict.score - 0.2;
  if (isContradicted && !(field === 'customerId' && profile.counting)) {
    const confidence = Math.min(0.9, strict.score * 0.95) * sureness(profile);
    return { field: strict.field, confidence, reason: `${says}, but ${looksLike(profile, strict.field)}` };
  }
  const verdict = strictFields.includes(field)
    ? judgeNamedStrict(profile, field, said, says)
    : judgeNamedLoose(profile, field, said, says);
  return verdict;
}

function judgeNamedStrict(profile: ColumnProfile, field: FieldName, said: HeaderHint['says'], says: string): Verdict {
  const score = scoreOf(profile, field);
  const reason = `${says}; ${looksLike(profile, field)}`;
  if (score >= (said === 'exact' ? SUPPORTED : ENDING)) {
    const ceiling = said === 'exact' ? 1 : 0.95;
    return { field, confidence: Math.min(ceiling, 0.75 + score / 4) * sureness(profile), reason };
  }
  // Values in a form that the classifier does not vouch for: foreign parcel numbers, land lines. They match or they do not.
  const exchanged = exchangedLoose(profile, field, says);
  if (exchanged !== null) return exchanged;
  if (field === 'passwordHash') {
    const isOther = isProse(profile, 'password') || settled.has(profile.look());
    const isPlain = scoreOf(profile, 'password') > score && !isOther;
    if (isPlain)
      return { field: 'password', confidence: 0.6, reason: `${says}, but the cells look like plain passwords` };
    if (isOther) return none(`${says}, but the cells do not look like it`);
  }
  const usable = profile.usable(field);
  if (said !== 'ending' && usable >= 0.4 && !isPlainlyOther(profile, field)) {
    return { field, confidence: 0.4 + usable / 4, reason };
  }
  return none(`${says}, but the cells do not look like it`);
}

function judgeNamedLoose(profile: ColumnProfile, field: FieldName, said: HeaderHint['says'], says: string): Verdict {
  const usable = profile.usable(field);
  if (usable < 0.2) return none(`${says}, but the cells do not look like it`);
  if (field === 'password' && scoreOf(profile, 'passwordHash') >= 0.6) {
    return { field: 'passwordHash', confidence: 0.9, reason: `${says}; ${looksLike(profile, 'passwordHash')}` };
  }
  const exchanged = exchangedLoose(profile, field, says);
  if (exchanged !== null) return exchanged;
  if (contradicts(profile.look(), field)) return none(`${says}, but the cells are ${describeLook(profile)}`);
  if (isProse(profile, field)) return none(`${says}, but the cells do not look like it`);
  const isPersonText = field === 'name' || field === 'address';
  if (said !== 'exact' && isPersonText && scoreOf(profile, field) < SUPPORTED) {
    return none(`${says}, but the cells do not look like it`);
  }
  if ((field === 'customerId' || field === 'username') && isFew(profile)) {
    if (isCategory(profile) && profile.values.length <= 8) return none(`${says}, but there are few different values`);
    return { field, confidence: 0.5, reason: `${says}; few different values` };
  }
  // No content speaks for a customer's number or a user name.
  const base = said !== 'exact' ? 0.7 : field === 'customerId' || field === 'username' ? 0.88 : 0.9;
  const supported = !isPersonText || scoreOf(profile, field) >= SUPPORTED;
  return {
    field,
    confidence: (supported ? base : 0.6) * sureness(profile),
    reason: `${says}; ${looksLike(profile, field)}`,
  };
}

/** A column of names under a header that says address, user name or the like, and the other way round. */
function exchangedLoose(profile: ColumnProfile, field: FieldName, says: string): Verdict | null {
  for (const other of ['name', 'address'] as const) {
    const isMistaken =
      other !== field && scoreOf(profile, other) >= 0.75 && (field !== 'username' || other === 'address');
    if (!isMistaken || scoreOf(profile, field) > 0.5 || isCategory(profile)) continue;
    return { field: other, confidence: 0.7 * sureness(profile), reason: `${says}, but ${looksLike(profile, other)}` };
  }
  return null;
}

function contradicts(look: ColumnLook, field: FieldName): boolean {
  switch (look) {
    case 'ip':
    case 'url':
    case 'money':
      return true;
    case 'uuid':
      return field !== 'customerId';
    case 'date':
      return field !== 'password' && field !== 'customerId';
    case 'timestamp':
    case 'order':
    case 'card':
      return field !== 'customerId';
    case 'number':
      return field === 'name' || field === 'address';
    default:
      return false;
  }
}

/** Sentences, structures and user agents where names or passwords were to be expected. */
function isProse(profile: ColumnProfile, field: FieldName): boolean {
  const { values } = profile;
  const share = (test: (value: string) => boolean) => values.filter(test).length / values.length;
  if (field === 'password' || field === 'username')
    return share((value) => value.length > 40 || value.includes(' ') || value.startsWith('{')) > 0.6;
  if (field === 'name') return scoreOf(profile, 'name') < 0.05 && share((value) => /[\d{}<>]/.test(value)) > 0.6;
  return false;
}

function judgeUnnamedLoose(profile: ColumnProfile, place: string): Verdict | null {
  const field = scoreOf(profile, 'address') >= scoreOf(profile, 'name') ? 'address' : 'name';
  const score = scoreOf(profile, field);
  // One office's address stands in all of its rows; a brand or a town may be a name, too.
  // Few Han words of two characters may be anything that begins with a surname.
  const least = profile.values.length < 5 && /\p{Script=Han}/u.test(profile.values.join('')) ? 0.7 : LOOSE;
  if (score < least || (isCategory(profile) && !(field === 'address' && score >= 0.8))) return null;
  const confidence = score * 0.9 * sureness(profile);
  return { field, confidence, reason: `${place}; ${looksLike(profile, field)}` };
}

/**
 * Numbers of one carrier have the same first digits and one or two lengths: one alone is any number, a column of them is not. Where more than ten different
 * values all are of such a form (one number in ten is, at most), and neither grow nor begin with a day, they are parcels.
 */
function judgeCarrier(profile: ColumnProfile, place: string): Verdict | null {
  const { values } = profile;
  if (values.length < 10 || profile.distinct < 0.9 || profile.counting) return null;
  if (scoreOf(profile, 'trackingNumber') < 0.42 || settled.has(profile.look()) || isSorted(values)) return null;
  const digits = values.filter((value) => /^\d{11,15}$/.test(value));
  const lengths = new Set(digits.map((value) => value.length));
  if (digits.length < values.length * 0.9 || lengths.size > 3) return null;
  return { field: 'trackingNumber', confidence: 0.65, reason: `${place}; numbers of one form that carriers use` };
}

/** Dates, row numbers and the like under a header such as "tracking" are no values. */
function isPlainlyOther(profile: ColumnProfile, field: FieldName): boolean {
  const look = profile.look();
  if (field === 'trackingNumber' && look === 'order') return false;
  const isShort = profile.counting && profile.values.every((value) => value.length < 8);
  const isFraction =
    look === 'number' &&
    profile.values.filter((value) => /^-?\d{1,9}\.\d+$/.test(value)).length > profile.values.length * 0.8;
  return settled.has(look) || isShort || isFraction || (profile.filled >= 20 && profile.distinct < 0.02);
}

function isFew(profile: ColumnProfile): boolean {
  return profile.filled >= 20 && profile.distinct < 0.3;
}

/** Few different values in many rows. */
export function isCategory(profile: ColumnProfile): boolean {
  return profile.filled >= 20 && profile.values.length <= Math.max(8, profile.filled / 30) && profile.distinct <= 0.4;
}

/** One cell may look like anything; from ten on the content is what it is. */
export function sureness(profile: ColumnProfile): number {
  return 1 - 0.5 ** (Math.min(profile.filled, profile.values.length + 2) + 1);
}

/** How far the content speaks for a field, in words. */
export function looksLike(profile: ColumnProfile, field: FieldName): string {
  const count = Math.round(profile.usable(field) * profile.values.length);
  const score = Math.round(scoreOf(profile, field) * 100);
  return `${count} of ${profile.values.length} different cells can be ${field}, likeness ${score} of 100`;
}

function none(reason: string): Verdict {
  return { field: null, confidence: 0, reason };
}
