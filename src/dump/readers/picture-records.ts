import type { SeenCharacter } from '../../core/confusable.ts';
import type { FieldContext } from '../../core/fields/field.ts';
import type { RowSink, RowWriter } from '../reader.ts';
import { type SeenText, seeText, wordsOf } from './picture-text.ts';

/** Writes a cell and its alternatives. */
export function writeSeen(writer: RowWriter, seen: SeenText): void {
  writer.text(seen.text);
  if (seen.alternatives.length > 0) writer.readings?.(seen.alternatives);
}

const columns = ['phone', 'email', 'nationalId', 'trackingNumber', 'text'] as const;

// A page of prose is one record otherwise.
const longestText = 4_096;

/**
 * Makes records of lines of text: messages, notes, anything without columns. Values of the fields that a form tells go to columns of their own; a record ends with its
 * block, or before the line that has a second value of a field.
 */
export class PictureRecords {
  readonly #sink: RowSink;
  readonly #context: FieldContext;
  readonly #values = new Map<string, SeenText>();
  #text = '';

  constructor(sink: RowSink, context: FieldContext) {
    this.#sink = sink;
    this.#context = context;
  }

  /** A line of the page, or a part of one. */
  add(symbols: readonly SeenCharacter[]): void {
    const seen = wordsOf(symbols).map((word) => seeText(word, this.#context));
    if (seen.some(({ field }) => field !== null && this.#values.has(field))) this.end();
    for (const word of seen) {
      if (word.field === null || this.#values.has(word.field)) {
        if (this.#text.length < longestText) this.#text += `${this.#text === '' ? '' : ' '}${word.text}`;
      } else this.#values.set(word.field, word);
    }
  }

  /** Writes what has come together. Text alone, without any value, is no record. */
  end(): void {
    if (this.#values.size > 0) {
      const writer: RowWriter = this.#sink.table(null, columns);
      for (const column of columns) {
        const seen = this.#values.get(column);
        if (seen !== undefined) writeSeen(writer, seen);
        else if (column === 'text' && this.#text !== '') writer.text(this.#text);
        else writer.empty();
      }
      writer.end();
    }
    this.#values.clear();
    this.#text = '';
  }
}
