import { createHash } from 'node:crypto';
import { bothSeedOf, commitmentsOf, saltsOf } from '../src/core/ledger-entry/commitments.ts';
import { entryOf, HOUR_MS } from '../src/core/ledger-entry/entry.ts';
import { erasedEntriesHash } from '../src/core/ledger-entry/erased-entries.ts';
import { fieldsOf, kindName } from '../src/core/ledger-entry/kinds.ts';
import { openRecord, revealFields } from '../src/core/ledger-entry/opening.ts';
import { type EntryContent, makeContent } from '../src/core/ledger-entry/record.ts';

/** Where the test vectors of entries stand. */
export const vectorsFile = new URL('../docs/spec/ledger-entry-vectors.json', import.meta.url);

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const counting = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => (first + i) & 0xff);

/** 2026-11-22T10:30:00.123Z. */
const timeMs = Date.UTC(2026, 10, 22, 10, 30, 0, 123);
const erased = [
  { origin: 'ledger.example/2026b', index: 7 },
  { origin: 'ledger.example/2026a', index: 300 },
  { origin: 'ledger.example/2026a', index: 5 },
];
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 255 - i);

const samples: readonly (readonly [content: EntryContent, revealed: readonly string[]])[] = [
  [
    makeContent('disclosure', timeMs, {
      principal: 'scanner-7',
      subject: 'customer-1',
      fields: 'name,phone',
      purpose: 'delivery',
      basis: 'parcel BS00000001',
      decision: 'allow',
      requestSignature: bytes(64),
    }),
    ['subject', 'fields'],
  ],
  [makeContent('disclosure', timeMs, { principal: '站-4', subject: '顾客' }), ['principal', 'purpose', 'time']],
  [
    makeContent('erasure', timeMs, {
      principal: 'officer-1',
      basis: 'request of the person',
      erased: 'subject',
      count: '3',
      entries: erasedEntriesHash(sha256, erased),
    }),
    ['basis', 'count', 'entries'],
  ],
  [makeContent('hold', timeMs, { principal: 'officer-1', subject: 'customer-1', basis: 'order 12' }), ['time']],
  [
    makeContent('release', timeMs, {
      principal: 'officer-1',
      subject: 'customer-1',
      basis: 'order 12 has ended',
      hold: 'ledger.example/2026b 9',
    }),
    ['hold'],
  ],
  [makeContent('keyRotation', timeMs, { principal: 'officer-1', oldKeys: 'a+1+x', newKeys: 'a+2+y' }), []],
  [makeContent('seal', timeMs, { size: '9', root: bytes(32), next: 'ledger.example/2027a' }), ['size', 'root', 'next']],
  [
    makeContent('drop', timeMs, {
      principal: 'officer-1',
      basis: 'retention of one year',
      size: '9',
      root: bytes(32),
      log: 'ledger.example/2025a',
    }),
    ['basis', 'log'],
  ],
  [
    makeContent('administration', timeMs, {
      principal: 'administrator-1',
      requestSignature: bytes(64),
      action: 'station put',
      object: 'st-1',
      record: bytes(32),
    }),
    ['action', 'object', 'record'],
  ],
  [makeContent('policies', timeMs, { basis: 'in force', policies: bytes(32) }), ['principal', 'time', 'policies']],
];

/** The test vectors, as they are written: the same text each time. */
export function renderVectors(): string {
  const entries = samples.map(([content, revealed], index) => {
    const record = { ...content, subjectSeed: counting(index), principalSeed: counting(index + 0x80) };
    const salts = saltsOf(sha256, record);
    const commitments = commitmentsOf(sha256, record);
    return {
      index,
      kind: kindName(record.kind),
      timeMs,
      hour: Math.floor(timeMs / HOUR_MS),
      subjectSeed: hex(record.subjectSeed),
      principalSeed: hex(record.principalSeed),
      bothSeed: hex(bothSeedOf(sha256, record.subjectSeed, record.principalSeed)),
      fields: (fieldsOf(record.kind) ?? []).map(({ number, name, about }, i) => ({
        number,
        name,
        about,
        value: hex(record.fields[i] ?? new Uint8Array(0)),
        salt: hex(salts[i] ?? new Uint8Array(0)),
        commitment: hex(commitments[i] ?? new Uint8Array(0)),
      })),
      entry: hex(entryOf(sha256, record)),
      opening: revealFields(sha256, index, openRecord(sha256, record), revealed),
    };
  });
  const [first] = entries;
  return `${JSON.stringify({ entries, noEntries: noEntries(first?.entry ?? ''), erased: { places: erased, hash: hex(erasedEntriesHash(sha256, erased)) } }, null, 1)}\n`;
}

/** What must not be taken for an entry. */
function noEntries(entry: string): readonly { readonly why: string; readonly bytes: string }[] {
  const put = (byte: number, value: string): string => entry.slice(0, 2 * byte) + value + entry.slice(2 * byte + 2);
  return [
    { why: 'empty', bytes: '' },
    { why: 'one byte too few', bytes: entry.slice(2) },
    { why: 'one byte too many', bytes: `${entry}00` },
    { why: 'version 2', bytes: put(0, '02') },
    { why: 'kind 0', bytes: put(1, '00') },
    { why: 'kind 10', bytes: put(1, '0a') },
    { why: 'number of fields beyond a byte', bytes: put(2, '01') },
    { why: 'a field less than the kind has', bytes: put(3, '07') },
    { why: 'byte 8 is not zero', bytes: put(8, '01') },
    { why: 'byte 15 is not zero', bytes: put(15, '80') },
  ];
}
