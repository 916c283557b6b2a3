import { BoltsealError } from '../core/errors.ts';
import type { FieldContext } from '../core/fields/field.ts';
import { applyMappings, type ColumnMapping, inferColumns } from './columns.ts';
import type { InferredColumn } from './port.ts';
import type { RowEncoder } from './row-encoder.ts';

/** Cells that hold several values come apart into columns of their own, behind those that the table has. */
export interface Reshaping {
  /** Appends the values of the row that is being ended. */
  apply(encoder: RowEncoder): void;
}

/** What the user says about columns, and whether any table has them: of a database's dump most tables do not. */
export class Mappings {
  readonly #mappings: readonly ColumnMapping[];
  #misfit: BoltsealError | null = null;
  #fits = 0;

  constructor(mappings: readonly ColumnMapping[]) {
    this.#mappings = mappings;
  }

  /** The columns with what the user said; as they are when the table has not all of the named ones. */
  apply(columns: readonly InferredColumn[], name: string): readonly InferredColumn[] {
    if (this.#mappings.length === 0) return columns;
    try {
      const mapped = applyMappings(columns, this.#mappings, name);
      this.#fits++;
      return mapped;
    } catch (error) {
      if (!(error instanceof BoltsealError)) throw error;
      this.#misfit ??= error;
      return columns;
    }
  }

  /** Why no table so far had the columns, or null. */
  get misfit(): BoltsealError | null {
    return this.#fits === 0 ? this.#misfit : null;
  }
}

/** Says what each column holds, and how rows are to be reshaped, null when they are not. */
export function describeColumns(
  rows: readonly (readonly string[])[],
  header: readonly string[] | null,
  width: number,
  context: FieldContext,
  mappings: Mappings,
  name: string,
): { columns: readonly InferredColumn[]; reshaping: Reshaping | null } {
  const columns = inferColumns(rows, header, width, context);
  return { columns: mappings.apply(columns, name), reshaping: null };
}
