import { hash } from 'node:crypto';
import type { AuditEntry } from './port.ts';

/** A row of the audit, as its hash is made of it. */
export interface AuditRow {
  readonly number: number;
  readonly timeMs: number;
  readonly actor: string;
  readonly action: string;
  readonly object: string;
  /** JSON, as it stands in the row. */
  readonly detailText: string;
  /** 16 bytes; none in rows of former versions. */
  readonly salt: Uint8Array;
}

/** A row with what it says. */
export interface KeptRow extends AuditRow, AuditEntry {
  readonly signature: Uint8Array | null;
}

const label = Buffer.from('boltseal audit row 1\0', 'latin1');

/** What the ledger has of a row: 32 bytes (docs/spec/ledger-entry.md, "Record of a change"). */
export function recordOf({ number, timeMs, actor, action, object, detailText, salt }: AuditRow): Uint8Array {
  const text = JSON.stringify([number, timeMs, actor, action, object, detailText]);
  return hash('sha256', Buffer.concat([label, salt, Buffer.from(text, 'utf8')]), 'buffer');
}

/** Kinds of objects that are nobody; ids of all others may be names. */
const impersonal: readonly string[] = ['station', 'partner', 'budgets', 'retention', 'export', 'exception'];

/** What an entry of the ledger says of the object of a change: nothing where it may be a person. */
export function objectInLedger({ action, object }: Pick<AuditRow, 'action' | 'object'>): string {
  return impersonal.includes(action.split(' ')[0] ?? '') ? object : '';
}
