import type { Files } from '../files/port.ts';
import type { RequestFingerprint } from '../idempotency.ts';
import type { CheckpointSigner, EntryMaker, KeyWrap, OpeningsWriter, RecordCodec, SecondPlace } from '../port.ts';
import type { Cosigner } from './background.ts';

/** What a derivation works with besides its place: made in the thread that it runs in. */
export interface DerivationParts {
  readonly files: Files;
  readonly wrap: KeyWrap;
  readonly codec: RecordCodec;
  readonly fingerprint: RequestFingerprint;
  readonly entries: EntryMaker;
  readonly openings: OpeningsWriter;
  readonly signer: CheckpointSigner;
  readonly secondPlace: SecondPlace;
  readonly cosign: Cosigner | null;
  /** Forgets what is cached of keys: they may have been destroyed. */
  readonly refresh: () => void;
  /** Closes what was opened for it. */
  readonly close: () => void;
}

/** What a module of parts exports as `makeParts`; `options` is plain data that can be posted to a thread. */
export type MakeParts = (options: unknown) => DerivationParts;

/** What a derivation is told besides its parts: plain data. */
export interface DerivationSettings {
  readonly folder: string;
  readonly origin: string;
  readonly segmentBytes: number;
  readonly spareSegments: number;
  readonly checkpointMs: number;
  readonly roundEntries: number;
  readonly idempotencyMs: number;
  readonly reserveBytes: number;
  readonly warnBytes: number;
}
