/** Kinds of entries, as byte 1 of an entry has them. */
export const entryKinds = {
  disclosure: 1,
  erasure: 2,
  hold: 3,
  release: 4,
  keyRotation: 5,
  seal: 6,
  drop: 7,
  administration: 8,
  policies: 9,
} as const;

/** Name of a kind. */
export type EntryKindName = keyof typeof entryKinds;
/** Number of a kind. */
export type EntryKind = (typeof entryKinds)[EntryKindName];

/**
 * Who a field is about, which says whose erasure ends its being readable. `matter`: the subject, or the log itself in kinds without one; `principal`: who did it;
 * `both`: it can be read while neither of the two is erased.
 */
export type FieldAbout = 'matter' | 'principal' | 'both';

/** One field that entries commit to. */
export interface EntryField {
  /** 1 to 255, as commitments have it. A number means the same in every kind and is never given to another field. */
  readonly number: number;
  readonly name: string;
  readonly about: FieldAbout;
  /** What the value is: UTF-8, or bytes that are no text. */
  readonly isText: boolean;
}

/** Every field of every kind, ascending by number (docs/spec/ledger-entry.md). */
export const entryFields = [
  { number: 1, name: 'principal', about: 'principal', isText: true },
  { number: 2, name: 'subject', about: 'matter', isText: true },
  { number: 3, name: 'fields', about: 'matter', isText: true },
  { number: 4, name: 'purpose', about: 'matter', isText: true },
  { number: 5, name: 'basis', about: 'matter', isText: true },
  { number: 6, name: 'time', about: 'matter', isText: true },
  { number: 7, name: 'decision', about: 'matter', isText: true },
  // A signature over a guessable request confirms the guess, so it must go with the subject; and it shows whose key made it, so it must go with the principal.
  { number: 8, name: 'requestSignature', about: 'both', isText: false },
  { number: 9, name: 'erased', about: 'matter', isText: true },
  { number: 10, name: 'count', about: 'matter', isText: true },
  { number: 11, name: 'entries', about: 'matter', isText: false },
  { number: 12, name: 'hold', about: 'matter', isText: true },
  { number: 13, name: 'oldKeys', about: 'matter', isText: true },
  { number: 14, name: 'newKeys', about: 'matter', isText: true },
  { number: 15, name: 'size', about: 'matter', isText: true },
  { number: 16, name: 'root', about: 'matter', isText: false },
  { number: 17, name: 'next', about: 'matter', isText: true },
  { number: 18, name: 'log', about: 'matter', isText: true },
  { number: 19, name: 'policies', about: 'matter', isText: false },
  { number: 20, name: 'action', about: 'matter', isText: true },
  { number: 21, name: 'object', about: 'matter', isText: true },
  { number: 22, name: 'record', about: 'matter', isText: false },
] as const satisfies readonly EntryField[];

/** Name of a field. */
export type EntryFieldName = (typeof entryFields)[number]['name'];

const fieldNames = {
  disclosure: ['principal', 'subject', 'fields', 'purpose', 'basis', 'time', 'decision', 'requestSignature'],
  erasure: ['principal', 'basis', 'time', 'erased', 'count', 'entries'],
  hold: ['principal', 'subject', 'basis', 'time'],
  release: ['principal', 'subject', 'basis', 'time', 'hold'],
  keyRotation: ['principal', 'basis', 'time', 'oldKeys', 'newKeys'],
  seal: ['principal', 'time', 'size', 'root', 'next'],
  drop: ['principal', 'basis', 'time', 'size', 'root', 'log'],
  administration: ['principal', 'time', 'requestSignature', 'action', 'object', 'record'],
  policies: ['principal', 'basis', 'time', 'requestSignature', 'policies'],
} as const satisfies Record<EntryKindName, readonly EntryFieldName[]>;

/** Names of a kind's fields. */
export type FieldNameOf<K extends EntryKindName> = (typeof fieldNames)[K][number];

const names = Object.keys(entryKinds) as EntryKindName[];
const fieldsByKind: ReadonlyMap<number, readonly EntryField[]> = new Map(
  names.map((name) => [
    entryKinds[name],
    entryFields.filter((field) => (fieldNames[name] as readonly string[]).includes(field.name)),
  ]),
);

/** Name of the kind with that number; null when there is none. */
export function kindName(kind: number): EntryKindName | null {
  return names.find((name) => entryKinds[name] === kind) ?? null;
}

/** Fields that entries of the kind commit to, ascending by number; null when there is no such kind. */
export function fieldsOf(kind: number): readonly EntryField[] | null {
  return fieldsByKind.get(kind) ?? null;
}
