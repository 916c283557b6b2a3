import { purposes } from '../../contract/api/purposes.ts';

const known: ReadonlySet<string> = new Set(purposes);

/** A purpose as metrics, events and logs may tell it: anybody may write anything there, so one that nobody knows is `(other)`. */
export function saidPurpose(purpose: string): string {
  return known.has(purpose) ? purpose : '(other)';
}
