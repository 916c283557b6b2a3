import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { blake3 } from '@noble/hashes/blake3.js';
import { type CanaryList, canariesFormat } from '../contract/canaries.ts';
import { BoltsealError } from '../core/errors.ts';
import { deriveKey } from '../core/fingerprint/keys.ts';
import { readErrorReason } from '../home/system-errors.ts';
import { createKeyFile, readKeyFile } from '../register/key-file.ts';
import { syncFolder } from '../register/store.ts';

/*
 * Which subjects are canaries, and for whom: `<home>/canaries/marker.bin` (docs/spec/canaries.md). Its key is a file of its own, `keys/canaries.key`, and nothing of either stands in the register.
 */

const FORMAT = 1;
const magic = Buffer.from('bltscnry', 'latin1');
/** Magic (8), format u32, nothing u32, key check (8), salt (16). All of it is authenticated with the message. */
const HEADER_BYTES = 40;
const CHECK_AT = 16;
const SALT_AT = 24;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
/** The list is padded to this size, or to it doubled and doubled again: the file does not tell how many canaries there are. 3,000 fit at first. */
const LEAST_PLAIN_BYTES = 1 << 20;
const MOST_FILE_BYTES = 1 << 30;
const context = 'boltseal 2026-11 canaries';
/** Each file has a key of its own, which seals one message. */
const nonce = new Uint8Array(12);

const keyPath = (home: string): string => path.join(home, 'keys', 'canaries.key');
/** Where the key stands until the first marker is in its place. */
const newKeyPath = (home: string): string => `${keyPath(home)}.new`;
const folderOf = (home: string): string => path.join(home, 'canaries');
const markerPath = (home: string): string => path.join(folderOf(home), 'marker.bin');

/**
 * The canaries of a home, those whose making was cut off among them; null where none were ever made.
 *
 * To be read after the register was opened: then it has every canary of that register, because a canary is written here first.
 * Fails with CANARIES_LOST, CANARIES_READ, CANARIES_DAMAGED, CANARIES_FORMAT or CANARIES_KEY.
 */
export function readCanaries(home: string): CanaryList | null {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(markerPath(home));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw new BoltsealError(
        'CANARIES_READ',
        { file: 'canaries/marker.bin', reason: readErrorReason(cause) },
        { cause },
      );
    if (fs.existsSync(keyPath(home)) || fs.existsSync(folderOf(home)))
      throw new BoltsealError('CANARIES_LOST', { path: markerPath(home) });
    return null;
  }
  return decode(readKey(home), bytes);
}

/** Replaces the list: it is on the disk, or everything is as it was. Only under the home's lock. Fails with CANARIES_WRITE, CANARIES_LOST or CANARIES_KEY. */
export function writeCanaries(home: string, list: CanaryList): void {
  try {
    if (!fs.existsSync(markerPath(home))) {
      writeFirst(home, list);
      return;
    }
    const temporary = `${markerPath(home)}.new`;
    writeSynced(temporary, encode(readKey(home), list));
    fs.renameSync(temporary, markerPath(home));
    syncFolder(folderOf(home));
    settleKey(home);
  } catch (cause) {
    if (cause instanceof BoltsealError) throw cause;
    throw new BoltsealError('CANARIES_WRITE', { reason: readErrorReason(cause) }, { cause });
  }
}

/*
 * Key and marker come into being together: the folder gets its name with the marker in it, and the key its own after that. So a key without a marker, or a folder without one, is always a loss, and
 * what dies before the folder has its name leaves nothing that counts.
 */
function writeFirst(home: string, list: CanaryList): void {
  if (fs.existsSync(keyPath(home)) || fs.existsSync(folderOf(home)))
    throw new BoltsealError('CANARIES_LOST', { path: markerPath(home) });
  const temporary = `${folderOf(home)}.new`;
  fs.rmSync(newKeyPath(home), { force: true });
  fs.rmSync(temporary, { recursive: true, force: true });
  createKeyFile(newKeyPath(home));
  syncFolder(path.dirname(keyPath(home)));
  fs.mkdirSync(temporary, { mode: 0o700 });
  writeSynced(path.join(temporary, 'marker.bin'), encode(readKey(home), list));
  syncFolder(temporary);
  fs.renameSync(temporary, folderOf(home));
  syncFolder(home);
  settleKey(home);
}

/** Gives the key its name, where a first make died just before. */
function settleKey(home: string): void {
  if (fs.existsSync(keyPath(home)) || !fs.existsSync(newKeyPath(home))) return;
  fs.renameSync(newKeyPath(home), keyPath(home));
  syncFolder(path.dirname(keyPath(home)));
}

function readKey(home: string): Uint8Array {
  const file = fs.existsSync(keyPath(home)) ? keyPath(home) : newKeyPath(home);
  try {
    return deriveKey(readKeyFile(file), context);
  } catch (cause) {
    throw new BoltsealError('CANARIES_KEY', { path: keyPath(home) }, { cause });
  }
}

function writeSynced(file: string, bytes: Uint8Array): void {
  const fd = fs.openSync(file, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function encode(key: Uint8Array, list: CanaryList): Uint8Array {
  const text = Buffer.from(JSON.stringify(list), 'utf8');
  let size = LEAST_PLAIN_BYTES;
  while (size < text.length + LENGTH_BYTES) size *= 2;
  const plain = Buffer.alloc(size);
  plain.writeUInt32LE(text.length, 0);
  text.copy(plain, LENGTH_BYTES);
  const header = Buffer.alloc(HEADER_BYTES);
  magic.copy(header);
  header.writeUInt32LE(FORMAT, 8);
  header.set(keyCheck(key), CHECK_AT);
  header.set(randomBytes(HEADER_BYTES - SALT_AT), SALT_AT);
  const cipher = createCipheriv('aes-256-gcm', fileKey(key, header), nonce);
  cipher.setAAD(header);
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decode(key: Uint8Array, bytes: Buffer): CanaryList {
  if (bytes.length < HEADER_BYTES + LENGTH_BYTES + TAG_BYTES || bytes.length > MOST_FILE_BYTES) throw damaged();
  const header = bytes.subarray(0, HEADER_BYTES);
  if (!header.subarray(0, 8).equals(magic)) throw damaged();
  const format = header.readUInt32LE(8);
  if (format > FORMAT) throw new BoltsealError('CANARIES_FORMAT', { format, known: FORMAT });
  if (!timingSafeEqual(header.subarray(CHECK_AT, SALT_AT), keyCheck(key)))
    throw new BoltsealError('CANARIES_KEY', { path: 'keys/canaries.key' });
  const end = bytes.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', fileKey(key, header), nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(bytes.subarray(end));
  let list: CanaryList;
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES, end)), decipher.final()]);
    list = JSON.parse(plain.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + plain.readUInt32LE(0))) as CanaryList;
  } catch (cause) {
    throw damaged(cause);
  }
  // It is authentic: only this program writes such a file.
  if (list.format !== canariesFormat) throw damaged();
  return list;
}

/** 8 bytes that tell a wrong key from damage. */
function keyCheck(key: Uint8Array): Uint8Array {
  return blake3(new Uint8Array(Buffer.from('key', 'latin1')), { key, dkLen: 8 });
}

/** AES-256-GCM (NIST SP 800-38D) under keyed BLAKE3 of the file's random salt: no key seals twice. */
function fileKey(key: Uint8Array, header: Uint8Array): KeyObject {
  return createSecretKey(blake3(new Uint8Array(header.subarray(SALT_AT, HEADER_BYTES)), { key }));
}

function damaged(cause?: unknown): BoltsealError {
  return new BoltsealError('CANARIES_DAMAGED', { file: 'canaries/marker.bin' }, { cause });
}
