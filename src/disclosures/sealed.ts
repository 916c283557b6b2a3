import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { BoltsealError } from '../core/errors.ts';
import { deriveKey } from '../core/fingerprint/keys.ts';

/** Format of the files that this program writes, and the newest that it reads. */
export const DISCLOSURES_FORMAT = 1;
/** What a sealed file is. */
export type SealedKind = 'manifest' | 'principals' | 'subjects' | 'segment';

/** Bytes before the first message: magic (8), format u32, kind u32, key check (8), salt (16). */
export const HEADER_BYTES = 40;
/** Bytes behind each message. */
export const TAG_BYTES = 16;
const SALT_AT = 24;
const CHECK_AT = 16;
const magic = Buffer.from('bltsdscl', 'latin1');
const kinds: readonly SealedKind[] = ['manifest', 'principals', 'subjects', 'segment'];
const context = 'boltseal 2026-11 disclosures';

/** The key of all files of disclosures, from the register key: 32 bytes. */
export function disclosuresKey(registerKey: Uint8Array): Uint8Array {
  return deriveKey(registerKey, context);
}

/**
 * Seals the messages of one new file.
 *
 * Each message is AES-256-GCM (NIST SP 800-38D): the key is keyed BLAKE3 of the file's random salt, the nonce is the message's number (u32 LE, then zeros), and
 * the header is authenticated with it, so that no message stands for another one, of another file or of another kind.
 */
export class Sealer {
  /** To be written first. */
  readonly header: Uint8Array;
  readonly #key: KeyObject;
  #messages = 0;

  constructor(key: Uint8Array, kind: SealedKind) {
    const header = Buffer.alloc(HEADER_BYTES);
    magic.copy(header);
    header.writeUInt32LE(DISCLOSURES_FORMAT, 8);
    header.writeUInt32LE(kinds.indexOf(kind), 12);
    header.set(keyCheck(key), CHECK_AT);
    header.set(randomBytes(HEADER_BYTES - SALT_AT), SALT_AT);
    this.header = header;
    this.#key = fileKey(key, header);
  }

  /** The next message: ciphertext and tag. */
  seal(plain: Uint8Array): Uint8Array[] {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce(this.#messages++));
    cipher.setAAD(this.header);
    const text = cipher.update(plain);
    cipher.final();
    return [text, cipher.getAuthTag()];
  }
}

/** Opens the messages of one file, in any order. `name` is for errors. */
export class Unsealer {
  readonly #name: string;
  readonly #header: Uint8Array;
  readonly #key: KeyObject;

  /** Fails with DISCLOSURES_DAMAGED, DISCLOSURES_FORMAT (written by a newer program) or KEY_UNUSABLE (written with another key). */
  constructor(key: Uint8Array, kind: SealedKind, name: string, header: Uint8Array) {
    this.#name = name;
    const bytes = Buffer.from(header);
    if (bytes.length !== HEADER_BYTES || !bytes.subarray(0, 8).equals(magic)) throw this.damaged();
    const format = bytes.readUInt32LE(8);
    if (format > DISCLOSURES_FORMAT)
      throw new BoltsealError('DISCLOSURES_FORMAT', { format, known: DISCLOSURES_FORMAT });
    if (format !== DISCLOSURES_FORMAT || bytes.readUInt32LE(12) !== kinds.indexOf(kind)) throw this.damaged();
    if (!timingSafeEqual(bytes.subarray(CHECK_AT, SALT_AT), keyCheck(key))) throw new BoltsealError('KEY_UNUSABLE');
    this.#header = bytes;
    this.#key = fileKey(key, bytes);
  }

  /** What was sealed as message `number`. Fails with DISCLOSURES_DAMAGED. */
  open(number: number, sealed: Uint8Array): Uint8Array {
    if (sealed.length < TAG_BYTES) throw this.damaged();
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce(number), { authTagLength: TAG_BYTES });
    decipher.setAAD(this.#header);
    decipher.setAuthTag(sealed.subarray(end));
    try {
      const text = decipher.update(sealed.subarray(0, end));
      decipher.final();
      return text;
    } catch (cause) {
      throw this.damaged(cause);
    }
  }

  damaged(cause?: unknown): BoltsealError {
    return new BoltsealError('DISCLOSURES_DAMAGED', { file: this.#name }, { cause });
  }
}

/** What is wrong with a file that could not be read: DISCLOSURES_DAMAGED where it is gone, DISCLOSURES_READ where the system refuses it; anything else as it is. */
export function readFailure(name: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof BoltsealError || code === undefined || syscall === undefined) return cause;
  return code === 'ENOENT'
    ? new BoltsealError('DISCLOSURES_DAMAGED', { file: name }, { cause })
    : new BoltsealError('DISCLOSURES_READ', { file: name, reason: code }, { cause });
}

/** The random salt of a file, hexadecimal. */
export function saltOf(header: Uint8Array): string {
  return Buffer.from(header.subarray(SALT_AT, HEADER_BYTES)).toString('hex');
}

/** A file of one message. */
export function sealWhole(key: Uint8Array, kind: SealedKind, plain: Uint8Array): Uint8Array {
  const sealer = new Sealer(key, kind);
  return Buffer.concat([sealer.header, ...sealer.seal(plain)]);
}

/** Opens a file of one message. Fails like `Unsealer`. */
export function unsealWhole(key: Uint8Array, kind: SealedKind, name: string, bytes: Uint8Array): Uint8Array {
  const unsealer = new Unsealer(key, kind, name, bytes.subarray(0, HEADER_BYTES));
  return unsealer.open(0, bytes.subarray(HEADER_BYTES));
}

/** 8 bytes that tell a wrong key from a damaged file. */
function keyCheck(key: Uint8Array): Uint8Array {
  return blake3(new Uint8Array(Buffer.from('key', 'latin1')), { key, dkLen: 8 });
}

function fileKey(key: Uint8Array, header: Uint8Array): KeyObject {
  return createSecretKey(blake3(new Uint8Array(header.subarray(SALT_AT)), { key }));
}

function nonce(message: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, message, true);
  return bytes;
}
