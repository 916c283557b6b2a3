import type { PersonVersion } from '../people.ts';
import { makeRandom, shuffle } from '../random.ts';

/** Share of a dump's rows that come from a random other version of their person. */
const WRONG_SHARE = 0.05;
const FIRST_DATE = Date.parse('2021-01-01T00:00:00Z') / 1000;
const LAST_DATE = Date.parse('2026-07-31T00:00:00Z') / 1000;

/** One dump whose time is known. */
export interface Trial {
  readonly truthSeconds: number;
  readonly rows: readonly PersonVersion[];
  /** The exact intersection of the intervals of the rows that are not wrong. */
  readonly oracle: { readonly fromSeconds: number; readonly untilSeconds: number };
}

/** Draws dumps as of random dates; `rows` null: everybody who was there. */
export class TrialMaker {
  readonly #versions: readonly PersonVersion[];
  readonly #byPerson = new Map<string, PersonVersion[]>();
  readonly #lastSeconds: number;

  constructor(versions: readonly PersonVersion[]) {
    this.#versions = versions;
    let last = 0;
    for (const version of versions) {
      const own = this.#byPerson.get(version.id) ?? [];
      own.push(version);
      this.#byPerson.set(version.id, own);
      last = Math.max(last, version.fromSeconds, version.untilSeconds ?? 0);
    }
    this.#lastSeconds = last;
  }

  make(seed: number, rows: number | null): Trial {
    const random = makeRandom(seed);
    for (let i = 0; i < 5; i++) random();
    const truthSeconds = Math.floor(FIRST_DATE + random() * (LAST_DATE - FIRST_DATE));
    const current = this.#versions.filter(
      (v) => v.fromSeconds <= truthSeconds && truthSeconds < (v.untilSeconds ?? Infinity),
    );
    const drawn = rows === null ? current : shuffle(current, random).slice(0, rows);
    let [fromSeconds, untilSeconds] = [0, this.#lastSeconds];
    const written = drawn.map((version) => {
      const others = this.#byPerson.get(version.id)!.filter((other) => other !== version);
      if (random() < WRONG_SHARE && others.length > 0) return others[Math.floor(random() * others.length)]!;
      fromSeconds = Math.max(fromSeconds, version.fromSeconds);
      untilSeconds = Math.min(untilSeconds, version.untilSeconds ?? Infinity);
      return version;
    });
    return { truthSeconds, rows: shuffle([...written], random), oracle: { fromSeconds, untilSeconds } };
  }
}
