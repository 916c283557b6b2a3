import { hash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';

const prefix = 'boltseal-ledger-key-1';
const pattern = /^(boltseal-ledger-key-1 ([a-z0-9-]{1,40}) ([0-9a-f]{1,256})) ([0-9a-f]{8})\n$/;
/** Longer files are no key files; what stands in them is not read. */
const MAX_FILE_BYTES = 512;

/**
 * Makes `sizeBytes` random bytes of key and writes them to `file`, mode 0600, with what they are for; gives the bytes.
 *
 * The file appears whole and durable or not at all and never replaces another: fails with LEDGER_KEY_EXISTS. Other failures are the file system's own errors.
 */
export function createKeyFile(file: string, purpose: string, sizeBytes: number): Uint8Array {
  const key = randomBytes(sizeBytes);
  const line = `${prefix} ${purpose} ${key.toString('hex')}`;
  const folder = path.dirname(file);
  const temporary = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  const descriptor = fs.openSync(temporary, 'wx', 0o600);
  try {
    try {
      fs.writeSync(descriptor, `${line} ${checksum(line)}\n`);
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    // A hard link appears whole or not at all and never replaces a file.
    fs.linkSync(temporary, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new BoltsealError('LEDGER_KEY_EXISTS', { file: path.basename(file) }, { cause });
    throw cause;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
  // A key must not be used before its name is durable: what it seals would be lost with it.
  syncFolder(folder);
  return Uint8Array.from(key);
}

/** Reads a file of `createKeyFile`. A missing, malformed or mistyped file, or one for something else, is always LEDGER_KEY. */
export function readKeyFile(file: string, purpose: string, sizeBytes: number): Uint8Array {
  const unusable = (): BoltsealError => new BoltsealError('LEDGER_KEY', { file: path.basename(file) });
  let text: string;
  try {
    if (fs.statSync(file).size > MAX_FILE_BYTES) throw unusable();
    text = fs.readFileSync(file, 'latin1');
  } catch {
    throw unusable();
  }
  const [, line, foundPurpose, hex, sum] = pattern.exec(text) ?? [];
  if (line === undefined || hex === undefined || sum !== checksum(line)) throw unusable();
  if (foundPurpose !== purpose || hex.length !== 2 * sizeBytes) throw unusable();
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Finds mistyped digits; keeps nothing secret and tells nothing useful of the key. */
function checksum(line: string): string {
  return hash('sha256', line, 'hex').slice(0, 8);
}

function syncFolder(folder: string): void {
  // Windows has no handle of a directory to sync; its renames are journalled.
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
