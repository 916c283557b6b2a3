import { guarded } from './guarded.ts';
import { type Guarded, measure } from './measure.ts';

/*
 * `npm run test:timing`: whether the time in which a wrong secret is refused tells where it is wrong. For people, on a quiet machine: it measures, and a busy machine
 * hides or invents small differences. Ends with 1 when something leaks, and with 2 when a control is not found, since then the rest means nothing.
 */

const ROUNDS = 5;
const SAMPLES = 60_000;
/** |t| of a leak beyond doubt, and below which there is no sign of one: those of dudect (github.com/oreparaz/dudect, README). */
const SURE_T = 10;
const NO_SIGN_T = 4.5;

// Refusals are errors; what their stack traces take would bury everything else.
Error.stackTraceLimit = 0;

function medianT(one: Guarded): number {
  const rounds = Array.from({ length: ROUNDS }, () => measure(one, SAMPLES)).sort((a, b) => a - b);
  return rounds[Math.floor(ROUNDS / 2)] ?? 0;
}

let leaks = 0;
let blind = 0;
for (const one of guarded) {
  const t = medianT(one);
  const isFound = t > SURE_T;
  if (one.isControl && !isFound) blind++;
  if (!one.isControl && t > NO_SIGN_T) leaks++;
  const verdict = one.isControl
    ? isFound
      ? 'found, as it must be'
      : 'NOT FOUND'
    : t > NO_SIGN_T
      ? isFound
        ? 'LEAKS'
        : 'SIGN OF A LEAK'
      : 'no sign';
  console.log(`${one.name.padEnd(42)} |t| ${t.toFixed(1).padStart(7)}  ${verdict}`);
}
process.exitCode = blind > 0 ? 2 : leaks > 0 ? 1 : 0;
