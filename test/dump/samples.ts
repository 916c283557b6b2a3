import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { toUtf8 } from '../../src/dump/encoding.ts';
import { readRows } from '../../src/dump/exact-rows.ts';
import { type OpenDumpOptions, openDump } from '../../src/dump/open-dump.ts';
import type { DumpPart } from '../../src/dump/port.ts';

/** Writes a file into a folder that goes away with the test. */
export async function temporaryFile(t: TestContext, content: string | Uint8Array, name = 'dump.txt'): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'boltseal-dump-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

export async function openOne(input: string, options: Partial<OpenDumpOptions> = {}): Promise<DumpPart> {
  const [part] = await openDump([input], { region: 'CN', ...options });
  if (part === undefined) throw new Error('no part');
  return part;
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
