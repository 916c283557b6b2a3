import { BoltsealError } from '../core/errors.ts';
import { type DelimitedTable, describeDelimited, type TextSample, wholeRows } from './delimited.ts';
import { Mappings } from './describe-columns.ts';
import type { DetectedDialect } from './dialect.ts';
import { type Row, RowReader } from './exact-rows.ts';
import type { Bounds } from './inspect-bounds.ts';
import { SMALL_BYTES } from './joiner.ts';
import { KnownShapes } from './known-shapes.ts';
import type { ReadingOptions } from './options.ts';
import type { Outlet } from './outlet.ts';
import type { ByteInput, FormatReader, ReadContext } from './reader.ts';
import { readers } from './registry.ts';
import { SPREAD_ROWS } from './sampling.ts';
import { signatureOf } from './signature.ts';
import { SpreadSink } from './spread-sink.ts';
import { TableSink } from './table-sink.ts';
import { openText, type TextInput } from './text-input.ts';

/** Finds the tables in inputs that are no containers, and tells them. */
export class TableFinder {
  readonly #options: ReadingOptions;
  readonly #outlet: Outlet;
  readonly #bounds: Bounds;
  readonly #mappings: Mappings;
  readonly #only: string | null;
  readonly #shapes = new KnownShapes();
  #tables = 0;

  /** `only`: the only input, when there is only one; `hasFit`: a table with the columns that the user named was told before. */
  constructor(options: ReadingOptions, outlet: Outlet, bounds: Bounds, only: string | null, hasFit: boolean) {
    this.#options = options;
    this.#outlet = outlet;
    this.#bounds = bounds;
    this.#mappings = new Mappings(options.map, hasFit);
    this.#only = only;
  }

  /** Why no table so far has the columns that the user named, or null. */
  get misfit(): BoltsealError | null {
    return this.#mappings.misfit;
  }

  /** Whether an input is a file of tables although it looks like a container: a spreadsheet is a zip. */
  claims(input: ByteInput): boolean {
    return bestOf('bytes', input, 0.9) !== null;
  }

  /** Reads an input that lies in the containers `within`. Fails with DUMP_*; what was told before stands. */
  async read(input: ByteInput, within: readonly string[], context: ReadContext): Promise<void> {
    if (input.headIsWhole && input.head.length === 0) throw new BoltsealError('DUMP_EMPTY', { path: input.name });
    const reader = bestOf('bytes', input);
    if (reader !== null) return this.#readWith(reader, input, within, context, { encoding: 'utf-8', confidence: 1 });
    const signature = signatureOf(input.head);
    if (signature !== null) throw new BoltsealError('DUMP_FORMAT', { path: input.name, kind: signature });
    const text = await openText(input, this.#options);
    // A separator that the user gives says that this is delimited text.
    const isGiven = this.#options.separator !== undefined;
    const sample = sampleOf(text.input);
    const known = isGiven ? null : this.#shapes.find(sample);
    const textReader = isGiven || known !== null ? null : bestOf('text', text.input);
    const isRuledOut = textReader?.hasOwnColumns === true && this.#options.map.length > 0;
    if (textReader !== null && !isRuledOut) return this.#readWith(textReader, text.input, within, context, text);
    return this.#readDelimited(text, sample, known, within, context);
  }

  /**
   * Reads a small file of a shape that many had before, whose columns are those of these; false for all others. A thousand such files have been told by then: that each of them was looked at is
   * enough.
   */
  readKnown(input: ByteInput, within: readonly string[]): boolean {
    const { separator, encoding, header } = this.#options;
    if (separator !== undefined || encoding !== undefined || header !== undefined) return false;
    const known = this.#shapes.recall(input.head);
    if (known === null) return false;
    const { reshaping: _none, ...table } = known;
    const number = this.#tables++;
    this.#outlet.table({
      ...table,
      table: number,
      name: input.name,
      format: 'delimited text',
      containers: within,
      encoding: 'utf-8',
      foundEncoding: 'utf-8',
      encodingConfidence: 1,
      sizeBytes: input.filePath === null ? null : input.sizeBytes,
      plainFile: null,
      readings: [],
    });
    this.#outlet.rows(number, input.head);
    return true;
  }

  async #readWith(
    reader: FormatReader,
    input: ByteInput,
    within: readonly string[],
    context: ReadContext,
    { encoding, confidence }: { readonly encoding: string; readonly confidence: number },
  ): Promise<void> {
    const options = this.#options;
    const sink = new TableSink(
      {
        name: input.name,
        format: reader.format,
        containers: within,
        foundEncoding: encoding,
        encodingConfidence: confidence,
        context: { region: options.region },
        mappings: this.#mappings,
        header: options.header,
        spread: await spreadOf(reader, input, context),
        nextTable: () => this.#tables++,
      },
      this.#outlet,
    );
    try {
      await reader.read(this.#bounds.limit(input), sink, context);
    } finally {
      sink.finish();
    }
    if (sink.hasTables) return;
    throw new BoltsealError(sink.rejectedAlone > 0 ? 'DUMP_CORRUPT' : 'DUMP_EMPTY', { path: input.name });
  }

  async #readDelimited(
    text: TextInput,
    sample: TextSample,
    known: DetectedDialect | null,
    within: readonly string[],
    context: ReadContext,
  ): Promise<void> {
    const { input } = text;
    if (input.headIsWhole && sample.start.every((byte) => byte === 0x0a || byte === 0x0d)) {
      throw new BoltsealError('DUMP_EMPTY', { path: input.name });
    }
    const described = describeDelimited(sample, this.#options, this.#mappings, known, (detected) =>
      this.#shapes.keep(sample, detected),
    );
    this.#shapes.learn(sample, described, { region: this.#options.region });
    const { reshaping, ...table } = described;
    // A file that is nothing but one table: nobody should wait to be told of a name that does not fit.
    if (input.name === this.#only && this.misfit !== null) throw this.misfit;
    if (reshaping !== null) {
      return this.#readWith(delimitedReader(table, reshaping.width), input, within, context, text);
    }
    const number = this.#tables++;
    // What has been read to describe it need not be read again by somebody else: to open it once more takes longer.
    const isRead = input.headIsWhole && input.head.length <= SMALL_BYTES;
    const plain = text.direct?.file ?? null;
    const file = isRead ? null : plain;
    this.#outlet.table({
      ...table,
      table: number,
      name: input.name,
      format: 'delimited text',
      containers: within,
      encoding: text.direct?.encoding ?? 'utf-8',
      foundEncoding: text.encoding,
      encodingConfidence: text.confidence,
      sizeBytes: plain === null ? null : input.sizeBytes,
      plainFile: file,
      readings: [],
    });
    if (file !== null) return;
    const stream = text.direct === null ? () => input.stream() : text.direct.stream;
    for await (const chunk of this.#bounds.limit({ ...input, stream }).stream()) this.#outlet.rows(number, chunk);
  }
}

function sampleOf({ name, head, headIsWhole, windows }: ByteInput): TextSample {
  return { name, start: wholeRows(head, headIsWhole), isWhole: headIsWhole, windows };
}

/** The reader that is surest of an input, null when none is sure enough. */
function bestOf(takes: FormatReader['takes'], input: ByteInput, least = 0.5): FormatReader | null {
  let best: FormatReader | null = null;
  let bestSureness = 0;
  for (const reader of readers) {
    if (reader.takes !== takes) continue;
    const sureness = reader.detect(input);
    if (sureness >= least && sureness > bestSureness) {
      best = reader;
      bestSureness = sureness;
    }
  }
  return best;
}

/** Rows from all over a plain file: the reader is given stretches of whole lines, in which it finds its way as after damage. */
async function spreadOf(reader: FormatReader, input: ByteInput, context: ReadContext): Promise<SpreadSink['rows']> {
  const sink = new SpreadSink(SPREAD_ROWS);
  if (reader.takes !== 'text' || input.windows.length === 0) return sink.rows;
  const { windows } = input;
  const pieces: ByteInput = {
    ...input,
    filePath: null,
    windows: [],
    async *stream() {
      yield* windows;
    },
  };
  try {
    await reader.read(pieces, sink, context);
  } catch (error) {
    // What the stretches could not give, the start will.
    if (!(error instanceof BoltsealError)) throw error;
  }
  return sink.rows;
}

/** Delimited text of so many columns, whose cells have to be taken apart, which the scanner cannot do. */
function delimitedReader({ dialect, headerRows }: Omit<DelimitedTable, 'reshaping'>, width: number): FormatReader {
  return {
    format: 'delimited text',
    takes: 'text',
    detect: () => 1,
    async read(input, sink) {
      const writer = sink.table(null, null);
      const rows = new RowReader(dialect, width);
      // The header stays: the sink finds it again.
      let skip = headerRows > 1 ? headerRows - 1 : 0;
      const take = (row: Row): void => {
        if (skip > 0) skip--;
        else if ('rejected' in row) sink.reject(row.rejected);
        else {
          for (const cell of row.cells) writer.bytes(cell, 0, cell.length);
          writer.end();
        }
      };
      for await (const chunk of input.stream()) {
        for (const row of rows.push(chunk)) take(row);
        await sink.drain();
      }
      for (const row of rows.finish()) take(row);
    },
  };
}
