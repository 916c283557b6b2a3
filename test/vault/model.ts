import type { SubjectChange, WriteSummary } from '../../src/vault/port.ts';

export interface HeldValue {
  readonly value: string;
  readonly version: number;
  readonly sinceMs: number;
}

export interface StoredSubject {
  readonly id: string;
  /** Every field with every value that it ever had. */
  readonly history: readonly (readonly [string, string])[];
}

/** What a vault of names, phones and mailboxes does, without encryption, databases and processes. */
export class Model {
  readonly #subjects = new Map<string, { values: Map<string, HeldValue>; history: (readonly [string, string])[] }>();

  readonly #erased = new Set<string>();

  write(changes: readonly SubjectChange[], admitsErased: boolean): WriteSummary {
    const made = new Set<string>();
    const changed = new Set<string>();
    const named = new Set(changes.map(({ id }) => id));
    const barred = new Set([...named].filter((id) => !admitsErased && this.#erased.has(id) && !this.#subjects.has(id)));
    for (const { id, atMs, fields } of changes) {
      if (barred.has(id)) continue;
      let subject = this.#subjects.get(id);
      if (subject === undefined) {
        subject = { values: new Map(), history: [] };
        this.#subjects.set(id, subject);
        made.add(id);
      }
      for (const [field, given] of Object.entries(fields)) {
        const value = given ?? '';
        const held = subject.values.get(field);
        if (held === undefined ? value === '' : held.value === value || atMs < held.sinceMs) continue;
        subject.values.set(field, { value, version: (held?.version ?? 0) + 1, sinceMs: atMs });
        if (value !== '') subject.history.push([field, value]);
        changed.add(id);
      }
    }
    const changedOnly = [...changed].filter((id) => !made.has(id)).length;
    const same = named.size - made.size - changedOnly - barred.size;
    const summary = { made: made.size, changed: changedOnly, same };
    return barred.size === 0 ? summary : { ...summary, erased: barred.size };
  }

  erase(id: string): boolean {
    const isThere = this.#subjects.delete(id);
    if (isThere) this.#erased.add(id);
    return isThere;
  }

  valuesOf(id: string): Readonly<Record<string, HeldValue>> | null {
    const subject = this.#subjects.get(id);
    if (subject === undefined) return null;
    return Object.fromEntries([...subject.values].filter(([, { value }]) => value !== ''));
  }

  /** Ids with that phone, which is equal in digits of China. */
  find(phone: string): string[] {
    const digits = (text: string): string => text.replace(/\D/g, '').replace(/^86/, '');
    const wanted = digits(phone);
    if (wanted === '') return [];
    return [...this.#subjects]
      .filter(([, { values }]) => digits(values.get('phone')?.value ?? '') === wanted)
      .map(([id]) => id)
      .sort();
  }

  *subjects(): Generator<StoredSubject> {
    for (const [id, { history }] of this.#subjects) yield { id, history };
  }
}
