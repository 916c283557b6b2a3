import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { columnKind } from '../core/fields/kind.ts';
import { isNoValue } from '../core/fields/no-value.ts';
import { fieldByName } from '../core/fields/registry.ts';
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

/**
 * What a sample of one column's cells looks like. Each thing is worked out when it is first asked for: most trials to take a column apart end at the first one, and files of a
 * few rows cost little else than this.
 */
export class ColumnProfile {
  readonly cells: number;
  /** Cells that are neither empty nor a word for "no value". */
  readonly filled: number;
  /** The different filled cells, in their order. */
  readonly values: readonly string[];
  readonly #filledCells: readonly string[];
  readonly #counts = new Map<string, number>();
  readonly #scores = new Map<FieldName, number>();
  readonly #context: FieldContext;
  #kinds: { readonly kind: 'date' | 'number' | 'text' | 'empty'; readonly share: number } | null = null;
  #look: ColumnLook | null = null;

  constructor(cells: readonly string[], context: FieldContext) {
    this.#filledCells = cells.map((cell) => cell.slice(0, JUDGED_LENGTH).trim()).filter((cell) => !isFiller(cell));
    for (const cell of this.#filledCells) this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
    this.#context = context;
    this.cells = cells.length;
    this.filled = this.#filledCells.length;
    this.values = [...this.#counts.keys()];
  }

  /** Whether any cell has a letter or digit: a column of "*" alone is what a wrong separator leaves over. */
  get worded(): boolean {
    return this.values.some((cell) => /[\p{L}\p{N}]/u.test(cell));
  }

  /** Share of different cells. */
  get distinct(): number {
    return this.filled === 0 ? 0 : this.values.length / this.filled;
  }

  /** Mean of `classify`: over the different values or over the cells, whichever is higher; 0 when nothing is filled. */
  score(field: FieldName): number {
    let score = this.#scores.get(field);
    if (score === undefined) {
      const { classify } = fieldByName(field);
      score = share(this.#counts, (cell) => classify(cell, this.#context));
      this.#scores.set(field, score);
    }
    return score;
  }

  /** Share of what is a value of the field in form, taken as the scores are. */
  usable(field: FieldName): number {
    const { normalise } = fieldByName(field);
    return share(this.#counts, (cell) => (normalise(cell, this.#context) === null ? 0 : 1));
  }

  /** The commonest kind of the values. */
  get kind(): 'date' | 'number' | 'text' | 'empty' {
    return this.#kindOf().kind;
  }

  get kindShare(): number {
    return this.#kindOf().share;
  }

  /** What the column looks like to people, more closely. */
  look(): ColumnLook {
    this.#look ??= lookOf(this.values);
    return this.#look;
  }

  /** Whether the cells are numbers that mostly go up by little: a row's number, not a value of a person. */
  get counting(): boolean {
    return isCounting(this.#filledCells);
  }

  #kindOf(): { readonly kind: 'date' | 'number' | 'text' | 'empty'; readonly share: number } {
    if (this.#kinds !== null) return this.#kinds;
    const kinds = new Map<'date' | 'number' | 'text' | 'empty', number>();
    for (const value of this.values) {
      const kind = columnKind(value);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const [kind, count] = [...kinds].toSorted((one, other) => other[1] - one[1])[0] ?? (['empty', 0] as const);
    this.#kinds = { kind, share: this.values.length === 0 ? 1 : count / this.values.length };
    return this.#kinds;
  }
}

/** Looks at the cells of one column. */
export function profileColumn(cells: readonly string[], context: FieldContext): ColumnProfile {
  return new ColumnProfile(cells, context);
}

/** The score of a field, 0 when nothing is filled. */
export function scoreOf(profile: ColumnProfile, field: FieldName): number {
  return profile.score(field);
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
