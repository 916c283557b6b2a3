import type { DerivationParts } from '../../../src/ledger/derive/parts.ts';
import { WorkerDerivation } from '../../../src/ledger/derive/worker-derivation.ts';
import { nodeFiles } from '../../../src/ledger/files/node-files.ts';
import { defaultLedgerOptions, type LedgerOptions } from '../../../src/ledger/options.ts';
import { FolderSecondPlace } from '../../../src/ledger/second-place.ts';
import { ShardLog } from '../../../src/ledger/shard-log.ts';
import { testOrigin } from './open-log.ts';
import { StubOpenings, stubCodec, stubEntries, stubFingerprint, stubSigner, stubWrap } from './stubs.ts';

/** Stubs for a derivation in a thread of its own. */
export function makeParts(options: unknown): DerivationParts {
  const { folder } = options as { folder: string };
  return {
    files: nodeFiles,
    wrap: stubWrap,
    codec: stubCodec,
    fingerprint: stubFingerprint,
    entries: stubEntries,
    openings: new StubOpenings(),
    signer: stubSigner,
    secondPlace: new FolderSecondPlace(nodeFiles, `${folder}/second`),
    cosign: null,
    refresh: () => {},
    close: () => {},
  };
}

/** A log in a folder of the machine, derived in a thread of its own. */
export function openWorkerLog(
  folder: string,
  options: Partial<LedgerOptions> = {},
  origin = testOrigin,
  name = 'log',
): Promise<ShardLog> {
  const all: LedgerOptions = { ...defaultLedgerOptions, segmentBytes: 2 * 1024 * 1024, reserveBytes: 0, ...options };
  const { files, wrap, codec, fingerprint, signer, secondPlace } = makeParts({ folder });
  return ShardLog.open({
    files,
    folder: `${folder}/${name}`,
    origin,
    keys: [],
    wrap,
    codec,
    fingerprint,
    signer,
    secondPlace,
    options: all,
    nowMs: Date.now,
    onFailure: () => {},
    derive: ({ start, segment, place }, events) =>
      WorkerDerivation.open(
        {
          partsModule: import.meta.url,
          partsOptions: { folder },
          settings: { ...all, folder: place.folder, origin: place.origin },
          start,
          segment,
        },
        events,
      ),
  });
}

/** All files below a folder by path, as `ModelDisk.contents` gives them. */
export function readContents(folder: string): Map<string, Uint8Array> {
  const all = new Map<string, Uint8Array>();
  const walk = (at: string): void => {
    for (const name of nodeFiles.list(at)) {
      const path = `${at}/${name}`;
      try {
        walk(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
        const file = nodeFiles.open(path, 'read');
        const bytes = new Uint8Array(file.sizeBytes());
        file.read(bytes, 0);
        file.close();
        all.set(path, bytes);
      }
    }
  };
  walk(folder);
  return all;
}
