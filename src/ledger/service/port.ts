import type { BoltsealError } from '../../core/errors.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import type { ErasedKind, Instruction } from '../erasing/port.ts';
import type { LinesSummary } from './append-lines.ts';
import type { ExportRequest, ExportSummary } from './export-log.ts';
import type { FsckReport } from './fsck-report.ts';
import type { StatedPolicies } from './governance.ts';
import type { ProvedEntry, ProveRequest } from './proof.ts';
import type { LedgerOverview } from './status.ts';
import type { WitnessRequest } from './witness-daemon.ts';

/**
 * What the commands of the ledger need done. `home` is the absolute folder of a home. Whatever writes fails with LEDGER_LOCKED while another process does, and as
 * `openLedger`; whatever reads may run beside a writer.
 */
export interface LedgerService {
  /** Appends disclosures from lines of JSON, and publishes them. Begins the ledger when there is none. Fails with LEDGER_FILE. */
  append(home: string, input: string, onWithheld: WithheldListener): Promise<LinesSummary>;
  status(home: string): Promise<LedgerOverview>;
  /**
   * Publishes what a crash or a missed quorum left unpublished, and has the newest checkpoint signed and cosigned anew; gives what is published then. `takesNewSecondPlace`: an empty second
   * place is taken for a new one. Fails with LEDGER_QUORUM, LEDGER_SECOND_WRITE.
   */
  checkpoint(home: string, takesNewSecondPlace: boolean): Promise<LedgerOverview>;
  /** The text of a proof. */
  prove(home: string, request: ProveRequest): Promise<string>;
  /** Which policies decided an entry, as the ledger says; null where it does not. */
  findPolicies(
    home: string,
    entry: { readonly shard: string | null; readonly index: number },
  ): Promise<StatedPolicies | null>;
  /** What a proof shows, by a policy; both are paths. Needs no home. */
  verify(proof: string, policy: string): Promise<ProvedEntry>;
  /** The policy by which others check a shard; null: the newest. */
  policy(home: string, shard: string | null): Promise<string>;
  /** Checks everything in a home. */
  fsckHome(home: string, onEntries: (count: number) => void): Promise<FsckReport>;
  /** Checks a log in a folder, or at an address, with a policy; `isPart`: a part of one is expected. */
  fsckLog(
    source: string,
    given: { readonly policy: string; readonly isPart: boolean },
    onEntries: (count: number) => void,
  ): Promise<FsckReport>;
  export(home: string, request: ExportRequest): Promise<ExportSummary>;
  /** Fails with LEDGER_HELD and LEDGER_ERASED_NONE. */
  erase(home: string, kind: ErasedKind, id: string, instruction: Instruction): Promise<ErasedSummary>;
  /** Places a hold and gives the place of its entry. */
  hold(home: string, subject: string, instruction: Instruction, onWithheld: WithheldListener): Promise<EntryPlace>;
  /** Fails with LEDGER_HOLD_NONE. */
  release(
    home: string,
    subject: string,
    hold: EntryPlace,
    instruction: Instruction,
    onWithheld: WithheldListener,
  ): Promise<EntryPlace>;
  holds(home: string): Promise<readonly EntryPlace[]>;
  /** What dropping a shard would do. Fails with LEDGER_SHARD, LEDGER_DROPPED, LEDGER_RETENTION. */
  planDrop(home: string, shard: string): Promise<DropPlan>;
  /** Drops a shard whose time is over. Fails as `planDrop`, and with LEDGER_HELD. */
  drop(home: string, shard: string, instruction: Instruction): Promise<DroppedSummary>;
  /** Makes new signing keys and has the old ones vouch for them. */
  rotateKeys(home: string, instruction: Instruction): Promise<RotationSummary>;
  /** Feeds the columns of disclosures from the ledger; gives how many were missing. */
  rebuildColumns(home: string): Promise<ColumnsSummary>;
  /** Serves as a witness until the process is told to stop; calls `onListening` when it can be reached. */
  serveWitness(request: WitnessRequest): Promise<void>;
}

/** Hears why no checkpoint was published over what was recorded: a missed quorum, a second place or disk that cannot be written. What was recorded is durable all the same. */
export type WithheldListener = (error: BoltsealError) => void;

/** What an erasure did. */
export interface ErasedSummary {
  /** Null when the ledger had nothing of the person, and imported logs did. */
  readonly tombstone: EntryPlace | null;
  readonly entries: number;
  /** Rows of imported logs that were concerned where the ledger had nothing. */
  readonly importedRows: number;
  readonly damagedFiles: number;
}

/** What dropping a shard would do. */
export interface DropPlan {
  readonly shard: string;
  readonly entries: number;
  /** Keys that open nothing but entries of the shard. */
  readonly keys: number;
  /** Whether a legal hold on somebody in it forbids it. */
  readonly isHeld: boolean;
  /** Of its files. */
  readonly sizeBytes: number;
}

/** What dropping a shard did. */
export interface DroppedSummary {
  readonly tombstone: EntryPlace;
  readonly keys: number;
}

/** What a rotation did. */
export interface RotationSummary {
  readonly generation: number;
  /** Entry that names old and new keys. */
  readonly entry: EntryPlace;
}

/** What feeding columns did. */
export interface ColumnsSummary {
  /** Disclosures in the ledger that can be read. */
  readonly entries: number;
  /** Of them, those that the columns did not have. */
  readonly added: number;
  /** Entries of which so much was erased that columns get nothing. */
  readonly erased: number;
  /** Left out: what columns cannot hold, such as names of fields that Boltseal does not know. */
  readonly left: number;
}
