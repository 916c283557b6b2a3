import { BoltsealError } from '../core/errors.ts';
import { copyText } from './copy-text.ts';
import type { Principal, PrincipalVersion } from './port.ts';
import { sealWhole, unsealWhole } from './sealed.ts';

/** Most principals of one home: whoever can write names into a log must not fill the memory. */
export const MAX_PRINCIPALS = 1_048_576;
/** Most characters of their file, which is one text of JSON: a string has at most 2^29 in this engine, and what can be written must be read again. */
const MAX_CHARACTERS = 500_000_000;
/** Of a principal and of a time in that text, beside names, attributes: brackets, commas, ten digits. */
const ROW_CHARACTERS = 16;
/** Longest name of a principal, and longest value of an attribute, in UTF-16 units. */
export const MAX_NAME_LENGTH = 256;

/** Whose disclosures are those of principals that were erased. */
export const erasedPrincipal = '(erased)';

type Attributes = PrincipalVersion['attributes'];

interface Entry {
  name: string;
  /** Attributes by the time from which they are true, in any order. */
  readonly said: Map<number, Attributes>;
}

/** The principals of a home by name and number, with what is known of them. */
export class PrincipalTable {
  readonly #entries: Entry[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #maxCharacters: number;
  /** Of the file, at most. */
  #characters = 2;
  #isChanged = false;

  /** @param maxCharacters for tests: most characters of the file */
  constructor(maxCharacters = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Whether anything was added since it was read. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The number of a name, which gets one when it is met for the first time; null when there are too many, or when the name is too long. */
  numberOf(name: string): number | null {
    if (name.length > MAX_NAME_LENGTH) return null;
    const found = this.#numbers.get(name);
    if (found !== undefined) return found;
    // JSON can hold half a surrogate pair, which no copy has: all of them are one name.
    const kept = copyText(name);
    const known = this.#numbers.get(kept);
    if (known !== undefined) return known;
    const characters = ROW_CHARACTERS + textLength(kept);
    if (this.#entries.length >= MAX_PRINCIPALS || this.#characters + characters > this.#maxCharacters) return null;
    this.#characters += characters;
    this.#isChanged = true;
    const number = this.#entries.push({ name: kept, said: new Map() }) - 1;
    this.#numbers.set(kept, number);
    return number;
  }

  /** The number of a name; null when there is none. */
  find(name: string): number | null {
    return this.#numbers.get(name) ?? null;
  }

  /** Forgets who a number was; it is not given again. */
  forget(number: number): void {
    const entry = this.#entries[number]!;
    this.#numbers.delete(entry.name);
    entry.name = `${erasedPrincipal} ${number}`;
    // Somebody may be called that: whoever writes logs chooses names.
    for (let i = 1; this.#numbers.has(entry.name); i++) entry.name = `${erasedPrincipal} ${number}.${i}`;
    entry.said.clear();
    this.#numbers.set(entry.name, number);
    this.#isChanged = true;
  }

  /** Says what is true of a principal from a time on (0: since ever); what was said of the same time is replaced. Answers whether anything changed. Fails with DISCLOSURES_TOO_BIG. */
  describe(number: number, fromSeconds: number, attributes: Attributes): boolean {
    const { said } = this.#entries[number]!;
    const known = said.get(fromSeconds);
    if (known !== undefined && isSame(known, attributes)) return false;
    const before = known === undefined ? 0 : ROW_CHARACTERS + textLength(known);
    const after = this.#characters - before + ROW_CHARACTERS + textLength(attributes);
    if (after > this.#maxCharacters)
      throw new BoltsealError('DISCLOSURES_TOO_BIG', {
        most: this.#maxCharacters,
        what: 'characters about principals',
      });
    this.#characters = after;
    this.#isChanged = true;
    const kept = Object.entries(attributes).map(([key, value]) => [key, copyText(value)] as const);
    said.set(fromSeconds, Object.fromEntries(kept));
    return true;
  }

  /** Everything, in the order of numbers. */
  list(): Principal[] {
    return this.#entries.map((entry, number) => {
      const history = historyOf(entry);
      return { number, name: entry.name, attributes: history.at(-1)?.attributes ?? {}, history };
    });
  }

  /** The bytes of a file of principals: JSON `[[name, [[fromSeconds, attributes], …]], …]`, sealed. */
  seal(key: Uint8Array): Uint8Array {
    const rows = this.#entries.map((entry) => [
      entry.name,
      historyOf(entry).map(({ fromSeconds, attributes }) => [fromSeconds, attributes]),
    ]);
    return sealWhole(key, 'principals', Buffer.from(JSON.stringify(rows)));
  }

  /** Reads a file of principals. Fails with DISCLOSURES_DAMAGED, DISCLOSURES_FORMAT or KEY_UNUSABLE. */
  static unseal(key: Uint8Array, name: string, bytes: Uint8Array): PrincipalTable {
    const text = Buffer.from(unsealWhole(key, 'principals', name, bytes)).toString('utf8');
    const table = new PrincipalTable();
    // Erasing may lengthen a name by some characters.
    table.#characters = text.length;
    try {
      const rows = JSON.parse(text) as [string, [number, Record<string, string>][]][];
      for (const [principal, history] of rows) {
        table.#numbers.set(principal, table.#entries.length);
        table.#entries.push({ name: principal, said: new Map(history) });
      }
    } catch (cause) {
      throw new BoltsealError('DISCLOSURES_DAMAGED', { file: name }, { cause });
    }
    return table;
  }
}

function textLength(value: string | Attributes): number {
  return JSON.stringify(value).length;
}

/** Ascending by time. */
function historyOf({ said }: Entry): PrincipalVersion[] {
  return Array.from(said, ([fromSeconds, attributes]) => ({ fromSeconds, attributes })).sort(
    (a, b) => a.fromSeconds - b.fromSeconds,
  );
}

function isSame(a: Attributes, b: Attributes): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}
