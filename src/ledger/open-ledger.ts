import path from 'node:path';
import { toBase64 } from '../core/base64.ts';
import type { BoltsealError } from '../core/errors.ts';
import { makeContent } from '../core/ledger-entry/record.ts';
import { WorkerDerivation } from './derive/worker-derivation.ts';
import { recordCodec } from './entry-coding.ts';
import { nodeFiles } from './files/node-files.ts';
import { makeKeyWrap, readWrappingKey } from './keys/wrapping.ts';
import { Ledger } from './ledger.ts';
import { acquireLedgerLock } from './lock.ts';
import { type LedgerPlaces, makeSigner, readAllLogKeys, wrappingKeyName } from './node-parts.ts';
import { defaultLedgerOptions, type LedgerOptions } from './options.ts';
import { FolderSecondPlace } from './second-place.ts';
import { ShardLog } from './shard-log.ts';
import { verifierKeysOf } from './signing/log-keys.ts';

/** What a ledger of this machine is opened with. */
export interface OpenLedgerInput extends LedgerPlaces {
  /** Of the ledger: a name like a URL without scheme; shards are added to it. */
  readonly origin: string;
  readonly options?: Partial<LedgerOptions>;
  /** Who is named in the entries that the ledger makes by itself. */
  readonly principal: string;
  /** Hears once of the error after which nothing more is accepted: the process is to end. */
  readonly onFailure: (error: BoltsealError) => void;
}

/**
 * Opens a ledger for writing, with its derivation in a thread of its own. Keys must have been made; the ledger's folder and the one above the second place must be there.
 * Rejects as `Ledger.open`, and with LEDGER_KEY.
 */
export async function openLedger(input: OpenLedgerInput): Promise<Ledger> {
  const { folder, keysFolder, secondFolder, principal } = input;
  const options: LedgerOptions = { ...defaultLedgerOptions, ...input.options };
  const secrets = readWrappingKey(path.join(keysFolder, wrappingKeyName));
  const openShard = (shardFolder: string, origin: string): Promise<ShardLog> =>
    ShardLog.open({
      files: nodeFiles,
      folder: shardFolder,
      origin,
      keys: readAllLogKeys(keysFolder).flatMap((keys) => verifierKeysOf(keys, origin).split('\n')),
      wrap: makeKeyWrap(secrets),
      codec: recordCodec,
      signer: makeSigner(keysFolder),
      secondPlace: new FolderSecondPlace(nodeFiles, secondFolder),
      options,
      nowMs: Date.now,
      onFailure: input.onFailure,
      derive: ({ start, segment }, events) =>
        WorkerDerivation.open(
          {
            partsModule: new URL('./node-parts.ts', import.meta.url).href,
            partsOptions: { folder, keysFolder, secondFolder, origin },
            settings: { ...options, folder: shardFolder, origin },
            start,
            segment,
          },
          events,
        ),
    });
  return Ledger.open({
    files: nodeFiles,
    folder,
    origin: input.origin,
    acquireLock: acquireLedgerLock,
    openShard,
    sealEntry: (timeMs, { size, root }, next) =>
      makeContent('seal', timeMs, { principal, size: String(size), root: toBase64(root), next }),
    nowMs: Date.now,
  });
}
