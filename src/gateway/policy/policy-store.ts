import { BoltsealError } from '../../core/errors.ts';
import type { OpenDatabase } from '../stores.ts';

/** Steps of `<home>/gateway/policies.sqlite`. Nothing in it is changed or removed: what was in force when is evidence. */
export const policyMigrations: readonly string[] = [
  `CREATE TABLE policies (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     version TEXT NOT NULL,
     text TEXT NOT NULL,
     proposed_by TEXT NOT NULL,
     proposed_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE activations (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     policies INTEGER NOT NULL REFERENCES policies (number),
     activated_by TEXT NOT NULL,
     activated_ms INTEGER NOT NULL,
     accepted TEXT NOT NULL
   ) STRICT;
   CREATE INDEX activations_by_policies ON activations (policies);
   CREATE TRIGGER policies_stay BEFORE UPDATE ON policies BEGIN SELECT RAISE(ABORT, 'policies'); END;
   CREATE TRIGGER policies_are_kept BEFORE DELETE ON policies BEGIN SELECT RAISE(ABORT, 'policies'); END;
   CREATE TRIGGER activations_stay BEFORE UPDATE ON activations BEGIN SELECT RAISE(ABORT, 'activations'); END;
   CREATE TRIGGER activations_are_kept BEFORE DELETE ON activations BEGIN SELECT RAISE(ABORT, 'activations'); END;`,
];

/** One version of the policies. */
export interface KeptPolicies {
  /** From 1, in the order of proposals. */
  readonly number: number;
  /** See `versionOf`. */
  readonly version: string;
  readonly text: string;
  readonly proposedBy: string;
  readonly proposedMs: number;
  readonly isActive: boolean;
  readonly activations: readonly Activation[];
}

export interface Activation {
  readonly by: string;
  readonly atMs: number;
  /** Codes of dangers that were accepted. */
  readonly accepted: readonly string[];
}

export interface PolicyStore {
  /** Null: none ever was. */
  active(): KeptPolicies | null;
  find(number: number): KeptPolicies | null;
  versions(): readonly Omit<KeptPolicies, 'text'>[];
  /** Fails with POLICY_WRITE. */
  add(policies: {
    readonly text: string;
    readonly version: string;
    readonly by: string;
    readonly nowMs: number;
  }): KeptPolicies;
  /** Fails with POLICY_WRITE. */
  activate(change: {
    readonly number: number;
    readonly by: string;
    readonly nowMs: number;
    readonly accepted: readonly string[];
  }): void;
}

const MOST_LISTED = 200;

/** The versions of policies in a database of their own. */
export function openPolicyStore({ database }: OpenDatabase): PolicyStore {
  const newest = database.prepare('SELECT policies FROM activations ORDER BY number DESC LIMIT 1');
  const one = database.prepare('SELECT * FROM policies WHERE number = ?');
  const all = database.prepare(
    `SELECT number, version, '' AS text, proposed_by, proposed_ms FROM policies ORDER BY number DESC LIMIT ${MOST_LISTED}`,
  );
  const activationsOf = database.prepare('SELECT * FROM activations WHERE policies = ? ORDER BY number');
  const insert = database.prepare('INSERT INTO policies (version, text, proposed_by, proposed_ms) VALUES (?, ?, ?, ?)');
  const insertActivation = database.prepare(
    'INSERT INTO activations (policies, activated_by, activated_ms, accepted) VALUES (?, ?, ?, ?)',
  );

  function activeNumber(): number | null {
    const row = newest.get();
    return row === undefined ? null : Number(row.policies);
  }

  function find(number: number): KeptPolicies | null {
    const row = one.get(number);
    return row === undefined ? null : toKept(row, activeNumber());
  }

  function toKept(row: Record<string, unknown>, active: number | null): KeptPolicies {
    const number = Number(row.number);
    return {
      number,
      version: String(row.version),
      text: String(row.text),
      proposedBy: String(row.proposed_by),
      proposedMs: Number(row.proposed_ms),
      isActive: number === active,
      activations: activationsOf.all(number).map((activation) => ({
        by: String(activation.activated_by),
        atMs: Number(activation.activated_ms),
        accepted: JSON.parse(String(activation.accepted)),
      })),
    };
  }

  return {
    active() {
      const number = activeNumber();
      return number === null ? null : find(number);
    },
    find,
    versions() {
      const active = activeNumber();
      return all.all().map((row) => {
        const { text: _, ...rest } = toKept(row, active);
        return rest;
      });
    },
    add({ text, version, by, nowMs }) {
      const { lastInsertRowid } = guard(() => insert.run(version, text, by, nowMs));
      const added = find(Number(lastInsertRowid));
      if (added === null) throw new RangeError('policies were added');
      return added;
    },
    activate({ number, by, nowMs, accepted }) {
      guard(() => insertActivation.run(number, by, nowMs, JSON.stringify(accepted)));
    },
  };
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const number = typeof cause === 'object' && cause !== null && 'errcode' in cause ? cause.errcode : null;
    const reason = typeof number === 'number' ? `SQLite ${number}` : 'unknown';
    throw new BoltsealError('POLICY_WRITE', { reason }, { cause });
  }
}
