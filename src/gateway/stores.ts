import type { DatabaseSync } from 'node:sqlite';
import type { Config } from '../contract/config.ts';
import type { BoltsealError, ErrorCode } from '../core/errors.ts';
import type { Vault } from '../vault/port.ts';
import type { DecisionLog, ExportCanaries, GovernanceLog, LedgerErasing, LedgerReading, PublicLedger } from './port.ts';

/** What the gateway keeps and reads, open until `close`. */
export interface GatewayStores {
  /** Absolute folder of what the gateway keeps. */
  readonly folder: string;
  /** ISO 3166-1 alpha-2: whose national phone formats need no prefix. */
  readonly region: string;
  readonly config: Pick<Config, 'gateway' | 'epcis'>;
  readonly vault: Vault;
  /** Writes of the vault of which the register has not heard yet. */
  unfed(): Promise<number>;
  /** Whether a subject is one of the canaries, who do not exist. */
  isCanary(subject: string): boolean;
  readonly exportCanaries: ExportCanaries;
  readonly log: DecisionLog;
  readonly governance: GovernanceLog;
  readonly ledger: PublicLedger;
  readonly reading: LedgerReading;
  readonly erasing: LedgerErasing;
  /**
   * Opens `<home>/gateway/<name>.sqlite`, durable with each commit unless `durability` says that a power cut may take the newest of it; it is closed with everything else.
   * Fails with STORE_*.
   */
  openDatabase(name: string, migrations: readonly string[], durability?: 'full' | 'normal'): OpenDatabase;
  /** 32 bytes for one duty, from the gateway's key. */
  keyFor(duty: string): Uint8Array;
  /** Ends in the order in which nothing is lost: what was acknowledged is durable already. */
  close(): Promise<void>;
}

/** A database of one module. */
export interface OpenDatabase {
  readonly database: DatabaseSync;
  /** Runs work in one transaction that is taken back when it throws. */
  transact<T>(work: () => T): T;
}

/** What is heard of the ledger besides the answers to appends. */
export interface LedgerEvents {
  /** Once: the ledger takes nothing more, and the process is to end. */
  readonly onFailure: (error: BoltsealError) => void;
  /** What runs in the background failed, and is tried again later; `code` is null for a fault of ours. */
  readonly onTrouble?: (what: string, code: ErrorCode | null) => void;
}
