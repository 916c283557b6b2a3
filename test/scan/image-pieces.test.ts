import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { CHUNK_BYTES, ChunkWriter } from '../../src/register/chunked-files.ts';
import type { FileContents } from '../../src/register/load.ts';
import { Arena } from '../../src/scan/arena.ts';
import { loadResident, loadResidentByThreads } from '../../src/scan/image.ts';
import { readingPieces, type UnreadPiece } from '../../src/scan/image-pieces.ts';
import { ScanPool } from '../../src/scan/pool.ts';
import { customers, Lab } from '../verify/verify-lab.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-pieces-'));
const opened: (() => unknown)[] = [];
after(async () => {
  for (const close of opened) await close();
  fs.rmSync(folder, { recursive: true });
});

function openPool(arena: Arena, threads: number): ScanPool {
  const pool = new ScanPool(arena, threads);
  opened.push(() => pool.close());
  return pool;
}

/** A file of words that count up, and memory for it. */
function makeFile(arena: Arena, name: string, bytes: number, first: number): FileContents {
  const file = path.join(folder, name);
  const writer = new ChunkWriter(file);
  for (let word = 0; word < bytes / 4; word++) writer.word(first + word);
  const stored = writer.finish();
  const fd = fs.openSync(file, 'r');
  opened.push(() => fs.closeSync(fd));
  return { file: { name, fd, stored }, target: arena.bytes(arena.allocate(bytes), bytes) };
}

function read(arena: Arena, pool: ScanPool, files: readonly FileContents[]): Promise<(UnreadPiece | null)[]> {
  const next = new Int32Array(new SharedArrayBuffer(4));
  const share = { memory: arena.memory, files, next, table: 0, filter: 0 };
  return pool.run(
    readingPieces,
    Array.from({ length: pool.threads }, () => share),
  );
}

test('threads read the pieces of several files, all of them and into their places', async () => {
  const arena = new Arena();
  const pool = openPool(arena, 3);
  const sizes = [2 * CHUNK_BYTES + 40, 0, 4, CHUNK_BYTES];
  const files = sizes.map((bytes, i) => makeFile(arena, `whole-${i}`, bytes, 1000 * i));
  assert.deepEqual(await read(arena, pool, files), [null, null, null]);
  for (const [i, { target }] of files.entries()) {
    const words = new Uint32Array(target.buffer, target.byteOffset, target.length / 4);
    assert.ok(words.every((word, at) => word === 1000 * i + at));
  }
});

test('a piece that is not what was written is found, whoever reads it', async () => {
  const arena = new Arena();
  const pool = openPool(arena, 2);
  const files = [makeFile(arena, 'sound', 8, 0), makeFile(arena, 'damaged', CHUNK_BYTES + 8, 0)];
  const fd = fs.openSync(path.join(folder, 'damaged'), 'r+');
  fs.writeSync(fd, Uint8Array.of(255), 0, 1, CHUNK_BYTES + 3);
  fs.closeSync(fd);
  assert.deepEqual(
    (await read(arena, pool, files)).filter((failure) => failure !== null),
    [{ code: 'REGISTER_DAMAGED', parameters: { file: 'damaged' } }],
  );
});

test('a piece that the system does not give is no damage, and keeps its reason on the way out of the thread', async () => {
  const arena = new Arena();
  const pool = openPool(arena, 2);
  // A directory can be opened, and not read: as a disk fails.
  const fd = fs.openSync(folder, 'r');
  opened.push(() => fs.closeSync(fd));
  const stored = { bytes: 8, crc32: [0] };
  const failing: FileContents = { file: { name: 'failing', fd, stored }, target: arena.bytes(arena.allocate(8), 8) };
  assert.deepEqual(
    (await read(arena, pool, [makeFile(arena, 'other', 8, 0), failing])).filter((failure) => failure !== null),
    [{ code: 'REGISTER_READ', parameters: { file: 'failing', reason: 'EISDIR' } }],
  );
});

test('a register that threads load is the one that a single one loads, with its filter', async () => {
  const lab = await Lab.of(customers(0, 300));
  const alone = new Arena();
  const whole = loadResident(alone, lab.home, lab.key);
  for (const threads of [1, 3]) {
    const arena = new Arena();
    const resident = await loadResidentByThreads(arena, openPool(arena, threads), lab.home, lab.key);
    const { image } = resident.loaded;
    for (const name of ['table', 'confirmIndex', 'confirm', 'confirmFields', 'periods', 'created'] as const) {
      assert.deepEqual([...image[name]], [...whole.loaded.image[name]], name);
    }
    const { lineCount } = image;
    assert.deepEqual(
      [...arena.words(resident.addresses.filter, lineCount)],
      [...alone.words(whole.addresses.filter, lineCount)],
    );
    assert.deepEqual([resident.sizes, resident.loaded.range], [whole.sizes, whole.loaded.range]);
  }
});

test('a damaged register is named by its file, when threads load it too', async () => {
  const lab = await Lab.of(customers(0, 30));
  const generation = path.join(lab.home, 'register', 'gen-1');
  for (const name of ['created.bin', 'lines.bin']) {
    const file = path.join(generation, name);
    const bytes = fs.readFileSync(file);
    fs.writeFileSync(file, bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1));
    const arena = new Arena();
    const load = loadResidentByThreads(arena, openPool(arena, 2), lab.home, lab.key);
    await assert.rejects(load, { code: 'REGISTER_DAMAGED', parameters: { file: name } });
    fs.writeFileSync(file, bytes);
  }
});
