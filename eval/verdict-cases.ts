import { writeRow } from './csv.ts';
import { type Column, makeStranger, type Person, type PersonVersion, versionsAt } from './people.ts';
import { makeRandom, pickOne, shuffle } from './random.ts';

/** A dump whose verdict everybody can tell. */
export interface VerdictCase {
  readonly name: string;
  readonly verdict: 'ours' | 'partly-ours' | 'recombined' | 'not-ours';
  readonly columns: readonly Column[];
  rows(versions: readonly PersonVersion[], random: () => number): Person[];
}

const AT = '2024-01-15';
const contact: readonly Column[] = ['name', 'email', 'capitol_phone', 'district_phone'];

export const verdictCases: readonly VerdictCase[] = [
  {
    name: 'our table',
    verdict: 'ours',
    columns: ['person_id', ...contact],
    rows: (versions) => people(versions),
  },
  {
    name: 'our table without our ids',
    verdict: 'ours',
    columns: contact,
    rows: (versions) => people(versions),
  },
  {
    name: '30 % of the rows are ours',
    verdict: 'partly-ours',
    columns: contact,
    rows: (versions, random) => withStrangers(people(versions), 0.3, random),
  },
  {
    name: 'values of different people put together',
    verdict: 'recombined',
    columns: ['name', 'email', 'district_phone'],
    rows: recombine,
  },
  {
    name: 'other people',
    verdict: 'not-ours',
    columns: contact,
    rows: (versions, random) => people(versions).map(() => makeStranger(random, false)),
  },
  {
    name: 'other people with the names of ours',
    verdict: 'not-ours',
    columns: contact,
    rows: (versions, random) => {
      const names = people(versions).map((person) => person.name);
      return names.map(() => ({ ...makeStranger(random, false), name: pickOne(names, random) }));
    },
  },
];

/** The bytes of a case's dump: plain CSV with a header. */
export function writeCase(testCase: VerdictCase, versions: readonly PersonVersion[], seed: number): Buffer {
  const random = makeRandom(seed);
  const rows = shuffle(testCase.rows(versions, random), random);
  const cells = rows.map((person) => testCase.columns.map((column) => person[column]));
  const lines = [testCase.columns, ...cells].map((row) => `${writeRow(row, ',', 'minimal')}\n`);
  return Buffer.from(lines.join(''));
}

function people(versions: readonly PersonVersion[]): Person[] {
  return versionsAt(versions, AT).map((version) => version.person);
}

function withStrangers(ours: readonly Person[], share: number, random: () => number): Person[] {
  const count = Math.round(ours.length / share) - ours.length;
  return [...ours, ...Array.from({ length: count }, () => makeStranger(random, false))];
}

// Each column is turned by another number of places among the people who have both an address and a phone of their own.
function recombine(versions: readonly PersonVersion[]): Person[] {
  const complete = people(versions).filter((person) => person.email !== '' && person.district_phone !== '');
  const at = (index: number) => complete[index % complete.length] as Person;
  return complete.map((person, index) => ({
    ...person,
    name: at(index + 101).name,
    district_phone: at(index + 211).district_phone,
  }));
}
