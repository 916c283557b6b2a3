import { purposes } from '../../contract/api/purposes.ts';
import { type VaultField, vaultFields } from '../../contract/api/words.ts';
import type { PolicyDecision, PolicyEngine, PolicyQuestion } from '../port.ts';
import { askCedar } from './ask.ts';
import { type Cedar, loadCedar } from './cedar.ts';
import { createLocalClock } from './local-clock.ts';
import type { Feature } from './looks-at.ts';
import { type PolicySetText, readPolicies } from './read-policies.ts';
import { formsOf } from './schema.ts';

/** Policies, and what the ledger calls them. */
export interface NamedPolicies {
  readonly text: string;
  readonly version: string;
}

export interface PolicyEngineOptions extends NamedPolicies {
  /** Of the IANA database: where `context.hour` and `context.weekday` are meant; `UTC` when absent. */
  readonly timeZone?: string;
}

/** A policy engine whose policies can be changed. */
export interface ChangeablePolicyEngine extends PolicyEngine {
  /** Takes other policies when `write` has resolved; when it rejects, those that held go on, and so does this. Until then nothing that was decided is appended. Rejects with POLICY_INVALID before it writes. */
  useWhen(write: () => Promise<void>, policies: NamedPolicies): Promise<void>;
  /** Takes other policies: from the next decision on they hold. Fails with POLICY_INVALID; then those that held go on. */
  use(policies: NamedPolicies): void;
}

/** Decisions kept: some hundred classes are usual; with policies that look at attributes or at principals there are as many as these. */
const MOST_KEPT = 20_000;
/** A broken instance of Cedar is replaced, not more often than this: making one costs as much as thousands of decisions. */
const REPAIR_EVERY_MS = 10_000;
const setName = 'active';
const fieldNumbers = new Map<string, number>(vaultFields.map((field, i) => [field, i]));
const knownPurposes: ReadonlySet<string> = new Set(purposes);

/**
 * Decides by Cedar policies. Cedar is asked once for each class of request (tens to hundreds of microseconds a field), and the answer is kept as long as the policies hold.
 * What nobody permits is refused; so is a purpose that is unknown, and everything that Cedar cannot evaluate. Fails with POLICY_INVALID.
 */
export function createPolicyEngine({ text, version, timeZone = 'UTC' }: PolicyEngineOptions): ChangeablePolicyEngine {
  const clockAt = createLocalClock(timeZone);
  const kept = new Map<string, PolicyDecision>();
  let policies = readPolicies(text);
  let named = version;
  let cedar = loadCedar();
  let repairFromMs = Number.NEGATIVE_INFINITY;
  let changing: Promise<void> | null = null;
  prepare(cedar, policies);

  return {
    get version() {
      return named;
    },
    get changing() {
      return changing;
    },
    async useWhen(write, next) {
      const take = ready(next);
      const change = Promise.resolve().then(write).then(take);
      changing = change.catch(() => undefined);
      try {
        await change;
      } finally {
        changing = null;
      }
    },
    use: (next) => ready(next)(),
    decide(question, fields) {
      try {
        const mask = maskOf(fields);
        if (mask === null || !knownPurposes.has(question.purpose)) return nothing(named);
        const key = keyOf(question, mask);
        const found = key === null ? undefined : kept.get(key);
        if (found !== undefined) return found;
        const decision = ask(question, fields);
        if (key !== null) keep(key, decision);
        return decision;
      } catch {
        repair(question.nowMs);
        return nothing(named);
      }
    },
  };

  /** Reads policies; what it gives makes them hold. */
  function ready(next: NamedPolicies): () => void {
    const read = readPolicies(next.text);
    // A new instance: if anything fails, the old one is untouched.
    const fresh = loadCedar();
    prepare(fresh, read);
    return () => {
      [policies, named, cedar] = [read, next.version, fresh];
      kept.clear();
    };
  }

  function ask(question: PolicyQuestion, fields: readonly VaultField[]): PolicyDecision {
    const { principal, purpose, form, isException, isBulk, act = 'read' } = question;
    const clock = clockAt(question.nowMs);
    const { at } = policies.looks;
    const allowed = fields.filter(
      (field) =>
        formsOf(field, act).includes(form) &&
        askCedar(cedar, setName, { principal, purpose, form, field, isException, isBulk, act, clock, at }).isAllowed,
    );
    return { allowed: new Set(allowed), version: named };
  }

  /** Null: the decision holds for this moment only. */
  function keyOf(question: PolicyQuestion, mask: number): string | null {
    const { at } = policies.looks;
    if (at.has('now')) return null;
    const { principal, purpose, form, isException, isBulk, nowMs, act = 'read' } = question;
    const parts: unknown[] = [act, mask, purpose, form, isException, isBulk, principal.role];
    for (const feature of at) parts.push(partOf(feature, question, nowMs));
    return JSON.stringify(parts);
  }

  function partOf(feature: Feature, { principal }: PolicyQuestion, nowMs: number): unknown {
    if (feature === 'hour') return clockAt(nowMs).hour;
    if (feature === 'weekday') return clockAt(nowMs).weekday;
    if (feature === 'hasStation') return principal.station !== null;
    if (feature === 'hasPartner') return principal.partner !== null;
    return feature === 'now' ? nowMs : principal[feature];
  }

  function keep(key: string, decision: PolicyDecision): void {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, decision);
  }

  function repair(nowMs: number): void {
    if (nowMs < repairFromMs) return;
    repairFromMs = nowMs + REPAIR_EVERY_MS;
    try {
      const fresh = loadCedar();
      prepare(fresh, policies);
      cedar = fresh;
    } catch {
      // The next question tries again; until then everything is refused.
    }
  }
}

function prepare(cedar: Cedar, { text }: PolicySetText): void {
  const answer = cedar.preparsePolicySet(setName, { staticPolicies: text });
  if (answer.type === 'failure') throw new Error('policies that were read cannot be prepared');
}

function nothing(version: string): PolicyDecision {
  return { allowed: new Set(), version };
}

/** The fields of a question as bits; null when one is none of the vault's. */
function maskOf(fields: readonly VaultField[]): number | null {
  let mask = 0;
  for (const field of fields) {
    const number = fieldNumbers.get(field);
    if (number === undefined) return null;
    mask |= 1 << number;
  }
  return mask;
}
