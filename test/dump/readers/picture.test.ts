import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { BoltsealError } from '../../../src/core/errors.ts';
import { pictureReader } from '../../../src/dump/readers/picture.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';

/* The pictures were taken with `eval/pictures` of invented rows. */

const root = join(import.meta.dirname, '../../..');
const folder = join(import.meta.dirname, 'pictures');
const rows = [
  ['冯志强', '19142873156', '440305197211191524', 'vvest048@example.com', 'YT0201750184834'],
  ['周思源', '18685222066', '110101195207172628', 'qian1990909@example.org', 'YT1103468079271'],
];

async function readBytes(bytes: Uint8Array, chunkBytes?: number): Promise<MemorySink> {
  const sink = new MemorySink();
  await pictureReader.read(memoryInput(bytes, 'page.png', chunkBytes), sink, memoryContext());
  return sink;
}

const read = new Map<string, Promise<MemorySink>>();

/** Each picture is read once: a table takes a second. */
function readPicture(name: string): Promise<MemorySink> {
  const known = read.get(name) ?? readBytes(readFileSync(join(folder, name)));
  read.set(name, known);
  return known;
}

const isCoded = (code: string) => (error: unknown) => error instanceof BoltsealError && error.code === code;

test('a table with lines, as JPEG, and a table without on a dark ground', async () => {
  const header = ['姓名', '手机号', '身份证号', 'E-mail', '运单号'];
  for (const name of ['sheet.jpg', 'client.png']) {
    const { tables } = await readPicture(name);
    assert.equal(tables.length, 1);
    assert.deepEqual([tables[0]?.name, tables[0]?.columns], [null, null]);
    assert.deepEqual(tables[0]?.rows, [header, ...rows]);
  }
});

test('a terminal: columns between bars, statements above and below in the first column', async () => {
  const { tables } = await readPicture('terminal.png');
  const found = tables[0]?.rows ?? [];
  assert.match(found[0]?.join() ?? '', /^mysql> select/);
  assert.deepEqual(
    found.slice(1, 3).map((row) => row.map((cell) => cell?.replaceAll(' ', ''))),
    rows.map((row) => row.slice(1)),
  );
});

test('messages become records, one for each message', async () => {
  const { tables } = await readPicture('messages.png');
  assert.deepEqual(tables[0]?.columns, ['phone', 'email', 'nationalId', 'trackingNumber', 'text']);
  const expected = rows.map(([, phone, id, mail, code]) => [phone, mail, id, code]);
  assert.deepEqual(
    tables[0]?.rows.map((row) => row.slice(0, 4).map((cell) => cell?.toLowerCase())),
    expected.map((row) => row.map((cell) => cell?.toLowerCase())),
  );
});

test('every kind of picture, in chunks of any size', async () => {
  for (const name of ['phone.png', 'phone.jpg', 'phone.gif', 'phone.bmp', 'phone.webp']) {
    const bytes = readFileSync(join(folder, name));
    assert.ok(pictureReader.detect(memoryInput(bytes)) > 0.5);
    for (const chunkBytes of name === 'phone.webp' ? [1, 2, 3, 7, 64] : [65_536]) {
      const { tables } = await readBytes(bytes, chunkBytes);
      assert.equal(tables[0]?.rows[0]?.[0], '13800138000');
    }
  }
});

test('alternatives go to the writer after their cell', async () => {
  const calls: string[] = [];
  const writer = {
    text: (value: string) => void calls.push(value),
    readings: (alternatives: readonly string[]) => void calls.push(`or ${alternatives.length}`),
    bytes: () => {},
    empty: () => {},
    end: () => {},
    drop: () => {},
  };
  const sink = { table: () => writer, reject: () => {}, drain: async () => {} };
  await pictureReader.read(memoryInput(readFileSync(join(folder, 'messages.png'))), sink, memoryContext());
  const after = (value: string) => calls[calls.indexOf(value) + 1];
  assert.match(after('qian1990909@example.org') ?? '', /^or \d+$/);
  assert.equal(after('110101195207172628'), 'YT1103468079271');
});

test('a picture that claims too many pixels is refused before it is decoded', async () => {
  const bomb = makePng(100_000, 100_000, deflateSync(Buffer.alloc(1000)));
  await assert.rejects(readBytes(bomb), isCoded('DUMP_MEMORY'));
  const gif = Uint8Array.from(readFileSync(join(folder, 'phone.gif')));
  const frameAt = gif.lastIndexOf(0x2c, 900);
  assert.ok(frameAt > 0);
  gif.set([0xff, 0xff, 0xff, 0xff], 6);
  await assert.rejects(readBytes(gif), isCoded('DUMP_MEMORY'));
});

test('damaged pictures end with a code, and the next one is read', async () => {
  await assert.rejects(readBytes(makePng(100, 100, Buffer.alloc(10))), isCoded('DUMP_CORRUPT'));
  await assert.rejects(readBytes(Buffer.from('no picture')), isCoded('DUMP_CORRUPT'));
  let seed = 1;
  for (const name of ['phone.png', 'phone.jpg', 'phone.gif', 'phone.bmp', 'phone.webp']) {
    const bytes = readFileSync(join(folder, name));
    for (let round = 0; round < 8; round++) {
      const damaged = Uint8Array.from(round === 0 ? bytes.subarray(0, bytes.length >> 1) : bytes);
      for (let i = 0; i < round; i++) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        // After the size, so that the decoder has something to do.
        damaged[30 + (seed % (damaged.length - 30))] = seed >>> 24;
      }
      await readBytes(damaged).catch((error: unknown) => assert.ok(error instanceof BoltsealError, String(error)));
    }
  }
  assert.equal((await readBytes(readFileSync(join(folder, 'phone.png')))).tables[0]?.rows[0]?.[0], '13800138000');
});

test('the same picture gives the same rows, whatever was read before', async () => {
  const first = await readPicture('messages.png');
  await readPicture('phone.jpg');
  assert.deepEqual((await readBytes(readFileSync(join(folder, 'messages.png')))).tables, first.tables);
});

test('an empty page and a page of noise give nothing', async () => {
  const white = makePng(
    300,
    200,
    deflateSync(Buffer.alloc(200 * 301, 255).map((value, i) => (i % 301 === 0 ? 0 : value))),
  );
  assert.deepEqual(
    (await readBytes(white)).tables.flatMap(({ rows: found }) => found),
    [],
  );
  let seed = 7;
  const noise = Buffer.alloc(120 * 121).map((_, i) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return i % 121 === 0 ? 0 : seed >>> 24;
  });
  await readBytes(makePng(120, 120, deflateSync(noise)));
});

test('the sandbox is enough: no workers, no writing, no child processes, no network', () => {
  const script = `
    globalThis.fetch = () => { throw new Error('the network was asked'); };
    const { pictureReader } = await import('./src/dump/readers/picture.ts');
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync('./test/dump/readers/pictures/phone.png');
    const writer = { text: (value) => console.log(value), bytes() {}, empty() {}, end() {}, drop() {} };
    const sink = { table: () => writer, reject() {}, async drain() {} };
    const input = { name: 'x', async *stream() { yield bytes; } };
    await pictureReader.read(input, sink, { region: 'CN' });`;
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--permission',
    `--allow-fs-read=${root}`,
    '--input-type=module',
    '-e',
    script,
  ];
  const run = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  assert.equal(run.stdout.trim(), '13800138000', run.stderr);
});

/** A PNG of 8 bits of grey around compressed rows. */
function makePng(width: number, height: number, compressed: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const chunk = (name: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', compressed), chunk('IEND', Buffer.alloc(0))]);
}
