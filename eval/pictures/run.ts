import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RowSink } from '../../src/dump/reader.ts';
import { pictureReader } from '../../src/dump/readers/picture.ts';
import { memoryContext, memoryInput } from '../../test/dump/memory-sink.ts';
import { outputDirectory } from '../people-history.ts';
import { makeRandom } from '../random.ts';
import { type Look, makePage, makeRow, type PictureRow } from './pages.ts';
import { encodePicture, takePicture } from './shoot.ts';

/*
 * node eval/pictures/run.ts [--only TEXT] [--seed N] [--missed]: takes pictures of invented tables with Chromium, reads them, and counts which values were read exactly, which
 * are among the readings, and how many readings there were. Pictures are kept in eval/out/pictures.
 */

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '7' },
    missed: { type: 'boolean', default: false },
  },
});
const folder = join(outputDirectory, 'pictures');
mkdirSync(folder, { recursive: true });

interface Picture {
  readonly name: string;
  readonly look: Look;
  readonly dark: boolean;
  readonly zoom: number;
  readonly jpegQuality: number | null;
}

const kinds = ['phone', 'nationalId', 'email', 'trackingNumber'] as const;

function* listPictures(): Generator<Picture> {
  for (const look of ['sheet', 'client', 'terminal', 'messages'] as const) {
    for (const dark of [false, true]) {
      for (const zoom of [0.75, 1, 1.25, 1.5, 2]) {
        for (const jpegQuality of zoom === 1 || zoom === 2 ? [null, 80, 50] : [null]) {
          const name = `${look}-${dark ? 'dark' : 'light'}-${zoom}${jpegQuality === null ? '' : `-q${jpegQuality}`}`;
          yield { name, look, dark, zoom, jpegQuality };
        }
      }
    }
  }
}

function take({ name, look, dark, zoom, jpegQuality }: Picture, rows: readonly PictureRow[]): Uint8Array | null {
  const path = join(folder, `${values.seed}-${name}.${jpegQuality === null ? 'png' : 'jpg'}`);
  if (existsSync(path)) return readFileSync(path);
  const [width, height] = look === 'messages' ? [420, 760] : look === 'terminal' ? [1000, 320] : [860, 420];
  const png = takePicture(makePage(look, dark, 14, rows), width, height, zoom);
  const bytes = png === null || jpegQuality === null ? png : encodePicture(png, 'image/jpeg', jpegQuality / 100);
  if (bytes !== null) writeFileSync(path, bytes);
  return bytes;
}

/** All cells, and all readings of each. */
async function readCells(bytes: Uint8Array): Promise<Map<string, readonly string[]>> {
  const cells = new Map<string, readonly string[]>();
  let last = '';
  const writer = {
    text: (value: string) => {
      last = value.replaceAll(' ', '');
      cells.set(last, []);
    },
    readings: (alternatives: readonly string[]) => void cells.set(last, alternatives),
    bytes: () => {},
    empty: () => {},
    end: () => {},
    drop: () => {},
  };
  const sink: RowSink = { table: () => writer, reject: () => {}, drain: async () => {} };
  await pictureReader.read(memoryInput(bytes), sink, memoryContext());
  return cells;
}

/** The cell that shares most characters at the same places, from either end. */
function nearest(value: string, cells: Map<string, readonly string[]>): string {
  const score = (cell: string) =>
    [...value].filter((c, i) => c === cell[i] || c === cell[cell.length - value.length + i]).length;
  return [...cells.keys()].sort((a, b) => score(b) - score(a))[0] ?? '';
}

const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

const totals = new Map<string, { seen: number; exact: number; within: number; tried: number }>();
function count(key: string, exact: boolean, within: boolean, tried: number): void {
  const total = totals.get(key) ?? { seen: 0, exact: 0, within: 0, tried: 0 };
  totals.set(key, {
    seen: total.seen + 1,
    exact: total.exact + (exact ? 1 : 0),
    within: total.within + (within ? 1 : 0),
    tried: total.tried + tried,
  });
}

let milliseconds = 0;
let pictures = 0;
let index = 0;
for (const picture of listPictures()) {
  const random = makeRandom(Number(values.seed) + picture.name.length * 1000 + index++);
  const rows = Array.from({ length: picture.look === 'messages' ? 6 : 12 }, () => makeRow(random));
  if (!picture.name.includes(values.only)) continue;
  const bytes = take(picture, rows);
  if (bytes === null) {
    console.log(`${picture.name}: Chromium is not there, or took too long`);
    continue;
  }
  pictures++;
  const start = performance.now();
  const cells = await readCells(bytes);
  milliseconds += performance.now() - start;
  for (const row of rows) {
    for (const kind of kinds) {
      const value = row[kind];
      const exact = [...cells.keys()].some((cell) => isSame(cell, value));
      const among = [...cells].find(([, readings]) => readings.some((reading) => isSame(reading, value)));
      const within = exact || among !== undefined;
      const tried = [...cells].find(([cell]) => isSame(cell, value))?.[1].length ?? among?.[1].length ?? 0;
      for (const key of [kind, `${kind} ${picture.zoom < 1 ? 'below 100 %' : '100 % and more'}`, picture.name]) {
        count(key, exact, within, tried);
      }
      // Invented values: they may be shown.
      if (values.missed && !exact)
        console.log(`${within ? 'among' : 'missed'} ${picture.name}: ${value} seen ${nearest(value, cells)}`);
    }
  }
}
for (const [key, { seen, exact, within, tried }] of totals) {
  const percent = (part: number) => `${((100 * part) / seen).toFixed(1)} %`;
  console.log(
    `${key.padEnd(32)} ${String(seen).padStart(5)} values, exact ${percent(exact)}, among readings ${percent(within)}, ${(tried / seen).toFixed(1)} readings each`,
  );
}
const memoryMb = process.memoryUsage().rss / 1e6;
console.log(`${(milliseconds / pictures / 1000).toFixed(1)} s a picture, ${memoryMb.toFixed(0)} MB`);
