import { equalBytes } from '../bytes.ts';
import { type BareItem, parseDictionary } from './structured-fields.ts';
import { writeDictionary } from './write-fields.ts';

/*
 * Content-Digest, Repr-Digest, Want-Content-Digest and Want-Repr-Digest (RFC 9530).
 */

/** Algorithms that resist whoever wants to cheat (RFC 9530, section 5): the others of the registry are read and count for nothing. */
export const digestAlgorithms = ['sha-256', 'sha-512'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

export type Digest = (algorithm: DigestAlgorithm, bytes: Uint8Array) => Uint8Array;

const sizes: Readonly<Record<DigestAlgorithm, number>> = { 'sha-256': 32, 'sha-512': 64 };

/** The digests that a field gives, those of unknown algorithms left out; null when it is malformed, or names an algorithm twice. */
export function parseDigests(text: string): ReadonlyMap<DigestAlgorithm, Uint8Array> | null {
  const dictionary = parseDictionary(text, 'refused');
  if (dictionary === null) return null;
  const digests = new Map<DigestAlgorithm, Uint8Array>();
  for (const [key, member] of dictionary) {
    if (!('item' in member) || member.item.type !== 'bytes') return null;
    const algorithm = digestAlgorithms.find((known) => known === key);
    if (algorithm === undefined) continue;
    if (member.item.value.length !== sizes[algorithm]) return null;
    digests.set(algorithm, member.item.value);
  }
  return digests;
}

/** Whether every digest of the field that is known is that of the bytes, and at least one is. */
export function matchesDigests(text: string, bytes: Uint8Array, digest: Digest): boolean {
  const digests = parseDigests(text);
  if (digests === null || digests.size === 0) return false;
  for (const [algorithm, expected] of digests) if (!equalBytes(digest(algorithm, bytes), expected)) return false;
  return true;
}

/** The text of a field with one digest. */
export function writeDigest(algorithm: DigestAlgorithm, digest: Uint8Array): string {
  const item: BareItem = { type: 'bytes', value: digest };
  return writeDictionary(new Map([[algorithm, { item, parameters: new Map() }]]));
}

/** The known algorithm that a Want-Content-Digest or Want-Repr-Digest prefers (0: not acceptable, 10: most wanted); null for none, or when it is malformed. */
export function chooseDigest(text: string): DigestAlgorithm | null {
  const dictionary = parseDictionary(text);
  if (dictionary === null) return null;
  let best: DigestAlgorithm | null = null;
  let most = 0;
  for (const [key, member] of dictionary) {
    if (!('item' in member) || member.item.type !== 'integer') return null;
    const { value } = member.item;
    if (value < 0 || value > 10) return null;
    const algorithm = digestAlgorithms.find((known) => known === key);
    if (algorithm === undefined || value <= most) continue;
    best = algorithm;
    most = value;
  }
  return best;
}
