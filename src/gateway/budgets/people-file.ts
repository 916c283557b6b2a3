import { type FileHandle, open } from 'node:fs/promises';
import type { CountedUse } from './budgets.ts';

/** People of one line: a line is read at a time. */
const AT_A_TIME = 1000;

/** Who read whom on one day: the last reading of each person by a principal for a purpose. */
export class PeopleOfDay {
  readonly #lines = new Map<string, Map<number, number>>();

  /** Whoever was once read as an exception weighs 2: the stay in the window of a month does not end within a day. */
  add({ principal, role, station, partner, purpose, weight, people, atMs }: CountedUse): void {
    const name = JSON.stringify([principal, role, station, partner, purpose]);
    let last = this.#lines.get(name);
    if (last === undefined) {
      last = new Map();
      this.#lines.set(name, last);
    }
    for (const person of people) {
      const before = last.get(person) ?? 0;
      last.set(person, 4 * Math.max(atMs, Math.floor(before / 4)) + Math.max(weight, before % 4));
    }
  }

  /** `[principal, role, station, partner, purpose, weight, from, [person, milliseconds after from, person, …]]`, one line each. */
  *lines(): Generator<string> {
    for (const [name, last] of this.#lines)
      for (const weight of [1, 2]) {
        const people = [...last].filter(([, kept]) => kept % 4 === weight);
        for (let i = 0; i < people.length; i += AT_A_TIME) {
          const some = people.slice(i, i + AT_A_TIME).map(([person, kept]) => [person, Math.floor(kept / 4)] as const);
          const from = some.reduce((least, [, atMs]) => Math.min(least, atMs), Number.MAX_SAFE_INTEGER);
          const pairs = some.flatMap(([person, atMs]) => [person, atMs - from]);
          yield `${JSON.stringify([...JSON.parse(name), weight, from, pairs])}\n`;
        }
      }
  }
}

/** What a file of `PeopleOfDay` holds. Such a file is written whole before it has its name. */
export async function* readPeople(file: string): AsyncGenerator<CountedUse> {
  const handle = await openIfThere(file);
  if (handle === null) return;
  try {
    for await (const line of handle.readLines()) {
      const [principal, role, station, partner, purpose, weight, from, pairs] = JSON.parse(line);
      for (let i = 0; i + 1 < pairs.length; i += 2) {
        const atMs = from + pairs[i + 1];
        yield { atMs, principal, role, station, partner, purpose, weight, people: [pairs[i]] };
      }
    }
  } finally {
    await handle.close();
  }
}

/** Null when there is no such file. */
export async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
