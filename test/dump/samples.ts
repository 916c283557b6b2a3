import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { readRows } from '../../src/dump/exact-rows.ts';
import type { OpenDumpOptions } from '../../src/dump/open-dump.ts';
import type { DumpFailure, DumpPart, TableDescription } from '../../src/dump/port.ts';
import { defaultLimits } from '../../src/dump/reader.ts';
import { toUtf8 } from '../../src/dump/transcode.ts';
import { Walk } from '../../src/dump/walk.ts';

/** Writes a file into a folder that goes away with the test. */
export async function temporaryFile(t: TestContext, content: string | Uint8Array, name = 'dump.txt'): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'boltseal-dump-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

/** What a walk over inputs found, in memory. */
export interface Walked {
  readonly tables: (TableDescription & { readonly chunks: Uint8Array[] })[];
  readonly failures: DumpFailure[];
  readonly rejected: Map<string, number>;
  /** Bytes from disk. */
  readBytes: number;
}

/** Reads inputs as the reading process does, but in this one. */
export async function walkInputs(
  inputs: readonly string[],
  { stdin, limits = defaultLimits, hasFit = false, ...options }: Partial<OpenDumpOptions> & { hasFit?: boolean } = {},
): Promise<Walked> {
  const found: Walked = { tables: [], failures: [], rejected: new Map(), readBytes: 0 };
  const scratchPath = await mkdtemp(path.join(tmpdir(), 'boltseal-scratch-'));
  const reading = { region: 'CN', map: [], passwords: [], ...options };
  const walk = new Walk(
    {
      region: reading.region,
      passwords: reading.passwords,
      scratchPath,
      limits,
      options: reading,
      skipUnits: 0,
      joinFrom: null,
      hasFit,
      skipNames: new Set(),
      stdin: stdin ?? inPieces(new Uint8Array(0), 1),
      inspectMilliseconds: null,
    },
    {
      at: () => undefined,
      table: (description) => void found.tables.push({ ...description, chunks: [] }),
      rows: (table, bytes) => void found.tables.find((one) => one.table === table)?.chunks.push(bytes.slice()),
      joined: () => undefined,
      done: () => undefined,
      rejected: (_table, reason, count) => void found.rejected.set(reason, (found.rejected.get(reason) ?? 0) + count),
      failure: (name, code, parameters) => void found.failures.push({ name, code, parameters }),
      incomplete: () => undefined,
      looked: () => undefined,
      read: (bytes) => {
        found.readBytes += bytes;
      },
    },
  );
  try {
    await walk.run(inputs);
  } finally {
    await rm(scratchPath, { recursive: true, force: true });
  }
  return found;
}

/** The bytes in pieces of one size. */
export async function* inPieces(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.slice(at, at + sizeBytes);
}

/** The first table of an input; fails as the input did when there is none. */
export async function openOne(input: string, options: Partial<OpenDumpOptions> = {}): Promise<DumpPart> {
  const { tables, failures } = await walkInputs([input], options);
  const [table] = tables;
  if (table === undefined) {
    const [failure] = failures;
    if (failure === undefined) throw new Error('no table');
    throw new BoltsealError(failure.code, failure.parameters);
  }
  const { chunks, ...description } = table;
  const { plainFile } = description;
  return {
    ...description,
    isContinuation: false,
    async *open() {
      if (plainFile === null) yield* chunks;
      else yield (await readFile(plainFile.path)).subarray(plainFile.offsetBytes);
    },
  };
}

/** All data rows of a part as text; rejected rows as their reason. */
export async function readAll(part: DumpPart): Promise<(string[] | string)[]> {
  const decoder = new TextDecoder();
  const rows: (string[] | string)[] = [];
  for await (const row of readRows(toUtf8(part.open(), part.encoding), part.dialect, part.columns.length)) {
    rows.push('cells' in row ? row.cells.map((cell) => decoder.decode(cell)) : row.rejected);
  }
  return rows.slice(part.headerRows);
}

/** Numbers from 0 to below `limit`, the same in every run (xorshift32). */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed * 2654435761 + 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const gb18030 = new Map<string, readonly number[]>();

/** GB18030 bytes of a text in ASCII and Han, by inverting the decoder's two-byte table. */
export function encodeGb18030(text: string): Uint8Array {
  if (gb18030.size === 0) {
    const decoder = new TextDecoder('gb18030');
    for (let lead = 0x81; lead <= 0xfe; lead++) {
      for (let trail = 0x40; trail <= 0xfe; trail++) {
        const character = decoder.decode(Uint8Array.of(lead, trail));
        if (character.length === 1 && character !== '\ufffd') gb18030.set(character, [lead, trail]);
      }
    }
  }
  return Uint8Array.from(
    Array.from(text).flatMap((character) => {
      if (character < '\x80') return [character.charCodeAt(0)];
      const bytes = gb18030.get(character);
      if (bytes === undefined) throw new Error('not in the two-byte part of GB18030');
      return [...bytes];
    }),
  );
}
