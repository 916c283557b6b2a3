import { randomInt } from 'node:crypto';
import type { ExportRow } from './port.ts';

/** Fewer cannot say how much of a file leaked. */
const LEAST = 3;
const PEOPLE_A_CANARY = 1000;
/** More say nothing more, and the list of canaries is read as a whole. */
const MOST = 50;

/** How many canaries stand among so many people. */
export function canariesFor(people: number): number {
  return Math.min(MOST, LEAST + Math.floor(people / PEOPLE_A_CANARY));
}

/** Canaries that are spread over the rows of a file. */
export class CanaryMix {
  /** Those still to come, the first one last; each stands among the people around its place. */
  readonly #rest: { readonly row: ExportRow; readonly place: number }[];
  #people = 0;

  /** `expectedPeople`: about how many rows there will be. */
  constructor(canaries: readonly ExportRow[], expectedPeople: number) {
    this.#rest = canaries
      .map((row) => ({ row, place: randomInt(Math.max(1, expectedPeople)) }))
      .sort((a, b) => b.place - a.place);
  }

  /**
   * Rows of people with the canaries that are due among them, in an order of chance: among ids that ascend, one that does not would stand out. With the last people, all canaries that are left. A file
   * of nobody has none.
   */
  mix(people: readonly ExportRow[], isLast: boolean): ExportRow[] {
    const rows = [...people];
    this.#people += people.length;
    while (people.length > 0) {
      const next = this.#rest.at(-1);
      if (next === undefined || (!isLast && next.place >= this.#people)) break;
      this.#rest.pop();
      const beside = people[randomInt(people.length)];
      rows.push(beside === undefined ? next.row : likeBeside(next.row, beside));
    }
    return shuffled(rows);
  }
}

/** A canary with the fields that a person beside it has: one that has more than others stands out. */
function likeBeside({ id, values }: ExportRow, beside: ExportRow): ExportRow {
  return { id, values: Object.fromEntries(Object.entries(values).filter(([field]) => field in beside.values)) };
}

/** Fisher and Yates. */
function shuffled<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
