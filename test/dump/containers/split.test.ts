import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { completeSplit, joinSplit, missingBefore, openSplit } from '../../../src/dump/containers/split.ts';
import { zip } from '../../../src/dump/containers/zip.ts';
import type { ReadContext } from '../../../src/dump/reader.ts';
import { randomFrom, walkInputs } from '../samples.ts';
import { fileInput, fixture, scratchContext, unpack } from './archive-tools.ts';

const names = (paths: string[]): unknown[] =>
  joinSplit(paths).map(({ name, pieces, missing }) => [name, pieces, missing]);

describe('joinSplit', () => {
  it('groups the pieces of each kind, in order', () => {
    deepStrictEqual(names(['d/x.7z.002', 'd/x.7z.001', 'y.csv']), [
      ['d/x.7z', ['d/x.7z.001', 'd/x.7z.002'], []],
      ['y.csv', ['y.csv'], []],
    ]);
    deepStrictEqual(names(['x.zip', 'x.z02', 'x.z01']), [['x.zip', ['x.z01', 'x.z02', 'x.zip'], []]]);
    deepStrictEqual(names(['x.part2.rar', 'x.part10.rar', ...[1, 3, 4, 5, 6, 7, 8, 9].map((k) => `x.part${k}.rar`)]), [
      ['x.rar', Array.from({ length: 10 }, (_, k) => `x.part${k + 1}.rar`), []],
    ]);
    deepStrictEqual(names(['x.r01', 'x.rar', 'x.r00']), [['x.rar', ['x.rar', 'x.r00', 'x.r01'], []]]);
    deepStrictEqual(names(['x.tar.gz.ab', 'x.tar.gz.aa']), [['x.tar.gz', ['x.tar.gz.aa', 'x.tar.gz.ab'], []]]);
  });
  it('says which pieces are missing', () => {
    deepStrictEqual(names(['x.7z.001', 'x.7z.004']), [['x.7z', ['x.7z.001', 'x.7z.004'], ['x.7z.002', 'x.7z.003']]]);
    deepStrictEqual(names(['x.part2.rar']), [['x.rar', ['x.part2.rar'], ['x.part1.rar']]]);
    deepStrictEqual(names(['x.z01']), [['x.zip', ['x.z01'], ['x.zip']]]);
  });
  it('leaves names alone that only look like pieces', () => {
    const single = ['a.zip', 'b.rar', 'c.txt', 'e.csv.gz', 'f.sql.js', 'notes.aa', 'x.000', 'index.db', 'app.log.005'];
    const several = ['leak.v10', 'leak.v11', 'dump.101', 'dump.102', 'b.csv.ab', 'b.csv.ac'];
    const paths = [...single, ...several];
    deepStrictEqual(
      names(paths),
      paths.map((path) => [path, [path], []]),
    );
  });
  it('reads a split zip by its disk numbers, and fails where a piece is missing', async (t) => {
    const context = await scratchContext(t);
    const bytes = fixture('bz.zip');
    const paths = ['p.zip.001', 'p.zip.002'].map(
      (name, k) => fileInput(context, name, k === 0 ? bytes.subarray(0, 500) : bytes.subarray(500)).filePath ?? '',
    );
    const [group] = joinSplit(paths);
    strictEqual(group?.pieces.length, 2);
    strictEqual((await unpack(zip, await openSplit(group), context)).members[0]?.text, 'hello a\n');
  });
  it('reads what `zip -s 64k` wrote: a member that goes on in the next piece, positions by piece', async (t) => {
    const context = await scratchContext(t);
    const paths = infoZipPieces(context);
    const [group] = joinSplit(paths);
    ok(group);
    const { members, failure } = await unpack(zip, await openSplit(group), context);
    deepStrictEqual(
      members.map(({ path, text, failure: own }) => [path, text, own]),
      [
        ['a.csv', `id,name\n${'1,Ann\n'.repeat(9000)}`, null],
        ['b.csv', `id,name\n${'2,Bob\n'.repeat(9000)}`, null],
      ],
    );
    strictEqual(failure, null);
  });
  it('knows from the last piece of a split zip how many there are', async (t) => {
    const context = await scratchContext(t);
    const [first = '', last = ''] = infoZipPieces(context);
    const names = async (path: string, count: number): Promise<string[]> =>
      (await missingBefore(path, count)).map((one) => basename(one));
    deepStrictEqual([await names(last, 0), await names(last, 1), await names(first, 0)], [['s.z01'], [], []]);
    deepStrictEqual(await names(fileInput(context, 'whole.zip', fixture('bz.zip')).filePath ?? '', 0), []);
    deepStrictEqual(await names('missing.zip', 0), []);
  });
  it('says of what is not all there which piece is missing, and reads what is', async (t) => {
    const context = await scratchContext(t);
    const [first = '', last = ''] = infoZipPieces(context);
    const seven = fixture('small.7z');
    const start = fileInput(context, 't.7z.001', seven.subarray(0, 100)).filePath ?? '';
    const end = fileInput(context, 't.7z.003', seven.subarray(200)).filePath ?? '';
    const whole = readFileSync(first);
    const numbered = fileInput(context, 'u.zip.001', whole.subarray(4, 60_000)).filePath ?? '';
    const gz = fileInput(context, 'v.csv.gz.001', gzipSync('id,name\n1,Ann\n'.repeat(5000)).subarray(0, 90));
    const volume = fileInput(context, 'w.part2.rar', fixture('example.rar')).filePath ?? '';
    for (const [inputs, missing, tables] of [
      [[last], 's.z01', []],
      [[first], 's.zip', ['a.csv', 'b.csv']],
      [[start], 't.7z.002', []],
      [[start, end], 't.7z.002', []],
      [[numbered], 'u.zip.002', ['a.csv', 'b.csv']],
      [[gz.filePath ?? ''], 'v.csv.gz.002', ['v.csv.gz.001']],
      [[volume], 'w.part1.rar', []],
    ] as const) {
      const walked = await walkInputs(inputs);
      deepStrictEqual(
        [
          walked.failures
            .filter(({ code }) => code !== 'DUMP_TRUNCATED')
            .map((one) => [one.code, one.parameters?.missing]),
          walked.tables.map(({ name }) => name.split(/ › |\//).at(-1)),
        ],
        [[['DUMP_PIECES', missing]], tables],
      );
    }
  });
  it('reads what the installed zip writes: deflated, over three pieces', {
    skip: spawnSync('zip', ['-v']).error === undefined ? false : 'zip is not installed',
  }, async (t) => {
    const { scratchPath } = await scratchContext(t);
    const random = randomFrom(7);
    const lines = Array.from(
      { length: 12_000 },
      (_, id) => `${id},Person ${random(1e9)},p${id}.${random(1e6)}@example.org`,
    );
    const texts = { 'a.csv': lines.slice(0, 8000), 'b.csv': lines.slice(8000) };
    for (const [name, part] of Object.entries(texts))
      writeFileSync(`${scratchPath}/${name}`, `id,name,email\n${part.join('\n')}\n`);
    strictEqual(spawnSync('zip', ['-q', '-X', '-s', '64k', 's.zip', 'a.csv', 'b.csv'], { cwd: scratchPath }).status, 0);
    const pieces = readdirSync(scratchPath).filter((name) => /\.z/.test(name));
    ok(pieces.length >= 3);
    const walked = await walkInputs(pieces.map((name) => `${scratchPath}/${name}`));
    deepStrictEqual(walked.failures, []);
    deepStrictEqual(
      walked.tables.map(({ chunks }) => Buffer.concat(chunks).toString().trimEnd().split('\n').slice(1)),
      Object.values(texts),
    );
    const [first = ''] = pieces;
    const lost = await walkInputs(pieces.filter((name) => name !== 's.z02').map((name) => `${scratchPath}/${name}`));
    deepStrictEqual(
      lost.failures.filter(({ code }) => code === 'DUMP_PIECES').map(({ parameters }) => parameters?.missing),
      ['s.z02'],
    );
    deepStrictEqual([first, lost.tables.length], ['s.z01', 1]);
  });
});

describe('completeSplit', () => {
  const completed = async (context: ReadContext, names: string[], given: string): Promise<string[]> => {
    for (const name of names) fileInput(context, name, new Uint8Array(1));
    const paths = await completeSplit([`${context.scratchPath}/${given}`]);
    return paths.map((path) => basename(path)).sort();
  };
  for (const [given, all] of [
    ['a.zip', ['a.z01', 'a.z02', 'a.zip']],
    ['a.z02', ['a.z01', 'a.z02', 'a.zip']],
    ['b.7z.001', ['b.7z.001', 'b.7z.002']],
    ['c.part2.rar', ['c.part1.rar', 'c.part2.rar']],
    ['d.rar', ['d.r00', 'd.r01', 'd.rar']],
  ] as const) {
    it(`finds the other pieces of ${given}`, async (t) => {
      deepStrictEqual(await completed(await scratchContext(t), [...all, 'e.zip', 'f.csv'], given), [...all]);
    });
  }
  it('leaves alone what only looks like a piece, and does not look for more than follow one another', async (t) => {
    const context = await scratchContext(t);
    deepStrictEqual(await completed(context, ['app.log.001', 'app.log.002'], 'app.log.001'), ['app.log.001']);
    deepStrictEqual(await completed(context, ['x.tar.gz.aa', 'x.tar.gz.ab'], 'x.tar.gz.aa'), ['x.tar.gz.aa']);
    deepStrictEqual(await completed(context, ['y.7z.001', 'y.7z.003'], 'y.7z.001'), ['y.7z.001']);
    deepStrictEqual(await completeSplit(['-', 'missing.zip']), ['-', 'missing.zip']);
  });
});

/** Two stored members of 54,008 bytes, by Zip 3.0: `zip -X -0 -s 64k s.zip a.csv b.csv`. */
function infoZipPieces(context: ReadContext): string[] {
  const both = gunzipSync(fixture('split.zip.gz'));
  const pieces = [
    ['s.z01', both.subarray(0, 65_536)],
    ['s.zip', both.subarray(65_536)],
  ] as const;
  return pieces.map(([name, bytes]) => fileInput(context, name, bytes).filePath ?? '');
}
