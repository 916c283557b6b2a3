import { BoltsealError } from '../../core/errors.ts';
import { resolveColumn } from '../../dump/columns.ts';
import type { ReadListener } from '../../dump/input.ts';
import type { InferredColumn } from '../../dump/port.ts';
import { MAX_NAME_LENGTH } from '../principals.ts';
import { disclosuresKey } from '../sealed.ts';
import { DisclosureWriter } from '../writer.ts';
import { parseLogTime } from './log-time.ts';
import { readTables } from './tables.ts';
import type { TextRowTaker } from './text-rows.ts';

/** Tables of principals. The home's lock must be held. */
export interface PrincipalsRequest {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly region: string;
  readonly inputs: readonly string[];
  /** The column with the name, where it is not called `principal`; and that with the time, where it is not called `at`. */
  readonly principalColumn: string | null;
  readonly atColumn: string | null;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly onRead: ReadListener;
}

/** What an import of principals did. */
export interface PrincipalsSummary {
  readonly rows: number;
  readonly rejected: ReadonlyMap<PrincipalReject, number>;
  /** Principals that no log and no table had named. */
  readonly added: number;
  /** Rows that said something new. */
  readonly changed: number;
  /** Names of attributes, in the order of their columns; names of columns, to be shown through `printable()`. */
  readonly attributes: readonly string[];
  readonly total: number;
}

/** Why a row says nothing of a principal. */
export type PrincipalReject = 'no-principal' | 'bad-principal' | 'bad-time' | 'unreadable';

/** Attributes of a principal. */
const MAX_ATTRIBUTES = 64;

/**
 * Imports what is known of principals: every column but the name and the time is an attribute, an empty cell says nothing. A row is true from its time on, or since ever when the
 * table has no times; it replaces what was said of the same principal and time. All of it counts, or after a failure nothing.
 *
 * Fails with DISCLOSURES_*, DUMP_*, USAGE_COLUMN, KEY_UNUSABLE and, where there is a register, REGISTER_*.
 */
export async function importPrincipals(request: PrincipalsRequest): Promise<PrincipalsSummary> {
  const { home, registerKey, region, inputs, stdin, onRead } = request;
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  const before = writer.principals.count;
  const tally = { rows: 0, changed: 0, rejected: new Map<PrincipalReject, number>(), attributes: new Set<string>() };
  for (const path of inputs) {
    await readTables(
      { path, region, stdin, onRead, names: [request.principalColumn ?? 'principal'] },
      (columns, name) => createTaker(columns, name, request, writer, tally),
    );
  }
  writer.commit();
  return {
    rows: tally.rows,
    rejected: tally.rejected,
    added: writer.principals.count - before,
    changed: tally.changed,
    attributes: [...tally.attributes],
    total: writer.principals.count,
  };
}

function createTaker(
  columns: readonly InferredColumn[],
  name: string,
  { principalColumn, atColumn }: PrincipalsRequest,
  writer: DisclosureWriter,
  tally: { rows: number; changed: number; rejected: Map<PrincipalReject, number>; attributes: Set<string> },
): TextRowTaker {
  const named = (text: string): number => columns.findIndex((column) => column.name?.trim().toLowerCase() === text);
  const who = principalColumn === null ? named('principal') : resolveColumn(columns, principalColumn, name);
  const at = atColumn === null ? named('at') : resolveColumn(columns, atColumn, name);
  if (who < 0) throw new BoltsealError('DISCLOSURES_COLUMN', { path: name, what: 'principal' });
  const attributes = columns
    .filter((column) => column.index !== who && column.index !== at)
    .map((column) => ({
      index: column.index,
      name: (column.name?.trim() || `column ${column.index + 1}`).slice(0, MAX_NAME_LENGTH),
    }))
    .slice(0, MAX_ATTRIBUTES);
  for (const attribute of attributes) tally.attributes.add(attribute.name);
  const reject = (reason: PrincipalReject, count = 1): void => {
    tally.rejected.set(reason, (tally.rejected.get(reason) ?? 0) + count);
  };
  return {
    row(cells) {
      const principal = (cells[who] ?? '').trim();
      if (principal === '') {
        reject('no-principal');
        return;
      }
      const time = at < 0 || cells[at]?.trim() === '' ? 0 : parseLogTime(cells[at] ?? '', null);
      if (time === null) {
        reject('bad-time');
        return;
      }
      const number = writer.principals.numberOf(principal);
      if (number === null) {
        reject('bad-principal');
        return;
      }
      tally.rows++;
      const said = attributes.flatMap(({ index, name: key }) => {
        const value = (cells[index] ?? '').trim().slice(0, MAX_NAME_LENGTH);
        return value === '' ? [] : [[key, value] as const];
      });
      if (writer.principals.describe(number, time, Object.fromEntries(said))) tally.changed++;
    },
    reject: (_reason, count) => reject('unreadable', count),
  };
}
