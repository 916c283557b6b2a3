import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import type { Dialect, DumpPart } from '../../src/dump/port.ts';
import { instantiateKernel } from '../../src/kernel/kernel.ts';
import { CTX_BYTES, PADDING } from '../../src/kernel/layout.ts';
import { Arena } from '../../src/scan/arena.ts';
import { writeContext } from '../../src/scan/context.ts';
import { Feeder, SLOT_BYTES } from '../../src/scan/feeder.ts';
import type { Filler } from '../../src/scan/filler.ts';
import { createEmptyAddresses } from '../../src/scan/image.ts';
import { makePlan } from '../../src/scan/plan.ts';

/*
 * Whatever stands in a file, its blocks together hold the rows that the reference reader finds in the whole.
 */

const MIB = 1_048_576;
const comma: Dialect = { separator: ',', quote: '"', newline: '\n' };
const arena = new Arena();
const kernel = instantiateKernel(arena.memory);
const context = arena.allocate(CTX_BYTES);
const slot = arena.allocate(SLOT_BYTES + PADDING);
const image = createEmptyAddresses(arena);
const noMarks = { touched: 0, strong: 0, recordSeen: 0, confirmSeen: 0, controlSeen: 0 };

/** Gives at most `most` bytes at a time. */
function fillerOf(bytes: Uint8Array, most: number): Filler {
  let done = 0;
  return {
    async fill(at, room) {
      const piece = bytes.subarray(done, done + Math.min(room, most));
      arena.bytes(at, piece.length).set(piece);
      done += piece.length;
      return piece.length;
    },
    async close() {},
  };
}

async function cut(
  bytes: Uint8Array,
  dialect: Dialect,
  { headerRows = 0, most = MIB } = {},
): Promise<{ blocks: Uint8Array[]; tooLong: number }> {
  const plan = makePlan({
    mode: 'verify',
    registerKey: new Uint8Array(32),
    region: 'CN',
    encoding: 'utf-8',
    dialect,
    columns: 3,
    fields: [],
  });
  writeContext(arena.memory, context, plan, image, noMarks, { isFirst: true, isLast: true });
  const part = { dialect, headerRows } as DumpPart;
  const feeder = new Feeder(arena, fillerOf(bytes, most), kernel, context, part, new Uint8Array(SLOT_BYTES));
  const blocks: Uint8Array[] = [];
  for (let block = await feeder.next(0, slot); block !== null; block = await feeder.next(0, slot)) {
    assert.equal(block.sequence, blocks.length);
    assert.ok(block.length > 0 && block.at >= slot && block.at + block.length <= slot + SLOT_BYTES);
    blocks.push(arena.bytes(block.at, block.length).slice());
    // What a worker still reads belongs to it alone; what comes next must not depend on it.
    arena.bytes(slot, SLOT_BYTES).fill(0x22);
  }
  return { blocks, tooLong: feeder.tooLong };
}

interface Summary {
  rows: number;
  rejected: number;
  /** Of lengths and ends of all cells, in their order. */
  checksum: number;
}

function summarise(inputs: readonly Uint8Array[], dialect: Dialect): Summary {
  const summary: Summary = { rows: 0, rejected: 0, checksum: 0 };
  for (const bytes of inputs) {
    for (const row of rowsOf(bytes, dialect)) {
      if ('rejected' in row) {
        summary.rejected++;
        continue;
      }
      summary.rows++;
      for (const cell of row.cells) {
        const ends = ((cell[0] ?? 1) << 8) ^ (cell.at(-1) ?? 2);
        summary.checksum = Math.imul(summary.checksum ^ (cell.length << 4) ^ ends, 0x01000193);
      }
      summary.checksum = Math.imul(summary.checksum ^ row.cells.length, 0x01000193);
    }
  }
  return summary;
}

async function check(input: string | Uint8Array, dialect = comma, most = MIB): Promise<void> {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const { blocks, tooLong } = await cut(bytes, dialect, { most });
  const found = summarise(blocks, dialect);
  assert.deepEqual({ ...found, rejected: found.rejected + tooLong }, summarise([bytes], dialect));
}

test('nothing, and next to nothing', async () => {
  for (const text of ['', '\n', '\r\n\r\n', '\n'.repeat(1_200_000), 'a', 'a\n', 'a\r', '"', '"\n', '""', ',', ',\n'])
    await check(text);
});

test('rows about as long as rows may be', async () => {
  for (const length of [MIB - 2, MIB - 1, MIB, MIB + 1]) {
    for (const end of ['', '\n', '\r\n']) {
      await check(`${'x'.repeat(length)}${end}`);
      await check(`a,b\n${'x'.repeat(length)}${end}${end === '' ? '' : 'c,d\n'}`);
      await check(`a,b\n"q",${'x'.repeat(length - 4)}${end}${end === '' ? '' : 'c,d\n'}`);
    }
  }
});

test('rows longer than rows may be, up to several slots', async () => {
  for (const length of [
    2 * MIB,
    SLOT_BYTES - 65_537,
    SLOT_BYTES - 65_536,
    SLOT_BYTES - 1,
    SLOT_BYTES,
    SLOT_BYTES + 1,
  ]) {
    const long = 'x'.repeat(length);
    await check(`a,b\n${long}\nc,d\n${long}`);
    await check(`a,"b"\n${long}\nc,"d\n"\n${long}\n"e"\n`);
    await check(`a,b\n"${long}"\n"c",d\n`);
  }
});

test('a quoted cell that closes just within its reach, or just not, wherever a block ends', async () => {
  const filler = 'abc,def,ghij,klm,nop,qrs,tuv\n'.repeat(37_500);
  for (const length of [65_534, 65_535, 65_536, 65_537]) {
    const quoted = `"${'n\n'.repeat(length >> 1)}${'x'.repeat(length & 1)}",b\n`;
    for (const before of [MIB - 65_600, MIB - 10, MIB - 1]) {
      await check(`${filler.slice(0, before - 1)}\n${quoted}${filler.slice(0, 100_000)}`);
    }
  }
});

test('quotes that never close', async () => {
  await check(`a,b\n${'"'.repeat(3 * MIB)}\nc,d\n`);
  await check('"a\n'.repeat(400_000));
  await check(`${',"'.repeat(40)}\n`.repeat(14_000));
  await check(`${'"a,'.repeat(400_000)}\nb\n`);
});

test('a row is cut the same wherever its bytes come in pieces', async () => {
  const text = `${'a,"b ""c"" \n d",e\r\n'.repeat(62_000)}"x`;
  for (const most of [1009, 65_536, MIB - 1]) await check(text, comma, most);
});

test('separators of several bytes, other quotes, lone CR, and none of them', async () => {
  const dialects: Dialect[] = [
    { separator: '----', quote: null, newline: '\n' },
    { separator: '----', quote: '"', newline: '\n' },
    { separator: '||', quote: "'", newline: '\r' },
    { separator: '\t', quote: null, newline: '\r' },
  ];
  const row = "a-----\"b\n--\"----'c\r|||d'\t'e||'\r\n\r\"----\n\n";
  for (const dialect of dialects) await check(row.repeat(28_000), dialect);
});

test('random pieces', async () => {
  // A linear congruential generator (Knuth, MMIX): the same files in every run.
  let state = 1n;
  const next = (below: number): number => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number(state >> 33n) % below;
  };
  const pieces = ['a', ',', '"', '""', '\n', '\r\n', '\r', '",', '"\n', ',"', 'xyz', '\n"', '-', '--'];
  for (let file = 0; file < 10; file++) {
    const dialect: Dialect = [
      comma,
      { separator: '--', quote: '"' as const, newline: '\n' as const },
      { ...comma, newline: '\r' as const },
    ][next(3)]!;
    const parts: string[] = [];
    for (let size = 0; size < 2.2 * MIB; ) {
      const piece = Array.from({ length: 1 + next(12) }, () => pieces[next(pieces.length)]!).join('');
      const text =
        next(12) === 0
          ? 'x'.repeat([65_530 + next(12), MIB - 6 + next(12), next(300_000)][next(3)]!)
          : piece.repeat(1 + next(2000));
      parts.push(text);
      size += text.length;
    }
    await check(parts.join(''), dialect);
  }
});

test('header rows are passed over once, however far they reach', async () => {
  const data = 'c,d\n'.repeat(100_000);
  const expected = summarise([Buffer.from(data)], comma);
  for (const [header, headerRows] of [
    ['name,phone\n', 1],
    ['\n\r\nname,"pho\nne"\r\n', 1],
    ['title\n\nname,phone\n', 2],
    [`${'\n'.repeat(2 * MIB)}name\n`, 1],
    [`name,${'x'.repeat(MIB)}\n`, 1],
    [`name,${'x'.repeat(2 * MIB)}\n`, 1],
    [`name,"${'x'.repeat(4 * MIB)}"\n`, 1],
  ] as const) {
    const { blocks, tooLong } = await cut(Buffer.from(header + data), comma, { headerRows });
    assert.deepEqual(summarise(blocks, comma), expected, `a header of ${header.length} bytes`);
    assert.equal(tooLong, 0, 'a header is no rejected row');
  }
});
