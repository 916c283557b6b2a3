import { createHash } from 'node:crypto';
import { sha256 as portable } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { type EntryKind, entryKinds, fieldsOf } from '../../../src/core/ledger-entry/kinds.ts';
import { type EntryRecord, makeContent, SEED_BYTES } from '../../../src/core/ledger-entry/record.ts';

/** SHA-256 of Node and a portable one: what is pure must not care. */
export const hashes = {
  node: (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest(),
  portable,
};

/** 32 bytes from `first` on, counting up. */
export function countingSeed(first: number): Uint8Array {
  return Uint8Array.from({ length: SEED_BYTES }, (_, i) => (first + i) & 0xff);
}

/** A disclosure that nobody made. */
export function sampleDisclosure(
  subject = 'customer-1',
  principal = 'scanner-7',
  timeMs = 1_795_351_800_123,
): EntryRecord {
  const content = makeContent('disclosure', timeMs, {
    principal,
    subject,
    fields: 'name,phone',
    purpose: 'delivery',
    basis: 'parcel BS00000001',
    decision: 'allow',
    requestSignature: Uint8Array.from({ length: 64 }, (_, i) => 255 - i),
  });
  return { ...content, subjectSeed: countingSeed(0), principalSeed: countingSeed(0x80) };
}

const seed = fc.uint8Array({ minLength: SEED_BYTES, maxLength: SEED_BYTES });
const value = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
);

/** Any record that can be appended. */
export const anyRecord: fc.Arbitrary<EntryRecord> = fc
  .record({
    kind: fc.constantFrom(...(Object.values(entryKinds) as EntryKind[])),
    timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    idempotencyKey: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 })),
    values: fc.array(value, { minLength: 8, maxLength: 8 }),
    subjectSeed: seed,
    principalSeed: seed,
  })
  .map(({ values, ...rest }) => ({
    ...rest,
    fields: (fieldsOf(rest.kind) ?? []).map(({ name }, i) =>
      name === 'time' ? new TextEncoder().encode(String(rest.timeMs)) : (values[i] ?? new Uint8Array(0)),
    ),
  }));
