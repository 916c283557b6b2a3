import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { parquetReader } from '../../../src/dump/readers/parquet.ts';
import { EncodingReader } from '../../../src/dump/readers/parquet-encodings.ts';
import { ParquetDamage, ThriftReader } from '../../../src/dump/readers/parquet-thrift.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';

/** Thrift compact protocol: an array is a struct by field number (from 0), `list` a list of structs or texts. */
type Field = undefined | number | boolean | string | Field[] | { readonly list: readonly Field[] };

function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);

function typeOf(field: Field): number {
  if (typeof field === 'boolean') return field ? 1 : 2;
  if (typeof field === 'number') return 6;
  return typeof field === 'string' ? 8 : Array.isArray(field) ? 12 : 9;
}

function encode(field: Field): number[] {
  if (field === undefined || typeof field === 'boolean') return [];
  if (typeof field === 'number') return zigzag(field);
  if (typeof field === 'string') return [...varint(Buffer.byteLength(field)), ...Buffer.from(field)];
  if (Array.isArray(field)) {
    const parts = field.flatMap((value, id) =>
      value === undefined ? [] : [typeOf(value), ...zigzag(id), ...encode(value)],
    );
    return [...parts, 0];
  }
  return [0xf0 | typeOf(field.list[0]), ...varint(field.list.length), ...field.list.flatMap(encode)];
}

interface Column {
  /** SchemaElement: type, length, repetition, converted type. */
  readonly type: number;
  readonly length?: number;
  readonly repetition?: number;
  readonly converted?: number;
  readonly codec?: number;
  readonly rows: number;
  /** PageHeader and what follows it. */
  readonly pages: readonly { readonly header: Field[]; readonly bytes: Uint8Array }[];
}

function makeFile(column: Column): Uint8Array {
  const { type, length, repetition = 0, converted, codec = 0, rows, pages } = column;
  const body = pages.flatMap(({ header, bytes }) => [...encode(header), ...bytes]);
  const data: Field[] = [
    undefined,
    type,
    { list: [0] },
    { list: ['a'] },
    codec,
    rows,
    body.length,
    body.length,
    undefined,
    4,
  ];
  const footer = encode([
    undefined,
    2,
    {
      list: [
        [undefined, undefined, undefined, undefined, 'root', 1],
        [undefined, type, length, repetition, 'a', undefined, converted],
      ],
    },
    rows,
    { list: [[undefined, { list: [[undefined, undefined, 4, data]] }, body.length, rows]] },
  ]);
  const end = Buffer.alloc(4);
  end.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from('PAR1'), Buffer.from(body), Buffer.from(footer), end, Buffer.from('PAR1')]);
}

async function read(column: Column): Promise<{ rows: (string | null)[]; rejected: number }> {
  const scratchPath = mkdtempSync(join(tmpdir(), 'boltseal-pages-'));
  const sink = new MemorySink();
  await parquetReader.read(memoryInput(makeFile(column)), sink, memoryContext({ scratchPath }));
  rmSync(scratchPath, { recursive: true });
  return {
    rows: sink.tables[0]?.rows.map(([cell]) => cell ?? null) ?? [],
    rejected: sink.rejected.get('bad-record') ?? 0,
  };
}

const int32 = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer);
const crcOf = (bytes: Uint8Array) => crc32(bytes) | 0;

test('data pages of the second version: levels outside of what is packed', async () => {
  const packed = gzipSync(int32(7, 9));
  // Definition levels 1 0 1 as one bit-packed group.
  const bytes = Buffer.concat([Buffer.from([3, 0b101]), packed]);
  const header: Field[] = [
    undefined,
    3,
    10,
    bytes.length,
    crcOf(bytes),
    undefined,
    undefined,
    undefined,
    [undefined, 3, 1, 3, 0, 2, 0, true],
  ];
  assert.deepEqual(await read({ type: 1, repetition: 1, codec: 2, rows: 3, pages: [{ header, bytes }] }), {
    rows: ['7', null, '9'],
    rejected: 0,
  });
  const plain: Field[] = [
    undefined,
    3,
    8,
    8,
    undefined,
    undefined,
    undefined,
    undefined,
    [undefined, 2, 0, 2, 0, 0, 0, false],
  ];
  assert.deepEqual((await read({ type: 1, codec: 2, rows: 2, pages: [{ header: plain, bytes: int32(1, -2) }] })).rows, [
    '1',
    '-2',
  ]);
});

test('a page with a wrong checksum is damage; the pages before it stand', async () => {
  const page = (crc: number, ...values: number[]) => ({
    header: [undefined, 0, 4 * values.length, 4 * values.length, crc, [undefined, values.length, 0, 3, 3]] as Field[],
    bytes: int32(...values),
  });
  const pages = [page(crcOf(int32(1, 2)), 1, 2), page(crcOf(int32(3)), 4), page(crcOf(int32(5)), 5)];
  assert.deepEqual(await read({ type: 1, rows: 4, pages }), { rows: ['1', '2'], rejected: 2 });
});

test('INT96, as older programs write times', async () => {
  const bytes = Buffer.alloc(12);
  bytes.writeBigInt64LE(3_723_000_000_001n, 0);
  bytes.writeInt32LE(2_440_589, 8);
  const header: Field[] = [undefined, 0, 12, 12, undefined, [undefined, 1, 0, 3, 3]];
  assert.deepEqual((await read({ type: 3, rows: 1, pages: [{ header, bytes }] })).rows, [
    '1970-01-02T01:02:03.000000001',
  ]);
});

test('LZ4 with the sizes of Hadoop, and without', async () => {
  // A literal "abcd", then 8 bytes from 4 back, then a literal "wxyz!" at the end.
  const block = Buffer.from([0x44, 0x61, 0x62, 0x63, 0x64, 4, 0, 0x50, ...Buffer.from('wxyz!')]);
  const framed = Buffer.concat([Buffer.from([0, 0, 0, 17, 0, 0, 0, block.length]), block]);
  for (const bytes of [block, framed]) {
    const header: Field[] = [undefined, 0, 17, bytes.length, undefined, [undefined, 1, 0, 3, 3]];
    assert.deepEqual((await read({ type: 7, length: 17, codec: 5, rows: 1, pages: [{ header, bytes }] })).rows, [
      'abcdabcdabcdwxyz!',
    ]);
  }
  const cut: Field[] = [undefined, 0, 17, 9, undefined, [undefined, 1, 0, 3, 3]];
  assert.deepEqual(
    await read({ type: 7, length: 17, codec: 5, rows: 1, pages: [{ header: cut, bytes: block.subarray(0, 9) }] }),
    { rows: [], rejected: 1 },
  );
});

test('counts and sizes that no page can have are damage', async () => {
  const bytes = int32(1);
  for (const header of [
    [undefined, 0, 4, 4, undefined, [undefined, 2_000_000_000, 0, 3, 3]],
    [undefined, 0, 2_000_000_000, 4, undefined, [undefined, 1, 0, 3, 3]],
    [undefined, 0, 4, 2_000_000_000, undefined, [undefined, 1, 0, 3, 3]],
    [undefined, 0, 4, -4, undefined, [undefined, 1, 0, 3, 3]],
    [undefined, 0, 4, 4, undefined, [undefined, 1, 8, 3, 3]],
    [undefined, 0, 4, 4, undefined, [undefined, 0, 0, 3, 3]],
    [undefined, 9, 4, 4, undefined, [undefined, 1, 0, 3, 3]],
  ] as Field[][]) {
    assert.deepEqual(await read({ type: 1, rows: 1, pages: [{ header, bytes }] }), { rows: [], rejected: 1 });
  }
  const unpackable: Field[] = [undefined, 0, 4, 6, undefined, [undefined, 1, 0, 3, 3]];
  assert.equal(
    (
      await read({
        type: 1,
        codec: 2,
        rows: 1,
        pages: [{ header: unpackable, bytes: deflateRawSync(bytes).subarray(0, 6) }],
      })
    ).rejected,
    1,
  );
});

test('delta encodings', () => {
  // Block of 8, 1 miniblock, 5 values: 1 2 3 4 5 (the example of Encodings.md, shortened).
  const ones = Uint8Array.from([8, 1, 5, 2, 2, 0]);
  assert.deepEqual([...new EncodingReader(ones).delta(5)], [1n, 2n, 3n, 4n, 5n]);
  // Deltas -2 and 3: least -2, differences 0 and 5 in 3 bits.
  const mixed = Uint8Array.from([8, 1, 3, 14, 3, 3, 0b00101000, 0, 0]);
  assert.deepEqual([...new EncodingReader(mixed).delta(3)], [7n, 5n, 8n]);
  // 40 bits: 2^39 and 1.
  const wide = Uint8Array.from([8, 1, 3, 0, 0, 40, 0, 0, 0, 0, 0x80, 1, 0, 0, 0, 0]);
  assert.deepEqual([...new EncodingReader(wide).delta(3)], [0n, 2n ** 39n, 2n ** 39n + 1n]);
  const text = ({ bytes, starts, ends }: ReturnType<EncodingReader['deltaBytes']>) =>
    [...starts].map((start, at) => Buffer.from(bytes.subarray(start, ends[at])).toString());
  // Prefixes 0 2 4, suffixes "axis" "le" "!": lengths 4 2 1.
  const prefixed = Uint8Array.from([8, 1, 3, 0, 4, 0, 8, 1, 3, 8, 3, 1, 0b10, ...Buffer.from('axisle!')]);
  assert.deepEqual(text(new EncodingReader(prefixed).deltaBytes(3)), ['axis', 'axle', 'axle!']);
  for (const broken of [[0, 0, 5, 0], [8, 3, 5, 0, 0, 0, 0, 0], [8, 1, 5, 2, 2, 99], Array(200).fill(0xff)]) {
    assert.throws(() => new EncodingReader(Uint8Array.from(broken)).delta(5), ParquetDamage);
  }
});

test('runs and packed bits of every width', () => {
  for (let width = 1; width <= 32; width++) {
    const values = Array.from({ length: 16 }, (_, at) => (at * 0x9e3779b1) % 2 ** width);
    const packed = new Uint8Array(2 * width);
    for (const [index, value] of values.entries()) {
      for (let bit = 0; bit < width; bit++) {
        const at = index * width + bit;
        if (Math.floor(value / 2 ** bit) % 2 === 1) packed[at >> 3] = (packed[at >> 3] as number) | (1 << (at & 7));
      }
    }
    const run = Array.from(
      { length: (width + 7) >> 3 },
      (_, at) => Math.floor((values[3] as number) / 256 ** at) % 256,
    );
    const output = new Uint32Array(19);
    new EncodingReader(Uint8Array.from([5, ...packed, 6, ...run])).hybrid(output, width);
    assert.deepEqual([...output], [...values, values[3], values[3], values[3]]);
  }
});

test('lists within lists are damage, however deep', () => {
  const lists = new Uint8Array(1_000_000).fill(0x19);
  assert.throws(() => new ThriftReader(lists).readStruct(), ParquetDamage);
});
