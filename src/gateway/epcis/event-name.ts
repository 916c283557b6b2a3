import { createHash } from 'node:crypto';
import type { JsonObject } from './check.ts';

/** Members that a copy of the same event may have or not. */
const passedOver: ReadonlySet<string> = new Set(['eventID', 'recordTime', 'errorDeclaration', '@context']);

/**
 * A name for an event without one: the same content has the same name, in whatever order its members stand, and its error declaration names the event that it is about.
 * A named information URI (RFC 6920) over its canonical JSON.
 */
export function eventName(event: JsonObject): string {
  const members = Object.entries(event).filter(([member]) => !passedOver.has(member));
  return `ni:///sha-256;${createHash('sha256')
    .update(canonical(Object.fromEntries(members)))
    .digest('hex')}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([member, inner]) => `${JSON.stringify(member)}:${canonical(inner)}`).join(',')}}`;
}
