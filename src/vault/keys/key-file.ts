import { hash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { KEY_BYTES } from '../envelope.ts';
import { HeldKeys } from './held-keys.ts';
import type { KeyProvider } from './port.ts';

const prefix = 'boltseal-vault-key-1';
const linePattern = /^(boltseal-vault-key-1 ([0-9a-f]{64})) ([0-9a-f]{8})\n$/;
const namePattern = /^vault-(\d{1,6})\.key$/;
/** Longer files are no key files; what stands in them is not read. */
const MAX_FILE_BYTES = 256;

/**
 * Keys in files `vault-1.key`, `vault-2.key` … of a folder, mode 0600, each one line with a checksum. `isNew`: the vault has no keys yet, and the first may be made.
 * Fails with VAULT_KEY when a file is not as it was written.
 */
export function createFileProvider(folder: string, isNew: boolean): KeyProvider {
  if (isNew && numbersIn(folder).length === 0) createKeyFile(folder, 1);
  const read = (): HeldKeys => new HeldKeys(numbersIn(folder).map((number) => readKeyFile(folder, number)));
  let keys = read();
  return {
    wrap: async (key, context) => keys.wrap(key, context),
    unwrap: async (wrapped, context) => {
      try {
        return keys.unwrap(wrapped, context);
      } catch {
        // A rotation in another process has made a newer one.
        keys = read();
        return keys.unwrap(wrapped, context);
      }
    },
    renew: async () => {
      createKeyFile(folder, (numbersIn(folder).at(-1) ?? 0) + 1);
      keys = read();
    },
  };
}

function numbersIn(folder: string): number[] {
  let names: string[] = [];
  try {
    names = fs.readdirSync(folder);
  } catch {
    throw unusable();
  }
  return names
    .flatMap((name) => namePattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The file appears whole and durable or not at all, and never replaces another. Fails with VAULT_WRITE. */
function createKeyFile(folder: string, number: number): void {
  const line = `${prefix} ${randomBytes(KEY_BYTES).toString('hex')}`;
  const file = path.join(folder, `vault-${number}.key`);
  const temporary = path.join(folder, `.vault-${number}.${randomBytes(6).toString('hex')}`);
  try {
    fs.writeFileSync(temporary, `${line} ${checksum(line)}\n`, { flag: 'wx', mode: 0o600, flush: true });
    fs.linkSync(temporary, file);
    syncFolder(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new BoltsealError('VAULT_WRITE', { reason: code ?? 'unknown' }, { cause });
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

function readKeyFile(folder: string, number: number): Uint8Array {
  const file = path.join(folder, `vault-${number}.key`);
  let text = '';
  try {
    if (fs.statSync(file).size <= MAX_FILE_BYTES) text = fs.readFileSync(file, 'latin1');
  } catch {
    throw unusable();
  }
  const [, line, hex, sum] = linePattern.exec(text) ?? [];
  if (line === undefined || hex === undefined || sum !== checksum(line)) throw unusable();
  return Buffer.from(hex, 'hex');
}

/** Finds mistyped digits; tells nothing useful of the key. */
function checksum(line: string): string {
  return hash('sha256', line, 'hex').slice(0, 8);
}

function unusable(): BoltsealError {
  return new BoltsealError('VAULT_KEY', { problem: 'a file keys/vault-*.key is missing, mistyped or cannot be read' });
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
