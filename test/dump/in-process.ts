import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BoltsealError } from '../../src/core/errors.ts';
import { type OpenDumpOptions, openDump } from '../../src/dump/open-dump.ts';
import type { Dump, DumpFailure, DumpPart, DumpReading, RejectReason, TableDescription } from '../../src/dump/port.ts';
import { defaultLimits } from '../../src/dump/reader.ts';
import { Walk } from '../../src/dump/walk.ts';

/*
 * The same reading as `openDump`, without a process of its own, whose start takes longer than most tests: everything is read first and then given out.
 */

interface Stretch {
  readonly description: TableDescription;
  readonly isContinuation: boolean;
  readonly chunks: Uint8Array[];
}

class Collected implements DumpReading {
  readonly failures: DumpFailure[] = [];
  readonly rejected = new Map<number, Map<RejectReason, number>>();
  readonly joined = { tables: 0, leftOutBytes: 0 };
  isComplete = true;
  readonly looked = new Map<number, { bytes: number; isWhole: boolean }>();
  readonly #stretches: Stretch[] = [];
  readonly #read: Promise<void>;

  constructor(inputs: readonly string[], options: OpenDumpOptions, onRead: (bytes: number) => void) {
    this.#read = this.#collect(inputs, options, onRead);
    // Whoever asks for parts hears of it.
    this.#read.catch(() => undefined);
  }

  get failureCount(): number {
    return this.failures.length;
  }

  async *parts(): AsyncGenerator<DumpPart, void> {
    await this.#read;
    for (const { description, isContinuation, chunks } of this.#stretches) {
      yield {
        ...description,
        headerRows: isContinuation ? 0 : description.headerRows,
        isContinuation,
        async *open() {
          yield* chunks;
        },
      };
    }
  }

  async close(): Promise<void> {
    await this.#read.catch(() => undefined);
  }

  async #collect(
    inputs: readonly string[],
    { stdin, limits = defaultLimits, map = [], passwords = [], ...options }: OpenDumpOptions,
    onRead: (bytes: number) => void,
  ): Promise<void> {
    const scratchPath = await mkdtemp(path.join(tmpdir(), 'boltseal-scratch-'));
    const nothing = (async function* (): AsyncGenerator<Uint8Array> {})();
    const descriptions = new Map<number, TableDescription>();
    let last: number | null = null;
    const begin = (table: number, isContinuation: boolean): Stretch => {
      const stretch: Stretch = { description: descriptions.get(table)!, isContinuation, chunks: [] };
      this.#stretches.push(stretch);
      last = table;
      return stretch;
    };
    const walk = new Walk(
      {
        region: options.region,
        passwords,
        scratchPath,
        limits,
        options: { map, passwords, ...options },
        skipUnits: 0,
        joinFrom: options.joins === true ? 0 : null,
        skipNames: new Set(),
        stdin: stdin ?? nothing,
        inspectMilliseconds: null,
      },
      {
        at: () => undefined,
        table: (description) => {
          descriptions.set(description.table, description);
          if (description.plainFile !== null) begin(description.table, false);
        },
        rows: (table, bytes) => {
          const isKnown = table >= 0x80000000 || this.#stretches.some(({ description }) => description.table === table);
          const stretch = last === table ? this.#stretches.at(-1)! : begin(table, isKnown);
          stretch.chunks.push(bytes.slice());
        },
        joined: (description, tables, leftOutBytes) => {
          descriptions.set(description.table, description);
          this.joined.tables += tables;
          this.joined.leftOutBytes += leftOutBytes;
        },
        done: () => undefined,
        rejected: (table, reason, count) => {
          const reasons = this.rejected.get(table) ?? new Map<RejectReason, number>();
          this.rejected.set(table, reasons.set(reason, (reasons.get(reason) ?? 0) + count));
        },
        failure: (name, code, parameters) => void this.failures.push({ name, code, parameters }),
        incomplete: () => undefined,
        looked: () => undefined,
        read: onRead,
      },
    );
    try {
      await walk.run(inputs);
    } finally {
      await rm(scratchPath, { recursive: true, force: true });
    }
  }
}

/** As `openDump`, in this process. Fails in the same way. */
export async function openInProcess(inputs: readonly string[], options: OpenDumpOptions): Promise<Dump> {
  const { reopenable, sizeBytes } = await openDump(inputs, options);
  let isOpened = false;
  return {
    reopenable,
    sizeBytes,
    open(onRead = () => undefined) {
      if (isOpened && !reopenable) throw new BoltsealError('DUMP_READ_ONCE', { path: inputs.join(' ') });
      isOpened = true;
      return new Collected(inputs, options, onRead);
    },
  };
}
