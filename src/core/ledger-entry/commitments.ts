import { type Sha256, toUtf8 } from '../bytes.ts';
import { type EntryField, fieldsOf } from './kinds.ts';
import { type EntryRecord, SEED_BYTES } from './record.ts';

/** Bytes of a salt, a commitment and a root. */
export const COMMITMENT_BYTES = 32;

const fieldLabel = toUtf8('boltseal ledger field 1\0');
const rootLabel = toUtf8('boltseal ledger root 1\0');
const saltLabel = toUtf8('boltseal ledger salt 1\0');
const bothLabel = toUtf8('boltseal ledger both 1\0');

/** Commitment to one field: SHA-256(label || number || salt || value) (docs/spec/ledger-entry.md, "Commitments"). */
export function commitmentOf(sha256: Sha256, number: number, salt: Uint8Array, value: Uint8Array): Uint8Array {
  return committer(sha256, value.length)(number, salt, value);
}

/**
 * Salt of a field: SHA-256(label || number || seed).
 *
 * SHA-256 of one secret of 32 random bytes behind a public prefix of fixed length is the pseudo-random function that FIPS 205, section 11.2, builds on; an HMAC
 * would cost four times as many calls and give nothing, since no input is a prefix of another.
 */
export function saltOf(sha256: Sha256, number: number, seed: Uint8Array): Uint8Array {
  return salter(sha256)(number, seed);
}

/** `commitmentOf` for many values of at most `mostBytes`, over one input: making one for each took a sixth of the time of an entry. */
function committer(
  sha256: Sha256,
  mostBytes: number,
): (number: number, salt: Uint8Array, value: Uint8Array) => Uint8Array {
  const saltAt = fieldLabel.length + 1;
  const valueAt = saltAt + COMMITMENT_BYTES;
  const input = new Uint8Array(valueAt + mostBytes);
  input.set(fieldLabel);
  return (number, salt, value) => {
    input[saltAt - 1] = number;
    input.set(salt, saltAt);
    input.set(value, valueAt);
    return sha256(input.subarray(0, valueAt + value.length));
  };
}

/** `saltOf` for many fields, over one input. */
function salter(sha256: Sha256): (number: number, seed: Uint8Array) => Uint8Array {
  const input = new Uint8Array(saltLabel.length + 1 + SEED_BYTES);
  input.set(saltLabel);
  return (number, seed) => {
    input[saltLabel.length] = number;
    input.set(seed, saltLabel.length + 1);
    return sha256(input);
  };
}

/** Seed of the fields about both, which nobody has who lacks one of the two: SHA-256(label || subject's seed || principal's seed). */
export function bothSeedOf(sha256: Sha256, subjectSeed: Uint8Array, principalSeed: Uint8Array): Uint8Array {
  const input = new Uint8Array(bothLabel.length + 2 * SEED_BYTES);
  input.set(bothLabel);
  input.set(subjectSeed, bothLabel.length);
  input.set(principalSeed, bothLabel.length + SEED_BYTES);
  return sha256(input);
}

/** Root of all commitments of an entry: SHA-256(label || kind || coarse time || commitments). */
export function rootOf(sha256: Sha256, kind: number, hour: number, commitments: readonly Uint8Array[]): Uint8Array {
  const kindAt = rootLabel.length;
  const input = new Uint8Array(kindAt + 5 + COMMITMENT_BYTES * commitments.length);
  input.set(rootLabel);
  input[kindAt] = kind;
  input[kindAt + 1] = hour >>> 24;
  input[kindAt + 2] = hour >>> 16;
  input[kindAt + 3] = hour >>> 8;
  input[kindAt + 4] = hour;
  for (let at = kindAt + 5, i = 0; i < commitments.length; i++, at += COMMITMENT_BYTES)
    input.set(commitments[i] as Uint8Array, at);
  return sha256(input);
}

/** Salts of all fields of a record, in the order of its kind. */
export function saltsOf(sha256: Sha256, record: EntryRecord): Uint8Array[] {
  const { kind, subjectSeed, principalSeed } = record;
  const fields: readonly EntryField[] = fieldsOf(kind) ?? [];
  const salt = salter(sha256);
  let bothSeed: Uint8Array | null = null;
  return fields.map(({ number, about }) => {
    if (about === 'matter') return salt(number, subjectSeed);
    if (about === 'principal') return salt(number, principalSeed);
    bothSeed ??= bothSeedOf(sha256, subjectSeed, principalSeed);
    return salt(number, bothSeed);
  });
}

/** Commitments to all fields of a record, in the order of its kind. */
export function commitmentsOf(sha256: Sha256, record: EntryRecord): Uint8Array[] {
  const salts = saltsOf(sha256, record);
  const fields: readonly EntryField[] = fieldsOf(record.kind) ?? [];
  const nothing = new Uint8Array(0);
  let mostBytes = 0;
  for (const { length } of record.fields) mostBytes = Math.max(mostBytes, length);
  const commit = committer(sha256, mostBytes);
  return fields.map(({ number }, i) => commit(number, salts[i] ?? nothing, record.fields[i] ?? nothing));
}
