import path from 'node:path';
import type { DerivationParts } from './derive/parts.ts';
import { entryMaker, recordCodec } from './entry-coding.ts';
import { nodeFiles } from './files/node-files.ts';
import { KeyDatabase } from './keys/key-database.ts';
import { KeyStore } from './keys/key-store.ts';
import { makeKeyWrap, readWrappingKey } from './keys/wrapping.ts';
import { makeOpeningsWriter } from './openings/writer.ts';
import { FolderSecondPlace } from './second-place.ts';
import { makeCheckpointSigner } from './signing/checkpoint-signer.ts';
import { readLogKeys } from './signing/log-keys.ts';

/** What the parts of one log of a home are made of: plain data. */
export interface HomePartsOptions {
  /** Origin of the log, that is of the shard. */
  readonly origin: string;
  /** Folder with keys.sqlite. */
  readonly ledgerFolder: string;
  /** Folder with the key files. */
  readonly keysFolder: string;
  readonly secondFolder: string;
  /** Generations of signing keys: those that sign, and all whose signatures are the log's own. */
  readonly signing: readonly number[];
  readonly trusted: readonly number[];
}

/** The store of keys of a ledger. */
export function keysFile(ledgerFolder: string): string {
  return path.join(ledgerFolder, 'keys.sqlite');
}

/** The key-wrapping key of a ledger. */
export function wrappingKeyFile(keysFolder: string): string {
  return path.join(keysFolder, 'ledger-wrap.key');
}

/** Parts over the files of a home, for whatever thread derives (`MakeParts`). Fails with LEDGER_KEY, LEDGER_KEYS or LEDGER_DAMAGED. */
export function makeParts(options: unknown): DerivationParts {
  const { origin, ledgerFolder, keysFolder, secondFolder, signing, trusted } = options as HomePartsOptions;
  const secrets = readWrappingKey(wrappingKeyFile(keysFolder));
  const read = (generation: number) => readLogKeys(keysFolder, generation);
  const signer = makeCheckpointSigner({ signing: signing.map(read), trusted: trusted.map(read), now: Date.now });
  const database = new KeyDatabase(keysFile(ledgerFolder));
  const keys = new KeyStore(database, secrets);
  return {
    files: nodeFiles,
    wrap: makeKeyWrap(secrets),
    codec: recordCodec,
    entries: entryMaker,
    openings: makeOpeningsWriter({ origin, secrets, keys }),
    signer,
    secondPlace: new FolderSecondPlace(nodeFiles, secondFolder),
    cosign: null,
    refresh: () => keys.refresh(),
    close: () => database.close(),
  };
}
