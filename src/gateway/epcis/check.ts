/*
 * Checks of hostile JSON against what EPCIS 2.0 wants. Each throws CheckFailed with the place, made of the standard's words and positions alone.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Something is not as the standard wants it; the message holds no value. */
export class CheckFailed extends Error {
  /** JSON pointer within the event or document. */
  readonly place: string;

  constructor(place: string, problem: string) {
    super(problem);
    this.place = place;
  }
}

/** Longer texts and URIs are no identifiers. */
const MOST_CHARACTERS = 2000;

export function typed<T>(value: unknown, type: 'object' | 'number' | 'string', place: string): T {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'object' ? !isObject : typeof value !== type)
    throw new CheckFailed(
      place,
      value === undefined ? 'is missing' : `must be ${type === 'object' ? 'an' : 'a'} ${type}`,
    );
  return value as T;
}

export function text(value: unknown, place: string): string {
  const given = typed<string>(value, 'string', place);
  if (given === '' || given.length > MOST_CHARACTERS)
    throw new CheckFailed(place, `must have 1 to ${MOST_CHARACTERS} characters`);
  return given;
}

/** An absolute URI (RFC 3986), or a name with a prefix of the context, which looks the same. */
export function uri(value: unknown, place: string, problem = 'must be a URI'): string {
  const given = text(value, place);
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$/.test(given)) throw new CheckFailed(place, problem);
  return given;
}

/** A URI, or a name within the document alone (`_:`). */
export function eventId(value: unknown, place: string): string {
  const given = text(value, place);
  return given.startsWith('_:') ? given : uri(given, place);
}

export function matching(value: unknown, place: string, pattern: RegExp): string {
  const given = text(value, place);
  if (!pattern.test(given)) throw new CheckFailed(place, `must match ${pattern.source}`);
  return given;
}

/** One of some words, or, where the standard lets others add theirs, a URI that is none of the standard's own. */
export function word(value: unknown, place: string, words: ReadonlySet<string>, isOpen: boolean): string {
  const given = text(value, place);
  if (words.has(given)) return given;
  const problem = 'is no word of the standard';
  if (!isOpen || /^(?:urn:epcglobal:cbv|https?:\/\/ns\.gs1\.org\/cbv\/)/.test(given))
    throw new CheckFailed(place, problem);
  return uri(given, place, `${problem}, and no URI`);
}

/** Milliseconds since 1970 of an RFC 3339 time with its zone. */
export function time(value: unknown, place: string): number {
  const given = text(value, place);
  const timeMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i.test(given)
    ? Date.parse(given)
    : Number.NaN;
  if (Number.isNaN(timeMs)) throw new CheckFailed(place, 'must be a time with its zone');
  return timeMs;
}

/** What is not there needs no check. */
export function optional<T>(value: unknown, check: (value: unknown) => T): T | null {
  return value === undefined ? null : check(value);
}

/** A list of at least so many items, or none at all. */
export function list(
  value: unknown,
  place: string,
  least: number,
  check: (value: unknown, place: string) => unknown,
): void {
  if (value === undefined && least === 0) return;
  if (!Array.isArray(value) || value.length < least)
    throw new CheckFailed(
      place,
      value === undefined ? 'is missing' : `must be a list${least > 0 ? ` of at least ${least}` : ''}`,
    );
  for (const [i, item] of value.entries()) check(item, `${place}/${i}`);
}

/** An object without other members. Undefined: nothing is there. */
export function only(value: unknown, place: string, members: readonly string[]): JsonObject {
  if (value === undefined) return {};
  const given = typed<JsonObject>(value, 'object', place);
  if (Object.keys(given).some((member) => !members.includes(member)))
    throw new CheckFailed(place, `may have ${members.join(', ')} alone`);
  return given;
}
