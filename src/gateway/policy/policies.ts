import { hash } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { PolicyEngine } from '../port.ts';
import type { OpenDatabase } from '../stores.ts';
import { type AccessChange, compareAccess } from './access-changes.ts';
import { readDefaultPolicies } from './default-policies.ts';
import { createPolicyEngine } from './engine.ts';
import { type Finding, findingsOf } from './findings.ts';
import { findPermittedApart } from './permitted-apart.ts';
import { type KeptPolicies, openPolicyStore } from './policy-store.ts';
import { readPolicies } from './read-policies.ts';

/** What a proposal would change. */
export interface Proposal {
  readonly kept: KeptPolicies;
  readonly findings: readonly Finding[];
  readonly changes: readonly AccessChange[];
}

/** The policies of a gateway: one version is active, all are kept. */
export interface Policies {
  readonly engine: PolicyEngine;
  active(): KeptPolicies;
  /** The newest first, without their texts. */
  versions(): readonly Omit<KeptPolicies, 'text'>[];
  /** Null when there is no such version. */
  find(number: number): KeptPolicies | null;
  /** First step: reads the text, keeps it as a version, and says what it would change; nothing else happens. Rejects with POLICY_INVALID, POLICY_CONFLICT, POLICY_WRITE. */
  propose(change: PolicyChange & { readonly text: string }): Promise<Proposal>;
  /**
   * Second step: makes a version active; its decisions begin with the next request. `accepted` are codes of dangers that are meant.
   * Rejects with POLICY_VERSION, POLICY_CONFLICT, POLICY_DANGER, POLICY_INVALID, POLICY_WRITE; then nothing has changed.
   */
  activate(
    change: PolicyChange & { readonly number: number; readonly accepted: readonly string[] },
  ): Promise<KeptPolicies>;
}

/** Who changes policies, and which version they have seen as the active one. */
export interface PolicyChange {
  readonly by: string;
  readonly seen: string;
  readonly nowMs: number;
}

/** The default policies were put there by nobody else. */
const ownName = 'boltseal';

/** Opens the policies of a gateway, with the default ones when there are none. Fails with POLICY_INVALID when what is active cannot be read any more, and POLICY_WRITE. */
export function openPolicies(
  store: OpenDatabase,
  { timeZone, nowMs }: { readonly timeZone: string; readonly nowMs: number },
): Policies {
  const kept = openPolicyStore(store);
  if (kept.active() === null) {
    const text = readDefaultPolicies();
    const first = kept.add({ text, version: versionOf(text), by: ownName, nowMs });
    kept.activate({ number: first.number, by: ownName, nowMs, accepted: [] });
  }
  const active = (): KeptPolicies => {
    const found = kept.active();
    if (found === null) throw new RangeError('policies were active');
    return found;
  };
  const engine = createPolicyEngine({ ...active(), timeZone });

  function requireSeen(seen: string): KeptPolicies {
    const current = active();
    if (current.version !== seen) throw new BoltsealError('POLICY_CONFLICT');
    return current;
  }

  return {
    engine,
    active,
    versions: kept.versions,
    find: kept.find,
    async propose({ text, by, seen, nowMs: atMs }) {
      const current = requireSeen(seen);
      readPolicies(text);
      const [before, after] = await Promise.all([findPermittedApart(current.text), findPermittedApart(text)]);
      const changes = compareAccess(before, after);
      const proposal = kept.add({ text, version: versionOf(text), by, nowMs: atMs });
      return { kept: proposal, findings: findingsOf(after), changes };
    },
    async activate({ number, accepted, by, seen, nowMs: atMs }) {
      const next = kept.find(number);
      if (next === null) throw new BoltsealError('POLICY_VERSION', { version: number });
      // Asked again because the answer was lost (RFC 9110, 13.1.1).
      if (next.isActive) return next;
      requireSeen(seen);
      const dangers = findingsOf(await findPermittedApart(readPolicies(next.text).text)).filter(
        ({ level }) => level === 'danger',
      );
      const needed: readonly string[] = [...new Set(dangers.map(({ code }) => code))];
      const open = needed.filter((code) => !accepted.includes(code));
      if (open.length > 0) throw new BoltsealError('POLICY_DANGER', { findings: open.join(', ') });
      // Somebody else may have come first while the policies were looked at. From here to the end nothing waits.
      const before = requireSeen(seen);
      engine.use(next);
      try {
        kept.activate({ number, by, nowMs: atMs, accepted: accepted.filter((code) => needed.includes(code)) });
      } catch (error) {
        engine.use(before);
        throw error;
      }
      return active();
    },
  };
}

/** Name of policies: the first 16 digits of SHA-256 over their text, so that whoever has the text can tell. */
export function versionOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16);
}
