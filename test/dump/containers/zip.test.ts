import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { zip } from '../../../src/dump/containers/zip.ts';
import { memoryInput } from '../memory-sink.ts';
import {
  buildZip,
  fileInput,
  fixture,
  scratchContext,
  survivesDamage,
  unpack,
  type ZipEntry,
} from './archive-tools.ts';

const rows = Array.from({ length: 3000 }, (_, k) => `${k},user${k % 37}\n`).join('');
const stored = (name: string | Uint8Array, text: string): ZipEntry => ({
  name,
  data: Buffer.from(text),
  crc: crc32(text),
  sizeBytes: text.length,
});
const deflated = (name: string, text: string): ZipEntry => ({
  ...stored(name, text),
  data: deflateRawSync(text),
  method: 8,
});

describe('zip', () => {
  it('reads stored, deflated and zstd members, from a file and spooled', async (t) => {
    const context = await scratchContext(t);
    const zstd = { ...stored('z', rows), data: zstdCompressSync(rows), method: 93 };
    const archive = buildZip([stored('dir/', ''), stored('a', 'hello'), deflated('b', rows), zstd]);
    ok(zip.detect(memoryInput(archive)));
    const expected = [
      { path: 'a', text: 'hello', failure: null },
      { path: 'b', text: rows, failure: null },
      { path: 'z', text: rows, failure: null },
    ];
    deepStrictEqual(await unpack(zip, memoryInput(archive, 'input', 7), { ...context }), {
      members: expected,
      failure: null,
    });
    deepStrictEqual(readdirSync(context.scratchPath), []);
    deepStrictEqual((await unpack(zip, fileInput(context, 'x.zip', archive), { ...context })).members, expected);
    const behind = buildZip([deflated('b', rows)], Buffer.from('something in front of it'));
    strictEqual((await unpack(zip, fileInput(context, 'y.zip', behind), { ...context })).members[0]?.text, rows);
  });
  for (const name of [
    'lzma.zip',
    'd64.zip',
    'ppmd.zip',
    'aes.zip',
    'aeslzma.zip',
    'zc.zip',
    'zclzma.zip',
    'bz.zip',
    'z64.zip',
  ]) {
    it(`reads ${name} as other programs write it`, async (t) => {
      const context = await scratchContext(t, { passwords: ['wrong', 'geheim'] });
      const { members, failure } = await unpack(zip, memoryInput(fixture(name)), context);
      deepStrictEqual(
        [members.map(({ path, failure: code }) => [path, code]), failure],
        [
          [
            ['a.txt', null],
            ['b.csv', null],
          ],
          null,
        ],
      );
      deepStrictEqual(
        members.map(({ text }) => text),
        ['hello a\n', rows.slice(0, 3000)],
      );
    });
  }
  it('says which members are encrypted when no password opens them', async (t) => {
    for (const passwords of [[], ['wrong']]) {
      for (const name of ['aes.zip', 'zc.zip', 'aeslzma.zip']) {
        const { members } = await unpack(zip, memoryInput(fixture(name)), await scratchContext(t, { passwords }));
        strictEqual(members[1]?.failure, 'DUMP_PASSWORD', name);
      }
    }
  });
  it('refuses a strength of AES that there is none of', async (t) => {
    const archive = Buffer.from(fixture('aes.zip'));
    const field = Buffer.from([0x01, 0x99, 0x07, 0x00]);
    for (let at = archive.indexOf(field); at >= 0; at = archive.indexOf(field, at + 1)) archive[at + 8] = 9;
    const { members } = await unpack(zip, memoryInput(archive), await scratchContext(t, { passwords: ['geheim'] }));
    deepStrictEqual(
      members.map(({ failure }) => failure),
      ['DUMP_FORMAT', 'DUMP_FORMAT'],
    );
  });
  it('reads names in UTF-8, GBK and code page 437', async (t) => {
    const names = [
      Buffer.from('客户.csv'),
      Buffer.from([0xbf, 0xcd, 0xbb, 0xa7, 0x2e, 0x63]),
      Buffer.from([0x81, 0x2e, 0xff]),
    ];
    const archive = buildZip(names.map((name) => stored(name, 'x')));
    const { members } = await unpack(zip, memoryInput(archive), await scratchContext(t));
    deepStrictEqual(
      members.map(({ path }) => path),
      ['客户.csv', '客户.c', 'ü.\u00a0'],
    );
  });
  it('refuses members that share bytes, and reads the others', async (t) => {
    const kernel = deflated('kernel', '\0'.repeat(100_000));
    const again = Array.from({ length: 5 }, () => ({ ...kernel, position: 0 }));
    const full = await unpack(zip, memoryInput(buildZip([kernel, ...again])), await scratchContext(t));
    deepStrictEqual(
      full.members.map(({ failure }) => failure),
      [null, ...again.map(() => 'DUMP_CORRUPT')],
    );
    // Quoted: the first member holds the second one's header and data as its own.
    const inner = buildZip([stored('in', 'secret')]).subarray(0, 30 + 2 + 6);
    const outer = { ...stored('out', ''), data: inner, crc: crc32(inner), sizeBytes: inner.length };
    const quoted = buildZip([outer, { ...stored('in', 'secret'), position: 30 + 3 }, stored('last', 'x')]);
    const { members } = await unpack(zip, memoryInput(quoted), await scratchContext(t));
    deepStrictEqual(
      members.map(({ path, failure }) => [path, failure]),
      [
        ['out', 'DUMP_CORRUPT'],
        ['in', null],
        ['last', null],
      ],
    );
  });
  it('refuses members whose two headers disagree, links, and hostile positions', async (t) => {
    const archive = buildZip([
      { ...stored('safe.csv', 'x'), localName: 'evil.csv' },
      { ...stored('link', '/etc/passwd'), unixMode: 0o120_777 },
      { ...stored('far', 'x'), position: 4_000_000_000 },
      stored('../../sound', 'x'),
    ]);
    const { members } = await unpack(zip, memoryInput(archive), await scratchContext(t));
    deepStrictEqual(
      members.map(({ path, failure }) => [path, failure]),
      [
        ['safe.csv', 'DUMP_CORRUPT'],
        ['link', 'DUMP_NOT_FILE'],
        ['far', 'DUMP_CORRUPT'],
        ['../../sound', null],
      ],
    );
  });
  it('trusts no declared size and finds wrong checksums', async (t) => {
    const archive = buildZip([
      { ...deflated('size', rows), sizeBytes: 5 },
      { ...deflated('sum', rows), crc: 1 },
    ]);
    const { members } = await unpack(zip, memoryInput(archive), await scratchContext(t));
    deepStrictEqual(
      members.map(({ failure }) => failure),
      ['DUMP_CORRUPT', 'DUMP_CORRUPT'],
    );
  });
  it('holds the limits of expansion, members and scratch', async (t) => {
    const bomb = buildZip(Array.from({ length: 20 }, (_, k) => deflated(`b${k}`, '\0'.repeat(1_000_000))));
    const expansion = await scratchContext(t, { limits: { expansion: 50, expansionFreeBytes: 1000 } });
    const { members } = await unpack(zip, memoryInput(bomb), expansion);
    strictEqual(members.at(-1)?.failure, 'DUMP_BOMB');
    strictEqual(
      (await unpack(zip, memoryInput(bomb), await scratchContext(t, { limits: { members: 3 } }))).failure,
      'DUMP_MEMBERS',
    );
    strictEqual(
      (await unpack(zip, memoryInput(bomb), await scratchContext(t, { limits: { scratchBytes: 100 } }))).failure,
      'DUMP_SCRATCH',
    );
  });
  it('gives what there is of an archive that is cut off', async (t) => {
    const archive = buildZip([stored('a', 'hello'), deflated('b', rows), deflated('c', rows)]);
    const { members, failure } = await unpack(zip, memoryInput(archive.subarray(0, -6000)), await scratchContext(t));
    deepStrictEqual([members[0]?.text, members[1]?.text, failure], ['hello', rows, 'DUMP_TRUNCATED']);
  });
  it('survives damage', async (t) => {
    const context = await scratchContext(t, { passwords: ['geheim'] });
    await survivesDamage(zip, buildZip([stored('a', 'hello'), deflated('b', 'x'.repeat(500))]), context, 200);
    await survivesDamage(zip, fixture('aes.zip'), context, 20);
  });
});
