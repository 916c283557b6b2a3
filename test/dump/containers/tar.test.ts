import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { describe, it } from 'node:test';
import { tar } from '../../../src/dump/containers/tar.ts';
import { defaultLimits } from '../../../src/dump/reader.ts';
import { memoryContext, memoryInput } from '../memory-sink.ts';
import { survivesDamage, tarEntry, unpack, unpackInChunks } from './archive-tools.ts';

const end = Buffer.alloc(1024);
const pax = (record: string): string => {
  const bytes = Buffer.byteLength(record) + 2;
  const length = bytes + String(bytes + String(bytes).length).length;
  return `${length} ${record}\n`;
};

describe('tar', () => {
  it('reads files and leaves folders out', async () => {
    const archive = Buffer.concat([
      tarEntry('dir/', '', '5'),
      tarEntry('dir/a.csv', 'a,b\n'),
      tarEntry('empty', ''),
      end,
    ]);
    ok(tar.detect(memoryInput(archive)));
    deepStrictEqual(await unpackInChunks(tar, archive), {
      members: [
        { path: 'dir/a.csv', text: 'a,b\n', failure: null },
        { path: 'empty', text: '', failure: null },
      ],
      failure: null,
    });
  });
  it('takes long names from pax records and from GNU members', async () => {
    const long = `${'x'.repeat(300)}/数据.csv`;
    const archive = Buffer.concat([
      tarEntry('pax', pax(`path=${long}`), 'x'),
      tarEntry('short', '1'),
      tarEntry('././@LongLink', `${long}\0`, 'L'),
      tarEntry('short', '2'),
      tarEntry('short', '3'),
    ]);
    const { members } = await unpackInChunks(tar, archive);
    deepStrictEqual(
      members.map(({ path, text }) => [path, text]),
      [
        [long, '1'],
        [long, '2'],
        ['short', '3'],
      ],
    );
  });
  it('reads sizes from pax records and in base 256', async () => {
    const wide = `\x80${'\0'.repeat(10)}\x05`;
    const entry = tarEntry('b', 'fiver', '0', wide);
    const archive = Buffer.concat([
      tarEntry('p', pax('size=4'), 'x'),
      tarEntry('a', 'four', '0', `${'0'.repeat(11)}\0`),
      entry,
    ]);
    const { members, failure } = await unpackInChunks(tar, archive);
    deepStrictEqual([members.map(({ text }) => text), failure], [['four', 'fiver'], null]);
  });
  it('names links, devices and sparse members as what cannot be read, and hostile paths as they stand', async () => {
    const archive = Buffer.concat([
      ...[...'12346'].map((type) => tarEntry(`/dev/${type}`, '', type)),
      tarEntry('sparse', pax('GNU.sparse.major=1'), 'x'),
      tarEntry('sparse', 'abc'),
      tarEntry('../../etc/passwd', 'x'),
      end,
    ]);
    const { members } = await unpackInChunks(tar, archive);
    deepStrictEqual(
      members.map(({ path, failure }) => [path, failure]),
      [
        ...[...'12346'].map((type) => [`/dev/${type}`, 'DUMP_NOT_FILE']),
        ['sparse', 'DUMP_FORMAT'],
        ['../../etc/passwd', null],
      ],
    );
  });
  it('goes on after a damaged header and says so in the end', async () => {
    const first = tarEntry('a', 'first');
    first[3] = 0x41;
    const { members, failure } = await unpackInChunks(tar, Buffer.concat([first, tarEntry('b', 'second'), end]));
    deepStrictEqual([members.map(({ text }) => text), failure], [['second'], 'DUMP_CORRUPT']);
  });
  it('gives what there is of a member that is cut off', async () => {
    const archive = Buffer.concat([tarEntry('a', 'first'), tarEntry('b', 'x'.repeat(2000))]).subarray(0, 2500);
    const { members, failure } = await unpackInChunks(tar, archive);
    deepStrictEqual(
      members.map((member) => [member.text.length, member.failure]),
      [
        [5, null],
        [964, 'DUMP_TRUNCATED'],
      ],
    );
    strictEqual(failure, 'DUMP_TRUNCATED');
  });
  it('goes over members that nobody reads', async () => {
    const archive = Buffer.concat([tarEntry('a', 'x'.repeat(5000)), tarEntry('b', 'second'), end]);
    const { members } = await unpack(tar, memoryInput(archive), memoryContext(), (path) => path === 'b');
    deepStrictEqual(
      members.map(({ text }) => text),
      ['', 'second'],
    );
  });
  it('reads many tiny members in linear time, up to the limit', async () => {
    const entry = tarEntry('tiny', '');
    const archive = Buffer.concat(Array.from({ length: 20_000 }, () => entry));
    const { members } = await unpack(tar, memoryInput(archive), memoryContext());
    strictEqual(members.length, 20_000);
    const limits = { ...defaultLimits, members: 1000 };
    const limited = await unpack(tar, memoryInput(archive), memoryContext({ limits }));
    deepStrictEqual([limited.members.length, limited.failure], [1000, 'DUMP_MEMBERS']);
  });
  it('does not take text, zeros or other binary files for tar', () => {
    for (const head of ['a,b,c\n'.repeat(200), '\0'.repeat(2000), '\x01'.repeat(2000)]) {
      strictEqual(tar.detect(memoryInput(head)), false);
    }
  });
  it('survives damage', () =>
    survivesDamage(
      tar,
      Buffer.concat([tarEntry('p', pax('path=x'), 'x'), tarEntry('a', 'first'), tarEntry('b', 'second'), end]),
      memoryContext(),
      200,
    ));
});
