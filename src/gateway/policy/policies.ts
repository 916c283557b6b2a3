import { hash } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { GovernanceLog, PolicyEngine } from '../port.ts';
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
  /** Says in the ledger which policies hold: at the start, and in a log that has just begun. Rejects with LEDGER_*. Gives the log's shard; null without a ledger. */
  state(nowMs: number): Promise<string | null>;
  /** The newest first, without their texts. */
  versions(): readonly Omit<KeptPolicies, 'text'>[];
  /** Null when there is no such version. */
  find(number: number): KeptPolicies | null;
  /** First step: reads the text, keeps it as a version, and says what it would change; nothing else happens. Rejects with POLICY_INVALID, POLICY_CONFLICT, POLICY_WRITE. */
  propose(change: PolicyChange & { readonly text: string }): Promise<Proposal>;
  /**
   * Second step: makes a version active when the ledger says so durably; its decisions begin with the next request. `accepted` are codes of dangers that are meant.
   * Where two people are needed, it is somebody else's proposal that is activated, by a person, and only once: what was active before comes back as a new proposal, which two have looked at.
   * Rejects with POLICY_SECOND_PERSON, POLICY_VERSION, POLICY_CONFLICT, POLICY_DANGER, POLICY_INVALID, POLICY_WRITE, LEDGER_*; then nothing has changed.
   */
  activate(
    change: PolicyChange & {
      readonly number: number;
      readonly accepted: readonly string[];
      /** Whether `by` is a person and no service. */
      readonly isPerson: boolean;
    },
  ): Promise<KeptPolicies>;
}

/** Who changes policies, and which version they have seen as the active one. */
export interface PolicyChange {
  readonly by: string;
  readonly seen: string;
  readonly nowMs: number;
  /** Of the request that asks for it. */
  readonly signature?: Uint8Array | null;
}

export interface PoliciesOptions {
  readonly timeZone: string;
  readonly nowMs: number;
  /** Whether a change takes two people just now; asked for each change. */
  readonly needsTwo?: () => boolean;
  /** Null or absent: there is none at hand. */
  readonly ledger?: GovernanceLog | null;
  /** Hears of each activation when it holds. It must not throw. */
  readonly onActivated?: (activated: { readonly by: string; readonly version: string; readonly nowMs: number }) => void;
}

/** The default policies were put there by nobody else. */
const ownName = 'boltseal';

/** Opens the policies of a gateway, with the default ones when there are none. Fails with POLICY_INVALID when what is active cannot be read any more, and POLICY_WRITE. */
export function openPolicies(
  store: OpenDatabase,
  { timeZone, nowMs, ledger = null, onActivated, needsTwo = () => false }: PoliciesOptions,
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
  let turn: Promise<unknown> = Promise.resolve();

  function requireSeen(seen: string): KeptPolicies {
    const current = active();
    if (current.version !== seen) throw new BoltsealError('POLICY_CONFLICT');
    return current;
  }

  function requireSecond({ proposedBy, activations }: KeptPolicies, by: string, isPerson: boolean): void {
    if (needsTwo() && (!isPerson || proposedBy === by || activations.length > 0))
      throw new BoltsealError('POLICY_SECOND_PERSON');
  }

  return {
    engine,
    active,
    versions: kept.versions,
    find: kept.find,
    async state(atMs) {
      const policies = digestOf(active().text);
      const entry = { principal: '', basis: 'in force', policies, timeMs: atMs, requestSignature: null };
      return ledger === null ? null : (await ledger.policies(entry)).shard;
    },
    async propose({ text, by, seen, nowMs: atMs }) {
      const current = requireSeen(seen);
      readPolicies(text);
      const [before, after] = await Promise.all([findPermittedApart(current.text), findPermittedApart(text)]);
      const changes = compareAccess(before, after);
      const proposal = kept.add({ text, version: versionOf(text), by, nowMs: atMs });
      return { kept: proposal, findings: findingsOf(after), changes };
    },
    activate(change) {
      // One after the other: what is based on the active version must not see it change.
      const mine = turn.then(() => activate(change));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };

  async function activate({
    number,
    accepted,
    by,
    isPerson,
    seen,
    nowMs: atMs,
    signature = null,
  }: Parameters<Policies['activate']>[0]) {
    const next = kept.find(number);
    if (next === null) throw new BoltsealError('POLICY_VERSION', { version: number });
    // Asked again because the answer was lost (RFC 9110, 13.1.1).
    if (next.isActive) return next;
    requireSeen(seen);
    requireSecond(next, by, isPerson);
    const dangers = findingsOf(await findPermittedApart(readPolicies(next.text).text)).filter(
      ({ level }) => level === 'danger',
    );
    const needed: readonly string[] = [...new Set(dangers.map(({ code }) => code))];
    const open = needed.filter((code) => !accepted.includes(code));
    if (open.length > 0) throw new BoltsealError('POLICY_DANGER', { findings: open.join(', ') });
    const before = requireSeen(seen);
    requireSecond(next, by, isPerson);
    const meant = accepted.filter((code) => needed.includes(code));
    await engine.useWhen(async () => {
      kept.activate({ number, by, nowMs: atMs, accepted: meant });
      try {
        await ledger?.policies({
          principal: by,
          basis: ['activated', ...(meant.length === 0 ? [] : [`accepting ${meant.join(' ')}`])].join(', '),
          policies: digestOf(next.text),
          timeMs: atMs,
          requestSignature: signature,
        });
      } catch (error) {
        // No row is ever taken away: another one says that it did not come to pass.
        kept.activate({ number: before.number, by: ownName, nowMs: atMs, accepted: [] });
        throw error;
      }
    }, next);
    onActivated?.({ by, version: next.version, nowMs: atMs });
    return active();
  }
}

function digestOf(text: string): Uint8Array {
  return hash('sha256', text, 'buffer');
}

/** Name of policies: the first 16 digits of SHA-256 over their text, so that whoever has the text can tell. */
export function versionOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16);
}
