import { type CanaryBatch, type CanaryField, canaryFields } from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { type Chance, takeSome } from './chance.ts';
import { writeCsv } from './csv.ts';
import { inventionOf } from './invent.ts';

/** A dump that holds every canary among strangers. */
export interface DrillDump {
  /** What it is called for people: how it is written. */
  readonly shape: string;
  readonly fileName: string;
  readonly text: string;
}

type Values = Readonly<Record<string, string>>;

/** Strangers for each canary, and at least so many. */
const STRANGERS = 4;
const LEAST_STRANGERS = 200;

/** Dumps of all canaries in the shapes in which stolen data is found: as exported, as SQL, and retyped with columns moved. */
export function writeDrillDumps(
  batches: readonly CanaryBatch[],
  region: string,
  settings: CanarySettings | undefined,
  chance: Chance,
): DrillDump[] {
  const columns = canaryFields.filter((field) => batches.some((batch) => batch.columns.includes(field)));
  const canaries = batches.flatMap((batch) => batch.canaries.map(({ values }) => values));
  const strangers = inventStrangers(Math.max(LEAST_STRANGERS, STRANGERS * canaries.length), columns, {
    region,
    settings,
    chance,
  });
  const everybody = [...canaries, ...strangers];
  const people = takeSome(everybody, everybody.length, chance);
  const retypedColumns = columns.toReversed();
  return [
    { shape: 'CSV', fileName: 'drill.csv', text: writeTable(columns, people) },
    { shape: 'SQL', fileName: 'drill.sql', text: writeSql(columns, people) },
    {
      shape: 'retyped',
      fileName: 'drill.txt',
      text: writeTable(
        retypedColumns,
        people.map((one) => retype(one, chance)),
      ),
    },
  ];
}

/** People who are as invented as canaries, with values that nobody set aside: phones with other last digits, mailboxes elsewhere. */
function inventStrangers(
  count: number,
  columns: readonly CanaryField[],
  { region, settings, chance }: { region: string; settings: CanarySettings | undefined; chance: Chance },
): Values[] {
  const elsewhere: CanarySettings = {
    customerIds: 'ZZ-*********',
    phoneBlocks: [
      (settings?.phoneBlocks?.[0] ?? '+86162********').replace(/\d(?=[*]+$)/, (digit) =>
        String((Number(digit) + 5) % 10),
      ),
    ],
    mailDomain: 'example.org',
    trackingNumbers: 'ZZ***********',
  };
  const inventions = columns.map((field) => inventionOf(field, region, elsewhere, chance));
  return Array.from({ length: count }, () => Object.fromEntries(inventions.map(({ field, draw }) => [field, draw()])));
}

function writeTable(columns: readonly CanaryField[], people: readonly Values[]): string {
  return writeCsv({
    columns: [...columns],
    canaries: people.map((values) => ({ idLo: 0, idHi: 0, values, choices: {} })),
  });
}

function writeSql(columns: readonly CanaryField[], people: readonly Values[]): string {
  const names = columns.map((column) => column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  const rows = people.map(
    (one) => `(${columns.map((column) => `'${(one[column] ?? '').replaceAll("'", "''")}'`).join(', ')})`,
  );
  return [
    `CREATE TABLE customers (${names.map((name) => `${name} VARCHAR(255)`).join(', ')});`,
    ...rows.map((row) => `INSERT INTO customers (${names.join(', ')}) VALUES ${row};`),
    '',
  ].join('\n');
}

/** As people type it: phones in groups, mail addresses in capitals, blanks around names. */
function retype(values: Values, chance: Chance): Values {
  const retyped: Record<string, string> = { ...values };
  const { phone, email, name } = values;
  if (phone !== undefined) {
    const groups = phone.replace(/(\d{4})(\d{4})$/, ' $1 $2');
    retyped.phone = chance.below(2) === 0 ? groups : groups.replaceAll(' ', '-').replace(/^\+/, '00');
  }
  if (email !== undefined) retyped.email = email.toUpperCase();
  if (name !== undefined) retyped.name = ` ${name}  `;
  return retyped;
}
