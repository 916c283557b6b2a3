import type { Customer } from './company.ts';
import type { People, Person } from './people.ts';
import type { Random } from './random.ts';
import { openTableFile, quoteCell, type TableEncoding } from './table-file.ts';

/** The shape of the dump. */
export interface DumpShape {
  readonly separator: '----' | ',';
  readonly encoding: TableEncoding;
}

/** What really is in the dump. */
export interface DumpTruth {
  /** All lines. */
  readonly rows: number;
  /** Whole rows of customers, repeated ones counted again. */
  readonly ours: number;
  /** Rows of people who never were customers. */
  readonly foreign: number;
  /** Lines without any usable value. */
  readonly broken: number;
  readonly repeated: number;
  /** Customers in it. */
  readonly subjects: number;
  /** Of those: phone or e-mail as in the dump is no longer theirs, because they changed it or left. */
  readonly outdatedSubjects: number;
}

const stolenShare = 0.6;
const repeatedShare = 0.005;
const foreignShare = 0.05;
const brokenShare = 0.01;
const retypedShare = 0.03;

/** Writes a dump without header: most of the earlier snapshot, shuffled, columns dropped and reordered, with foreign, repeated and broken rows. */
export function writeDump(
  path: string,
  shape: DumpShape,
  customers: readonly Customer[],
  people: People,
  random: Random,
): DumpTruth {
  const stolen = customers.filter(() => random.chance(stolenShare));
  const repeated = stolen.filter(() => random.chance(repeatedShare));
  const oursCount = stolen.length + repeated.length;
  // Shares of the whole dump, of which ours are what remains.
  const total = oursCount / (1 - foreignShare - brokenShare);
  const foreign = Array.from({ length: Math.round(total * foreignShare) }, () => people.make(0));
  const brokenCount = Math.round(total * brokenShare);
  const lines = [
    ...[...stolen, ...repeated].map(({ before }) => makeRow(before, shape, random)),
    ...foreign.map((person) => makeRow(person, shape, random)),
    ...Array.from({ length: brokenCount }, () => makeBrokenLine(shape, random)),
  ];
  shuffle(lines, random);
  const file = openTableFile(path, shape.encoding);
  for (const line of lines) file.writeLine(line);
  file.close();
  return {
    rows: lines.length,
    ours: oursCount,
    foreign: foreign.length,
    broken: brokenCount,
    repeated: repeated.length,
    subjects: stolen.length,
    outdatedSubjects: stolen.filter(
      ({ before, after }) => after?.phone !== before.phone || after.email !== before.email,
    ).length,
  };
}

function makeRow(person: Person, shape: DumpShape, random: Random): string {
  const phone = random.chance(retypedShare) ? retype(person, random) : person.phone;
  const cells = [person.username, makeHash(random), person.name, person.nationalId, person.email, phone];
  return cells.map((cell) => quoteCell(cell, shape.separator)).join(shape.separator);
}

/** The same phone as people type it. */
function retype(person: Person, random: Random): string {
  if (person.country !== 'CN') return person.phone.replace(/[^\d+]/g, '');
  const { phone } = person;
  const parts = [phone.slice(0, 3), phone.slice(3, 7), phone.slice(7)];
  switch (random.below(4)) {
    case 0:
      return `+86 ${parts.join(' ')}`;
    case 1:
      return `0086${phone}`;
    case 2:
      return parts.join('-');
    default:
      return phone.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
  }
}

function makeHash(random: Random): string {
  return Array.from({ length: 4 }, () =>
    random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
}

/** What is left when a file was cut or overwritten: pieces that identify nobody. */
function makeBrokenLine(shape: DumpShape, random: Random): string {
  const piece = makeHash(random).slice(random.below(20));
  return random.chance(0.5) ? piece : `${piece}${shape.separator}${'?'.repeat(1 + random.below(12))}`;
}

/** Fisher-Yates. */
function shuffle(items: unknown[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
}
