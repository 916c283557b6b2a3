import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { columnKind } from '../core/fields/kind.ts';
import { isNoValue } from '../core/fields/no-value.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import { lookOf } from './columns-digits.ts';
import type { ColumnLook } from './port.ts';

/** Longer cells are judged by their start: no value of a field is that long. */
const JUDGED_LENGTH = 512;

/** Fields whose form hardly anything else has. */
export const strictFields: readonly FieldName[] = ['phone', 'email', 'nationalId', 'trackingNumber', 'passwordHash'];

/** What people write where they have no value. They say nothing about a column. */
const fillers: ReadonlySet<string> = new Set(
  '无 没有 暂无 未知 不详 空 未填写 未填 待补充 同上 保密 unknown none test 测试 ### ? ?? ??? ???? x xx xxx .'.split(
    ' ',
  ),
);

/** What a sample of one column's cells looks like. */
export interface ColumnProfile {
  readonly cells: number;
  /** Cells that are neither empty nor a word for "no value". */
  readonly filled: number;
  /** The different filled cells, in their order. */
  readonly values: readonly string[];
  /** Whether any cell has a letter or digit: a column of "*" alone is what a wrong separator leaves over. */
  readonly worded: boolean;
  /** Share of different cells. */
  readonly distinct: number;
  /** Mean of `classify` per field: over the different values or over the cells, whichever is higher. */
  readonly scores: ReadonlyMap<FieldName, number>;
  /** Share of what is a value of the field in form, taken as the scores are; worked out when asked for. */
  usable(field: FieldName): number;
  /** The commonest kind of the values and its share. */
  readonly kind: 'date' | 'number' | 'text' | 'empty';
  readonly kindShare: number;
  /** What the column looks like to people, more closely; worked out when asked for. */
  look(): ColumnLook;
  /** Whether the cells are numbers that mostly go up by little: a row's number, not a value of a person. */
  readonly counting: boolean;
}

/** Looks at the cells of one column. */
export function profileColumn(cells: readonly string[], context: FieldContext): ColumnProfile {
  const filled = cells.map((cell) => cell.slice(0, JUDGED_LENGTH).trim()).filter((cell) => !isFiller(cell));
  const counts = new Map<string, number>();
  for (const cell of filled) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  const values = [...counts.keys()];
  const kinds = new Map<ColumnProfile['kind'], number>();
  for (const value of values) {
    const kind = columnKind(value);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const [kind, count] = [...kinds].toSorted((a, b) => b[1] - a[1])[0] ?? (['empty', 0] as const);
  let look: ColumnLook | null = null;
  return {
    cells: cells.length,
    filled: filled.length,
    values,
    worded: filled.some((cell) => /[\p{L}\p{N}]/u.test(cell)),
    distinct: filled.length === 0 ? 0 : values.length / filled.length,
    scores: new Map(fields.map((field) => [field.name, share(counts, (cell) => field.classify(cell, context))])),
    usable: (field) => share(counts, (cell) => (fieldByName(field).normalise(cell, context) === null ? 0 : 1)),
    kind,
    kindShare: values.length === 0 ? 1 : count / values.length,
    look: () => {
      look ??= lookOf(values);
      return look;
    },
    counting: isCounting(filled),
  };
}

/** The score of a field, 0 when nothing is filled. */
export function scoreOf(profile: ColumnProfile, field: FieldName): number {
  return profile.scores.get(field) ?? 0;
}

/** Whether a trimmed cell is empty or says that there is no value, in the words of a table or of people. */
export function isFiller(cell: string): boolean {
  return isNoValue(cell) || (cell.length <= 8 && fillers.has(cell.toLowerCase()));
}

/** The mean over the different values or over the cells, whichever is higher: the former passes over fillers that are repeated, the latter over debris in a column of few values. */
function share(counts: ReadonlyMap<string, number>, worthOf: (value: string) => number): number {
  let ofValues = 0;
  let ofCells = 0;
  let cells = 0;
  for (const [value, count] of counts) {
    const worth = worthOf(value);
    ofValues += worth;
    ofCells += worth * count;
    cells += count;
  }
  return cells === 0 ? 0 : Math.max(ofValues / counts.size, ofCells / cells);
}

/** Rows from all over a file grow in larger steps than those that stand together. */
function isCounting(cells: readonly string[]): boolean {
  if (cells.length < 4 || !cells.every((cell) => /^\d{1,15}$/.test(cell))) return false;
  let small = 0;
  let growing = 0;
  for (let index = 1; index < cells.length; index++) {
    const step = Number(cells[index]) - Number(cells[index - 1]);
    if (step > 0) growing++;
    if (step > 0 && step <= 50) small++;
  }
  return small >= (cells.length - 1) * 0.8 || (growing >= (cells.length - 1) * 0.95 && small >= cells.length * 0.4);
}
