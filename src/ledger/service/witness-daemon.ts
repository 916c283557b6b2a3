import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { type SignatureAlgorithm, signatureTypes } from '../../core/note/signature-types.ts';
import { formatVerifierKey, makeVerifierKey, parseVerifierKey } from '../../core/note/verifier-key.ts';
import type { NoteSigner } from '../../core/note/verify-note.ts';
import { nodeFiles } from '../files/node-files.ts';
import { createKeyFile, readKeyFile } from '../keys/key-file.ts';
import { reasonOf } from '../reason.ts';
import { sha256 } from '../sha256.ts';
import { nodeVerifier, rawPublicKey } from '../signing/verifier.ts';
import { createWitnessServer } from '../witness/witness-server.ts';
import { SqliteWitnessStore } from '../witness/witness-store.ts';

/** A witness daemon. */
export interface WitnessRequest {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Its keys and what it remembers; made when it is not there. */
  readonly folder: string;
  /** Name of its keys. */
  readonly name: string;
  /** Verifier keys of the logs that it witnesses. */
  readonly logs: readonly string[];
  /** Hears where it listens and the keys that policies name. */
  readonly onListening: (started: { readonly port: number; readonly keys: readonly string[] }) => void;
  /** Resolves when it is to end. */
  readonly untilStopped: Promise<void>;
}

const purpose = 'witness';
const SEED_BYTES = 32;
/** DER before the seed in a PKCS #8 private key (RFC 8410, section 7; RFC 9881, section 6, "seed"). */
const pkcs8Prefixes: Readonly<Record<SignatureAlgorithm, Buffer>> = {
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  'ml-dsa-44': Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
};

/** Runs a witness (C2SP tlog-witness) until it is told to stop. Fails with LEDGER_NOTE for a key that is none, LEDGER_KEY, LEDGER_LISTEN, and LEDGER_WITNESS_STORE when it cannot remember any more. */
export async function runWitness(request: WitnessRequest): Promise<void> {
  const { folder, host, port, name } = request;
  const logs = Map.groupBy(
    request.logs.map((text) => parseVerifierKey(sha256, text)),
    (key) => key.name,
  );
  nodeFiles.makeFolder(folder);
  const signers = readSigners(path.join(folder, 'witness.key'), name);
  const store = new SqliteWitnessStore(path.join(folder, 'witness.sqlite'));
  const duties = {
    logs,
    signers,
    store,
    sha256,
    verifier: nodeVerifier,
    nowSeconds: () => Math.floor(Date.now() / 1000),
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const server = createWitnessServer(duties, (cause) => {
        // Whoever cannot remember must not go on signing.
        reject(new BoltsealError('LEDGER_WITNESS_STORE', { reason: reasonOf(cause) }, { cause }));
        server.closeAllConnections();
        server.close();
      });
      server.once('error', (cause) =>
        reject(new BoltsealError('LEDGER_LISTEN', { host, port, reason: reasonOf(cause) }, { cause })),
      );
      server.listen(port, host, () => {
        const address = server.address();
        const listening = typeof address === 'object' && address !== null ? address.port : port;
        request.onListening({ port: listening, keys: signers.map(({ key }) => formatVerifierKey(key)) });
      });
      void request.untilStopped.then(() => {
        server.closeAllConnections();
        server.close(() => resolve());
      });
    });
  } finally {
    store.close();
  }
}

/** Keys of a witness: Ed25519 cosignatures (type 0x04) and ML-DSA-44 (type 0x06), under one name; made the first time. */
function readSigners(file: string, name: string): NoteSigner[] {
  const isThere = nodeFiles.list(path.dirname(file)).includes(path.basename(file));
  const seeds = isThere ? readKeyFile(file, purpose, 2 * SEED_BYTES) : createKeyFile(file, purpose, 2 * SEED_BYTES);
  return (['ed25519', 'ml-dsa-44'] as const).map((algorithm, i) => {
    const seed = seeds.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES);
    const der = Buffer.concat([pkcs8Prefixes[algorithm], seed]);
    return signerOf(name, algorithm, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  });
}

function signerOf(name: string, algorithm: SignatureAlgorithm, key: KeyObject): NoteSigner {
  const type = signatureTypes.find((known) => known.algorithm === algorithm && known.signsFor.includes('witness'));
  if (type === undefined) throw new RangeError('"algorithm" is one that witnesses sign with');
  const verifierKey = makeVerifierKey(sha256, name, type, rawPublicKey(algorithm, createPublicKey(key)));
  return { key: verifierKey, sign: (message) => sign(null, message, key) };
}
