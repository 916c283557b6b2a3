import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { inferTable } from '../../src/dump/columns.ts';
import { isHeader } from '../../src/dump/header.ts';
import type { InferredColumn } from '../../src/dump/port.ts';
import type { ColumnSplit } from '../../src/dump/split-cell.ts';
import { makeShape, type Shape, sampleOf, type Truth } from './shapes.ts';

/** One column with what was said of it. */
export interface Judgement {
  readonly where: string;
  readonly header: string | null;
  readonly truth: string;
  readonly kind: string;
  readonly said: string;
  readonly confidence: number;
  readonly reason: string;
  readonly right: boolean;
  /** Wrong, and one of the two is an identifying field. */
  readonly identifyingWrong: boolean;
}

/** Bounds of the calibration table: from each to the next. */
const confidenceSteps = [0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.01];

/** What an evaluation came to. */
export interface InferenceScore {
  readonly dumps: number;
  readonly headersWrong: readonly string[];
  readonly columns: number;
  readonly right: number;
  readonly identifyingWrongSure: readonly Judgement[];
  readonly wrong: readonly Judgement[];
  /** Counts by "truth → said". */
  readonly confusion: ReadonlyMap<string, number>;
  readonly calibration: readonly { readonly from: number; readonly columns: number; readonly right: number }[];
}

/** Judges `shapes` generated dumps for each seed. */
export function judgeGenerated(seeds: readonly number[], shapes: number): InferenceScore {
  const headersWrong: string[] = [];
  const judgements: Judgement[] = [];
  for (const seed of seeds) {
    for (let number = 0; number < shapes; number++) {
      const shape = makeShape(seed, number);
      const { found, isHeaderRight } = judgeTable({ ...shape, where: whereIs(shape) });
      if (!isHeaderRight) headersWrong.push(whereIs(shape));
      judgements.push(...found);
    }
  }
  return summarise(judgements, seeds.length * shapes, headersWrong);
}

/** Counts judgements. */
export function summarise(
  judgements: readonly Judgement[],
  dumps: number,
  headersWrong: readonly string[],
): InferenceScore {
  const wrong = judgements.filter(({ right }) => !right);
  const confusion = new Map<string, number>();
  for (const { truth, said } of wrong)
    confusion.set(`${truth} → ${said}`, (confusion.get(`${truth} → ${said}`) ?? 0) + 1);
  const fielded = judgements.filter(({ said }) => said !== 'none');
  return {
    dumps,
    headersWrong,
    columns: judgements.length,
    right: judgements.length - wrong.length,
    identifyingWrongSure: wrong.filter(({ identifyingWrong, confidence }) => identifyingWrong && confidence > 0.9),
    wrong,
    confusion: new Map([...confusion].toSorted((a, b) => b[1] - a[1])),
    calibration: confidenceSteps.slice(0, -1).map((from, i) => {
      const within = fielded.filter(({ confidence: c }) => c >= from && c < (confidenceSteps[i + 1] ?? 2));
      return { from, columns: within.length, right: within.filter(({ right }) => right).length };
    }),
  };
}

function whereIs(shape: Shape): string {
  return `seed ${shape.seed} shape ${shape.number} (${shape.headerStyle}, ${shape.rows.length} rows)`;
}

/** A table whose columns are known. */
export interface Table {
  readonly where: string;
  readonly region: string;
  readonly header: readonly string[] | null;
  readonly rows: readonly (readonly string[])[];
  readonly truth: readonly Truth[];
}

/** Infers a table's columns as a dump's are, its header found out, and compares. */
export function judgeTable(table: Table): { found: Judgement[]; isHeaderRight: boolean } {
  const context = { region: table.region };
  const all = table.header === null ? table.rows : [table.header, ...table.rows];
  const hasHeader = isHeader(all[0] ?? [], all.slice(1, 100), context);
  const header = hasHeader ? (all[0] ?? []) : null;
  const sample = sampleOf(hasHeader ? all.slice(1) : all);
  const { columns, splits } = inferTable(sample, header, table.truth.length, context);
  const found = table.truth.flatMap((truth, index) => {
    if (truth.isJudged === false) return [];
    const column = columns[index];
    if (column === undefined) throw new RangeError('a column without judgement');
    const split = splits.find((one) => one.index === index) ?? null;
    return [judgeColumn(truth, column, split, `${table.where} column ${index}`)];
  });
  return { found, isHeaderRight: hasHeader === (table.header !== null) };
}

function judgeColumn(truth: Truth, column: InferredColumn, split: ColumnSplit | null, where: string): Judgement {
  const saidFields = split === null ? [column.field] : split.fields;
  const trueFields = truth.split ?? [truth.field];
  const right = truth.split === null ? isRightSingle(truth, column, split) : isRightSplit(truth.split, split);
  const involved = new Set([...saidFields, ...trueFields]);
  return {
    where,
    header: column.name,
    truth: truth.split === null ? (truth.field ?? `none: ${truth.kind}`) : truth.kind,
    kind: truth.kind,
    said: split === null ? (column.field ?? 'none') : `${split.pattern} ${split.fields.join(' + ')}`,
    confidence: split === null ? column.confidence : split.confidence,
    reason: split === null ? column.reason : split.reason,
    right,
    identifyingWrong: !right && [...involved].some(isIdentifying),
  };
}

function isIdentifying(field: FieldName | null): boolean {
  return field !== null && fieldByName(field).role === 'identifying';
}

function isRightSingle(truth: Truth, column: InferredColumn, split: ColumnSplit | null): boolean {
  if (split !== null) return false;
  if (column.field === null && truth.mayBeNone) return true;
  return column.field === truth.field || (truth.accepts !== undefined && column.field === truth.accepts);
}

function isRightSplit(truth: readonly (FieldName | null)[], split: ColumnSplit | null): boolean {
  if (split === null) return false;
  if (split.pattern === 'list')
    return split.fields.every((field) => field === truth[0]) && split.fields.length >= truth.length;
  return split.fields.length === truth.length && truth.every((field, index) => split.fields[index] === field);
}
