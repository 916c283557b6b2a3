import type { DisclosureKey } from '../../contract/disclosures.ts';
import type { ReadingRules } from './rules.ts';
import type { DisclosureSink } from './sink.ts';

/** Keys that web servers' JSON logs use, in the order in which they are looked for; nginx's variables first. */
const usualKeys: Readonly<Record<DisclosureKey, readonly string[]>> = {
  at: ['at', 'time_iso8601', 'timestamp', '@timestamp', 'time', 'time_local', 'msec', 'ts'],
  principal: ['principal', 'remote_user', 'user'],
  subject: ['subject'],
  fields: ['fields'],
  purpose: ['purpose'],
  url: ['url', 'request_uri', 'uri', 'path', 'request'],
  status: ['status', 'status_code'],
  method: ['method', 'request_method'],
};

/** Subjects that one record may name. */
const MAX_SUBJECTS = 100_000;

/** A reader of JSON records for these rules: hears of each record. */
export function createRecordReader(rules: ReadingRules, sink: DisclosureSink): (record: unknown) => void {
  const keys = Object.fromEntries(
    Object.entries(usualKeys).map(([key, usual]) => {
      const mapped = rules.map.get(key as DisclosureKey);
      return [key, mapped === undefined ? usual : [mapped]];
    }),
  ) as Record<DisclosureKey, readonly string[]>;
  const get = (record: object, key: DisclosureKey): unknown => {
    for (const name of keys[key]) {
      const value = lookUp(record, name);
      if (value !== undefined && value !== null && value !== '') return value;
    }
    return undefined;
  };
  return (record) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      sink.reject('bad-line');
      return;
    }
    const at = get(record, 'at');
    if (typeof at !== 'string' && typeof at !== 'number') {
      sink.reject('bad-time');
      return;
    }
    const principal = textOf(get(record, 'principal'));
    const purpose = textOf(get(record, 'purpose'));
    const listed = get(record, 'fields');
    const said = Array.isArray(listed)
      ? sink.fields.maskOfNames(listed.slice(0, 1000).map(textOf))
      : listed === undefined
        ? 0
        : sink.fields.maskOfText(textOf(listed));
    const subject = get(record, 'subject');
    if (subject === undefined && rules.urls.length > 0) {
      // nginx's $request is a whole request line: method, address, protocol.
      const request = textOf(get(record, 'url')).split(' ');
      const isLine = request.length === 3;
      const url = (isLine ? request[1] : request[0]) ?? '';
      const method = textOf(get(record, 'method')) || (isLine ? (request[0] ?? '') : '');
      sink.takeRequest(at, principal, { url, method, status: textOf(get(record, 'status')) }, said, purpose);
      return;
    }
    const mask = listed === undefined ? (rules.fields ?? 0) : said;
    if (!Array.isArray(subject)) {
      sink.take(at, principal, textOf(subject), mask, purpose);
      return;
    }
    for (const one of subject.slice(0, MAX_SUBJECTS)) sink.take(at, principal, textOf(one), mask, purpose);
  };
}

/** A key as it stands, or a path of keys with points between them. */
function lookUp(record: object, name: string): unknown {
  if (Object.hasOwn(record, name)) return (record as Record<string, unknown>)[name];
  if (!name.includes('.')) return undefined;
  let value: unknown = record;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : '';
}
