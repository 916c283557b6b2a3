import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BoltsealError, type ErrorCode } from '../core/errors.ts';
import { mappedReason } from './columns.ts';
import { completeSplit } from './containers/split.ts';
import { asReadError, STDIN } from './input.ts';
import { PATIENCE } from './inspect-bounds.ts';
import { MOST_HELD_UNITS } from './joiner.ts';
import type { ReadingOptions } from './options.ts';
import {
  type Dump,
  type DumpFailure,
  type DumpPart,
  type DumpReading,
  OTHER_TABLES,
  type RejectReason,
  type TableDescription,
} from './port.ts';
import { defaultLimits, type ReadLimits } from './reader.ts';
import type { ReaderMessage } from './sandbox/frames.ts';
import { defaultProcessLimits, type ProcessLimits, ReaderProcess } from './sandbox/host.ts';

/** What `openDump` is asked for beyond the options of reading. */
export interface OpenDumpOptions extends Partial<ReadingOptions> {
  readonly region: string;
  /** Standard input; a stand-in for tests. */
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Only the start of each table, and so long at most; for `inspect`. */
  readonly inspectMilliseconds?: number;
  /** Small tables beyond the first TOLD_TABLES may come as one; then the order of rows is that of the files only within what means the same. */
  readonly joins?: boolean;
  readonly limits?: ReadLimits;
  readonly processLimits?: ProcessLimits;
}

/** Failures that are kept; beyond that they are counted. */
const MAX_FAILURES = 1000;
/** So is what was looked at. */
const MAX_LOOKED = 1000;
/** Tables whose rejected rows are counted for themselves: a folder may have ten million. */
const MAX_REJECTED = 100_000;
/** When time is up the process of an inspection says so itself; so much later it is ended, wherever it is. */
const GRACE_MILLISECONDS = 500;
/** A dump that brings the reader down more often is given up. */
const MAX_RESTARTS = 200;

/**
 * Prepares to read files, folders, named pipes and `-` for standard input, whatever they hold; a process of its own will read them.
 * Fails with DUMP_NOT_FOUND, DUMP_NOT_FILE, DUMP_UNREADABLE, DUMP_READ_ONCE, USAGE_SEPARATOR.
 */
export async function openDump(given: readonly string[], options: OpenDumpOptions): Promise<Dump> {
  if (options.separator !== undefined) checkSeparator(options.separator);
  if (given.filter((input) => input === STDIN).length > 1) throw new BoltsealError('DUMP_READ_ONCE', { path: STDIN });
  const inputs = await completeSplit(given);
  let sizeBytes: number | null = 0;
  let reopenable = true;
  for (const input of inputs) {
    const size = await sizeOf(input);
    reopenable &&= size !== null;
    sizeBytes = size === null || size === 'folder' || sizeBytes === null ? null : sizeBytes + size;
  }
  let isOpened = false;
  return {
    reopenable,
    sizeBytes,
    open(onRead = () => undefined) {
      if (isOpened && !reopenable) throw new BoltsealError('DUMP_READ_ONCE', { path: inputs.join(' ') });
      isOpened = true;
      return new SandboxedReading(inputs, options, onRead, reopenable);
    },
  };
}

function checkSeparator(separator: string): void {
  if (!/^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x26\x28-\x7f]{1,8}$/.test(separator))
    throw new BoltsealError('USAGE_SEPARATOR');
}

/** Bytes of a file; null for what can be read once. */
async function sizeOf(input: string): Promise<number | 'folder' | null> {
  if (input === STDIN) return null;
  try {
    const entry = await stat(input);
    if (entry.isDirectory()) return 'folder';
    if (entry.isFIFO()) return null;
    if (!entry.isFile()) throw new BoltsealError('DUMP_NOT_FILE', { path: input, kind: 'device' });
    return entry.size;
  } catch (error) {
    throw asReadError(error, input);
  }
}

/** One reading: what the process says, as stretches of tables. A process that breaks is followed by another one, which passes over what broke it. */
class SandboxedReading implements DumpReading {
  readonly failures: DumpFailure[] = [];
  readonly rejected = new Map<number, Map<RejectReason, number>>();
  failureCount = 0;
  isComplete = true;
  readonly joined = { tables: 0, leftOutBytes: 0 };
  readonly looked = new Map<number, { bytes: number; isWhole: boolean }>();
  readonly #inputs: readonly string[];
  readonly #options: OpenDumpOptions;
  readonly #onRead: (bytesOnDisk: number) => void;
  readonly #reopenable: boolean;
  /** Tables of the input at hand, and those of them that have had no rows yet. */
  readonly #descriptions = new Map<number, TableDescription>();
  readonly #fresh = new Set<number>();
  #tables = 0;
  #process: ReaderProcess | null = null;
  /** Numbers of tables go on after a restart. */
  #tableBase = 0;
  #units = 0;
  #at: { name: string; unit: number | null } = { name: '', unit: null };
  /** The process is at something that it has not told. */
  #isUntold = false;
  #joinFrom = 0;
  #hasFit = false;
  readonly #skipNames: string[] = [];
  #restarts = 0;
  #isOver = false;
  /** Of an inspection. */
  #limit: NodeJS.Timeout | null = null;

  constructor(
    inputs: readonly string[],
    options: OpenDumpOptions,
    onRead: (bytesOnDisk: number) => void,
    reopenable: boolean,
  ) {
    this.#inputs = inputs;
    this.#options = options;
    this.#onRead = onRead;
    this.#reopenable = reopenable;
    // Begun at once: the process starts while the register is loaded.
    this.#process = this.#start();
  }

  async *parts(): AsyncGenerator<DumpPart, void> {
    const isInspection = this.#options.inspectMilliseconds !== undefined;
    let event = await this.#next();
    while (event !== null) {
      if (event.bytes === null || isInspection) {
        const { description } = event;
        const isAlone = description.plainFile !== null || isInspection;
        if (event.bytes === null && isAlone) yield { ...description, isContinuation: false, open: nothing };
        event = await this.#next();
        continue;
      }
      const { description } = event;
      const stretch: StretchReader = new StretchReader(event, () => this.#next());
      const isContinuation = !this.#fresh.delete(description.table);
      const headerRows = isContinuation ? 0 : description.headerRows;
      yield { ...description, headerRows, isContinuation, open: () => stretch.read() };
      event = await stretch.rest();
    }
  }

  async close(): Promise<void> {
    this.#isOver = true;
    if (this.#limit !== null) clearTimeout(this.#limit);
    await this.#process?.close();
    this.#process = null;
  }

  /** A table that begins, or rows of one; null at the end. A process that breaks is followed by another one. */
  async #next(): Promise<TableEvent | null> {
    while (!this.#isOver && this.#process !== null) {
      const frame = await this.#process.next();
      if (this.#isOver) break;
      if (frame === null) {
        await this.#restart();
        continue;
      }
      this.#limitInspection();
      if ('message' in frame) {
        const description = this.#take(frame.message);
        if (description !== null) return { description, bytes: null };
        continue;
      }
      const description = this.#descriptions.get(frame.table + this.#tableBase);
      if (description === undefined) throw new BoltsealError('INTERNAL', { kind: 'rows of an unknown table' });
      return { description, bytes: frame.bytes };
    }
    return null;
  }

  /**
   * Ends an inspection that does not end by itself: the way to the next member may lead through fifty gigabytes, and a picture of a page takes ten seconds. Called with the first frame:
   * the process has started.
   */
  #limitInspection(): void {
    const { inspectMilliseconds } = this.#options;
    if (inspectMilliseconds === undefined || this.#limit !== null) return;
    const end = (): void => {
      this.isComplete = false;
      this.#isOver = true;
      this.#process?.end();
    };
    const patience = (PATIENCE - 1) * inspectMilliseconds;
    this.#limit = setTimeout(() => {
      if (this.#tables > 0 || this.failureCount > 0) end();
      else this.#limit = setTimeout(end, patience);
    }, inspectMilliseconds + GRACE_MILLISECONDS);
  }

  #start(): ReaderProcess {
    const { limits = defaultLimits, processLimits = defaultProcessLimits, stdin } = this.#options;
    const { region, map = [], passwords = [], header, separator, encoding } = this.#options;
    return new ReaderProcess(
      {
        inputs: this.#inputs,
        options: {
          region,
          map,
          passwords,
          ...(header === undefined ? {} : { header }),
          ...(separator === undefined ? {} : { separator }),
          ...(encoding === undefined ? {} : { encoding }),
        },
        limits,
        skipUnits: this.#units,
        joinFrom: this.#options.joins === true ? this.#joinFrom : null,
        skipNames: this.#skipNames,
        hasFit: this.#hasFit,
        inspectMilliseconds: this.#options.inspectMilliseconds ?? null,
      },
      processLimits,
      stdin ?? null,
    );
  }

  /** The process ended in the middle: what it was at is told as a failure, and the rest is read by another one. */
  async #restart(): Promise<void> {
    const broken = this.#process!;
    const { end, detail } = await broken.reason();
    await broken.close();
    this.#tableBase = this.#tables;
    if (this.#isUntold && this.#reopenable) {
      // Another one tells each input before it reads it, until it is behind the one that broke this.
      this.#isUntold = false;
      this.#joinFrom = this.#units + MOST_HELD_UNITS;
      this.#process = this.#start();
      return;
    }
    const { memoryBytes, silenceSeconds } = this.#options.processLimits ?? defaultProcessLimits;
    const { name, unit } = this.#at;
    const [code, parameters] = {
      crashed: ['DUMP_CRASHED', { reason: detail }] as const,
      silent: ['DUMP_HANG', { seconds: silenceSeconds }] as const,
      memory: ['DUMP_MEMORY', { limitMb: Math.round(memoryBytes / 1e6) }] as const,
    }[end];
    this.#fail({ name, code, parameters: { path: name, ...parameters } });
    if (unit === null) this.#skipNames.push(name);
    if (!this.#reopenable || ++this.#restarts > MAX_RESTARTS || (unit === null && name === '')) {
      this.#isOver = true;
      this.#process = null;
      return;
    }
    this.#process = this.#start();
  }

  /** Takes a message; answers the table that it describes. */
  #take(message: ReaderMessage): TableDescription | null {
    switch (message.type) {
      case 'at':
        this.#at = { name: message.name, unit: message.unit };
        this.#isUntold = false;
        // All rows of what came before have come: a folder may have millions of tables.
        this.#descriptions.clear();
        this.#fresh.clear();
        if (message.unit !== null) this.#units = message.unit + 1;
        return null;
      case 'table': {
        const table = message.description.table + this.#tableBase;
        const description = { ...message.description, table };
        this.#checkPlain(description);
        this.#hasFit ||= description.columns.some(({ reason }) => reason === mappedReason);
        this.#descriptions.set(table, description);
        this.#fresh.add(table);
        this.#tables = Math.max(this.#tables, table + 1);
        return description;
      }
      case 'joined': {
        const table = message.description.table + this.#tableBase;
        this.#descriptions.set(table, { ...message.description, table, plainFile: null });
        this.joined.tables += message.tables;
        this.joined.leftOutBytes += message.leftOutBytes;
        return null;
      }
      case 'done':
        this.#descriptions.clear();
        this.#fresh.clear();
        this.#units = message.units;
        this.#isUntold = true;
        return null;
      case 'rejected': {
        const number = message.table + this.#tableBase;
        const table = this.rejected.has(number) || this.rejected.size < MAX_REJECTED ? number : OTHER_TABLES;
        const reasons = this.rejected.get(table) ?? new Map<RejectReason, number>();
        this.rejected.set(table, reasons.set(message.reason, (reasons.get(message.reason) ?? 0) + message.count));
        return null;
      }
      case 'failure':
        this.#fail(message);
        return null;
      case 'incomplete':
        this.isComplete = false;
        return null;
      case 'looked':
        for (const table of this.#descriptions.keys()) {
          if (this.looked.size < MAX_LOOKED) this.looked.set(table, { bytes: message.bytes, isWhole: message.isWhole });
        }
        return null;
      case 'read':
        this.#onRead(message.bytes);
        return null;
      case 'end':
        this.#isOver = true;
        if (message.error !== null) throw new BoltsealError(message.error.code as ErrorCode, message.error.parameters);
        return null;
    }
  }

  #fail({ name, code, parameters }: DumpFailure): void {
    // Another process walks over everything once more, and tells again what is no file or no sound archive.
    if (this.#restarts > 0 && this.failures.some((told) => told.name === name && told.code === code)) return;
    this.failureCount++;
    if (this.failures.length < MAX_FAILURES) this.failures.push({ name, code, parameters });
  }

  /** What comes from the reading process is not to be trusted with paths: only what was asked for is read. */
  #checkPlain({ plainFile }: TableDescription): void {
    if (plainFile === null) return;
    const path = resolve(plainFile.path);
    const isAsked = this.#inputs.some((input) => path === resolve(input) || path.startsWith(`${resolve(input)}/`));
    if (!isAsked) throw new BoltsealError('INTERNAL', { kind: 'a path that was not asked for' });
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}

/** A table that begins (`bytes` is null), or rows of one. */
interface TableEvent {
  readonly description: TableDescription;
  readonly bytes: Uint8Array | null;
}

/** The rows of one table until something else comes. */
class StretchReader {
  readonly #table: number;
  readonly #next: () => Promise<TableEvent | null>;
  #first: Uint8Array | null;
  #after: TableEvent | null | undefined;

  constructor(first: TableEvent, next: () => Promise<TableEvent | null>) {
    this.#table = first.description.table;
    this.#first = first.bytes;
    this.#next = next;
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    if (this.#first !== null) {
      const first = this.#first;
      this.#first = null;
      yield first;
    }
    while (this.#after === undefined) {
      const event = await this.#next();
      if (event !== null && event.bytes !== null && event.description.table === this.#table) yield event.bytes;
      else this.#after = event;
    }
  }

  /** What came after the rows; those that nobody read are passed over. */
  async rest(): Promise<TableEvent | null> {
    for await (const _ of this.read()) {
      // Passed over.
    }
    return this.#after ?? null;
  }
}
