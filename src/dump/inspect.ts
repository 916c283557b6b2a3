import { inspectionFormat } from '../contract/formats.ts';
import type { Inspection } from '../contract/inspection.ts';
import { BoltsealError } from '../core/errors.ts';
import { maskUnknown } from '../core/fields/masks.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { printable } from '../core/text.ts';
import { openDump } from './open-dump.ts';
import type { ReadingOptions } from './options.ts';
import type { DumpFailure, TableDescription } from './port.ts';

const SHOWN_ROWS = 5;
const MAX_PARTS = 1000;
/** Time in which tables are looked at, once the reading process has started. */
const LOOK_MILLISECONDS = 900;

/** Looks at the start of everything that was given and says how it would be read, in about a second whatever its size. Fails like `openDump`. */
export async function inspectDump(
  inputs: readonly string[],
  options: ReadingOptions,
  inspectMilliseconds = LOOK_MILLISECONDS,
): Promise<Inspection> {
  const dump = await openDump(inputs, { ...options, inspectMilliseconds });
  const reading = dump.open();
  const tables: TableDescription[] = [];
  let partsOmitted = 0;
  try {
    for await (const part of reading.parts()) {
      if (tables.length < MAX_PARTS) tables.push(part);
      else partsOmitted++;
    }
  } finally {
    await reading.close();
  }
  const { failures, failureCount, rejected, isComplete, looked } = reading;
  const [first] = failures;
  if (tables.length === 0 && first !== undefined && failureCount === 1) {
    throw new BoltsealError(first.code, first.parameters);
  }
  return {
    format: inspectionFormat,
    parts: tables.map((table) => ({
      name: table.name,
      format: table.format,
      containers: [...table.containers],
      encoding: table.foundEncoding,
      encodingConfidence: table.encodingConfidence,
      separator: table.dialect.separator,
      bytes: table.sizeBytes,
      looked: { bytes: looked.get(table.table)?.bytes ?? null, whole: looked.get(table.table)?.isWhole ?? false },
      headerRows: table.headerRows,
      columns: table.columns.map((column) => ({ ...column })),
      rows: maskedRows(table),
      rejected: Object.fromEntries(rejected.get(table.table) ?? []),
    })),
    partsOmitted,
    failures: failures.map(describeFailure),
    failuresOmitted: failureCount - failures.length,
    complete: isComplete,
  };
}

/** A failure for people and JSON, safe to print. */
export function describeFailure({ name, code, parameters }: DumpFailure): {
  name: string;
  code: string;
  message: string;
} {
  return {
    name: printable(name, 1000),
    code,
    message: printable(new BoltsealError(code, parameters).message, 2000),
  };
}

function maskedRows({ head, columns }: TableDescription): string[][] {
  return head.slice(0, SHOWN_ROWS).map((row) =>
    columns.map(({ index, field }) => {
      const cell = row[index] ?? '';
      return field === null ? maskUnknown(cell) : fieldByName(field).mask(cell);
    }),
  );
}
