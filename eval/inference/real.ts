import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FieldName } from '../../src/core/fields/field.ts';
import type { RowWriter } from '../../src/dump/reader.ts';
import { defaultLimits } from '../../src/dump/reader.ts';
import { sqlReader } from '../../src/dump/readers/sql.ts';
import { parseCsv } from '../csv.ts';
import { hasPeople, peopleFile, rootDirectory } from '../people.ts';
import { type InferenceScore, type Judgement, judgeTable, summarise, type Table } from './judge.ts';
import { sampleOf, type Truth } from './shapes.ts';

const sakilaFile = join(rootDirectory, '..', 'shared', 'data', 'sql-dumps', 'sakila-mv-data.sql');
const chinookFile = join(rootDirectory, '..', 'shared', 'data', 'sql-dumps', 'ChinookData.json');

/** What the real columns hold by header; those that are not here hold none of our fields. A star marks a column in which no field is right as well. */
const peopleTruth: Readonly<Record<string, string>> = {
  person_id: 'customerId',
  name: 'name',
  email: 'email',
  capitol_address: 'address',
  capitol_phone: 'phone',
  district_address: 'address',
  district_phone: 'phone',
};
const chinookTruth: Readonly<Record<string, string>> = {
  'Customer CustomerId': 'customerId',
  'Customer FirstName': 'name',
  'Customer LastName': 'name',
  'Customer Address': 'address',
  'Customer Phone': 'phone',
  'Customer Fax': 'phone*',
  'Customer Email': 'email',
  'Employee LastName': 'name',
  'Employee FirstName': 'name',
  'Employee Address': 'address',
  'Employee Phone': 'phone',
  'Employee Fax': 'phone*',
  'Employee Email': 'email',
  'Invoice CustomerId': 'customerId',
  'Invoice BillingAddress': 'address',
  'Artist Name': 'name*',
  'Track Composer': 'name*',
};

/** Judges the tables beside the project, the people by state with and without header; null when they are not there. */
export async function judgeRealTables(): Promise<InferenceScore | null> {
  const tables = [...peopleTables(), ...chinookTables(), ...(await sakilaTables())];
  if (tables.length === 0) return null;
  const judgements: Judgement[] = [];
  const headersWrong: string[] = [];
  for (const table of tables) {
    const { found, isHeaderRight } = judgeTable(table);
    judgements.push(...found);
    if (!isHeaderRight) headersWrong.push(table.where);
  }
  return summarise(judgements, tables.length, headersWrong);
}

function truthOf(kind: string, said: string | undefined, hasHeader: boolean): Truth {
  const field = said === undefined ? null : (said.replace('*', '') as FieldName);
  const needsHeader = field === 'customerId' || field === 'username';
  return { kind, field, mayBeNone: said?.endsWith('*') === true || (!hasHeader && needsHeader), split: null };
}

function peopleTables(): Table[] {
  if (!hasPeople()) return [];
  const [header = [], ...rows] = parseCsv(gunzipSync(readFileSync(peopleFile)).toString('utf8'));
  const byState = new Map<string, string[][]>();
  for (const row of rows) {
    const state = row[1] ?? '';
    const group = byState.get(state);
    if (group === undefined) byState.set(state, [row]);
    else group.push(row);
  }
  return [...byState].flatMap(([state, group]) =>
    [header, null].map((named) => ({
      where: `people of ${state}${named === null ? ', no header' : ''}`,
      region: 'US',
      header: named,
      rows: group,
      truth: header.map((name, index) => {
        const truth = truthOf(name, peopleTruth[name], named !== null);
        // Nothing can be said of a column without a cell in the sample; some states give web addresses as e-mail.
        const cells = sampleOf(group).map((row) => row[index] ?? '');
        const isThere = cells.some((cell) => cell !== '' && (truth.field !== 'email' || cell.includes('@')));
        return isThere ? truth : { ...truth, mayBeNone: true };
      }),
    })),
  );
}

function chinookTables(): Table[] {
  if (!existsSync(chinookFile)) return [];
  const text = readFileSync(chinookFile, 'utf8').replace(/^\ufeff/, '');
  const database = JSON.parse(text) as Record<string, Record<string, unknown>[]>;
  return Object.entries(database).flatMap(([name, records]) => {
    const header = Object.keys(records[0] ?? {});
    return [header, null].map((named) => ({
      where: `Chinook ${name}${named === null ? ', no header' : ''}`,
      region: 'US',
      header: named,
      rows: records.map((record) => header.map((key) => String(record[key] ?? ''))),
      truth: header.map((key) => {
        const truth = truthOf(`${name} ${key}`, chinookTruth[`${name} ${key}`], named !== null);
        // Single words: without header nothing says that they are names of people.
        return named === null && /First|Last/.test(key) ? { ...truth, mayBeNone: true } : truth;
      }),
    }));
  });
}

/** Sakila's file has no names of columns: what they hold by table and position. Its telephone numbers are of no plan. */
const sakilaTruth: Readonly<Record<string, string>> = {
  'actor 1': 'name*',
  'actor 2': 'name*',
  'address 1': 'address',
  'address 7': 'phone*',
  'customer 0': 'customerId*',
  'customer 2': 'name*',
  'customer 3': 'name*',
  'customer 4': 'email',
  'staff 1': 'name*',
  'staff 2': 'name*',
  'staff 5': 'email',
  'staff 8': 'username*',
  'staff 9': 'passwordHash*',
};

async function sakilaTables(): Promise<Table[]> {
  if (!existsSync(sakilaFile)) return [];
  const bytes = readFileSync(sakilaFile);
  const tables = await readSql(bytes);
  return [...tables].map(([name, rows]) => {
    const width = Math.max(...rows.map((row) => row.length));
    return {
      where: `Sakila ${name}`,
      region: 'US',
      header: null,
      rows,
      truth: Array.from({ length: width }, (_, index) =>
        truthOf(`${name} ${index}`, sakilaTruth[`${name} ${index}`], false),
      ),
    };
  });
}

async function readSql(bytes: Uint8Array): Promise<Map<string, string[][]>> {
  const tables = new Map<string, string[][]>();
  const input = {
    name: 'sakila',
    head: bytes,
    headIsWhole: true,
    windows: [],
    sizeBytes: bytes.length,
    filePath: null,
    async *stream() {
      yield bytes;
    },
  };
  const sink = {
    table: (name: string | null) => {
      const rows = tables.get(name ?? '') ?? [];
      tables.set(name ?? '', rows);
      return writerOf(rows);
    },
    reject: () => undefined,
    drain: async () => undefined,
  };
  await sqlReader.read(input, sink, { region: 'US', passwords: [], scratchPath: '', limits: defaultLimits });
  return tables;
}

function writerOf(rows: string[][]): RowWriter {
  let row: string[] = [];
  return {
    text: (value) => void row.push(value),
    bytes: (source, from, to) => void row.push(new TextDecoder().decode(source.subarray(from, to))),
    empty: () => void row.push(''),
    end: () => {
      if (row.length > 0) rows.push(row);
      row = [];
    },
    drop: () => {
      row = [];
    },
  };
}
