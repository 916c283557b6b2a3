import type { FieldContext } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { readHeader } from './columns-headers.ts';
import type { InferredColumn } from './port.ts';
import { isFiller, strictFields } from './profile.ts';

/** Files that must have said the same, and how many may have said otherwise, before the next is not asked. */
const LEAST_AGREEING = 100;
const MOST_OTHERS_SHARE = 0.01;
/** A cell that might be a value of a strict field: none of them has fewer digits, or is shorter as one word. */
const SUSPICIOUS_DIGITS = 6;
const SUSPICIOUS_WORD = 16;
const MOST_FORMS = 256;
const MOST_FORM_LENGTH = 64;

/**
 * What the columns of many small files with the same header were found to hold. To find it out once more takes longer than all else that is done with a file of three rows; to see that a file
 * says nothing else is little work.
 */
export class KnownColumns {
  readonly columns: readonly InferredColumn[];
  readonly #context: FieldContext;
  /** By column: forms of suspicious cells that were looked at where the column is of no strict field. */
  readonly #forms: readonly Set<string>[];
  readonly #isNamed: readonly boolean[];
  #agreeing = 0;
  #others = 0;

  constructor(columns: readonly InferredColumn[], context: FieldContext) {
    this.columns = columns;
    this.#context = context;
    this.#forms = columns.map(() => new Set());
    this.#isNamed = columns.map(({ name }) => readHeader(name ?? '').says !== 'nothing');
  }

  /** Another file was looked at: `columns` is what it was found to hold, null where its cells hold several values each. */
  learn(columns: readonly InferredColumn[] | null, rows: readonly (readonly string[])[]): void {
    const isSame =
      columns?.length === this.columns.length &&
      columns.every(({ field }, index) => field === this.columns[index]?.field);
    if (!isSame) {
      this.#others++;
      return;
    }
    this.#agreeing++;
    for (const [index, { field }] of this.columns.entries()) {
      const forms = this.#forms[index];
      if (forms === undefined || isStrict(field)) continue;
      for (const row of rows) {
        const cell = row[index]?.trim() ?? '';
        const form = forms.size < MOST_FORMS && this.#isDoubtful(cell, index) ? formOf(cell) : null;
        if (form !== null) forms.add(form);
      }
    }
  }

  /** Whether these rows would be found to hold the same: nothing speaks against it that has not been looked at before. */
  fits(rows: readonly (readonly string[])[]): boolean {
    if (this.#agreeing < LEAST_AGREEING || this.#others > this.#agreeing * MOST_OTHERS_SHARE) return false;
    for (const [index, { field }] of this.columns.entries()) {
      for (const row of rows) {
        const cell = row[index]?.trim() ?? '';
        if (cell === '') continue;
        if (isStrict(field) ? !this.#isValue(cell, field) && !isFiller(cell) : !this.#isHarmless(cell, index)) {
          return false;
        }
      }
    }
    return true;
  }

  #isValue(cell: string, field: InferredColumn['field']): boolean {
    return field !== null && fieldByName(field).classify(cell, this.#context) >= 0.5;
  }

  /** Whether a cell outside of the strict fields is no value of one, nor holds one among others. */
  #isHarmless(cell: string, index: number): boolean {
    if (!this.#isDoubtful(cell, index)) return true;
    const form = formOf(cell);
    if (form === null || this.#forms[index]?.has(form) !== true) return false;
    return !strictFields.some((field) => this.#isValue(cell, field));
  }

  /** Under a name that says nothing any text may be a name or an address. */
  #isDoubtful(cell: string, index: number): boolean {
    return this.#isNamed[index] === false || isSuspicious(cell);
  }
}

function isStrict(field: InferredColumn['field']): boolean {
  return field !== null && strictFields.includes(field);
}

function isSuspicious(cell: string): boolean {
  let digits = 0;
  let word = 0;
  for (let index = 0; index < cell.length; index++) {
    const code = cell.charCodeAt(index);
    // Of any script.
    if ((code >= 0x30 && code <= 0x39) || (code >= 0xff10 && code <= 0xff19)) digits++;
    else if (code === 0x40 || code === 0xff20) return true;
    word = code > 0x20 && code < 0x7f ? word + 1 : 0;
    if (digits >= SUSPICIOUS_DIGITS || word >= SUSPICIOUS_WORD) return true;
  }
  return false;
}

/** Digits by their number, other characters of a kind once; null where the cell is long. */
function formOf(cell: string): string | null {
  if (cell.length > MOST_FORM_LENGTH) return null;
  return cell
    .replace(/[a-z]+/gi, 'a')
    .replace(/[^\x00-\x7f]+/g, 'h')
    .replace(/\d/g, '9');
}
