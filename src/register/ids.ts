import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import { BoltsealError } from '../core/errors.ts';
import { deriveKey, idsContext } from '../core/fingerprint/keys.ts';
import { type OpenFile, readAt } from './chunked-files.ts';
import { openGeneration } from './store.ts';

/** Subjects whose ids are sealed together. */
export const IDS_PER_CHUNK = 4096;
/** Before each chunk: u32 bytes of the sealed text, 16 bytes of salt. */
const HEADER_BYTES = 20;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
/** Lengths are u16. */
const MAX_ID_BYTES = 0xffff;
const label = Buffer.from('boltseal ids 1', 'latin1');

/**
 * Seals the normalised ids of subjects, chunk by chunk, in the order of their numbers.
 *
 * A chunk is AES-256-GCM (NIST SP 800-38D) over lengths (u16 LE) and then bytes (UTF-8); its key is keyed BLAKE3 of the salt under the `ids` key, its nonce
 * is the chunk's number. The salt is the random uuid of the generation that sealed it: no key ever sees the same nonce twice, so chunks that are
 * full can be copied into later generations as they are.
 */
export class IdSealer {
  readonly #salt: Uint8Array;
  readonly #key: KeyObject;
  readonly #sealed: Uint8Array[] = [];
  #chunk: number;
  #lengths = new Uint16Array(IDS_PER_CHUNK);
  #count = 0;
  #bytes = new Uint8Array(1 << 16);
  #used = 0;

  /** `firstChunk` is the number of the first chunk that is sealed here; it begins with the ids added first. */
  constructor(registerKey: Uint8Array, salt: Uint8Array, firstChunk: number) {
    this.#salt = salt;
    this.#key = chunkKey(deriveKey(registerKey, idsContext), salt);
    this.#chunk = firstChunk;
  }

  /** Adds the next subject's id: bytes `from` to `to` of `source`. */
  add(source: Uint8Array, from: number, to: number): void {
    const length = to - from;
    if (length > MAX_ID_BYTES) {
      throw new BoltsealError('REGISTER_TOO_BIG', { count: length, what: 'bytes of one id', most: MAX_ID_BYTES });
    }
    if (this.#used + length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length + length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    // Ids are short: a loop beats the making of a view by far.
    for (let at = from; at < to; at++) this.#bytes[this.#used++] = source[at]!;
    this.#lengths[this.#count++] = length;
    if (this.#count === IDS_PER_CHUNK) this.#seal();
  }

  /** Seals what is left and returns all chunks, each with its header. */
  finish(): readonly Uint8Array[] {
    if (this.#count > 0) this.#seal();
    return this.#sealed;
  }

  #seal(): void {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce(this.#chunk));
    cipher.setAAD(associatedData(this.#salt, this.#chunk));
    const lengths = new Uint8Array(this.#lengths.buffer, 0, 2 * this.#count);
    const size = lengths.length + this.#used + TAG_BYTES;
    const out = new Uint8Array(HEADER_BYTES + size);
    new DataView(out.buffer).setUint32(0, size, true);
    out.set(this.#salt, 4);
    out.set(cipher.update(lengths), HEADER_BYTES);
    out.set(cipher.update(this.#bytes.subarray(0, this.#used)), HEADER_BYTES + lengths.length);
    cipher.final();
    out.set(cipher.getAuthTag(), out.length - TAG_BYTES);
    this.#sealed.push(out);
    this.#chunk++;
    this.#count = 0;
    this.#used = 0;
  }
}

/** Seals the ids of one chunk anew. `salt`: of the generation that is being written, which seals no chunk of that number otherwise. */
export function resealChunk(
  registerKey: Uint8Array,
  salt: Uint8Array,
  chunk: number,
  ids: readonly Uint8Array[],
): Uint8Array {
  const sealer = new IdSealer(registerKey, salt, chunk);
  for (const id of ids) sealer.add(id, 0, id.length);
  const [sealed] = sealer.finish();
  if (sealed === undefined) throw new Error('an empty chunk');
  return sealed;
}

/** Reads sealed ids of one generation. */
export class IdReader implements Iterable<string> {
  readonly #key: Uint8Array;
  readonly #file: OpenFile;
  readonly #subjects: number;
  readonly #close: () => void;
  /** Where each chunk begins in the file, and the file's end. */
  readonly #offsets: number[] = [0];
  #salt = '';
  #saltKey: KeyObject | null = null;

  constructor(registerKey: Uint8Array, file: OpenFile, subjects: number, close: () => void = () => {}) {
    this.#key = deriveKey(registerKey, idsContext);
    this.#file = file;
    this.#subjects = subjects;
    this.#close = close;
    const header = Buffer.alloc(4);
    for (let subject = 0; subject < subjects; subject += IDS_PER_CHUNK) {
      const at = this.#offsets.at(-1)!;
      this.#read(header, at);
      this.#offsets.push(at + HEADER_BYTES + header.readUInt32LE(0));
    }
    if (this.#offsets.at(-1) !== file.stored.bytes) throw damaged();
  }

  /** Where a chunk begins in the file. */
  chunkOffset(chunk: number): number {
    return this.#offsets[chunk]!;
  }

  /** The normalised ids of subjects, given in ascending order, in the same order. REGISTER_DAMAGED when a chunk is not as it was sealed. */
  readIds(subjects: Uint32Array): string[] {
    let chunk = -1;
    let ids: Buffer[] = [];
    return Array.from(subjects, (subject) => {
      const wanted = Math.floor(subject / IDS_PER_CHUNK);
      if (wanted !== chunk) {
        chunk = wanted;
        ids = this.readChunk(chunk);
      }
      return ids[subject % IDS_PER_CHUNK]!.toString('utf8');
    });
  }

  /** All ids in the order of subjects. */
  *[Symbol.iterator](): Generator<string> {
    for (let chunk = 0; chunk * IDS_PER_CHUNK < this.#subjects; chunk++) {
      for (const id of this.readChunk(chunk)) yield id.toString('utf8');
    }
  }

  /** The ids of one chunk as UTF-8. */
  readChunk(chunk: number): Buffer[] {
    const start = this.#offsets[chunk]!;
    const sealed = Buffer.alloc(this.#offsets[chunk + 1]! - start);
    this.#read(sealed, start);
    const salt = sealed.subarray(4, 4 + SALT_BYTES);
    const text = this.#unseal(chunk, salt, sealed.subarray(HEADER_BYTES));
    const count = Math.min(IDS_PER_CHUNK, this.#subjects - chunk * IDS_PER_CHUNK);
    let at = 2 * count;
    return Array.from({ length: count }, (_, i) => {
      const from = at;
      at += text.readUInt16LE(2 * i);
      return text.subarray(from, at);
    });
  }

  close(): void {
    this.#close();
  }

  #unseal(chunk: number, salt: Buffer, sealed: Buffer): Buffer {
    const name = salt.toString('hex');
    if (this.#saltKey === null || name !== this.#salt) {
      this.#saltKey = chunkKey(this.#key, salt);
      this.#salt = name;
    }
    if (sealed.length < TAG_BYTES) throw damaged();
    const decipher = createDecipheriv('aes-256-gcm', this.#saltKey, nonce(chunk), { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData(salt, chunk));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    try {
      const text = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
      return Buffer.concat([text, decipher.final()]);
    } catch (error) {
      throw damaged(error);
    }
  }

  #read(target: Buffer, position: number): void {
    if (position + target.length > this.#file.stored.bytes) throw damaged();
    if (readAt(this.#file, target, position) !== target.length) throw damaged();
  }
}

/** Opens the sealed ids of the current generation; subject numbers mean the same in every later one. Fails like `readManifest`. To be closed. */
export function openIds(home: string, registerKey: Uint8Array): IdReader {
  const generation = openGeneration(home, registerKey, ['ids.bin']);
  try {
    return new IdReader(registerKey, generation.open('ids.bin'), generation.manifest.subjects, generation.close);
  } catch (error) {
    generation.close();
    throw error;
  }
}

function chunkKey(idsKey: Uint8Array, salt: Uint8Array): KeyObject {
  return createSecretKey(blake3(new Uint8Array(salt), { key: idsKey }));
}

function nonce(chunk: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, chunk, true);
  return bytes;
}

function associatedData(salt: Uint8Array, chunk: number): Uint8Array {
  const bytes = new Uint8Array(label.length + SALT_BYTES + 4);
  bytes.set(label);
  bytes.set(salt, label.length);
  new DataView(bytes.buffer).setUint32(label.length + SALT_BYTES, chunk, true);
  return bytes;
}

function damaged(cause?: unknown): BoltsealError {
  return new BoltsealError('REGISTER_DAMAGED', { file: 'ids.bin' }, { cause });
}
