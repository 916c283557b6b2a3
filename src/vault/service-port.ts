import type { EntryPlace } from '../core/ledger-entry/erased-entries.ts';
import type { SubjectReport, VaultStatus } from './port.ts';

/*
 * What the commands of the vault need done. `home` is the absolute folder of a home; whatever needs a vault that is there fails with VAULT_NONE.
 */

/** How far something is. */
export interface Steps {
  begin(label: string, total: number | null, unit: 'bytes' | 'rows'): void;
  advance(by: number): void;
  end(): void;
}

export interface VaultImportSummary {
  /** Rows that were read now. */
  readonly rows: number;
  /** Rows that an import which was interrupted had taken in. */
  readonly before: number;
  readonly made: number;
  readonly changed: number;
  readonly same: number;
  /** Rows that were not taken, and cells that were left out, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
  /** Which column holds what: the name of the column, or its number from 1. */
  readonly columns: readonly { readonly column: string; readonly holds: string }[];
  readonly seconds: number;
}

export interface CheckSummary {
  /** Subjects whose values were looked for, of all. */
  readonly sampled: number;
  readonly subjects: number;
  readonly files: number;
  readonly bytes: number;
  /** The first hits of each file. */
  readonly hits: readonly {
    readonly file: string;
    readonly at: number;
    readonly what: string;
    readonly encoding: string;
  }[];
}

export interface FeedSummary {
  /** Versions that the register was told of. */
  readonly versions: number;
  /** Subjects of which it was told that former values are no longer current. */
  readonly closed: number;
  /** People who were erased and whom its files do not have any more. */
  readonly erased: number;
}

export interface PersonReport {
  readonly person: SubjectReport;
  /** Everybody who got something of it, the latest last. */
  readonly disclosures: readonly {
    /** Seconds since 1970. */
    readonly timeSeconds: number;
    readonly principal: string;
    readonly fields: readonly string[];
    readonly purpose: string;
  }[];
}

export interface PersonErased {
  /** Whether the vault had something. */
  readonly wasInVault: boolean;
  /** The ledger's entry that says so; null: it had nothing. */
  readonly tombstone: EntryPlace | null;
  readonly entries: number;
}

export interface RetainSummary {
  /** Subjects that are, or were, to go. */
  readonly due: number;
  /** Of them, those that a legal hold keeps. */
  readonly held: number;
  /** Of them, those that were erased. */
  readonly erased: number;
}

export interface VaultStatusSummary extends VaultStatus {
  readonly provider: string;
  /** Name of the databases' kind. */
  readonly store: string;
  readonly tenant: string;
}
