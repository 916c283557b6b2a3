import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from 'node:crypto';
import { BoltsealError } from '../../../src/core/errors.ts';
import { formatCheckpoint, parseCheckpoint } from '../../../src/core/note/checkpoint.ts';
import { makeRequestFingerprint } from '../../../src/ledger/idempotency.ts';
import type {
  CheckpointSigner,
  DisclosureRecord,
  EntryMaker,
  KeyWrap,
  NewEntry,
  OpeningsWriter,
  RecordCodec,
} from '../../../src/ledger/port.ts';

/* The smallest things that keep the contracts of src/ledger/port.ts, so that crash tests run many thousand times. */

const seedBytes = 64;

export const stubCodec: RecordCodec = {
  sizeOf: ({ idempotencyKey, fields }) =>
    10 + (idempotencyKey?.length ?? 0) + seedBytes + fields.reduce((sum, field) => sum + 2 + field.length, 0),
  encode: ({ kind, timeMs, idempotencyKey, fields }, seeds, into, at) => {
    const bytes = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
    let end = bytes.writeUInt8(kind, at);
    end = bytes.writeUIntBE(timeMs, end, 6);
    end = bytes.writeUInt8(idempotencyKey === null ? 0 : 1, end);
    end = bytes.writeUInt16BE(fields.length, end);
    for (const part of idempotencyKey === null ? [seeds] : [idempotencyKey, seeds]) {
      bytes.set(part, end);
      end += part.length;
    }
    for (const field of fields) {
      end = bytes.writeUInt16BE(field.length, end);
      bytes.set(field, end);
      end += field.length;
    }
    return end;
  },
  decode: (from, at) => {
    const bytes = Buffer.from(from.buffer, from.byteOffset, from.byteLength);
    const kind = bytes.readUInt8(at) as NewEntry['kind'];
    const timeMs = bytes.readUIntBE(at + 1, 6);
    let end = at + 10;
    const idempotencyKey = bytes.readUInt8(at + 7) === 1 ? bytes.subarray(end, end + 16) : null;
    end += idempotencyKey?.length ?? 0;
    const subjectSeed = bytes.subarray(end, end + 32);
    const principalSeed = bytes.subarray(end + 32, end + 64);
    end += seedBytes;
    const fields: Uint8Array[] = [];
    for (let count = bytes.readUInt16BE(at + 8); count > 0; count--) {
      const length = bytes.readUInt16BE(end);
      fields.push(bytes.subarray(end + 2, end + 2 + length));
      end += 2 + length;
    }
    return { record: { kind, timeMs, idempotencyKey, fields, subjectSeed, principalSeed }, end };
  },
};

export const stubFingerprint = makeRequestFingerprint(createSecretKey(Buffer.alloc(32, 8)));

/** 48 bytes that depend on all of a record. */
export const stubEntries: EntryMaker = {
  entryOf: (record) => {
    const all = Buffer.concat([record.subjectSeed, record.principalSeed, ...record.fields]);
    return Buffer.concat([Buffer.alloc(16, record.kind), hash('sha256', all, 'buffer')]);
  },
};

/** Openings that are the first field of each record in the clear; keys that are not committed before the file is written would be a fault of the deriver. */
export class StubOpenings implements OpeningsWriter {
  isCommitted = true;

  extend(
    _bundle: number,
    existing: Uint8Array | null,
    first: number,
    records: readonly DisclosureRecord[],
  ): Uint8Array {
    this.isCommitted = false;
    const kept = existing === null ? [] : readStubOpenings(existing).slice(0, first);
    if (kept.length < first)
      throw new BoltsealError('LEDGER_DAMAGED', { file: 'openings', problem: 'it is too short' });
    const values = records.map(({ fields }) => Buffer.from(fields[0] ?? new Uint8Array()).toString('latin1'));
    return Buffer.from([...kept, ...values].map((value) => `${value}\n`).join(''), 'latin1');
  }

  commit(): void {
    this.isCommitted = true;
  }

  countOf(file: Uint8Array): number {
    return readStubOpenings(file).length;
  }
}

export function readStubOpenings(file: Uint8Array): string[] {
  return Buffer.from(file).toString('latin1').split('\n').slice(0, -1);
}

/** Signs with a keyed hash. */
export const stubSigner: CheckpointSigner = {
  sign: (origin, { size, root }) => {
    const text = formatCheckpoint({ origin, size, root, extensions: [] });
    return Buffer.from(`${text}\n${hash('sha256', `secret ${text}`, 'hex')}\n`);
  },
  open: (origin, note) => {
    const all = Buffer.from(note).toString();
    const blank = all.indexOf('\n\n');
    const text = all.slice(0, blank + 1);
    if (all.slice(blank + 2) !== `${hash('sha256', `secret ${text}`, 'hex')}\n`) throw unsigned();
    const checkpoint = parseCheckpoint(text);
    if (checkpoint.origin !== origin) throw unsigned();
    return { size: checkpoint.size, root: checkpoint.root };
  },
};

const wrapKey = Buffer.alloc(32, 7);

export const stubWrap: KeyWrap = {
  wrap: (key, context) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', wrapKey, nonce).setAAD(context);
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  },
  unwrap: (wrapped, context) => {
    const decipher = createDecipheriv('aes-256-gcm', wrapKey, wrapped.subarray(0, 12)).setAAD(context);
    decipher.setAuthTag(wrapped.subarray(44));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(12, 44)), decipher.final()]);
    } catch {
      throw new BoltsealError('LEDGER_DAMAGED', { file: 'segment', problem: 'its key does not open' });
    }
  },
};

/** An entry whose first field says which one it is. */
export function stubEntry(id: string, idempotencyKey: Uint8Array | null = null): NewEntry {
  return { kind: 1, timeMs: 1_790_000_000_000, idempotencyKey, fields: [Buffer.from(id, 'latin1')] };
}

function unsigned(): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file: 'checkpoint', problem: 'it is not signed by this log' });
}
