import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { blake3 } from '@noble/hashes/blake3.js';
import type { Verification } from '../contract/verification.ts';
import { BoltsealError } from '../core/errors.ts';
import { deriveKey } from '../core/fingerprint/keys.ts';
import type { SubjectEvidence } from './subject-evidence.ts';

/*
 * The evidence of one verification, `<home>/verifications/<id>.bin` (docs/spec/attribution.md): which subjects the dump has, with which fields, and when those versions were current.
 * Subject numbers mean the same in every later generation of the register.
 */

/** Beside the subjects: what `attribute` needs of the verification. */
export interface EvidenceFacts {
  /** ISO 8601. */
  readonly createdAt: string;
  /** Subjects that the register held. */
  readonly registered: number;
  /** What was found about the copy; null when it was not dated. */
  readonly copy: unknown;
  /** As in the verification; absent in files of earlier versions. */
  readonly canaries?: Verification['canaries'];
}

/** An evidence file that was read. */
export interface Evidence {
  readonly id: string;
  readonly facts: EvidenceFacts;
  readonly subjects: SubjectEvidence;
}

const magic = Buffer.from('bltsevid', 'latin1');
const FORMAT = 1;
const ID_BYTES = 16;
/** Before the first message: magic (8), format u32, count of subjects u32, id (16). All of it is authenticated with each message. */
const HEADER_BYTES = 32;
/** Before each message: u32 bytes that follow. */
const LENGTH_BYTES = 4;
const TAG_BYTES = 16;
const CHUNK_BYTES = 8 * 1024 * 1024;
const context = 'boltseal 2026-11 verification evidence';
/** The id of a verification. */
export const evidenceIdPattern = /^[0-9a-f]{32}$/;
/** Bytes a subject takes: number u32, fields u16, from u32, until u32, strong u8. */
const SUBJECT_BYTES = 15;
const MOST_FACTS_BYTES = 1 << 20;

/** Where the evidence of a home's verifications is. */
export function evidenceFolder(home: string): string {
  return path.join(home, 'verifications');
}

/**
 * Writes the evidence of a verification and gives its id: 32 hexadecimal digits, random. The file has its final name only when it is whole.
 *
 * Messages: facts (JSON), then the columns subject, fields, from, until, strong one behind the other, in pieces of 8 MiB. Each is AES-256-GCM (NIST SP 800-38D) under keyed BLAKE3 of the id, the nonce being its number.
 * Fails with EVIDENCE_WRITE.
 */
export function writeEvidence(
  home: string,
  registerKey: Uint8Array,
  facts: EvidenceFacts,
  subjects: SubjectEvidence,
): string {
  const idBytes = randomBytes(ID_BYTES);
  const id = idBytes.toString('hex');
  const header = Buffer.alloc(HEADER_BYTES);
  magic.copy(header);
  header.writeUInt32LE(FORMAT, 8);
  header.writeUInt32LE(subjects.subject.length, 12);
  idBytes.copy(header, 16);
  const key = fileKey(registerKey, idBytes);
  const folder = evidenceFolder(home);
  const target = path.join(folder, `${id}.bin`);
  const partial = `${target}.part`;
  let number = 0;
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fd = fs.openSync(partial, 'wx', 0o600);
    try {
      writeAll(fd, header);
      for (const message of messages(facts, subjects)) writeAll(fd, seal(key, number++, header, message));
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(partial, target);
    return id;
  } catch (cause) {
    fs.rmSync(partial, { force: true });
    throw new BoltsealError(
      'EVIDENCE_WRITE',
      { reason: (cause as NodeJS.ErrnoException).code ?? 'unknown' },
      { cause },
    );
  }
}

/** Reads the evidence of a verification. Fails with EVIDENCE_NONE when this home has none of that id, and with EVIDENCE_DAMAGED when it is not as it was written, or by another key. */
export function readEvidence(home: string, registerKey: Uint8Array, id: string): Evidence {
  return withFile(home, id, (fd) => readMessages(fd, registerKey, id));
}

/** Reads what stands before the subjects, and how many of them there are. Fails as `readEvidence`; does not see damage behind it. */
export function readEvidenceFacts(
  home: string,
  registerKey: Uint8Array,
  id: string,
): { readonly facts: EvidenceFacts; readonly subjects: number } {
  return withFile(home, id, (fd) => {
    const { count, next } = openMessages(fd, registerKey, id);
    return { facts: parseFacts(next(MOST_FACTS_BYTES)), subjects: count };
  });
}

function withFile<T>(home: string, id: string, read: (fd: number) => T): T {
  if (!evidenceIdPattern.test(id)) throw new BoltsealError('EVIDENCE_NONE', { path: home });
  let fd: number;
  try {
    fd = fs.openSync(path.join(evidenceFolder(home), `${id}.bin`), 'r');
  } catch (cause) {
    throw new BoltsealError('EVIDENCE_NONE', { path: home }, { cause });
  }
  try {
    return read(fd);
  } catch (cause) {
    if (cause instanceof BoltsealError) throw cause;
    throw damaged(id, cause);
  } finally {
    fs.closeSync(fd);
  }
}

/** The messages of a file, in order, and whether all of it was read. */
interface Messages {
  readonly count: number;
  next(mostBytes: number): Buffer;
  isAtEnd(): boolean;
}

function openMessages(fd: number, registerKey: Uint8Array, id: string): Messages {
  const size = fs.fstatSync(fd).size;
  let at = 0;
  const read = (length: number): Buffer => {
    if (length > size - at) throw damaged(id);
    const bytes = Buffer.alloc(length);
    if (fs.readSync(fd, bytes, 0, length, at) !== length) throw damaged(id);
    at += length;
    return bytes;
  };
  const header = read(HEADER_BYTES);
  const isOurs = header.subarray(0, 8).equals(magic) && header.readUInt32LE(8) === FORMAT;
  if (!isOurs || header.subarray(16).toString('hex') !== id) throw damaged(id);
  const key = fileKey(registerKey, header.subarray(16));
  let number = 0;
  const count = header.readUInt32LE(12);
  // Checked before memory is taken for it: the count is authenticated, but only with the first message.
  if (count * SUBJECT_BYTES > size) throw damaged(id);
  return {
    count,
    next(mostBytes) {
      const length = read(LENGTH_BYTES).readUInt32LE(0);
      if (length > mostBytes + TAG_BYTES) throw damaged(id);
      return unseal(key, number++, header, read(length));
    },
    isAtEnd: () => at === size,
  };
}

function parseFacts(message: Buffer): EvidenceFacts {
  return JSON.parse(message.toString('utf8')) as EvidenceFacts;
}

function readMessages(fd: number, registerKey: Uint8Array, id: string): Evidence {
  const { count, next, isAtEnd } = openMessages(fd, registerKey, id);
  const facts = parseFacts(next(MOST_FACTS_BYTES));
  const subjects: SubjectEvidence = {
    subject: new Uint32Array(count),
    fields: new Uint16Array(count),
    from: new Uint32Array(count),
    until: new Uint32Array(count),
    strong: new Uint8Array(count),
  };
  for (const column of columns(subjects)) {
    for (let from = 0; from < column.length; from += CHUNK_BYTES) {
      const piece = next(CHUNK_BYTES);
      if (piece.length !== Math.min(CHUNK_BYTES, column.length - from)) throw damaged(id);
      column.set(piece, from);
    }
  }
  if (!isAtEnd()) throw damaged(id);
  return { id, facts, subjects };
}

function* messages(facts: EvidenceFacts, subjects: SubjectEvidence): Generator<Uint8Array> {
  yield Buffer.from(JSON.stringify(facts), 'utf8');
  for (const column of columns(subjects)) {
    for (let from = 0; from < column.length; from += CHUNK_BYTES) yield column.subarray(from, from + CHUNK_BYTES);
  }
}

/** The columns as bytes, little endian as every machine that Node runs on. */
function columns({ subject, fields, from, until, strong }: SubjectEvidence): Uint8Array[] {
  return [subject, fields, from, until, strong].map(
    (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
  );
}

function seal(key: KeyObject, number: number, header: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce(number));
  cipher.setAAD(header);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length + TAG_BYTES, 0);
  return Buffer.concat([length, text, cipher.getAuthTag()]);
}

function unseal(key: KeyObject, number: number, header: Uint8Array, sealed: Buffer): Buffer {
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce(number), { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(sealed.subarray(end));
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
}

function fileKey(registerKey: Uint8Array, id: Uint8Array): KeyObject {
  return createSecretKey(blake3(new Uint8Array(id), { key: deriveKey(registerKey, context) }));
}

function nonce(number: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, number, true);
  return bytes;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
}

function damaged(id: string, cause?: unknown): BoltsealError {
  return new BoltsealError('EVIDENCE_DAMAGED', { id }, { cause });
}
