import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseCsv } from './csv.ts';
import type { PlainField } from './plain-normalise.ts';
import type { DatedRow } from './plain-register.ts';
import { pickOne } from './random.ts';

export const rootDirectory = join(import.meta.dirname, '..');

/** Dated contact records of US state legislators, derived from openstates/people (CC0-1.0); it stays beside the project and is not part of it. */
export const peopleFile = join(rootDirectory, '..', 'shared', 'data', 'people-history', 'contact_versions.csv.gz');

/** Which columns of the table are fields; all others are none. */
export const fieldOfColumn = {
  person_id: 'customerId',
  name: 'name',
  email: 'email',
  capitol_address: 'address',
  capitol_phone: 'phone',
  district_address: 'address',
  district_phone: 'phone',
  state: null,
  district: null,
  party: null,
} as const satisfies Record<string, PlainField | null>;

export type Column = keyof typeof fieldOfColumn;
export type Person = Readonly<Record<Column, string>>;

/** One version of one person's record. */
export interface PersonVersion extends DatedRow {
  readonly person: Person;
}

/** Whether the table is there. */
export function hasPeople(): boolean {
  return existsSync(peopleFile);
}

/** Reads the whole table, in its order. */
export function readPeople(): PersonVersion[] {
  const [header, ...rows] = parseCsv(gunzipSync(readFileSync(peopleFile)).toString('utf8'));
  const indexOf = new Map((header ?? []).map((name, index) => [name, index]));
  return rows.map((row) => {
    const cell = (name: string) => row[indexOf.get(name) ?? -1] ?? '';
    const columns = Object.keys(fieldOfColumn) as Column[];
    const person = Object.fromEntries(columns.map((column) => [column, cell(column)])) as Record<Column, string>;
    return {
      person,
      id: person.person_id,
      fromSeconds: Date.parse(cell('valid_from')) / 1000,
      untilSeconds: cell('valid_to') === '' ? null : Date.parse(cell('valid_to')) / 1000,
      cells: columns.flatMap((column) => {
        const field = fieldOfColumn[column];
        return field === null ? [] : [{ field, cell: person[column] }];
      }),
    };
  });
}

/** The versions that were true at a time. */
export function versionsAt(versions: readonly PersonVersion[], time: string): PersonVersion[] {
  const seconds = Date.parse(time) / 1000;
  return versions.filter(
    ({ fromSeconds, untilSeconds }) => fromSeconds <= seconds && (untilSeconds === null || seconds < untilSeconds),
  );
}

const firstNames = 'Ada,Bela,Cleo,Dov,Edda,Falk,Gina,Hugo,Ines,Jory,Kaja,Lars,Mila,Nuno,Orla,Pia,Quin,Rosa'.split(',');
const lastNames =
  'Abelard,Brückner,Castellan,Dvorsky,Eklund,Fontane,Grünwald,Hollister,Ibarra,Jansky,Kowalczyk,Lindqvist'.split(',');
const hanNames = '赵晓彤,钱建国,孙丽娜,李文博,周思源,吴佳怡,郑浩然,王梓涵'.split(',');

/** A person who does not exist and whom nobody has registered; `han` writes the name in Chinese. */
export function makeStranger(random: () => number, han: boolean): Person {
  const number = (below: number, width: number) => String(Math.floor(random() * below)).padStart(width, '0');
  const hex = (width: number) => Array.from({ length: width }, () => pickOne([...'0123456789abcdef'], random)).join('');
  const phone = () => `${200 + Math.floor(random() * 700)}-555-${number(10_000, 4)}`;
  const first = pickOne(firstNames, random);
  const last = pickOne(lastNames, random);
  const town = `${1 + Math.floor(random() * 999)} Example St; Springfield, ZZ ${number(100_000, 5)}`;
  return {
    person_id: `ocd-person/${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`,
    name: han ? pickOne(hanNames, random) : `${first} ${last}`,
    email: `${first.toLowerCase()}.${hex(8)}@mail.example.org`,
    capitol_address: town,
    capitol_phone: phone(),
    district_address: random() < 0.5 ? '' : `${1 + Math.floor(random() * 999)} Sample Ave, Shelbyville, ZZ`,
    district_phone: random() < 0.5 ? '' : phone(),
    state: 'zz',
    district: number(99, 1),
    party: 'Independent',
  };
}
