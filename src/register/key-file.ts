import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { blake3 } from '@noble/hashes/blake3.js';
import { BoltsealError } from '../core/errors.ts';
import { KEY_BYTES } from '../core/fingerprint/keys.ts';

const prefix = 'boltseal-key-1';
const pattern = /^(boltseal-key-1 ([0-9a-f]{64})) ([0-9a-f]{8})\s*$/;
/** Longer files are no key files; what stands in them is not read. */
const MAX_FILE_BYTES = 256;

/**
 * Makes a new random register key, writes it to `file` with mode 0600.
 *
 * Never overwrites: fails with KEY_EXISTS where anything stands at `file` already. Other failures are the file system's own errors.
 */
export function createKeyFile(file: string): void {
  const text = `${prefix} ${randomBytes(KEY_BYTES).toString('hex')}`;
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  const fd = fs.openSync(temporary, 'wx', 0o600);
  try {
    try {
      fs.writeSync(fd, `${text} ${checksum(text)}\n`);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    // A hard link appears whole or not at all and never replaces a file: a crash cannot leave half a key under the final name.
    fs.linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new BoltsealError('KEY_EXISTS', { path: file });
    throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/**
 * Reads the register key from a file made by `createKeyFile`: 32 bytes.
 *
 * A missing, malformed or mistyped file is always the one error KEY_UNUSABLE, which says nothing about which of them it was.
 */
export function readKeyFile(file: string): Uint8Array {
  let text: string;
  try {
    if (fs.statSync(file).size > MAX_FILE_BYTES) throw new BoltsealError('KEY_UNUSABLE');
    text = fs.readFileSync(file, 'latin1');
  } catch {
    throw new BoltsealError('KEY_UNUSABLE');
  }
  const [, line, hex, sum] = pattern.exec(text) ?? [];
  if (line === undefined || hex === undefined || sum !== checksum(line)) throw new BoltsealError('KEY_UNUSABLE');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** First 4 bytes of the BLAKE3 hash of the line before the checksum, in hexadecimal: finds mistyped digits, keeps nothing secret. */
function checksum(line: string): string {
  return Buffer.from(blake3(new Uint8Array(Buffer.from(line, 'latin1')), { dkLen: 4 })).toString('hex');
}
