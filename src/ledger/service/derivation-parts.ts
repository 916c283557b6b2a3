import path from 'node:path';
import { parsePolicy } from '../../core/tlog/policy.ts';
import type { DerivationParts } from '../derive/parts.ts';
import { entryMaker, recordCodec } from '../entry-coding.ts';
import { nodeFiles } from '../files/node-files.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { makeKeyWrap, readWrappingKey } from '../keys/wrapping.ts';
import { makeOpeningsWriter } from '../openings/writer.ts';
import { FolderSecondPlace } from '../second-place.ts';
import { sha256 } from '../sha256.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { listGenerations, readLogKeys } from '../signing/log-keys.ts';
import { makeCosigner } from '../witness/cosigner.ts';
import type { LedgerSettings } from './settings.ts';

/** What the thread of derivation makes its parts from. */
export interface PartsOptions {
  readonly settings: LedgerSettings;
  /** Of the shard. */
  readonly folder: string;
  readonly origin: string;
  /** Generation of keys that signs. */
  readonly signing: number;
}

/** The parts of a ledger's derivation; secrets are read from their files, so that none is posted between threads. Fails with LEDGER_KEY, LEDGER_KEYS, LEDGER_POLICY. */
export function makeParts(options: unknown): DerivationParts {
  const { settings, folder, origin, signing } = options as PartsOptions;
  const { keysFolder, ledgerFolder, secondPlaceFolder, witnesses, onMissingQuorum } = settings;
  const secrets = readWrappingKey(path.join(keysFolder, 'ledger-wrap.key'));
  const generations = listGenerations(keysFolder).map((generation) => readLogKeys(keysFolder, generation));
  const database = new KeyDatabase(path.join(ledgerFolder, 'keys.sqlite'));
  const keys = new KeyStore(database, secrets);
  return {
    files: nodeFiles,
    wrap: makeKeyWrap(secrets),
    codec: recordCodec,
    entries: entryMaker,
    openings: makeOpeningsWriter({ origin, secrets, keys }),
    signer: makeCheckpointSigner({
      signing: generations.filter(({ generation }) => generation === signing),
      trusted: generations,
      now: Date.now,
    }),
    secondPlace: new FolderSecondPlace(nodeFiles, secondPlaceFolder),
    cosign:
      witnesses === null
        ? null
        : makeCosigner({
            place: { files: nodeFiles, folder },
            policy: parsePolicy(sha256, witnesses),
            publishesWithoutQuorum: onMissingQuorum === 'publish',
          }),
    refresh: () => keys.refresh(),
    close: () => database.close(),
  };
}
