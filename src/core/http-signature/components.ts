import { toBase64 } from '../base64.ts';
import { toUtf8 } from '../bytes.ts';
import type { FieldLines, RequestMessage, SignedMessage } from './message.ts';
import { readQueryParameter } from './query-parameter.ts';
import { type FieldParameters, type Item, parseDictionary, parseItem, parseList } from './structured-fields.ts';
import { writeDictionary, writeItem, writeList, writeMember } from './write-fields.ts';

/** How a structured field is to be read for the parameter `sf`. */
export type FieldType = 'item' | 'list' | 'dictionary';

/** Structured fields that are known (RFC 9421, RFC 9440, RFC 9530, RFC 9211, RFC 9209, RFC 9218); others cannot be covered with `sf`. */
export const structuredFieldTypes: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ['accept-signature', 'dictionary'],
  ['cache-status', 'list'],
  ['client-cert', 'item'],
  ['client-cert-chain', 'list'],
  ['content-digest', 'dictionary'],
  ['priority', 'dictionary'],
  ['proxy-status', 'list'],
  ['repr-digest', 'dictionary'],
  ['signature', 'dictionary'],
  ['signature-input', 'dictionary'],
  ['want-content-digest', 'dictionary'],
  ['want-repr-digest', 'dictionary'],
]);

/** Parameters of component identifiers (section 6.5.2 of RFC 9421). */
const knownParameters = new Set(['sf', 'key', 'bs', 'tr', 'req', 'name']);

/**
 * The value of one component of a message (RFC 9421, sections 2.1 to 2.4), as it stands in the signature base; null when the message has none, when it occurs more than once
 * where it must not, or when identifier or value are not allowed.
 */
export function readComponent(
  { item, parameters }: Item,
  message: SignedMessage,
  fieldTypes: ReadonlyMap<string, FieldType> = structuredFieldTypes,
): string | null {
  if (item.type !== 'string') return null;
  for (const [key, value] of parameters) if (!isParameterSound(key, value.type)) return null;
  const isOfRequest = parameters.has('req');
  // A signature of a request covers that request anyway.
  if (isOfRequest && message.response === null) return null;
  const response = isOfRequest ? null : message.response;
  const { request } = message;
  if (item.value.startsWith('@')) {
    if (response === null) return request === null ? null : readDerived(item.value, parameters, request);
    return item.value === '@status' && parameters.size === 0 ? String(response.status).padStart(3, '0') : null;
  }
  const source = response ?? request;
  const lines = parameters.has('tr') ? source?.trailers : source?.headers;
  return lines === undefined ? null : readField(item.value, parameters, lines, fieldTypes);
}

function isParameterSound(key: string, type: string): boolean {
  if (!knownParameters.has(key)) return false;
  return type === (key === 'key' || key === 'name' ? 'string' : 'boolean');
}

function readDerived(name: string, parameters: FieldParameters, request: RequestMessage): string | null {
  const own = parameters.size - (parameters.has('req') ? 1 : 0);
  if (name === '@query-param') {
    const wanted = parameters.get('name');
    return own === 1 && wanted?.type === 'string' ? readQueryParameter(queryOf(request.target), wanted.value) : null;
  }
  if (own !== 0) return null;
  switch (name) {
    case '@method':
      return request.method;
    case '@target-uri':
      return targetUri(request);
    case '@authority':
      return normaliseAuthority(request.scheme, request.authority);
    case '@scheme':
      return request.scheme.toLowerCase();
    case '@request-target':
      return request.target;
    case '@path':
      return pathOf(request.target);
    case '@query':
      return queryOf(request.target);
    default:
      return null;
  }
}

/** Host in lower case, without the scheme's own port (RFC 9421, section 2.2.3; RFC 9110, section 4.2.3). */
export function normaliseAuthority(scheme: string, authority: string): string {
  const lower = authority.toLowerCase();
  const ownPort = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return lower.endsWith(ownPort) ? lower.slice(0, -ownPort.length) : lower;
}

function targetUri({ scheme, authority, target }: RequestMessage): string {
  if (!target.startsWith('/') && target.includes('://')) return target;
  const origin = `${scheme.toLowerCase()}://${normaliseAuthority(scheme, authority)}`;
  // `OPTIONS *` and `CONNECT host:port` have no path (RFC 9110, section 7.1).
  return target.startsWith('/') || target.startsWith('?') ? origin + target : origin;
}

/** What stands before the query; `/` when there is nothing. Percent signs stay. */
function pathOf(target: string): string {
  const local = withoutOrigin(target);
  const end = local.indexOf('?');
  return (end < 0 ? local : local.slice(0, end)) || '/';
}

/** With its question mark; `?` alone when there is none. */
function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start < 0 ? '?' : target.slice(start);
}

function withoutOrigin(target: string): string {
  if (target.startsWith('/')) return target;
  const start = target.indexOf('://');
  const query = target.indexOf('?');
  if (start < 0 || (query >= 0 && query < start)) return '';
  const path = target.indexOf('/', start + 3);
  if (path < 0 || (query >= 0 && query < path)) return '';
  return target.slice(path);
}

function readField(
  name: string,
  parameters: FieldParameters,
  lines: FieldLines,
  fieldTypes: ReadonlyMap<string, FieldType>,
): string | null {
  const values = lines.get(name);
  if (values === undefined || values.length === 0 || parameters.has('name')) return null;
  const isStrict = parameters.has('sf');
  const key = parameters.get('key');
  if (parameters.has('bs')) {
    if (isStrict || key !== undefined) return null;
    const armoured = values.map((value) => {
      const flat = unfold(value);
      return flat === null ? null : `:${toBase64(latin1(flat))}:`;
    });
    return armoured.includes(null) ? null : armoured.join(', ');
  }
  const text = joinLines(values);
  if (text === null || (!isStrict && key === undefined)) return text;
  if (key !== undefined) {
    const member = key.type === 'string' ? parseDictionary(text)?.get(key.value) : undefined;
    return member === undefined ? null : writeMember(member);
  }
  return rewrite(text, fieldTypes.get(name));
}

function rewrite(text: string, type: FieldType | undefined): string | null {
  if (type === 'dictionary') {
    const dictionary = parseDictionary(text);
    return dictionary === null ? null : writeDictionary(dictionary);
  }
  if (type === 'list') {
    const list = parseList(text);
    return list === null ? null : writeList(list);
  }
  const item = type === 'item' ? parseItem(text) : null;
  return item === null ? null : writeItem(item);
}

/** All lines of a field as one (RFC 9421, section 2.1); null when a line break in it is no fold. */
export function joinLines(values: readonly string[]): string | null {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return unfold(only);
  const flat = values.map(unfold);
  return flat.includes(null) ? null : flat.join(', ');
}

/** Without blanks around it, obsolete folds being one blank. */
function unfold(value: string): string | null {
  if (!value.includes('\n') && !value.includes('\r')) return trimBlanks(value);
  const parts = value.split('\r\n');
  if (parts.some((part, at) => /[\r\n]/.test(part) || (at > 0 && !/^[ \t]/.test(part)))) return null;
  return trimBlanks(parts.map(trimBlanks).join(' '));
}

/** Without spaces and tabs around it: `trim` would take more away. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** Bytes of a field as they came: Node gives them as one character a byte; a browser's own text may have more. */
function latin1(text: string): Uint8Array {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return toUtf8(text);
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
