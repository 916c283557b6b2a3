import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import type { DerivationParts } from './derive/parts.ts';
import { entryMaker, recordCodec } from './entry-coding.ts';
import { nodeFiles } from './files/node-files.ts';
import { KeyDatabase } from './keys/key-database.ts';
import { KeyStore } from './keys/key-store.ts';
import { makeKeyWrap, readWrappingKey } from './keys/wrapping.ts';
import { makeOpeningsWriter } from './openings/writer.ts';
import type { CheckpointSigner } from './port.ts';
import { FolderSecondPlace } from './second-place.ts';
import { makeCheckpointSigner } from './signing/checkpoint-signer.ts';
import { type LogKeys, listGenerations, readLogKeys } from './signing/log-keys.ts';

/** Where a ledger keeps what its parts are made from: plain data, for any thread. */
export interface LedgerPlaces {
  /** Of the ledger. */
  readonly folder: string;
  /** Of `ledger-wrap.key` and the signing keys. */
  readonly keysFolder: string;
  /** Of the second place: best on another volume. */
  readonly secondFolder: string;
}

/** Places and the log that is derived. */
export interface NodePartsOptions extends LedgerPlaces {
  readonly origin: string;
}

/** Name of the file with the key that wraps all others. */
export const wrappingKeyName = 'ledger-wrap.key';

/** The key store of a ledger, in its folder. */
export function keyStoreFile(folder: string): string {
  return path.join(folder, 'keys.sqlite');
}

/** All generations of signing keys, ascending. Fails with LEDGER_KEY when there is none. */
export function readAllLogKeys(keysFolder: string): readonly LogKeys[] {
  const all = listGenerations(keysFolder).map((generation) => readLogKeys(keysFolder, generation));
  if (all.length === 0)
    throw new BoltsealError('LEDGER_KEY', { file: 'ledger-signing-1.key', problem: 'it is missing' });
  return all;
}

/** Signs with the newest keys, and knows the checkpoints of all. Fails with LEDGER_KEY. */
export function makeSigner(keysFolder: string): CheckpointSigner {
  const trusted = readAllLogKeys(keysFolder);
  return makeCheckpointSigner({ signing: trusted.slice(-1), trusted, now: Date.now });
}

/** What a ledger is derived with: keys and files of the machine. Fails with LEDGER_KEY, LEDGER_KEYS, LEDGER_DAMAGED. */
export function makeParts(options: unknown): DerivationParts {
  const { folder, keysFolder, secondFolder, origin } = options as NodePartsOptions;
  const secrets = readWrappingKey(path.join(keysFolder, wrappingKeyName));
  const database = new KeyDatabase(keyStoreFile(folder));
  const freshOpenings = () => makeOpeningsWriter({ origin, secrets, keys: new KeyStore(database, secrets) });
  let openings = freshOpenings();
  let signer = makeSigner(keysFolder);
  return {
    files: nodeFiles,
    wrap: makeKeyWrap(secrets),
    codec: recordCodec,
    entries: entryMaker,
    openings: {
      extend: (...input) => openings.extend(...input),
      commit: () => openings.commit(),
      countOf: (file) => openings.countOf(file),
    },
    signer: {
      sign: (...input) => signer.sign(...input),
      open: (...input) => signer.open(...input),
    },
    secondPlace: new FolderSecondPlace(nodeFiles, secondFolder),
    cosign: null,
    // Another connection may have destroyed keys that are cached here, and another thread made new ones to sign with.
    refresh: () => {
      openings = freshOpenings();
      signer = makeSigner(keysFolder);
    },
    close: () => database.close(),
  };
}
