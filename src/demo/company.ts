import type { People, Person } from './people.ts';
import type { Random } from './random.ts';

/** What became of a customer between the two snapshots. */
export interface Customer {
  readonly before: Person;
  /** Null: left. The same object as `before`: nothing changed. */
  readonly after: Person | null;
}

/** An invented company's customers at two times. */
export interface Company {
  /** Those of the earlier snapshot. */
  readonly customers: readonly Customer[];
  /** Those who came later. */
  readonly joined: readonly Person[];
}

/** When the two snapshots were taken, in seconds since 1970. Fixed, so that a demo says the same every day. */
export const earlierSeconds = Date.UTC(2024, 2, 1) / 1000;
export const laterSeconds = Date.UTC(2024, 8, 1) / 1000;

const historySeconds = 4 * 365.25 * 86_400;
const leftShare = 0.01;
const changedShare = 0.06;
const joinedShare = 0.05;

/** Invents a company with that many customers in the earlier snapshot, gained over four years. */
export function createCompany(customerCount: number, people: People, random: Random): Company {
  const customers = Array.from({ length: customerCount }, () => {
    const before = people.make(earlierSeconds - 1 - random.below(historySeconds));
    const fate = random.next();
    if (fate < leftShare) return { before, after: null };
    return { before, after: fate < leftShare + changedShare ? changePerson(before, people, random) : before };
  });
  const joined = Array.from({ length: Math.round(customerCount * joinedShare) }, () =>
    people.make(earlierSeconds + random.below(laterSeconds - earlierSeconds)),
  );
  return { customers, joined };
}

function changePerson(person: Person, people: People, random: Random): Person {
  switch (random.below(4)) {
    case 0:
      return { ...person, phone: people.newPhone(person.country) };
    case 1:
      return { ...person, email: people.newEmail() };
    case 2:
      return { ...person, address: people.newAddress(person.country) };
    default:
      return { ...person, phone: people.newPhone(person.country), address: people.newAddress(person.country) };
  }
}
