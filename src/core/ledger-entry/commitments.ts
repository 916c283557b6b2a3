import { concatBytes, type Sha256, toUtf8 } from '../bytes.ts';
import { type EntryField, fieldsOf } from './kinds.ts';
import { type EntryRecord, MAX_VALUE_BYTES, SEED_BYTES } from './record.ts';

/** Bytes of a salt, a commitment and a root. */
export const COMMITMENT_BYTES = 32;

const fieldLabel = toUtf8('boltseal ledger field 1\0');
const rootLabel = toUtf8('boltseal ledger root 1\0');
const saltLabel = toUtf8('boltseal ledger salt 1\0');
const bothLabel = toUtf8('boltseal ledger both 1\0');
const nothing = new Uint8Array(0);

// Inputs that are used again: a log makes dozens for each entry, and arrays for every step took a third of the time.
const saltInput = withRoom(saltLabel, 1 + SEED_BYTES);
const bothInput = withRoom(bothLabel, 2 * SEED_BYTES);
const fieldInput = withRoom(fieldLabel, 1 + COMMITMENT_BYTES + MAX_VALUE_BYTES);
const rootInput = withRoom(rootLabel, 5 + 255 * COMMITMENT_BYTES);

/** Commitment to one field: SHA-256(label || number || salt || value) (docs/spec/ledger-entry.md, "Commitments"). */
export function commitmentOf(sha256: Sha256, number: number, salt: Uint8Array, value: Uint8Array): Uint8Array {
  // What a proof says may have any length.
  if (salt.length !== COMMITMENT_BYTES || value.length > MAX_VALUE_BYTES)
    return sha256(concatBytes([fieldLabel, Uint8Array.of(number), salt, value]));
  const valueAt = fieldLabel.length + 1 + COMMITMENT_BYTES;
  fieldInput[fieldLabel.length] = number;
  fieldInput.set(salt, fieldLabel.length + 1);
  fieldInput.set(value, valueAt);
  return sha256(fieldInput.subarray(0, valueAt + value.length));
}

/**
 * Salt of a field: SHA-256(label || number || seed).
 *
 * SHA-256 of one secret of 32 random bytes behind a public prefix of fixed length is the pseudo-random function that FIPS 205, section 11.2, builds on; an HMAC
 * would cost four times as many calls and give nothing, since no input is a prefix of another.
 */
export function saltOf(sha256: Sha256, number: number, seed: Uint8Array): Uint8Array {
  if (seed.length !== SEED_BYTES) return sha256(concatBytes([saltLabel, Uint8Array.of(number), seed]));
  saltInput[saltLabel.length] = number;
  saltInput.set(seed, saltLabel.length + 1);
  return sha256(saltInput);
}

/** Seed of the fields about both, which nobody has who lacks one of the two: SHA-256(label || subject's seed || principal's seed). */
export function bothSeedOf(sha256: Sha256, subjectSeed: Uint8Array, principalSeed: Uint8Array): Uint8Array {
  return sha256(concatBytes([bothLabel, subjectSeed, principalSeed]));
}

/** Root of all commitments of an entry: SHA-256(label || kind || coarse time || commitments). */
export function rootOf(sha256: Sha256, kind: number, hour: number, commitments: readonly Uint8Array[]): Uint8Array {
  const input = withRoom(rootLabel, 5 + COMMITMENT_BYTES * commitments.length);
  let end = writeHead(input, kind, hour);
  for (const commitment of commitments) {
    input.set(commitment, end);
    end += COMMITMENT_BYTES;
  }
  return sha256(input);
}

/** Salts of all fields of a record, in the order of its kind. */
export function saltsOf(sha256: Sha256, record: EntryRecord): Uint8Array[] {
  const { kind, subjectSeed, principalSeed } = record;
  const fields: readonly EntryField[] = fieldsOf(kind) ?? [];
  let bothSeed: Uint8Array | null = null;
  return fields.map(({ number, about }) => {
    if (about === 'matter') return saltOf(sha256, number, subjectSeed);
    if (about === 'principal') return saltOf(sha256, number, principalSeed);
    bothSeed ??= bothSeedOf(sha256, subjectSeed, principalSeed);
    return saltOf(sha256, number, bothSeed);
  });
}

/** Commitments to all fields of a record, in the order of its kind. */
export function commitmentsOf(sha256: Sha256, record: EntryRecord): Uint8Array[] {
  const salts = saltsOf(sha256, record);
  const fields: readonly EntryField[] = fieldsOf(record.kind) ?? [];
  return fields.map(({ number }, i) => commitmentOf(sha256, number, salts[i] ?? nothing, record.fields[i] ?? nothing));
}

/** `rootOf` all commitments of a record, step by step into one input. */
export function rootOfRecord(
  sha256: Sha256,
  { kind, subjectSeed, principalSeed, fields }: EntryRecord,
  hour: number,
): Uint8Array {
  const valueAt = fieldLabel.length + 1 + COMMITMENT_BYTES;
  let bothSeed: Uint8Array | null = null;
  let end = writeHead(rootInput, kind, hour);
  for (const [i, { number, about }] of (fieldsOf(kind) ?? []).entries()) {
    if (about === 'both' && bothSeed === null) {
      bothInput.set(subjectSeed, bothLabel.length);
      bothInput.set(principalSeed, bothLabel.length + SEED_BYTES);
      bothSeed = sha256(bothInput);
    }
    const seed = about === 'matter' ? subjectSeed : about === 'principal' ? principalSeed : bothSeed;
    saltInput[saltLabel.length] = number;
    saltInput.set(seed ?? subjectSeed, saltLabel.length + 1);
    const value = fields[i] ?? nothing;
    fieldInput[fieldLabel.length] = number;
    fieldInput.set(sha256(saltInput), fieldLabel.length + 1);
    fieldInput.set(value, valueAt);
    rootInput.set(sha256(fieldInput.subarray(0, valueAt + value.length)), end);
    end += COMMITMENT_BYTES;
  }
  return sha256(rootInput.subarray(0, end));
}

function withRoom(label: Uint8Array, room: number): Uint8Array {
  const input = new Uint8Array(label.length + room);
  input.set(label);
  return input;
}

/** Writes what comes before the commitments, behind the label that is there; gives where it ends. */
function writeHead(input: Uint8Array, kind: number, hour: number): number {
  const kindAt = rootLabel.length;
  input[kindAt] = kind;
  input[kindAt + 1] = hour >>> 24;
  input[kindAt + 2] = hour >>> 16;
  input[kindAt + 3] = hour >>> 8;
  input[kindAt + 4] = hour;
  return kindAt + 5;
}
