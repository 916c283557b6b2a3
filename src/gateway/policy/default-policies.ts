import { readFileSync } from 'node:fs';

/** The policies for a carrier that a new home begins with; each rule has a comment that says why. */
export function readDefaultPolicies(): string {
  return readFileSync(new URL('./default/carrier.cedar', import.meta.url), 'utf8');
}
