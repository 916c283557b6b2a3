import assert from 'node:assert/strict';
import { sqlReader } from '../../../src/dump/readers/sql.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';
import { writesTheSame } from '../written-sink.ts';

/** What the reader makes of a script, by table name; the same for chunks of every size. */
export interface SqlOutcome {
  readonly tables: Readonly<Record<string, readonly (readonly (string | null)[])[]>>;
  readonly columns: Readonly<Record<string, readonly string[] | null>>;
  readonly rejected: Readonly<Record<string, number>>;
}

export async function readInChunks(script: string | Uint8Array, chunkBytes: number): Promise<SqlOutcome> {
  const sink = new MemorySink();
  await sqlReader.read(memoryInput(script, 'test.sql', chunkBytes), sink, memoryContext());
  return {
    tables: Object.fromEntries(sink.tables.map(({ name, rows }) => [name ?? '', rows])),
    columns: Object.fromEntries(sink.tables.map(({ name, columns }) => [name ?? '', columns])),
    rejected: Object.fromEntries(sink.rejected),
  };
}

/** Reads the script in chunks of several sizes and with and without the fast way for plain rows, which must not matter. */
export async function readScript(script: string | Uint8Array): Promise<SqlOutcome> {
  const whole = await readInChunks(script, 65_536);
  for (const chunkBytes of [1, 2, 3, 7, 64]) {
    assert.deepEqual(await readInChunks(script, chunkBytes), whole, `chunks of ${chunkBytes} bytes`);
  }
  await writesTheSame(sqlReader, script);
  return whole;
}

export function detect(script: string, name = 'input'): number {
  return sqlReader.detect(memoryInput(script, name));
}
