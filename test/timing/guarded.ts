import { createSecretKey } from 'node:crypto';
import { equalBytes } from '../../src/core/bytes.ts';
import { BoltsealError } from '../../src/core/errors.ts';
import { Sealer, Unsealer } from '../../src/disclosures/sealed.ts';
import { hmac, openBytes, sealBytes, secretsOf } from '../../src/ledger/keys/wrapping.ts';
import { formatOpenings, parseOpenings } from '../../src/ledger/openings/layout.ts';
import { decodeManifest, encodeManifest, REGISTER_FORMAT, type RegisterManifest } from '../../src/register/manifest.ts';
import type { Guarded } from './measure.ts';

/*
 * Places where bytes that somebody else may have made are compared with bytes that only a key of a home makes: codes of authentication, and what tells one key from another. Tags of AES-GCM are
 * compared by OpenSSL; they are here because everything of the ledger rests on them. Controls are the same checks with a comparison that ends at the first difference.
 */

const secrets = secretsOf(new Uint8Array(32).fill(5));
const place = { origin: 'ledger.example/2026h2', bundle: 0 };
const openings = formatOpenings(secrets, place, []);
const sealKey = createSecretKey(Buffer.alloc(32, 6));
const context = new Uint8Array(0);
const sealed = sealBytes(sealKey, context, new Uint8Array(32));
const registerKey = new Uint8Array(32).fill(7);
const manifest = encodeManifest(registerKey, { format: REGISTER_FORMAT, generation: 1 } as RegisterManifest);
const header = new Sealer(registerKey, 'manifest').header;

/** The bytes with another one at a place: a hexadecimal digit too, so that text stays what it is. */
function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = copy[at] === 0x30 ? 0x31 : 0x30;
  return copy;
}

function refused(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (error instanceof BoltsealError) return;
    throw error;
  }
  throw new RangeError('it is refused');
}

/** As `parseOpenings` would check, had somebody taken the comparison for public values. */
function parseCarelessly(file: Uint8Array): void {
  const end = file.length - 32;
  const mac = hmac(secrets.openings, Buffer.concat([Buffer.from(`${place.origin}\0`), file.subarray(0, end)]));
  if (!equalBytes(mac, file.subarray(end)))
    throw new BoltsealError('LEDGER_DAMAGED', {
      file: 'openings/0',
      problem: 'it was changed, or is of another place',
    });
}

function guard(
  name: string,
  bytes: Uint8Array,
  from: number,
  to: number,
  refuse: Guarded['refuse'],
  isControl = false,
): Guarded {
  return { name, isControl, early: changed(bytes, from), late: changed(bytes, to - 1), refuse };
}

const macAt = Buffer.from(manifest).indexOf('"mac":"') + 7;

export const guarded: readonly Guarded[] = [
  guard(
    'control: comparison that ends early',
    new Uint8Array(32),
    0,
    32,
    (bytes) => void equalBytes(bytes, new Uint8Array(32)),
    true,
  ),
  guard(
    'control: openings with such a comparison',
    openings,
    openings.length - 32,
    openings.length,
    (file) => refused(() => parseCarelessly(file)),
    true,
  ),
  guard('openings: code of a file', openings, openings.length - 32, openings.length, (file) =>
    refused(() => parseOpenings(secrets, place, file)),
  ),
  guard(
    'keys: tag of a wrapped key',
    sealed,
    sealed.length - 16,
    sealed.length,
    (bytes) => void openBytes(sealKey, context, bytes),
  ),
  guard('register: code of the manifest', manifest, macAt, macAt + 64, (bytes) =>
    refused(() => decodeManifest(registerKey, bytes)),
  ),
  guard('disclosures: mark of the key', header, 16, 24, (bytes) =>
    refused(() => new Unsealer(registerKey, 'manifest', 'manifest.bin', bytes)),
  ),
];
