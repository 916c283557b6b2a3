import type { DetailedError, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { BoltsealError } from '../../core/errors.ts';
import { fitsUtf8, printable } from '../../core/text.ts';
import { askCedar } from './ask.ts';
import { type Cedar, loadCedar } from './cedar.ts';
import { findLooks, type Looks } from './looks-at.ts';
import { sampleOf } from './roles.ts';
import { policySchema } from './schema.ts';

/** Longest text of a policy set. The default one has about 10 kB. */
export const MOST_POLICY_BYTES = 128 * 1024;
/** Cedar 4.13 evaluates sums of 300 levels, and exhausts its stack before 1000; each level takes two of JSON. */
const MOST_DEPTH = 2 * 150;

/** Policies that may be used: they were read, held against the schema and tried. */
export interface PolicySetText {
  readonly text: string;
  readonly looks: Looks;
  /** Each policy in Cedar's JSON form, in the order of the ids that Cedar gives them (`policy0` …). */
  readonly policies: readonly PolicyJson[];
}

/** Something in a text that keeps it from being used. */
export interface PolicyProblem {
  /** From 1; null when it concerns the text as a whole. */
  readonly line: number | null;
  /** From 1, in characters. */
  readonly column: number | null;
  readonly reason: string;
}

/** Reads policies. Fails with POLICY_INVALID, which names place and reason of the first problem. */
export function readPolicies(text: string): PolicySetText {
  const { problems, set } = inspectPolicies(text);
  if (set !== null) return set;
  const { line, column, reason } = problems[0]!;
  throw new BoltsealError('POLICY_INVALID', {
    place: line === null ? 'the text as a whole' : `line ${line}, column ${column}`,
    reason,
  });
}

/** Reads policies and gives every problem of them; `set` is null when there is any. Warnings of Cedar (a policy that can never apply) are problems too: what was meant is not what is said. */
export function inspectPolicies(text: string): {
  readonly problems: readonly PolicyProblem[];
  readonly set: PolicySetText | null;
} {
  if (!fitsUtf8(text, MOST_POLICY_BYTES))
    return failed(text, [{ message: `it has more than ${MOST_POLICY_BYTES} bytes` }]);
  if (!text.isWellFormed() || text.includes('\0')) return failed(text, [{ message: 'it is no Unicode text' }]);
  try {
    return inspectWith(loadCedar(), text);
  } catch {
    // Cedar's own stack: nothing that it says about it helps.
    return failed(text, [{ message: 'it is nested too deeply' }]);
  }
}

function inspectWith(cedar: Cedar, text: string): ReturnType<typeof inspectPolicies> {
  const answer = cedar.validate({ schema: policySchema, policies: { staticPolicies: text } });
  if (answer.type === 'failure') return failed(text, answer.errors);
  const found = [...answer.validationErrors, ...answer.validationWarnings].map(({ error }) => error);
  if (found.length + answer.otherWarnings.length > 0) return failed(text, [...found, ...answer.otherWarnings]);
  const policies = readJson(cedar, text);
  if (policies === null) return failed(text, [{ message: 'it has templates, or more than Cedar can take apart' }]);
  const looks = findLooks(policies);
  if (looks.depth > MOST_DEPTH) return failed(text, [{ message: 'it is nested too deeply' }]);
  cedar.preparsePolicySet('trial', { staticPolicies: text });
  askCedar(cedar, 'trial', {
    principal: sampleOf('nobody'),
    purpose: 'audit',
    form: 'masked',
    field: 'name',
    isException: false,
    isBulk: false,
    clock: { hour: 0, weekday: 1, nowMs: 0 },
    at: looks.at,
  });
  return { problems: [], set: { text, looks, policies } };
}

/** Null when Cedar cannot. */
function readJson(cedar: Cedar, text: string): readonly PolicyJson[] | null {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure' || parts.policy_templates.length > 0) return null;
  // They come in the order of their ids as text: policy0, policy1, policy10 …
  const places = parts.policies.map((_, i) => i).sort((a, b) => (`${a}` < `${b}` ? -1 : 1));
  const policies: PolicyJson[] = [];
  for (const [i, policy] of parts.policies.entries()) {
    const answer = cedar.policyToJson(policy);
    if (answer.type === 'failure') return null;
    policies[places[i] ?? 0] = answer.json;
  }
  return policies;
}

function failed(
  text: string,
  errors: readonly (Pick<DetailedError, 'message'> & Partial<DetailedError>)[],
): ReturnType<typeof inspectPolicies> {
  const problems = errors.map(({ message, help, sourceLocations }) => {
    const start = sourceLocations?.[0]?.start;
    const place = start === undefined ? { line: null, column: null } : placeOf(text, start);
    // The numbers that Cedar gives to policies say nothing to who wrote them.
    const plain = message.replace(/^(?:failed to parse policies from string|for policy `policy\d+`)[:,] /, '');
    return { ...place, reason: printable(help ? `${plain} (${help})` : plain, 300) };
  });
  return { problems, set: null };
}

/** Cedar counts bytes of UTF-8. */
function placeOf(text: string, startBytes: number): { line: number; column: number } {
  const before = Buffer.from(text).subarray(0, startBytes).toString();
  const lines = before.split('\n');
  return { line: lines.length, column: Array.from(lines.at(-1) ?? '').length + 1 };
}
