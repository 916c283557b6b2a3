import { concatBytes } from '../../core/bytes.ts';
import { commitmentOf } from '../../core/ledger-entry/commitments.ts';
import { sha256 } from '../sha256.ts';
import { PartCipher } from './cipher.ts';
import { BUNDLE_ENTRIES, formatOpenings, type OpeningPart, parseOpenings, type SealedOpening } from './layout.ts';
import type { PartName } from './parts.ts';
import { openParts, tellFields } from './reader.ts';
import type { OpeningsContext } from './writer.ts';

/** An entry that a key has sealed a half of. */
export interface SealedEntry {
  readonly index: number;
  /** Number of the key of the other half. */
  readonly otherKey: number;
}

/** Entries of a file with a half that one of `keys` sealed, whether or not it was removed meanwhile. Fails with LEDGER_DAMAGED. */
export function findSealedBy(
  { origin, secrets }: Pick<OpeningsContext, 'origin' | 'secrets'>,
  bundle: number,
  file: Uint8Array,
  keys: ReadonlySet<number>,
): SealedEntry[] {
  return parseOpenings(secrets, { origin, bundle }, file).flatMap(({ matter, principal }, place) => {
    const index = bundle * BUNDLE_ENTRIES + place;
    if (keys.has(matter.keyNumber)) return [{ index, otherKey: principal.keyNumber }];
    return keys.has(principal.keyNumber) ? [{ index, otherKey: matter.keyNumber }] : [];
  });
}

/**
 * The file without the halves that `keys` seal; null when it has none (any more). While a key can still be used, a removed half leaves the commitments of its
 * fields, and of those about both, in its place: without them nobody could prove what is left of the entry.
 *
 * A half that cannot be opened is removed all the same. Fails with LEDGER_DAMAGED when the file is no file of openings.
 */
export function removeSealedBy(
  context: OpeningsContext,
  bundle: number,
  file: Uint8Array,
  keys: ReadonlySet<number>,
): Uint8Array | null {
  const { origin, secrets } = context;
  const place = { origin, bundle };
  const cipher = new PartCipher(origin);
  let isChanged = false;
  const openings = parseOpenings(secrets, place, file).map((sealed, i): SealedOpening => {
    const isConcerned = (part: OpeningPart): boolean => !part.isErased && keys.has(part.keyNumber);
    if (!isConcerned(sealed.matter) && !isConcerned(sealed.principal)) return sealed;
    isChanged = true;
    const opened = openParts(context, cipher, bundle * BUNDLE_ENTRIES + i, sealed);
    const fields = opened === 'damaged' ? null : tellFields(sealed, opened);
    const remove = (name: PartName): OpeningPart => {
      const part = sealed[name];
      if (!isConcerned(part)) return part;
      const commitments = (fields ?? []).flatMap((told) => {
        const { number, about } = told.field;
        if (about !== name && about !== 'both') return [];
        const commitment = 'commitment' in told ? told.commitment : commitmentOf(sha256, number, told.salt, told.value);
        return [Uint8Array.of(number), commitment];
      });
      return { keyNumber: part.keyNumber, isErased: true, bytes: concatBytes(commitments) };
    };
    return { kind: sealed.kind, matter: remove('matter'), principal: remove('principal') };
  });
  return isChanged ? formatOpenings(secrets, place, openings) : null;
}
