import path from 'node:path';
import { parsePolicy } from '../core/tlog/policy.ts';
import type { Cosigner } from './derive/background.ts';
import type { DerivationParts } from './derive/parts.ts';
import { entryMaker, recordCodec } from './entry-coding.ts';
import { nodeFiles } from './files/node-files.ts';
import { makeRequestFingerprint } from './idempotency.ts';
import { KeyDatabase } from './keys/key-database.ts';
import { KeyStore } from './keys/key-store.ts';
import { makeKeyWrap, readWrappingKey } from './keys/wrapping.ts';
import { makeOpeningsWriter } from './openings/writer.ts';
import { FolderSecondPlace } from './second-place.ts';
import { sha256 } from './sha256.ts';
import { makeCheckpointSigner } from './signing/checkpoint-signer.ts';
import { readLogKeys } from './signing/log-keys.ts';
import { makeCosigner } from './witness/cosigner.ts';

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
  /** Who is asked for cosignatures; absent: nobody. */
  readonly witnesses?: HomeWitnesses | null;
}

/** Witnesses of a home's ledger. */
export interface HomeWitnesses {
  /** Of the shard. */
  readonly folder: string;
  /** Text of the policy with witnesses and quorum. */
  readonly policy: string;
  readonly publishesWithoutQuorum: boolean;
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
  const { origin, ledgerFolder, keysFolder, secondFolder, signing, trusted, witnesses } = options as HomePartsOptions;
  const secrets = readWrappingKey(wrappingKeyFile(keysFolder));
  const read = (generation: number) => readLogKeys(keysFolder, generation);
  const signer = makeCheckpointSigner({ signing: signing.map(read), trusted: trusted.map(read), now: Date.now });
  const database = new KeyDatabase(keysFile(ledgerFolder));
  const keys = new KeyStore(database, secrets);
  return {
    files: nodeFiles,
    wrap: makeKeyWrap(secrets),
    codec: recordCodec,
    fingerprint: makeRequestFingerprint(secrets.requests),
    entries: entryMaker,
    openings: makeOpeningsWriter({ origin, secrets, keys }),
    signer,
    secondPlace: new FolderSecondPlace(nodeFiles, secondFolder),
    cosign: witnesses == null ? null : makeHomeCosigner(witnesses),
    refresh: () => keys.refresh(),
    close: () => database.close(),
  };
}

/** The cosigner of a home. Fails with LEDGER_POLICY. */
export function makeHomeCosigner({ folder, policy, publishesWithoutQuorum }: HomeWitnesses): Cosigner {
  return makeCosigner({
    place: { files: nodeFiles, folder },
    policy: parsePolicy(sha256, policy),
    publishesWithoutQuorum,
  });
}
