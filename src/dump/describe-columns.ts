import { BoltsealError } from '../core/errors.ts';
import type { FieldContext } from '../core/fields/field.ts';
import { applyMappings, type ColumnMapping, inferTable } from './columns.ts';
import { splitRow } from './exact-rows.ts';
import { canonicalDialect, type InferredColumn, type RejectReason } from './port.ts';
import type { RowEncoder } from './row-encoder.ts';
import { type ColumnSplit, splitCell } from './split-cell.ts';

/** What the user says about columns, and whether any table has them: of a database's dump most tables do not. */
export class Mappings {
  readonly #mappings: readonly ColumnMapping[];
  #misfit: BoltsealError | null = null;
  #hasFit: boolean;

  /** `hasFit`: a table had the columns before this began. */
  constructor(mappings: readonly ColumnMapping[], hasFit = false) {
    this.#mappings = mappings;
    this.#hasFit = hasFit;
  }

  /** The columns with what the user said; as they are when the table has not all of the named ones. */
  apply(columns: readonly InferredColumn[], name: string): readonly InferredColumn[] {
    if (this.#mappings.length === 0) return columns;
    try {
      const mapped = applyMappings(columns, this.#mappings, name);
      this.#hasFit = true;
      return mapped;
    } catch (error) {
      if (!(error instanceof BoltsealError)) throw error;
      this.#misfit ??= error;
      return columns;
    }
  }

  /** Why no table so far had the columns, or null. */
  get misfit(): BoltsealError | null {
    return this.#hasFit ? null : this.#misfit;
  }
}

/** Cells that hold several values come apart into columns of their own, behind those that the table has. */
export class Reshaping {
  /** Columns of the table as it stands. */
  readonly width: number;
  readonly #splits: readonly ColumnSplit[];
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(width: number, splits: readonly ColumnSplit[]) {
    this.width = width;
    this.#splits = splits;
  }

  /** Appends the values of the row of `cells` cells that is being ended; a reason when the row is to be dropped. */
  apply(encoder: RowEncoder, cells: number): RejectReason | null {
    // Further cells would be taken for the values that are appended.
    if (cells > this.width) return 'too-many-cells';
    const row = encoder.row();
    const found = splitRow(row, 0, row.length, canonicalDialect).map((cell) => cell.slice());
    encoder.fill(this.width);
    for (const split of this.#splits) {
      const cell = found[split.index];
      for (const value of splitCell(cell === undefined ? '' : this.#decoder.decode(cell), split)) {
        if (value === null) encoder.empty();
        else encoder.text(value);
      }
    }
    return null;
  }
}

/** What the columns of a table hold, with those that cells come apart into behind them. */
export interface DescribedColumns {
  readonly columns: readonly InferredColumn[];
  /** How rows are to be reshaped; null when they are not. */
  readonly reshaping: Reshaping | null;
}

/** Says what each column holds, from a sample of rows, the header and what the user says. */
export function describeColumns(
  rows: readonly (readonly string[])[],
  header: readonly string[] | null,
  width: number,
  context: FieldContext,
  mappings: Mappings,
  name: string,
): DescribedColumns {
  const inferred = inferTable(rows, header, width, context);
  const columns = mappings.apply(inferred.columns, name);
  // What the user said about a column is not taken apart.
  const splits = inferred.splits.filter(({ index }) => columns[index]?.field === inferred.columns[index]?.field);
  if (splits.length === 0) return { columns, reshaping: null };
  let index = width;
  const added = splits.flatMap((split) =>
    split.fields.map(
      (field, place): InferredColumn => ({
        index: index++,
        name: `${columns[split.index]?.name ?? `column ${split.index + 1}`} (${place + 1})`,
        field,
        kind: field === null ? 'text' : null,
        confidence: Math.round(split.confidence * 100) / 100,
        reason: split.reason,
      }),
    ),
  );
  return { columns: [...columns, ...added], reshaping: new Reshaping(width, splits) };
}
