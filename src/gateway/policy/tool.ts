import { readFileSync, statSync } from 'node:fs';
import { BoltsealError } from '../../core/errors.ts';
import type { OpenDatabase } from '../stores.ts';
import { readDefaultExamples, readDefaultPolicies } from './default-policies.ts';
import { type ExamplesResult, readExamples, runExamples } from './examples.ts';
import { type Finding, findingsOf } from './findings.ts';
import { findPermittedApart } from './permitted-apart.ts';
import { versionOf } from './policies.ts';
import { openPolicyStore, policyMigrations } from './policy-store.ts';
import { readPolicies } from './read-policies.ts';

/** A text of policies, and where it is from. */
export interface PolicyText {
  readonly text: string;
  /** See `versionOf`. */
  readonly version: string;
  readonly source: 'active' | 'default' | 'file';
}

export interface PolicyCheck {
  readonly policies: PolicyText;
  readonly rules: number;
  readonly roles: readonly string[];
  readonly findings: readonly Finding[];
}

/** What commands do with policies, beside a gateway that may be running. All reject with POLICY_FILE, POLICY_INVALID, HOME_* and STORE_*. */
export interface PolicyTool {
  /** The policies of a home; the default ones where no gateway has been opened yet. */
  active(home: string): Promise<PolicyText>;
  defaults(): Promise<{ readonly policies: string; readonly examples: string }>;
  /** Reads policies and points out what is dangerous. `file` null: those of the home. */
  check(request: { readonly home: string; readonly file: string | null }): Promise<PolicyCheck>;
  /** Asks policies for examples; null: those of the home, and the examples that ship. Rejects with POLICY_EXAMPLES. */
  test(request: PolicyTestRequest): Promise<ExamplesResult>;
}

export interface PolicyTestRequest {
  readonly home: string;
  readonly policies: string | null;
  readonly examples: string | null;
  readonly nowMs: number;
  /** Of the IANA database. */
  readonly timeZone: string;
}

/** Opens a database of a home's gateway; null when there is none yet. */
export type DatabaseOpener = (
  home: string,
  name: string,
  migrations: readonly string[],
) => Promise<(OpenDatabase & { close(): void }) | null>;

const MOST_FILE_BYTES = 4 * 1024 * 1024;

/** The tool over the homes' databases. */
export function createPolicyTool(openDatabase: DatabaseOpener): PolicyTool {
  async function active(home: string): Promise<PolicyText> {
    const store = await openDatabase(home, 'policies', policyMigrations);
    try {
      const kept = store === null ? null : openPolicyStore(store).active();
      if (kept !== null) return { text: kept.text, version: kept.version, source: 'active' };
    } finally {
      store?.close();
    }
    const text = readDefaultPolicies();
    return { text, version: versionOf(text), source: 'default' };
  }

  async function policiesOf(home: string, file: string | null): Promise<PolicyText> {
    if (file === null) return active(home);
    const text = readText(file);
    return { text, version: versionOf(text), source: 'file' };
  }

  return {
    active,
    defaults: async () => ({ policies: readDefaultPolicies(), examples: readDefaultExamples() }),
    async check({ home, file }) {
      const policies = await policiesOf(home, file);
      const set = readPolicies(policies.text);
      return {
        policies,
        rules: set.policies.length,
        roles: set.looks.roles,
        findings: findingsOf(await findPermittedApart(set.text)),
      };
    },
    async test({ home, policies, examples, nowMs, timeZone }) {
      const read = readExamples(examples === null ? readDefaultExamples() : readText(examples));
      return runExamples(readPolicies((await policiesOf(home, policies)).text), read, { nowMs, timeZone });
    },
  };
}

function readText(path: string): string {
  try {
    if (statSync(path).size > MOST_FILE_BYTES) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new BoltsealError('POLICY_FILE', { path, reason: code }, { cause });
  }
}
