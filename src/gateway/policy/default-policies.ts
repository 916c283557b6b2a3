import { readFileSync } from 'node:fs';

/** The policies for a carrier that a new home begins with; each rule has a comment that says why. */
export function readDefaultPolicies(): string {
  return readFileSync(new URL('./default/carrier.cedar', import.meta.url), 'utf8');
}

/** Examples of what these policies are meant to say (`readExamples`). */
export function readDefaultExamples(): string {
  return readFileSync(new URL('./default/carrier.examples', import.meta.url), 'utf8');
}
