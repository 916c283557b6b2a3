import type { Field, FieldContext, FieldName } from '../core/fields/field.ts';
import { columnKind } from '../core/fields/kind.ts';
import { isNoValue } from '../core/fields/no-value.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import type { InferredColumn } from './port.ts';

/** Longer cells are judged by their start: no value of a field is that long. */
const JUDGED_LENGTH = 512;

/** Fields whose form hardly anything else has. */
export const strictFields: readonly FieldName[] = ['phone', 'email', 'nationalId', 'trackingNumber', 'passwordHash'];

/** What a sample of one column's cells looks like. Shares are of the filled cells. */
export interface ColumnProfile {
  readonly cells: number;
  /** Cells that are neither empty nor a word for "no value". */
  readonly filled: number;
  /** Whether any cell has a letter or digit: a column of "*" alone is what a wrong separator leaves over. */
  readonly worded: boolean;
  /** Share of different cells. */
  readonly distinct: number;
  /** Mean of `classify` per field. */
  readonly scores: ReadonlyMap<FieldName, number>;
  /** Share of the cells that are a value of the field in form; worked out when asked for. */
  usable(field: FieldName): number;
  /** The commonest kind of the filled cells and its share. */
  readonly kind: NonNullable<InferredColumn['kind']>;
  readonly kindShare: number;
  /** Whether the cells are numbers that mostly go up by little: a row's number, not a value of a person. */
  readonly counting: boolean;
}

/** Looks at the cells of one column. */
export function profileColumn(cells: readonly string[], context: FieldContext): ColumnProfile {
  const filled = cells.map((cell) => cell.slice(0, JUDGED_LENGTH).trim()).filter((cell) => !isNoValue(cell));
  const kinds = new Map<ColumnProfile['kind'], number>();
  for (const cell of filled) {
    const kind = columnKind(cell);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const [kind, count] = [...kinds].toSorted((a, b) => b[1] - a[1])[0] ?? (['empty', 0] as const);
  return {
    cells: cells.length,
    filled: filled.length,
    worded: filled.some((cell) => /[\p{L}\p{N}]/u.test(cell)),
    distinct: filled.length === 0 ? 0 : new Set(filled).size / filled.length,
    scores: new Map(fields.map((field) => [field.name, meanScore(field, filled, context)])),
    usable: (field) => usableShare(fieldByName(field), filled, context),
    kind,
    kindShare: filled.length === 0 ? 1 : count / filled.length,
    counting: isCounting(filled),
  };
}

/** The score of a field, 0 when nothing is filled. */
export function scoreOf(profile: ColumnProfile, field: FieldName): number {
  return profile.scores.get(field) ?? 0;
}

function meanScore(field: Field, cells: readonly string[], context: FieldContext): number {
  if (cells.length === 0) return 0;
  return cells.reduce((sum, cell) => sum + field.classify(cell, context), 0) / cells.length;
}

function usableShare(field: Field, cells: readonly string[], context: FieldContext): number {
  if (cells.length === 0) return 0;
  return cells.filter((cell) => field.normalise(cell, context) !== null).length / cells.length;
}

function isCounting(cells: readonly string[]): boolean {
  if (cells.length < 4 || !cells.every((cell) => /^\d{1,15}$/.test(cell))) return false;
  let small = 0;
  for (let index = 1; index < cells.length; index++) {
    const step = Number(cells[index]) - Number(cells[index - 1]);
    if (step > 0 && step <= 50) small++;
  }
  return small >= (cells.length - 1) * 0.8;
}
