import assert from 'node:assert/strict';
import { BoltsealError } from '../../../src/core/errors.ts';
import type { FormatReader } from '../../../src/dump/reader.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';

/** What a reader made of an input: for each table its name, columns and rows; and the rejections. */
export interface ReadResult {
  readonly tables: { name: string | null; columns: readonly string[] | null; rows: (string | null)[][] }[];
  readonly rejected: Record<string, number>;
}

export async function readOnce(
  reader: FormatReader,
  input: Uint8Array | string,
  chunkBytes = 65_536,
): Promise<ReadResult> {
  const sink = new MemorySink();
  await reader.read(memoryInput(input, 'input', chunkBytes), sink, memoryContext());
  for (const table of sink.tables) {
    for (const row of table.rows) {
      if (table.columns !== null) assert.equal(row.length, table.columns.length);
    }
  }
  return {
    tables: sink.tables.map(({ name, columns, rows }) => ({ name, columns, rows })),
    rejected: Object.fromEntries(sink.rejected),
  };
}

/** Reads in chunks of several sizes, which must make no difference. */
export async function readAll(reader: FormatReader, input: Uint8Array | string): Promise<ReadResult> {
  const result = await readOnce(reader, input);
  for (const chunkBytes of [1, 2, 3, 7, 64]) {
    assert.deepEqual(await readOnce(reader, input, chunkBytes), result, `in chunks of ${chunkBytes}`);
  }
  return result;
}

export function detect(reader: FormatReader, input: Uint8Array | string): number {
  return reader.detect(memoryInput(input));
}

/** Numbers from a seed (mulberry32), the same on every run. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Flips, cuts, inserts and repeats bytes. */
export function damage(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  let result = [...bytes];
  for (let i = 1 + random(6); i > 0; i--) {
    const at = random(result.length + 1);
    const kind = random(5);
    if (kind === 0) result[at] = random(256);
    else if (kind === 1) result.splice(at, 1 + random(20));
    else if (kind === 2) result.splice(at, 0, ...Array.from({ length: 1 + random(8) }, () => random(256)));
    else if (kind === 3) result.splice(at, 0, ...result.slice(at, at + random(60)));
    else result = result.slice(0, at);
    if (result.length === 0) result = [0];
  }
  return Uint8Array.from(result, (byte) => byte ?? 0);
}

/** Damages an input in many ways: nothing but a coded error may come, and chunks make no difference. */
export async function survivesDamage(reader: FormatReader, input: Uint8Array | string, rounds: number): Promise<void> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const random = createRandom(20_261_122);
  for (let round = 0; round < rounds; round++) {
    const broken = damage(bytes, random);
    // Text readers get UTF-8 that is sound.
    const given = reader.takes === 'text' ? new TextEncoder().encode(new TextDecoder().decode(broken)) : broken;
    try {
      const share = reader.detect(memoryInput(given));
      assert.ok(share >= 0 && share <= 1);
      const whole = await readOnce(reader, given);
      assert.deepEqual(await readOnce(reader, given, 5), whole, `round ${round}`);
    } catch (error) {
      if (!(error instanceof BoltsealError)) throw error;
    }
  }
}
