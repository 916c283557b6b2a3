import { bothSeedOf } from '../../core/ledger-entry/commitments.ts';
import { type EntryField, entryKinds, fieldsOf } from '../../core/ledger-entry/kinds.ts';
import { type EntryRecord, SEED_BYTES } from '../../core/ledger-entry/record.ts';
import { sha256 } from '../sha256.ts';

/** Which half of an opening. */
export type PartName = 'matter' | 'principal';

/** A half in the clear: its seed, and values of its fields in the order of their numbers, those about both still masked. */
export interface PlainPart {
  readonly seed: Uint8Array;
  readonly values: readonly Uint8Array[];
}

const maskLabel = Buffer.from('boltseal ledger mask 1\0', 'latin1');
const HASH_BYTES = 32;

const fieldsByPart = {
  matter: select((about) => about === 'matter'),
  principal: select((about) => about !== 'matter'),
};

/** Fields that lie in a half: those about both lie, masked, in the principal's. */
export function fieldsIn(kind: number, part: PartName): readonly EntryField[] {
  return fieldsByPart[part].get(kind) ?? [];
}

function select(isIn: (about: EntryField['about']) => boolean): ReadonlyMap<number, readonly EntryField[]> {
  const kinds = Object.values(entryKinds);
  return new Map(kinds.map((kind) => [kind, (fieldsOf(kind) ?? []).filter(({ about }) => isIn(about))]));
}

/** Both halves of a record in the clear: seed, lengths (u16) of the values, values. */
export function plainParts(record: EntryRecord): Readonly<Record<PartName, Uint8Array>> {
  const matter: Uint8Array[] = [];
  const principal: Uint8Array[] = [];
  for (const [i, field] of (fieldsOf(record.kind) ?? []).entries()) {
    const value = record.fields[i] ?? new Uint8Array(0);
    if (field.about === 'matter') matter.push(value);
    else if (field.about === 'principal') principal.push(value);
    else {
      const seed = bothSeedOf(sha256, record.subjectSeed, record.principalSeed);
      principal.push(masked(field.number, seed, value));
    }
  }
  return { matter: encodePart(record.subjectSeed, matter), principal: encodePart(record.principalSeed, principal) };
}

/** A half that `plainParts` made; null when it is none. */
export function parsePart(kind: number, part: PartName, plain: Uint8Array): PlainPart | null {
  const count = fieldsIn(kind, part).length;
  let at = SEED_BYTES + 2 * count;
  const values: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const length = ((plain[SEED_BYTES + 2 * i] ?? 0) << 8) | (plain[SEED_BYTES + 2 * i + 1] ?? 0);
    values.push(plain.subarray(at, at + length));
    at += length;
  }
  return at === plain.length ? { seed: plain.subarray(0, SEED_BYTES), values } : null;
}

/**
 * Masks or unmasks a value that is about both: XOR with SHA-256(label || number || block (u32) || seed), so that whoever has only the principal's half, because
 * the subject was erased, has nothing. The seed is of one record alone, and with it the mask is used once.
 */
export function masked(number: number, bothSeed: Uint8Array, value: Uint8Array): Uint8Array {
  const result = Uint8Array.from(value);
  const input = Buffer.concat([maskLabel, Buffer.alloc(5), bothSeed]);
  input[maskLabel.length] = number;
  for (let start = 0; start < result.length; start += HASH_BYTES) {
    input.writeUInt32BE(start / HASH_BYTES, maskLabel.length + 1);
    const mask = sha256(input);
    const end = Math.min(start + HASH_BYTES, result.length);
    for (let at = start; at < end; at++) result[at] = (result[at] ?? 0) ^ (mask[at - start] ?? 0);
  }
  return result;
}

function encodePart(seed: Uint8Array, values: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = SEED_BYTES;
  for (const { length } of values) sizeBytes += 2 + length;
  const plain = new Uint8Array(sizeBytes);
  plain.set(seed);
  let lengthAt = SEED_BYTES;
  let at = SEED_BYTES + 2 * values.length;
  for (const value of values) {
    plain[lengthAt++] = value.length >>> 8;
    plain[lengthAt++] = value.length;
    plain.set(value, at);
    at += value.length;
  }
  return plain;
}
