import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type EntryContent, makeContent } from '../../core/ledger-entry/record.ts';
import { type SignatureAlgorithm, type SignatureType, signatureTypes } from '../../core/note/signature-types.ts';
import { formatVerifierKey, makeVerifierKey } from '../../core/note/verifier-key.ts';
import type { NoteSigner } from '../../core/note/verify-note.ts';
import { createKeyFile, readKeyFile } from '../keys/key-file.ts';
import { sha256 } from '../sha256.ts';
import { rawPublicKey } from './verifier.ts';

const SEED_BYTES = 32;
const purpose = 'signing';
const filePattern = /^ledger-signing-([1-9][0-9]{0,5})\.key$/;

/** DER before the seed in a PKCS #8 private key (RFC 8410, section 7; RFC 9881, section 6, "seed"). */
const pkcs8Prefixes: Readonly<Record<SignatureAlgorithm, Buffer>> = {
  ed25519: Buffer.from('302e020100300506032b657004220420', 'hex'),
  'ml-dsa-44': Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
};

/** The private keys of one generation: whoever has them can sign for the log. */
export interface LogKeys {
  /** From 1 on; each rotation makes the next. */
  readonly generation: number;
  readonly ed25519: KeyObject;
  readonly mlDsa44: KeyObject;
}

/** Makes the keys of a generation in `folder`, mode 0600. Fails with LEDGER_KEY_EXISTS. */
export function createLogKeys(folder: string, generation: number): LogKeys {
  return keysOf(generation, createKeyFile(fileOf(folder, generation), purpose, 2 * SEED_BYTES));
}

/** Reads the keys of a generation. Fails with LEDGER_KEY. */
export function readLogKeys(folder: string, generation: number): LogKeys {
  return keysOf(generation, readKeyFile(fileOf(folder, generation), purpose, 2 * SEED_BYTES));
}

/** Generations whose files are in `folder`, ascending. */
export function listGenerations(folder: string): readonly number[] {
  return fs
    .readdirSync(folder)
    .flatMap((name) => Number(filePattern.exec(name)?.[1] ?? 0) || [])
    .sort((a, b) => a - b);
}

/** Who signs for a log: Ed25519 over its notes (type 0x01) and ML-DSA-44 over its trees (type 0x06), both under the log's origin as name. */
export function signersOf(keys: LogKeys, origin: string): readonly NoteSigner[] {
  return [signerOf('ed25519', keys.ed25519, origin), signerOf('ml-dsa-44', keys.mlDsa44, origin)];
}

/** The verifier keys of a generation, one a line, as policies have them behind `log`. */
export function verifierKeysOf(keys: LogKeys, origin: string): string {
  return signersOf(keys, origin)
    .map(({ key }) => formatVerifierKey(key))
    .join('\n');
}

/**
 * The entry that says which keys follow which.
 *
 * It is appended, and a checkpoint that the old keys signed covers it, before the first checkpoint is signed by the new ones: so whoever trusts the old keys has their
 * word for the new. The files of both are durable before.
 */
export function rotationContent(
  origin: string,
  from: LogKeys,
  to: LogKeys,
  order: { readonly principal: string; readonly basis: string; readonly timeMs: number; readonly request: Uint8Array },
): EntryContent {
  const { principal, basis, timeMs, request } = order;
  const [oldKeys, newKeys] = [verifierKeysOf(from, origin), verifierKeysOf(to, origin)];
  return makeContent('keyRotation', timeMs, { principal, basis, oldKeys, newKeys }, request);
}

function keysOf(generation: number, seeds: Uint8Array): LogKeys {
  return {
    generation,
    ed25519: privateKeyOf('ed25519', seeds.subarray(0, SEED_BYTES)),
    mlDsa44: privateKeyOf('ml-dsa-44', seeds.subarray(SEED_BYTES)),
  };
}

function privateKeyOf(algorithm: SignatureAlgorithm, seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefixes[algorithm], seed]), format: 'der', type: 'pkcs8' });
}

function signerOf(algorithm: SignatureAlgorithm, key: KeyObject, origin: string): NoteSigner {
  const publicKey = rawPublicKey(algorithm, createPublicKey(key));
  return {
    key: makeVerifierKey(sha256, origin, logTypeOf(algorithm), publicKey),
    sign: (message) => sign(null, message, key),
  };
}

function logTypeOf(algorithm: SignatureAlgorithm): SignatureType {
  const type = signatureTypes.find((type) => type.algorithm === algorithm && type.signsFor.includes('log'));
  if (type === undefined) throw new RangeError('"algorithm" is one that logs sign with');
  return type;
}

function fileOf(folder: string, generation: number): string {
  return path.join(folder, `ledger-signing-${generation}.key`);
}
