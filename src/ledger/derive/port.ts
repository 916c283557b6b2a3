import type { BoltsealError } from '../../core/errors.ts';
import type { TreeState } from '../port.ts';

/** How derivation and its disk are. */
export interface DerivationStatus {
  readonly published: TreeState;
  /** Whether the second place has a checkpoint that the log has not published: a crash came between the two. */
  readonly isBound: boolean;
  /** Whether appends are to be refused for lack of room, and whether the operator is to be warned. */
  readonly isFull: boolean;
  readonly isLow: boolean;
  readonly freeBytes: number;
  /** Why the last try to bring a checkpoint to the second place or to the witnesses failed; null: it did not. */
  readonly withheld: BoltsealError | null;
}

/** What runs in the background of a log: derivation, checkpoints, and segments made ahead. In this thread or another. */
export interface Derivation {
  status(): DerivationStatus;
  /** Says that more is durable, or that the writer went on in another segment. Cheap. */
  progress(size: number, segment: number): void;
  /** Makes sure that a segment is there. Rejects with LEDGER_DISK_FULL. */
  needSegment(number: number): Promise<void>;
  /**
   * Resolves when all that was durable is under a published checkpoint, and segments that it covers are gone.
   * Rejects with LEDGER_DISK_FULL, LEDGER_SECOND_WRITE, what the witnesses fail with, or LEDGER_FAILED.
   */
  checkpoint(): Promise<TreeState>;
  /** As `checkpoint`; then nothing is derived until `resume`, and nothing has been that no published checkpoint covers. */
  checkpointAndPause(): Promise<TreeState>;
  /** Resolves when no derivation runs; none does until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends without deriving what is left. */
  close(): Promise<void>;
}

/** What a derivation tells whoever started it. */
export interface DerivationEvents {
  /** Nothing more will be derived: the log must accept nothing more. Once. */
  readonly onFailure: (error: BoltsealError) => void;
  /** After each checkpoint that was published. */
  readonly onPublished?: (state: TreeState) => void;
  /** When the room on the disk was looked at. */
  readonly onStatus?: () => void;
}
