import { toBase64 } from '../core/base64.ts';
import { BoltsealError } from '../core/errors.ts';
import { makeContent } from '../core/ledger-entry/record.ts';
import { WorkerDerivation } from './derive/worker-derivation.ts';
import { recordCodec } from './entry-coding.ts';
import { nodeFiles } from './files/node-files.ts';
import { type HomePartsOptions, wrappingKeyFile } from './home-parts.ts';
import { makeKeyWrap, readWrappingKey } from './keys/wrapping.ts';
import { Ledger } from './ledger.ts';
import { acquireLedgerLock } from './lock.ts';
import { defaultLedgerOptions, type LedgerOptions } from './options.ts';
import { FolderSecondPlace } from './second-place.ts';
import { ShardLog } from './shard-log.ts';
import { makeCheckpointSigner } from './signing/checkpoint-signer.ts';
import { type LogKeys, listGenerations, readLogKeys, verifierKeysOf } from './signing/log-keys.ts';

/** What a ledger of this machine is opened with. */
export interface OpenLedgerInput {
  /** Of the ledger. */
  readonly folder: string;
  /** Of the key-wrapping key and the signing keys. */
  readonly keysFolder: string;
  /** Of the second place: best on another volume. */
  readonly secondFolder: string;
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
  const secrets = readWrappingKey(wrappingKeyFile(keysFolder));
  const generations = readGenerations(keysFolder);
  // The newest keys sign; checkpoints of all are the log's own.
  const signing = generations.slice(-1);
  const signer = makeCheckpointSigner({ signing, trusted: generations, now: Date.now });
  const numbersOf = (keys: readonly LogKeys[]): number[] => keys.map(({ generation }) => generation);
  const openShard = (shardFolder: string, origin: string): Promise<ShardLog> =>
    ShardLog.open({
      files: nodeFiles,
      folder: shardFolder,
      origin,
      keys: generations.flatMap((keys) => verifierKeysOf(keys, origin).split('\n')),
      wrap: makeKeyWrap(secrets),
      codec: recordCodec,
      signer,
      secondPlace: new FolderSecondPlace(nodeFiles, secondFolder),
      options,
      nowMs: Date.now,
      onFailure: input.onFailure,
      derive: ({ start, segment }, events) =>
        WorkerDerivation.open(
          {
            partsModule: new URL('./home-parts.ts', import.meta.url).href,
            partsOptions: {
              origin,
              ledgerFolder: folder,
              keysFolder,
              secondFolder,
              signing: numbersOf(signing),
              trusted: numbersOf(generations),
            } satisfies HomePartsOptions,
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

/** All generations of signing keys, ascending. Fails with LEDGER_KEY when there is none. */
function readGenerations(keysFolder: string): readonly LogKeys[] {
  const all = listGenerations(keysFolder).map((generation) => readLogKeys(keysFolder, generation));
  if (all.length === 0) throw new BoltsealError('LEDGER_KEY', { file: 'ledger-signing-1.key' });
  return all;
}
