/** Where a ledger is and what it is told; all paths are absolute. */
export interface LedgerSettings {
  readonly ledgerFolder: string;
  readonly keysFolder: string;
  /** Null: one that follows from the first signing key. */
  readonly origin: string | null;
  readonly secondPlaceFolder: string;
  /** Witnesses and quorum as a policy (C2SP tlog-policy); null: none are asked. */
  readonly witnesses: string | null;
  /** What happens to a checkpoint that too few witnesses cosigned. */
  readonly onMissingQuorum: MissingQuorum;
  /** Days from the seal of a shard after which it may be dropped; null: never. */
  readonly retentionDays: number | null;
}

/** `withhold`: it is not published until enough do; `publish`: it is, and the status says that the quorum is missed. Entries are recorded either way. */
export type MissingQuorum = 'withhold' | 'publish';
