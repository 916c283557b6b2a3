import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { bzip2 } from '../../../src/dump/containers/bzip2.ts';
import { gzip } from '../../../src/dump/containers/gzip.ts';
import { lz4 } from '../../../src/dump/containers/lz4.ts';
import { xz } from '../../../src/dump/containers/xz.ts';
import { zstd } from '../../../src/dump/containers/zstd.ts';
import type { Container } from '../../../src/dump/reader.ts';
import { defaultLimits } from '../../../src/dump/reader.ts';
import { memoryContext, memoryInput } from '../memory-sink.ts';
import { survivesDamage, unpack, unpackInChunks } from './archive-tools.ts';

const rows = Array.from({ length: 300 }, (_, k) => `${k},user${k % 37},1380000${k}\n`).join('');
const garbage = Buffer.from('garbage behind the end');
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

/** The output of a command line tool, or null where it is not installed. */
function run(tool: string, args: readonly string[], input: string): Buffer | null {
  try {
    return execFileSync(tool, args, { input, stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
}

interface Case {
  readonly container: Container;
  readonly compress: (text: string) => Buffer | null;
}

const cases: Case[] = [
  { container: gzip, compress: (text) => gzipSync(text) },
  { container: zstd, compress: (text) => zstdCompressSync(text) },
  { container: bzip2, compress: (text) => run('bzip2', ['-c'], text) },
  { container: xz, compress: (text) => run('xz', ['-c'], text) },
  { container: lz4, compress: (text) => run('lz4', ['-c'], text) },
  { container: lz4, compress: (text) => run('lz4', ['-l', '-c'], text) },
];

for (const { container, compress } of cases) {
  const first = compress(rows);
  const second = compress('second\n');
  describe(`${container.format} streams`, {
    skip: first === null ? 'the tool that packs it is not installed' : false,
  }, () => {
    if (first === null || second === null) return;
    const text = async (bytes: Uint8Array): Promise<[string | undefined, string | null | undefined]> => {
      const { members } = await unpackInChunks(container, bytes);
      return [members[0]?.text, members[0]?.failure];
    };

    it('gives what was packed', async () => {
      ok(container.detect(memoryInput(first)));
      deepStrictEqual(await text(first), [rows, null]);
    });
    it('reads streams one after another', async () => {
      deepStrictEqual(await text(Buffer.concat([first, second])), [`${rows}second\n`, null]);
    });
    it('gives what there is of a file that is cut off', async () => {
      const [start, failure] = await text(Buffer.concat([first, second]).subarray(0, first.length + second.length - 6));
      strictEqual(failure, 'DUMP_TRUNCATED');
      ok(start?.startsWith(rows));
    });
    it('does not mind what follows', async () => {
      deepStrictEqual(await text(Buffer.concat([first, garbage])), [rows, null]);
    });
    it('survives damage', () => survivesDamage(container, Buffer.concat([first, second]), memoryContext(), 60));
    it('holds the limit of expansion', async () => {
      const limits = { ...defaultLimits, expansion: 20, expansionFreeBytes: 1000 };
      const bomb = compress('\0'.repeat(1_000_000)) ?? garbage;
      strictEqual(
        (await unpack(container, memoryInput(bomb), memoryContext({ limits }))).members[0]?.failure,
        'DUMP_BOMB',
      );
      const unsized = { ...memoryInput(bomb), sizeBytes: null };
      strictEqual((await unpack(container, unsized, memoryContext({ limits }))).members[0]?.failure, 'DUMP_BOMB');
    });
  });
}

describe('details of streams', () => {
  it('finds a wrong checksum', async () => {
    const packed = gzipSync(rows);
    packed[packed.length - 6] = (packed[packed.length - 6] ?? 0) ^ 1;
    const { members } = await unpack(gzip, memoryInput(packed), memoryContext());
    deepStrictEqual([members[0]?.text, members[0]?.failure], [rows, 'DUMP_CORRUPT']);
  });
  it('skips skippable frames', async () => {
    const packed = Buffer.concat([skippable, zstdCompressSync('a'), skippable, zstdCompressSync('b'), skippable]);
    ok(zstd.detect(memoryInput(packed)));
    strictEqual((await unpackInChunks(zstd, packed)).members[0]?.text, 'ab');
  });
  it('refuses a window that takes more memory than is allowed', async () => {
    // Magic, no single segment, window descriptor for 2^41 bytes, an empty last block.
    const packed = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0xf8, 1, 0, 0]);
    strictEqual((await unpack(zstd, memoryInput(packed), memoryContext())).members[0]?.failure, 'DUMP_MEMORY');
  });
  it('reads bzip2 blocks that fill several buffers', async (t) => {
    const long =
      Array.from({ length: 200_000 }, (_, k) => `${(k * 2_654_435_761) % 4_294_967_296}\n`).join('') +
      'a'.repeat(1_000_000);
    const packed = run('bzip2', ['-c'], long);
    if (packed === null) return t.skip('bzip2 is not installed');
    const { members } = await unpack(bzip2, memoryInput(packed, 'input', 10_000), memoryContext());
    ok(members[0]?.text === long && members[0].failure === null);
  });
});
