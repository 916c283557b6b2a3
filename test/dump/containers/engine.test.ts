import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import { rar } from '../../../src/dump/containers/rar.ts';
import { sevenZip } from '../../../src/dump/containers/seven-zip.ts';
import { joinSplit, openSplit } from '../../../src/dump/containers/split.ts';
import { memoryInput } from '../memory-sink.ts';
import { fileInput, fixture, scratchContext, survivesDamage, unpack } from './archive-tools.ts';

const secret = [
  ['a.txt', 'hello a', null],
  ['b.txt', 'b'.repeat(1000), null],
];
const list = (unpacked: Awaited<ReturnType<typeof unpack>>): unknown[][] =>
  unpacked.members.map(({ path, text, failure }) => [path, text, failure]);

/** A volume of a rar 4 archive: a stored member, or a part of one (flags 1: begins before, 2: goes on). */
function rarVolume(index: number, name: string, data: Buffer, whole: Buffer, flags: number): Buffer {
  const block = (body: Buffer): Buffer => {
    const sum = Buffer.alloc(2);
    sum.writeUInt16LE(crc32(body) & 0xffff);
    return Buffer.concat([sum, body]);
  };
  const main = Buffer.alloc(11);
  main[0] = 0x73;
  // Volume, new naming, first volume.
  main.writeUInt16LE(index === 0 ? 0x0111 : 0x0011, 1);
  main.writeUInt16LE(13, 3);
  const file = Buffer.alloc(30 + name.length);
  file[0] = 0x74;
  file.writeUInt16LE(0x8000 | flags, 1);
  file.writeUInt16LE(32 + name.length, 3);
  file.writeUInt32LE(data.length, 5);
  file.writeUInt32LE(whole.length, 9);
  file[13] = 3;
  file.writeUInt32LE(crc32((flags & 2) === 0 ? whole : data), 14);
  file[22] = 20;
  file[23] = 0x30;
  file.writeUInt16LE(name.length, 24);
  file.writeUInt32LE(0o100644, 26);
  file.write(name, 30);
  const end = Buffer.alloc(5);
  end[0] = 0x7b;
  end.writeUInt16LE((flags & 2) === 0 ? 0x4000 : 0x4001, 1);
  end.writeUInt16LE(7, 3);
  return Buffer.concat([Buffer.from('Rar!\x1a\x07\0', 'latin1'), block(main), block(file), data, block(end)]);
}

/** The same of a rar 5 archive (https://www.rarlab.com/technote.htm). */
function rar5Volume(index: number, name: string, data: Buffer, whole: Buffer, flags: number): Buffer {
  const number = (value: number): Buffer =>
    value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 127) | 128), number(value >>> 7)]);
  const check = (bytes: Uint8Array): Buffer => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(bytes));
    return sum;
  };
  const block = (...fields: Buffer[]): Buffer => {
    const header = Buffer.concat(fields);
    const guarded = Buffer.concat([number(header.length), header]);
    return Buffer.concat([check(guarded), guarded]);
  };
  // Volume; all but the first carry their number.
  const main = index === 0 ? [number(1), number(0), number(1)] : [number(1), number(0), number(3), number(index)];
  const sizes = [number(data.length), number(4), number(whole.length), number(0o100644)];
  const file = block(
    ...[number(2), number(2 | ((flags & 1) << 3) | ((flags & 2) << 3)), ...sizes],
    ...[check((flags & 2) === 0 ? whole : data), number(0), number(1), number(name.length), Buffer.from(name)],
  );
  const end = block(number(5), number(0), number((flags & 2) === 0 ? 0 : 1));
  return Buffer.concat([Buffer.from('526172211a070100', 'hex'), block(...main), file, data, end]);
}

describe('7z and rar', () => {
  it('reads a 7z from a file, spooled, and in pieces', async (t) => {
    const context = await scratchContext(t);
    const bytes = fixture('small.7z');
    ok(sevenZip.detect(memoryInput(bytes)));
    const expected = [
      ['empty.txt', '', null],
      ['a.txt', 'hello a', null],
      ['dir/b.txt', 'hello b', null],
    ];
    deepStrictEqual(list(await unpack(sevenZip, memoryInput(bytes, 'x', 7), { ...context })).slice(0, 3), expected);
    const paths = [0, 100, 200].map(
      (from, k) =>
        fileInput(context, `s.7z.00${k + 1}`, bytes.subarray(from, k === 2 ? undefined : from + 100)).filePath ?? '',
    );
    const [group] = joinSplit(paths.toReversed());
    ok(group);
    const split = await unpack(sevenZip, await openSplit(group), { ...context });
    deepStrictEqual([list(split).slice(0, 3), split.members.length, split.failure], [expected, 4, null]);
  });
  it('tries passwords on members and on headers', async (t) => {
    const context = await scratchContext(t, { passwords: ['wrong', 'geheim密'] });
    for (const name of ['enc.7z', 'ench.7z']) {
      const unpacked = await unpack(sevenZip, fileInput(context, name, fixture(name)), { ...context });
      deepStrictEqual([list(unpacked), unpacked.failure], [secret, null], name);
    }
  });
  it('tries passwords on headers where a wrong key makes 7-Zip fail without a word', async (t) => {
    const open = async (...passwords: string[]) => {
      const context = await scratchContext(t, { passwords });
      return unpack(sevenZip, fileInput(context, 'x.7z', fixture('ench-larger.7z')), { ...context });
    };
    for (const passwords of [[], ['wrong'], ['wrong', 'again']]) {
      const { members, failure } = await open(...passwords);
      deepStrictEqual([members.length, failure], [0, 'DUMP_PASSWORD'], passwords.join(' '));
    }
    const { members, failure } = await open('wrong', 'again', 'geheim密');
    deepStrictEqual([members.map(({ path, text }) => [path, text.length]), failure], [[['r.bin', 600]], null]);
  });
  it('says what is encrypted when no password opens it', async (t) => {
    const context = await scratchContext(t);
    const members = await unpack(sevenZip, memoryInput(fixture('enc.7z')), { ...context });
    deepStrictEqual(list(members), [
      ['a.txt', '', 'DUMP_PASSWORD'],
      ['b.txt', '', 'DUMP_PASSWORD'],
    ]);
    strictEqual((await unpack(sevenZip, memoryInput(fixture('ench.7z')), { ...context })).failure, 'DUMP_PASSWORD');
  });
  it('reads rar 4, with encrypted headers too', async (t) => {
    const context = await scratchContext(t, { passwords: ['password'] });
    ok(rar.detect(memoryInput(fixture('example.rar'))));
    const plain = await unpack(rar, memoryInput(fixture('example.rar')), { ...context });
    deepStrictEqual(
      plain.members.map(({ path, failure }) => [path, failure]),
      [
        ['example/foo/bar.txt', null],
        ['example/hoge.txt', null],
      ],
    );
    const encrypted = await unpack(rar, memoryInput(fixture('example-encrypted.rar')), { ...context });
    deepStrictEqual(
      encrypted.members.map(({ text }) => text),
      plain.members.map(({ text }) => text),
    );
    strictEqual(
      (await unpack(rar, memoryInput(fixture('CP932.rar')), { ...context })).members[0]?.path,
      'ディレクトリ/テキストファイル.txt',
    );
  });
  it('reads the volumes of a rar as a set', async (t) => {
    const context = await scratchContext(t);
    const whole = Buffer.from('a,b\n'.repeat(1000));
    const paths = [whole.subarray(0, 1500), whole.subarray(1500, 3000), whole.subarray(3000)].map((data, k) => {
      const volume = rarVolume(k, 'rows.csv', data, whole, (k > 0 ? 1 : 0) | (k < 2 ? 2 : 0));
      return fileInput(context, `v.part${k + 1}.rar`, volume).filePath ?? '';
    });
    const [group] = joinSplit(paths);
    ok(group);
    const unpacked = await unpack(rar, await openSplit(group), { ...context });
    deepStrictEqual([list(unpacked), unpacked.failure], [[['rows.csv', whole.toString(), null]], null]);
  });
  it('reads the volumes of rar 4 under their old names, and of rar 5', async (t) => {
    const context = await scratchContext(t);
    const whole = Buffer.from('a,b\n'.repeat(1000));
    const parts = [whole.subarray(0, 1500), whole.subarray(1500, 3000), whole.subarray(3000)];
    for (const [names, write] of [
      [['o.rar', 'o.r00', 'o.r01'], rarVolume],
      [['n.part1.rar', 'n.part2.rar', 'n.part3.rar'], rar5Volume],
    ] as const) {
      const paths = parts.map((data, k) => {
        const volume = write(k, 'rows.csv', data, whole, (k > 0 ? 1 : 0) | (k < 2 ? 2 : 0));
        return fileInput(context, names[k] ?? '', volume).filePath ?? '';
      });
      const [group] = joinSplit(paths);
      ok(group);
      const unpacked = await unpack(rar, await openSplit(group), { ...context });
      deepStrictEqual([list(unpacked), unpacked.failure], [[['rows.csv', whole.toString(), null]], null], names[0]);
      const lost = await openSplit({ ...group, pieces: group.pieces.slice(0, 2) });
      const { members } = await unpack(rar, lost, { ...context });
      ok(/^DUMP_(?:TRUNCATED|CORRUPT)$/.test(members[0]?.failure ?? ''), names[0]);
    }
  });
  it('goes over members that nobody reads, holds limits, and ends when it is left', async (t) => {
    const context = await scratchContext(t);
    const input = fileInput(context, 'small.7z', fixture('small.7z'));
    const { members } = await unpack(sevenZip, input, { ...context }, (path) => path === 'dir/b.txt');
    strictEqual(members[2]?.text, 'hello b');
    const limits = { ...context.limits, expansion: 10, expansionFreeBytes: 1000 };
    strictEqual((await unpack(sevenZip, input, { ...context, limits })).members.at(-1)?.failure, 'DUMP_BOMB');
    for await (const _ of sevenZip.open(input, { ...context })) break;
  });
  it('says that an archive is cut off or damaged', async (t) => {
    const context = await scratchContext(t);
    const { failure } = await unpack(sevenZip, memoryInput(fixture('small.7z').subarray(0, 150)), { ...context });
    ok(failure === 'DUMP_TRUNCATED' || failure === 'DUMP_CORRUPT');
  });
  it('survives damage', async (t) => {
    const context = await scratchContext(t);
    await survivesDamage(sevenZip, fixture('small.7z'), context, 6);
    await survivesDamage(rar, fixture('example.rar'), context, 6);
  });
});
