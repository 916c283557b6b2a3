import { BackgroundDerivation } from '../../../src/ledger/derive/background.ts';
import type { Files } from '../../../src/ledger/files/port.ts';
import { defaultLedgerOptions, type LedgerOptions } from '../../../src/ledger/options.ts';
import { FolderSecondPlace } from '../../../src/ledger/second-place.ts';
import { ShardLog } from '../../../src/ledger/shard-log.ts';
import { StubOpenings, stubCodec, stubEntries, stubFingerprint, stubSigner, stubWrap } from './stubs.ts';

export const testOrigin = 'ledger.example/2026h2';

export interface TestLogInput {
  readonly files: Files;
  /** Of everything; the log is in `log`, the second place in `second`. */
  readonly folder: string;
  readonly options?: Partial<LedgerOptions>;
  readonly nowMs?: () => number;
  readonly onFailure?: (error: Error) => void;
  readonly openings?: StubOpenings;
  readonly pace?: () => void;
}

/** A log with stubs for entries, openings and signatures, derived in this thread; no checkpoint is made unless it is asked for. */
export function openTestLog({
  files,
  folder,
  options = {},
  nowMs,
  onFailure,
  openings = new StubOpenings(),
  pace = () => {},
}: TestLogInput): Promise<ShardLog> {
  const all: LedgerOptions = {
    ...defaultLedgerOptions,
    segmentBytes: 16 * 1024,
    spareSegments: 1,
    checkpointMs: 1e9,
    ...options,
  };
  const now = nowMs ?? (() => 1_790_000_000_000);
  const parts = {
    codec: stubCodec,
    fingerprint: stubFingerprint,
    signer: stubSigner,
    secondPlace: new FolderSecondPlace(files, `${folder}/second`),
    nowMs: now,
  };
  return ShardLog.open({
    ...parts,
    files,
    folder: `${folder}/log`,
    origin: testOrigin,
    keys: [],
    wrap: stubWrap,
    options: all,
    onFailure: onFailure ?? (() => {}),
    derive: async (start, events) =>
      new BackgroundDerivation(
        { ...parts, ...all, ...start, entries: stubEntries, openings, cosign: null, pace },
        events,
      ),
  });
}
