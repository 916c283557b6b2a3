import { readFile } from 'node:fs/promises';
import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName, identifyingFields } from '../../src/core/fields/registry.ts';
import { readRows } from '../../src/dump/exact-rows.ts';
import { toUtf8 } from '../../src/dump/transcode.ts';
import { type DamagedTable, damageColumns } from './readers/damage.ts';
import { inPieces, type Walked } from './samples.ts';

/** Where the identifying fields stand in the tables of damage.ts. */
export const truth: readonly (readonly [FieldName, number])[] = [
  ['phone', damageColumns.indexOf('phone')],
  ['email', damageColumns.indexOf('email')],
  ['nationalId', damageColumns.indexOf('idcard')],
];
const identifying = new Set<FieldName>(identifyingFields.map(({ name }) => name));
export const context = { region: 'CN' };

/** What the scanner would look up of one row: values by field, as they are normalised. */
export type LookedUp = [FieldName, string][];

/** All rows of what was read, as the scanner would look them up. */
export async function lookedUp(walked: Walked): Promise<LookedUp[]> {
  const decoder = new TextDecoder();
  const rows: LookedUp[] = [];
  for (const { chunks, plainFile, encoding, dialect, columns, headerRows } of walked.tables) {
    const pieces =
      plainFile === null
        ? inPieces(Buffer.concat(chunks), 65_536)
        : inPieces((await readFile(plainFile.path)).subarray(plainFile.offsetBytes), 65_536);
    let skip = headerRows;
    for await (const row of readRows(toUtf8(pieces, encoding), dialect, columns.length)) {
      if (skip-- > 0 || !('cells' in row)) continue;
      rows.push(
        columns.flatMap(({ field }, index): LookedUp => {
          const cell = row.cells[index];
          if (field === null || cell === undefined || !identifying.has(field)) return [];
          const value = fieldByName(field).normalise(decoder.decode(cell), context);
          return value === null ? [] : [[field, value]];
        }),
      );
    }
  }
  return rows;
}

/** Sound rows that are not found whole, and rows in which a value stands for another field or person than it belongs to; by kinds of damage, without values. */
export function judge(table: DamagedTable, rows: readonly LookedUp[]): { lost: number; wrong: string[] } {
  const owners = new Map<string, { source: number; field: FieldName; kind: string }>();
  const sources = [...table.sound.map((cells) => ({ kind: 'sound', cells })), ...table.damaged];
  const keyOf = (cells: readonly string[]): string[] =>
    truth.map(([field, column]) => `${field} ${fieldByName(field).normalise(cells[column] ?? '', context)}`);
  for (const [source, { kind, cells }] of sources.entries()) {
    for (const [field, column] of truth) {
      const value = fieldByName(field).normalise(cells[column] ?? '', context);
      if (value !== null) owners.set(value, { source, field, kind });
    }
  }
  const left = new Map<string, number>();
  for (const cells of table.sound) left.set(keyOf(cells).join(), 1);
  const wrong: string[] = [];
  for (const row of rows) {
    const found = new Map(row.map(([field, value]) => [field, `${field} ${value}`]));
    left.delete(truth.map(([field]) => found.get(field) ?? '').join());
    const known = row.flatMap(([field, value]) => {
      const owner = owners.get(value);
      return owner === undefined ? [] : [{ ...owner, as: field }];
    });
    for (const { field, as, kind } of known) if (field !== as) wrong.push(`${kind}: ${field} as ${as}`);
    if (new Set(known.map(({ source }) => source)).size > 1)
      wrong.push(`${known.map(({ kind }) => kind).join(' + ')}: several people in one row`);
  }
  return { lost: left.size, wrong };
}
