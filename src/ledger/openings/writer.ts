import { type EntryField, fieldsOf } from '../../core/ledger-entry/kinds.ts';
import type { EntryRecord } from '../../core/ledger-entry/record.ts';
import { type KeyStore, type OwnerKind, type PartKey, periodOf } from '../keys/key-store.ts';
import type { LedgerSecrets } from '../keys/wrapping.ts';
import type { OpeningsWriter } from '../port.ts';
import { noncesOf, PartCipher } from './cipher.ts';
import { BUNDLE_ENTRIES, countOpenings, damaged, formatOpenings, parseOpenings, type SealedOpening } from './layout.ts';
import { plainParts } from './parts.ts';

/** What sealing and opening need. */
export interface OpeningsContext {
  /** Of the log. */
  readonly origin: string;
  readonly secrets: Pick<LedgerSecrets, 'openings'>;
  readonly keys: KeyStore;
}

/** Makes the files of openings of one log. Fails also as `KeyStore` does. */
export function makeOpeningsWriter({ origin, secrets, keys }: OpeningsContext): OpeningsWriter {
  const cipher = new PartCipher(origin);
  const seal = (index: number, record: EntryRecord): SealedOpening => {
    const plain = plainParts(record);
    const nonces = noncesOf(index, plain);
    const matter = matterKey(keys, record);
    const principal = keys.keyFor('principal', valueNamed(record, 'principal'), periodOf(record.timeMs));
    return {
      kind: record.kind,
      matter: {
        keyNumber: matter.number,
        isErased: false,
        bytes: cipher.seal(matter.key, index, 'matter', nonces.matter, plain.matter),
      },
      principal: {
        keyNumber: principal.number,
        isErased: false,
        bytes: cipher.seal(principal.key, index, 'principal', nonces.principal, plain.principal),
      },
    };
  };
  return {
    extend(bundle, existing, first, records, pace) {
      keys.refresh();
      const place = { origin, bundle };
      const openings = existing === null ? [] : parseOpenings(secrets, place, existing);
      if (openings.length < first) throw damaged(place, `it has ${openings.length} openings instead of ${first}`);
      if (first + records.length > BUNDLE_ENTRIES) throw new RangeError('"records" fit into one bundle');
      openings.length = first;
      for (const record of records) {
        openings.push(seal(bundle * BUNDLE_ENTRIES + openings.length, record));
        pace?.();
      }
      return formatOpenings(secrets, place, openings);
    },
    commit: () => keys.commit(),
    countOf: countOpenings,
  };
}

/** The key of what an entry is about: of its subject, or of the log where it has none, so that no erasure touches it. */
function matterKey(keys: KeyStore, record: EntryRecord): PartKey {
  const hasSubject = (fieldsOf(record.kind) ?? []).some(({ name }) => name === 'subject');
  const kind: OwnerKind = hasSubject ? 'subject' : 'log';
  const id = hasSubject ? valueNamed(record, 'subject') : new Uint8Array(0);
  return keys.keyFor(kind, id, hasSubject ? periodOf(record.timeMs) : 0);
}

function valueNamed(record: EntryRecord, name: string): Uint8Array {
  const fields: readonly EntryField[] = fieldsOf(record.kind) ?? [];
  return record.fields[fields.findIndex((field) => field.name === name)] ?? new Uint8Array(0);
}
