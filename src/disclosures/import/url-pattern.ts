/** What an address is compared with: `/customers/{subject}/orders/*`. */
export interface UrlPattern {
  readonly segments: readonly PatternSegment[];
  /** Whether any further segments may follow (the pattern ended with `**`). */
  readonly isOpen: boolean;
  /** The parameters that must be there; the value of null holds the subject. */
  readonly query: readonly { readonly name: string; readonly value: string | null }[];
}

/** One segment: `*` is any, text stands for itself, text around `{subject}` for a segment that begins and ends so. */
type PatternSegment =
  | { readonly kind: 'any' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'subject'; readonly before: string; readonly after: string };

const placeholder = '{subject}';
/** Longer addresses are not compared. */
const MAX_URL_LENGTH = 8192;

/** Reads a pattern; null when it does not begin with `/`, or does not have `{subject}` exactly once, in the path or as the whole value of a parameter. */
export function parseUrlPattern(text: string): UrlPattern | null {
  if (!text.startsWith('/') || text.split(placeholder).length !== 2) return null;
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  const parts = path.split('/').filter((part) => part !== '');
  const isOpen = parts.at(-1) === '**';
  if (isOpen) parts.pop();
  const query = (mark < 0 ? '' : text.slice(mark + 1))
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=').map(plain);
      return { name, value: value === placeholder ? null : value };
    });
  if (!path.includes(placeholder) && !query.some(({ value }) => value === null)) return null;
  return { segments: parts.map(parseSegment), isOpen, query };
}

/**
 * The subject id in an address (a path, a whole URL, or a request line's target), or null when the pattern does not fit. Whoever asks chooses how it is written, so it is read as servers read it: percent encoding is undone, dot segments
 * (RFC 3986, 5.2.4) and repeated slashes go, as a slash at the end does; parameters that the pattern does not name are left alone. Linear time.
 */
export function matchUrl(pattern: UrlPattern, url: string): string | null {
  if (url.length > MAX_URL_LENGTH) return null;
  const { path, query } = splitUrl(url);
  const parts = segmentsOf(path);
  const { segments, isOpen } = pattern;
  if (parts.length < segments.length || (parts.length > segments.length && !isOpen)) return null;
  let subject: string | null = null;
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? null;
    if (segment.kind === 'text') {
      if (part !== segment.text) return null;
    } else if (segment.kind === 'subject') {
      const { before, after } = segment;
      if (part === null || part.length <= before.length + after.length) return null;
      if (!part.startsWith(before) || !part.endsWith(after)) return null;
      subject = part.slice(before.length, part.length - after.length);
    }
  }
  for (const { name, value } of pattern.query) {
    const given = parameterOf(query, name);
    if (given === null || given === '' || (value !== null && given !== value)) return null;
    if (value === null) subject = given;
  }
  return subject;
}

function parseSegment(text: string): PatternSegment {
  if (text === '*') return { kind: 'any' };
  const [before, after] = text.split(placeholder).map(plain);
  if (before === undefined || after === undefined) return { kind: 'text', text: plain(text) };
  return { kind: 'subject', before, after };
}

/** As a server resolves them; null: one that cannot be decoded. */
function segmentsOf(path: string): (string | null)[] {
  const parts: (string | null)[] = [];
  for (const raw of path.split('/')) {
    const part = decode(raw);
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts;
}

function splitUrl(url: string): { path: string; query: string } {
  // What begins with a slash is a path, whatever stands in its parameters.
  const scheme = url.startsWith('/') ? -1 : url.indexOf('://');
  const start = scheme >= 0 && scheme < 10 ? url.indexOf('/', scheme + 3) : 0;
  const hash = url.indexOf('#');
  const rest = start < 0 ? '/' : url.slice(start, hash < 0 ? undefined : hash);
  const mark = rest.indexOf('?');
  return mark < 0 ? { path: rest, query: '' } : { path: rest.slice(0, mark), query: rest.slice(mark + 1) };
}

function parameterOf(query: string, name: string): string | null {
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && decode(pair.slice(0, equals)) === name) return decode(pair.slice(equals + 1));
  }
  return null;
}

/** A pattern may be copied from an address, or may not. */
function plain(text: string): string {
  return decode(text) ?? text;
}

function decode(text: string): string | null {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
