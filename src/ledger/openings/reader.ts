import { equalBytes } from '../../core/bytes.ts';
import { bothSeedOf, commitmentOf, rootOf, saltOf } from '../../core/ledger-entry/commitments.ts';
import { parseEntry } from '../../core/ledger-entry/entry.ts';
import { type EntryField, fieldsOf } from '../../core/ledger-entry/kinds.ts';
import type { EntryOpening, FieldOpening } from '../../core/ledger-entry/opening.ts';
import { sha256 } from '../sha256.ts';
import { PartCipher } from './cipher.ts';
import {
  BUNDLE_ENTRIES,
  damaged,
  ERASED_FIELD_BYTES,
  type OpeningPart,
  parseOpenings,
  type SealedOpening,
} from './layout.ts';
import { fieldsIn, masked, type PartName, type PlainPart, parsePart } from './parts.ts';
import type { OpeningsContext } from './writer.ts';

/** Opens entries of one log. */
export interface OpeningsReader {
  /**
   * What can still be told of each entry of a bundle: `entries` are the first of its bundle, 48 bytes each, as many as the file has or fewer. Null where so much was
   * erased that not even what is left can be proved. What is told has been checked against the entry.
   *
   * Fails with LEDGER_DAMAGED when file, keys and entries do not fit each other.
   */
  openBundle(bundle: number, file: Uint8Array, entries: readonly Uint8Array[]): (EntryOpening | null)[];
  /** The same of one entry, the one at `place` of its bundle. */
  openEntry(bundle: number, file: Uint8Array, place: number, entry: Uint8Array): EntryOpening | null;
}

/** Reads the files that `makeOpeningsWriter` makes. */
export function makeOpeningsReader(context: OpeningsContext): OpeningsReader {
  const { origin, secrets, keys } = context;
  const cipher = new PartCipher(origin);
  const open = (bundle: number, place: number, sealed: SealedOpening | undefined, entryBytes: Uint8Array) => {
    const where = { origin, bundle };
    const index = bundle * BUNDLE_ENTRIES + place;
    const entry = parseEntry(entryBytes);
    if (sealed === undefined || entry?.kind !== sealed.kind)
      throw damaged(where, `it has no opening of entry ${index}`);
    const opened = openParts(context, cipher, index, sealed);
    if (opened === 'damaged') throw damaged(where, `the opening of entry ${index} cannot be opened`);
    const fields = tellFields(sealed, opened);
    if (fields === null) return null;
    const commitments = fields.map((field) =>
      'commitment' in field ? field.commitment : commitmentOf(sha256, field.field.number, field.salt, field.value),
    );
    if (!equalBytes(rootOf(sha256, entry.kind, entry.hour, commitments), entry.root))
      throw damaged(where, `the opening of entry ${index} is not what the entry commits to`);
    return { kind: entry.kind, hour: entry.hour, fields };
  };
  return {
    openBundle(bundle, file, entries) {
      keys.refresh();
      const openings = parseOpenings(secrets, { origin, bundle }, file);
      return entries.map((entry, place) => open(bundle, place, openings[place], entry));
    },
    openEntry(bundle, file, place, entry) {
      keys.refresh();
      return open(bundle, place, parseOpenings(secrets, { origin, bundle }, file)[place], entry);
    },
  };
}

/** Both halves in the clear; null for one that was erased, or whose key was. */
export function openParts(
  { keys }: Pick<OpeningsContext, 'keys'>,
  cipher: PartCipher,
  index: number,
  sealed: SealedOpening,
): Readonly<Record<PartName, PlainPart | null>> | 'damaged' {
  const open = (name: PartName, part: OpeningPart): PlainPart | null | 'damaged' => {
    const key = part.isErased ? null : keys.keyOf(part.keyNumber);
    if (key === null) return null;
    const plain = cipher.open(key, index, name, part.bytes);
    return (plain === null ? null : parsePart(sealed.kind, name, plain)) ?? 'damaged';
  };
  const matter = open('matter', sealed.matter);
  const principal = open('principal', sealed.principal);
  return matter === 'damaged' || principal === 'damaged' ? 'damaged' : { matter, principal };
}

/** What is known of each field, in the order of the kind; null when there is one of which not even the commitment is known. */
export function tellFields(
  sealed: SealedOpening,
  { matter, principal }: Readonly<Record<PartName, PlainPart | null>>,
): readonly FieldOpening[] | null {
  const kept = new Map([...keptCommitments(sealed.matter), ...keptCommitments(sealed.principal)]);
  const bothSeed = matter === null || principal === null ? null : bothSeedOf(sha256, matter.seed, principal.seed);
  const told = (fieldsOf(sealed.kind) ?? []).map((field): FieldOpening | null => {
    const part = field.about === 'matter' ? matter : principal;
    const seed = field.about === 'both' ? bothSeed : (part?.seed ?? null);
    const value =
      part === null ? undefined : valueIn(sealed.kind, part, field, field.about === 'matter' ? 'matter' : 'principal');
    if (seed !== null && value !== undefined) {
      const clear = field.about === 'both' ? masked(field.number, seed, value) : value;
      return { field, salt: saltOf(sha256, field.number, seed), value: clear };
    }
    const commitment = kept.get(field.number);
    return commitment === undefined ? null : { field, commitment };
  });
  const known = told.filter((field) => field !== null);
  return known.length === told.length ? known : null;
}

function valueIn(kind: number, part: PlainPart, field: EntryField, name: PartName): Uint8Array | undefined {
  return part.values[fieldsIn(kind, name).findIndex(({ number }) => number === field.number)];
}

/** Commitments that an erased half has left, by number of the field. */
function keptCommitments({ isErased, bytes }: OpeningPart): (readonly [number, Uint8Array])[] {
  if (!isErased) return [];
  const count = Math.floor(bytes.length / ERASED_FIELD_BYTES);
  return Array.from({ length: count }, (_, i) => {
    const one = bytes.subarray(i * ERASED_FIELD_BYTES, (i + 1) * ERASED_FIELD_BYTES);
    return [one[0] ?? 0, one.subarray(1)] as const;
  });
}
