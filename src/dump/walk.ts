import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { describeDelimited, wholeRows } from './delimited.ts';
import { Mappings } from './describe-columns.ts';
import { type Row, RowReader } from './exact-rows.ts';
import { asReadError, countRead, openFileInput, openStreamInput, readFile, STDIN } from './input.ts';
import type { ReadingOptions } from './options.ts';
import type { Outlet } from './outlet.ts';
import type { Dialect } from './port.ts';
import type { ByteInput, Container, FormatReader, ReadContext } from './reader.ts';
import { containers, readers } from './registry.ts';
import { SPREAD_ROWS } from './sampling.ts';
import { signatureOf } from './signature.ts';
import { SpreadSink } from './spread-sink.ts';
import { TableSink } from './table-sink.ts';
import { openText, type TextInput } from './text-input.ts';

/** What a walk goes by. */
export interface WalkContext extends ReadContext {
  readonly options: ReadingOptions;
  /** So many inputs that hold tables are passed over: they were read before, or brought the reader down. */
  readonly skipUnits: number;
  /** Containers that brought the reader down: they are passed over. */
  readonly skipNames: ReadonlySet<string>;
  /** Standard input. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Whether only the start of each table is wanted, and until when (milliseconds since 1970); null: everything. */
  readonly inspectUntil: number | null;
}

/** Reading stops here because enough was seen: not a failure. */
class EnoughSeen extends Error {}

/** Bytes of one input after which `inspect` has seen enough of it. */
const INSPECT_BYTES = 16_777_216;
/** Entries of a folder that are sorted together: names of ten million files do not fit. */
const FOLDER_BATCH = 100_000;

/** Goes through everything that was given and tells the outlet what is in it. */
export class Walk {
  readonly #context: WalkContext;
  readonly #outlet: Outlet;
  readonly #mappings: Mappings;
  #units = 0;
  #tables = 0;
  #members = 0;
  #isLate = false;
  /** The only input, when there is only one. */
  #only: string | null = null;

  constructor(context: WalkContext, outlet: Outlet) {
    this.#context = context;
    this.#outlet = outlet;
    this.#mappings = new Mappings(context.options.map);
  }

  /** Reads files, folders, named pipes and `-`, in order. What cannot be read is told and passed over. Fails with USAGE_COLUMN when no table has the columns that were named. */
  async run(inputs: readonly string[]): Promise<void> {
    this.#only = inputs.length === 1 ? (inputs[0] ?? null) : null;
    for (const input of inputs) await this.#guard(input, () => this.#openPath(input));
    if (this.#mappings.misfit !== null) throw this.#mappings.misfit;
  }

  /** A failure within `action` is that of `name`, and the walk goes on. */
  async #guard(name: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (error instanceof EnoughSeen) return;
      const coded = asReadError(error, name);
      if (coded instanceof BoltsealError) {
        // A name of a column that does not exist is the user's to mend, not this input's.
        if (coded.code.startsWith('USAGE')) throw coded;
        this.#outlet.failure(name, coded.code, { path: name, ...coded.parameters });
      } else {
        if (process.env.BOLTSEAL_DEBUG === '1') process.stderr.write(`${framesOf(error)}\n`);
        const reason = error instanceof Error ? error.name : typeof error;
        this.#outlet.failure(name, 'DUMP_CRASHED', { path: name, reason });
      }
    }
  }

  async #openPath(path: string): Promise<void> {
    const onRead = (bytes: number): void => this.#outlet.read(bytes);
    if (path === STDIN) {
      const stream = countRead(this.#context.stdin, onRead);
      return this.#open(await openStreamInput(stream, path, null), []);
    }
    const entry = await stat(path);
    if (entry.isDirectory()) return this.#openFolder(path);
    if (entry.isFIFO()) return this.#open(await openStreamInput(readFile(path, path, onRead), path, null), []);
    if (!entry.isFile()) throw new BoltsealError('DUMP_NOT_FILE', { path, kind: 'device' });
    return this.#open(await openFileInput(path, path, onRead), []);
  }

  async #openFolder(folder: string): Promise<void> {
    let batch: Dirent[] = [];
    const flush = async (): Promise<void> => {
      batch.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const entry of batch) await this.#openEntry(folder, entry);
      batch = [];
    };
    for await (const entry of await opendir(folder)) {
      batch.push(entry);
      if (batch.length === FOLDER_BATCH) await flush();
    }
    await flush();
  }

  async #openEntry(folder: string, entry: Dirent): Promise<void> {
    const path = join(folder, entry.name);
    this.#countMember(folder);
    await this.#guard(path, async () => {
      if (entry.isDirectory()) return this.#openFolder(path);
      // Links lead out of the folder, and pipes and devices need not end.
      if (!entry.isFile())
        throw new BoltsealError('DUMP_NOT_FILE', { path, kind: entry.isSymbolicLink() ? 'link' : 'device' });
      const onRead = (bytes: number): void => this.#outlet.read(bytes);
      return this.#open(await openFileInput(path, path, onRead), []);
    });
  }

  #countMember(name: string): void {
    const { members } = this.#context.limits;
    if (++this.#members > members) throw new BoltsealError('DUMP_MEMBERS', { path: name, limit: members });
  }

  async #open(input: ByteInput, within: readonly string[]): Promise<void> {
    this.#checkTime();
    const container = containers.find((candidate) => candidate.detect(input));
    if (container !== undefined) return this.#openContainer(input, container, within);
    const unit = this.#units++;
    if (unit < this.#context.skipUnits) return;
    this.#outlet.at(input.name, unit);
    if (input.headIsWhole && input.head.length === 0) throw new BoltsealError('DUMP_EMPTY', { path: input.name });
    const reader = bestOf(readers, 'bytes', input);
    if (reader !== null) return this.#read(reader, input, within, { encoding: 'utf-8', confidence: 1 });
    const signature = signatureOf(input.head);
    if (signature !== null) throw new BoltsealError('DUMP_FORMAT', { path: input.name, kind: signature });
    const text = openText(input, this.#context.options);
    const textReader = this.#context.options.separator === undefined ? bestOf(readers, 'text', text.input) : null;
    if (textReader !== null) return this.#read(textReader, text.input, within, text);
    return this.#readDelimited(text, within);
  }

  async #openContainer(input: ByteInput, container: Container, within: readonly string[]): Promise<void> {
    const { limits, skipNames } = this.#context;
    if (skipNames.has(input.name)) return;
    this.#outlet.at(input.name, null);
    if (within.length >= limits.nesting)
      throw new BoltsealError('DUMP_NESTING', { path: input.name, limit: limits.nesting });
    for await (const member of container.open(input, this.#context)) {
      const name = member.path === '' ? input.name : `${input.name} › ${member.path}`;
      this.#countMember(input.name);
      await this.#guard(name, async () => {
        if (member.failure !== null) throw new BoltsealError(member.failure, { path: name, kind: 'link or device' });
        await this.#open(await openStreamInput(member.stream(), name, member.sizeBytes), [...within, container.format]);
      });
      this.#checkTime();
    }
  }

  async #read(
    reader: FormatReader,
    input: ByteInput,
    within: readonly string[],
    { encoding, confidence }: { readonly encoding: string; readonly confidence: number },
  ): Promise<void> {
    const { options } = this.#context;
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
        spread: await this.#spreadOf(reader, input),
        nextTable: () => this.#tables++,
      },
      this.#outlet,
    );
    try {
      await reader.read(this.#bounded(input), sink, this.#context);
    } finally {
      sink.finish();
    }
    if (sink.hasTables) return;
    if (sink.rejectedAlone > 0) throw new BoltsealError('DUMP_CORRUPT', { path: input.name });
    throw new BoltsealError('DUMP_EMPTY', { path: input.name });
  }

  /** Rows from all over a plain file: the reader is given stretches of whole lines, in which it finds its way as after damage. */
  async #spreadOf(reader: FormatReader, input: ByteInput): Promise<SpreadSink['rows']> {
    const sink = new SpreadSink(SPREAD_ROWS);
    if (reader.takes !== 'text' || input.windows.length === 0) return sink.rows;
    const windows = input.windows;
    const pieces: ByteInput = {
      ...input,
      filePath: null,
      windows: [],
      async *stream() {
        yield* windows;
      },
    };
    try {
      await reader.read(pieces, sink, this.#context);
    } catch (error) {
      // What the stretches could not give, the start will.
      if (!(error instanceof BoltsealError)) throw error;
    }
    return sink.rows;
  }

  async #readDelimited(text: TextInput, within: readonly string[]): Promise<void> {
    const { options } = this.#context;
    const { input } = text;
    const start = wholeRows(input.head, input.headIsWhole);
    if (input.headIsWhole && start.every((byte) => byte === 0x0a || byte === 0x0d)) {
      throw new BoltsealError('DUMP_EMPTY', { path: input.name });
    }
    const sample = { name: input.name, start, isWhole: input.headIsWhole, windows: input.windows };
    const { reshaping, ...table } = describeDelimited(sample, options, this.#mappings);
    if (reshaping !== null) {
      return this.#read(delimitedReader(table.dialect, table.headerRows), input, within, text);
    }
    // A file that is nothing but one table: nobody should wait to be told of a name that does not fit.
    if (input.name === this.#only && this.#mappings.misfit !== null) throw this.#mappings.misfit;
    const number = this.#tables++;
    const file = text.direct?.file ?? null;
    this.#outlet.table({
      ...table,
      table: number,
      name: input.name,
      format: 'delimited text',
      containers: within,
      encoding: text.direct?.encoding ?? 'utf-8',
      foundEncoding: text.encoding,
      encodingConfidence: text.confidence,
      sizeBytes: file === null ? null : input.sizeBytes,
      plainFile: file,
    });
    if (file !== null) return;
    const bytes = text.direct === null ? input.stream() : text.direct.stream();
    for await (const chunk of this.#bounded({ ...input, stream: () => bytes }).stream()) {
      this.#outlet.rows(number, chunk);
    }
  }

  /** `inspect` looks at the start only. */
  #bounded(input: ByteInput): ByteInput {
    if (this.#context.inspectUntil === null) return input;
    const check = (): void => this.#checkTime();
    return {
      ...input,
      async *stream() {
        let seen = 0;
        for await (const chunk of input.stream()) {
          yield chunk;
          seen += chunk.length;
          if (seen >= INSPECT_BYTES) throw new EnoughSeen();
          check();
        }
      },
    };
  }

  #checkTime(): void {
    const { inspectUntil } = this.#context;
    if (inspectUntil === null || Date.now() <= inspectUntil) return;
    if (!this.#isLate) this.#outlet.incomplete();
    this.#isLate = true;
    throw new EnoughSeen();
  }
}

function bestOf(all: readonly FormatReader[], takes: FormatReader['takes'], input: ByteInput): FormatReader | null {
  let best: FormatReader | null = null;
  let bestSureness = 0;
  for (const reader of all) {
    if (reader.takes !== takes) continue;
    const sureness = reader.detect(input);
    if (sureness >= 0.5 && sureness > bestSureness) {
      best = reader;
      bestSureness = sureness;
    }
  }
  return best;
}

/** Delimited text whose cells have to be taken apart, which the scanner cannot do. */
function delimitedReader(dialect: Dialect, headerRows: number): FormatReader {
  return {
    format: 'delimited text',
    label: 'delimited text',
    takes: 'text',
    detect: () => 1,
    async read(input, sink) {
      const writer = sink.table(null, null);
      const rows = new RowReader(dialect);
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

/** Where an error was thrown, without its message, which may quote what it failed on. */
function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
