import { canonicalDialect, type Dump, type DumpPart } from '../../src/dump/port.ts';

/** A table of one column of phones, as recognised. */
export function partOf(
  cells: readonly { readonly seen: string; readonly alternatives: readonly string[] }[],
): DumpPart {
  return {
    table: 0,
    name: 'screenshot.png',
    format: 'picture',
    containers: [],
    encoding: 'utf-8',
    foundEncoding: 'utf-8',
    encodingConfidence: 1,
    dialect: canonicalDialect,
    columns: [
      { index: 0, name: null, field: 'phone', kind: null, confidence: 1, reason: '' },
      { index: 1, name: null, field: null, kind: 'text', confidence: 1, reason: '' },
    ],
    headerRows: 0,
    sizeBytes: null,
    plainFile: null,
    head: [],
    readings: cells.flatMap(({ alternatives }, row) =>
      alternatives.length === 0 ? [] : [{ row, column: 0, alternatives }],
    ),
    isContinuation: false,
    async *open() {
      yield Buffer.from(cells.map(({ seen }) => `${seen}\x1fnote\n`).join(''));
    },
  };
}

/** A dump of these tables. */
export function dumpOf(parts: readonly DumpPart[]): Dump {
  return {
    reopenable: true,
    sizeBytes: null,
    open: () => ({
      async *parts() {
        yield* parts;
      },
      failures: [],
      failureCount: 0,
      rejected: new Map(),
      joined: { tables: 0, leftOutBytes: 0 },
      isComplete: true,
      looked: new Map(),
      close: async () => undefined,
    }),
  };
}
