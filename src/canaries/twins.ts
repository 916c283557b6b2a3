import { BoltsealError } from '../core/errors.ts';
import type { LoadedRegister } from '../register/image-memory.ts';
import { CONTROL_BIT, FIELD_SHIFT, SUBJECT_MASK } from '../register/layout.ts';
import { forEachRecord } from '../register/lookup.ts';
import { type Chance, takeSome } from './chance.ts';
import { blendCreated } from './created.ts';

/** What a canary takes over from a customer, so that its times and fields are somebody's: none stands out. */
export interface Twin {
  /** Seconds since 1970; 0: unknown. */
  readonly createdSeconds: number;
  /** Since when its value of a field, by field id, is current; 0: it has none. */
  readonly fromSeconds: Uint32Array;
}

/** Canaries get the next numbers: their twins are among the last subjects, of whom so many are looked at; then among more. */
const WINDOWS = [4096, 1 << 18];
const FIELDS = 16;

/**
 * Customers to be twins of, in the order of their numbers; different ones as long as there are any. They have one value a field, all of them current and of the last table that brought anybody, and of
 * those with that they have as many of the fields wanted (ids) as any. Fails with CANARIES_TWIN where nobody is like that.
 */
export function chooseTwins(
  register: LoadedRegister,
  customerIdField: number,
  wanted: readonly number[],
  count: number,
  chance: Chance,
): Twin[] {
  const { subjects, adds } = register.manifest;
  const last = adds.findLast(({ subjectsAdded }) => subjectsAdded > 0);
  const added = last?.subjectsAdded ?? 0;
  for (const size of [Math.min(added, WINDOWS[0]!), ...WINDOWS]) {
    const window = new Window(register, Math.max(0, subjects - size));
    const candidates = window.plain(customerIdField, wanted);
    if (candidates.length === 0) continue;
    // Different ones, as long as there are any: two canaries with one twin are a pair.
    const rounds = Math.ceil(count / candidates.length);
    const chosen = Array.from({ length: rounds }, () => takeSome(candidates, candidates.length, chance))
      .flat()
      .slice(0, count);
    const isDated = last?.mode === 'history';
    return chosen
      .sort((a, b) => a - b)
      .map((subject) => window.twin(subject, isDated ? customerIdField : null, chance));
  }
  throw new BoltsealError('CANARIES_TWIN');
}

/** What the subjects from `first` on have. */
class Window {
  readonly #register: LoadedRegister;
  readonly #first: number;
  readonly #from: Uint32Array;
  /** Subjects with an ended version, or two values of one field. */
  readonly #isOdd: Uint8Array;

  constructor(register: LoadedRegister, first: number) {
    this.#register = register;
    this.#first = first;
    const size = register.manifest.subjects - first;
    this.#from = new Uint32Array(size * FIELDS);
    this.#isOdd = new Uint8Array(size);
    const { table, confirm, confirmFields, confirmIndex, subjectCount } = register.image;
    forEachRecord(register.image, (_lo, _hi, record) => {
      const owner = table[4 * record + 2]!;
      if (owner < CONTROL_BIT) this.#add(owner & SUBJECT_MASK, owner >>> FIELD_SHIFT, table[4 * record + 3]!);
    });
    for (let subject = first; subject < subjectCount; subject++) {
      for (let entry = confirmIndex[subject]!; entry < confirmIndex[subject + 1]!; entry++)
        this.#add(subject, confirmFields[entry]!, confirm[2 * entry + 1]!);
    }
  }

  #add(subject: number, field: number, period: number): void {
    if (subject < this.#first) return;
    const { periods, currentPeriods } = this.#register.image;
    const at = subject - this.#first;
    if (period >= currentPeriods || this.#from[at * FIELDS + field] !== 0) this.#isOdd[at] = 1;
    this.#from[at * FIELDS + field] = periods[2 * period]!;
  }

  plain(customerIdField: number, wanted: readonly number[]): number[] {
    let best = 0;
    let found: number[] = [];
    for (let at = 0; at < this.#isOdd.length; at++) {
      const from = this.#from.subarray(at * FIELDS, (at + 1) * FIELDS);
      const since = from[customerIdField]!;
      if (this.#isOdd[at] === 1 || since === 0 || from.some((seconds) => seconds !== 0 && seconds < since)) continue;
      const fields = wanted.filter((field) => from[field] !== 0).length;
      if (fields > best) found = [];
      if (fields < best) continue;
      best = fields;
      found.push(this.#first + at);
    }
    return found;
  }

  /** `datedBy`: field of the id, when the table had dated versions: their times are one customer's alone, so that all values of the canary are current since a time of its own. Null: times are those of tables. */
  twin(subject: number, datedBy: number | null, chance: Chance): Twin {
    const at = (subject - this.#first) * FIELDS;
    const { created } = this.#register.image;
    const createdSeconds = blendCreated(created[subject - 1] ?? 0, created[subject] ?? 0, chance);
    const from = this.#from.slice(at, at + FIELDS);
    if (datedBy === null) return { createdSeconds, fromSeconds: from };
    const before = at === 0 ? 0 : this.#from[at - FIELDS + datedBy]!;
    const since = blendCreated(before, from[datedBy]!, chance);
    return {
      createdSeconds: Math.min(createdSeconds, since),
      fromSeconds: from.map((time) => (time === 0 ? 0 : since)),
    };
  }
}
