import type { FieldName } from '../../core/fields/field.ts';
import { fieldByName, fields, isFieldName } from '../../core/fields/registry.ts';
import { headerKey } from '../../core/text.ts';
import { copyText } from '../copy-text.ts';

const byHeader: ReadonlyMap<string, FieldName> = new Map(
  fields.flatMap(({ name, headers }) => [name.toLowerCase(), ...headers].map((header) => [header, name] as const)),
);
/** Texts of which the mask is remembered: logs repeat a few. A longer one is no list of fields. */
const REMEMBERED = 4096;
const LONGEST_LIST = 4096;

/** The mask of some fields: bit i is the field with id i. */
export function maskOf(names: readonly FieldName[]): number {
  return names.reduce((mask, name) => mask | (1 << fieldByName(name).id), 0);
}

/** The field that a name says, in Boltseal's spelling or as a header (`mobile`, `手机号`); null when it is none of ours. */
export function fieldOfName(name: string): FieldName | null {
  if (isFieldName(name)) return name;
  return name.length > 64 ? null : (byHeader.get(headerKey(name)) ?? null);
}

/** Reads cells that list fields, and counts names that are none of ours. */
export class FieldLists {
  readonly #masks = new Map<string, number>();
  readonly #unknown = new Set<string>();

  /** Different names that are no field (at most 1,000 are told apart). */
  get unknownNames(): number {
    return this.#unknown.size;
  }

  /** The mask of a list with blanks, commas, semicolons or bars between names, with or without brackets and quotes (JSON, PostgreSQL arrays). 0 when it has no field. */
  maskOfText(text: string): number {
    const known = this.#masks.get(text);
    if (known !== undefined) return known;
    if (text.length > LONGEST_LIST) return 0;
    const mask = this.maskOfNames(text.split(/[\s,;|[\]{}"']+/));
    if (this.#masks.size >= REMEMBERED) this.#masks.clear();
    this.#masks.set(copyText(text), mask);
    return mask;
  }

  maskOfNames(names: readonly string[]): number {
    let mask = 0;
    for (const name of names) {
      if (name === '') continue;
      const field = fieldOfName(name);
      if (field !== null) mask |= 1 << fieldByName(field).id;
      else if (this.#unknown.size < 1000) this.#unknown.add(copyText(name.slice(0, 64)));
    }
    return mask;
  }
}
