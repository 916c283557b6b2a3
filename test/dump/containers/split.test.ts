import { deepStrictEqual, rejects, strictEqual } from 'node:assert';
import { describe, it } from 'node:test';
import { joinSplit, openSplit } from '../../../src/dump/containers/split.ts';
import { zip } from '../../../src/dump/containers/zip.ts';
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
    const paths = ['a.zip', 'b.rar', 'c.txt', 'e.csv.gz', 'f.sql.js', 'notes.aa', 'x.000', 'index.db', 'app.log.005'];
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
    await rejects(openSplit({ ...group, missing: ['p.zip.003'] }), { code: 'DUMP_TRUNCATED' });
  });
});
