import { timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { blake3 } from '@noble/hashes/blake3.js';
import { BoltsealError } from '../core/errors.ts';
import { customerId } from '../core/fields/customer-id.ts';
import {
  deriveKey,
  erasedContext,
  type Fingerprint,
  fingerprint,
  fingerprintContext,
} from '../core/fingerprint/keys.ts';

/*
 * Who was erased, as fingerprints of their ids, in the order of the erasures (docs/spec/register.md, erased.bin).
 *
 * A generation says how many of them it knows of: those it does not have. The others are taken out of each image that is loaded, so that the next generation, whatever it is made for, is written without them. And
 * no table brings back who is in the list, unless it is told to.
 */

const FILE = 'erased.bin';
/** Fingerprint (u64), then what authenticates it in its place. */
const MAC_BYTES = 8;
const ENTRY_BYTES = 8 + MAC_BYTES;
/** Ids are the same everywhere. */
const noRegion = { region: '' };

/** The list of a home. */
export class Erasures {
  /** In the order of the erasures; one who was erased again is there again. */
  readonly ids: readonly Fingerprint[];
  readonly #known = new Map<number, Set<number>>();

  constructor(ids: readonly Fingerprint[]) {
    this.ids = ids;
    for (const { lo, hi } of ids) {
      const known = this.#known.get(hi);
      if (known === undefined) this.#known.set(hi, new Set([lo]));
      else known.add(lo);
    }
  }

  /** Whether a subject with an id of that fingerprint was ever erased. */
  has(lo: number, hi: number): boolean {
    return this.#known.get(hi)?.has(lo) ?? false;
  }
}

/** Who was erased in a home. Fails with REGISTER_DAMAGED. */
export function readErasures(home: string, registerKey: Uint8Array): Erasures {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(path.join(home, FILE));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Erasures([]);
    throw new BoltsealError('REGISTER_DAMAGED', { file: FILE }, { cause });
  }
  const key = deriveKey(registerKey, erasedContext);
  // What is behind the last whole entry was cut off while it was written, and answered to nobody.
  const count = Math.floor(bytes.length / ENTRY_BYTES);
  return new Erasures(
    Array.from({ length: count }, (_, i) => {
      const at = ENTRY_BYTES * i;
      const id = { lo: bytes.readUInt32LE(at), hi: bytes.readUInt32LE(at + 4) };
      if (!timingSafeEqual(macOf(key, i, id), bytes.subarray(at + 8, at + ENTRY_BYTES)))
        throw new BoltsealError('REGISTER_DAMAGED', { file: FILE });
      return id;
    }),
  );
}

/**
 * Adds subjects to the list, durably; `applied`: entries that the register knows of, behind which nobody is put twice. The home's lock must be held. Ids that are none are passed over.
 * Fails with REGISTER_DAMAGED and REGISTER_WRITE.
 */
export function addErasures(home: string, registerKey: Uint8Array, subjects: readonly string[], applied: number): void {
  const { ids } = readErasures(home, registerKey);
  const waiting = new Erasures(ids.slice(applied));
  const idKey = deriveKey(registerKey, fingerprintContext(customerId));
  const key = deriveKey(registerKey, erasedContext);
  const added = subjects.flatMap((subject) => {
    const normalised = customerId.normalise(subject, noRegion);
    const id = normalised === null ? null : fingerprint(idKey, normalised);
    return id === null || waiting.has(id.lo, id.hi) ? [] : [id];
  });
  if (added.length === 0) return;
  const bytes = Buffer.alloc(ENTRY_BYTES * added.length);
  for (const [i, id] of added.entries()) {
    bytes.writeUInt32LE(id.lo, ENTRY_BYTES * i);
    bytes.writeUInt32LE(id.hi, ENTRY_BYTES * i + 4);
    bytes.set(macOf(key, ids.length + i, id), ENTRY_BYTES * i + 8);
  }
  try {
    append(path.join(home, FILE), bytes, ENTRY_BYTES * ids.length);
  } catch (cause) {
    throw new BoltsealError(
      'REGISTER_WRITE',
      { reason: (cause as NodeJS.ErrnoException).code ?? 'unknown' },
      { cause },
    );
  }
}

/** Writes behind `end`, over what a crash may have left there. */
function append(file: string, bytes: Uint8Array, end: number): void {
  const isNew = !fs.existsSync(file);
  const fd = fs.openSync(file, isNew ? 'wx+' : 'r+', 0o600);
  try {
    fs.ftruncateSync(fd, end);
    // A full disk writes a part.
    if (fs.writeSync(fd, bytes, 0, bytes.length, end) !== bytes.length)
      throw Object.assign(new Error('short'), { code: 'ENOSPC' });
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  if (!isNew) return;
  const folder = fs.openSync(path.dirname(file), 'r');
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** Keyed BLAKE3 of place and fingerprint: nobody without the key makes a customer disappear. */
function macOf(key: Uint8Array, place: number, { lo, hi }: Fingerprint): Uint8Array {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(place, 0);
  bytes.writeUInt32LE(lo, 4);
  bytes.writeUInt32LE(hi, 8);
  return blake3(bytes, { key, dkLen: MAC_BYTES });
}
