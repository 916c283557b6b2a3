import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { utils, write } from '@e965/xlsx';
import { BSON, Decimal128, Long, ObjectId } from 'bson';
import { buildZip, tarEntry } from '../../dump/containers/archive-tools.ts';
import {
  frame,
  hostileText,
  type Part,
  pick,
  type Random,
  record,
  rowKey,
  type Sample,
  tame,
  times,
} from './sample.ts';

const columns = ['id', 'name', 'phone', 'note'];

/** Rows of texts; the id stands in no two of them. */
function textRows(random: Random, value: () => string): string[][] {
  const first = 1000 + random(9000);
  return times(2 + random(9), (index) => [
    String(first + index),
    value(),
    String(13_800_138_000 + random(9999)),
    value(),
  ]);
}

export function bsonSample(random: Random): Sample {
  const parts = textRows(random, () => hostileText(random)).map(([id = '', name = '', phone = '', note = '']): Part => {
    const cells: [string, string][] = [
      ['id', id],
      ['name', name],
      ['big', '9007199254740993'],
      ['in.phone', phone],
      ['in.note', note],
      ['l.0', '1'],
      ['price', '12.340'],
      ['_id', '507f1f77bcf86cd799439011'],
    ];
    const document = {
      id: Number(id),
      name,
      big: Long.fromString('9007199254740993'),
      in: { phone, note },
      l: [1],
      price: Decimal128.fromString('12.340'),
      _id: new ObjectId('507f1f77bcf86cd799439011'),
    };
    return record(
      BSON.serialize(document),
      '',
      rowKey(
        cells.map(([key]) => key),
        cells.map(([, cell]) => cell),
      ),
    );
  });
  return { parts, isLocal: false };
}

const folder = mkdtempSync(join(tmpdir(), 'boltseal-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function literal(text: string): string {
  return `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;
}

export function sqliteSample(random: Random): Sample {
  const rows = textRows(random, () => hostileText(random).replaceAll('\0', ''));
  const path = join(folder, 'sample.sqlite');
  rmSync(path, { force: true });
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA page_size=512; PRAGMA journal_mode=MEMORY; CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, phone INTEGER, note TEXT);
    INSERT INTO t VALUES ${rows.map(([id = '', name = '', phone = '', note = '']) => `(${id},${literal(name)},${phone},${literal(note)})`).join(',')}`);
  database.close();
  return { parts: [frame(readFileSync(path))], isLocal: false, rows: rows.map((row) => rowKey(columns, row)) };
}

const instance = DuckDBInstance.create(':memory:', { threads: '1' });
const parquetFiles = new Map<number, Sample>();

/** One of a few files: they are slow to make, and the damage is what matters. */
export async function parquetSample(random: Random): Promise<Sample> {
  const number = random(6);
  const known = parquetFiles.get(number);
  if (known !== undefined) return known;
  const path = join(folder, 'sample.parquet');
  const rows = textRows(random, () => tame(hostileText(random)));
  const connection = await (await instance).connect();
  const blob = (text: string): string => `decode(unhex('${Buffer.from(text).toString('hex')}'))`;
  const values = rows.map(
    ([id = '', name = '', phone = '', note = '']) => `(${id},${blob(name)},${phone},${blob(note)})`,
  );
  const codec = pick(random, ['snappy', 'zstd', 'gzip', 'uncompressed', 'lz4_raw']);
  await connection.run(
    `COPY (SELECT * FROM (VALUES ${values.join(',')}) t(id, name, phone, note)) TO '${path}' (FORMAT parquet, COMPRESSION ${codec})`,
  );
  connection.closeSync();
  const sample = { parts: [frame(readFileSync(path))], isLocal: false, rows: rows.map((row) => rowKey(columns, row)) };
  parquetFiles.set(number, sample);
  return sample;
}

export function xlsSample(random: Random): Sample {
  const rows = textRows(random, () => `n${tame(hostileText(random)).slice(0, 200)}`);
  const sheet = utils.aoa_to_sheet([columns, ...rows]);
  const book = utils.book_new();
  utils.book_append_sheet(book, sheet, 'people');
  const bytes: Uint8Array = Buffer.from(write(book, { type: 'buffer', bookType: 'biff8' }));
  return { parts: [frame(bytes)], isLocal: false, rows: [columns, ...rows].map((row) => rowKey(null, row)) };
}

/** A zip without compression, whose checksums fit whatever stands in it: damage to members reaches the reader behind the archive. */
export function storedZip(members: readonly { readonly name: string; readonly data: Uint8Array }[]): Uint8Array {
  return buildZip(members.map(({ name, data }) => ({ name, data, crc: crc32(data), sizeBytes: data.length })));
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const LINKS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The members of a workbook: where damage is put in. */
export function workbook(random: Random): { members: { name: string; data: Uint8Array }[]; rows: string[] } {
  const rows = textRows(random, () => `n${tame(hostileText(random))}`);
  const shared: string[] = [];
  const cellOf = (text: string, reference: string): string => {
    const kind = random(3);
    if (kind === 0)
      return `<c r="${reference}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`;
    if (kind === 1) return `<c r="${reference}" t="str"><v>${escapeXml(text)}</v></c>`;
    shared.push(`<si><t xml:space="preserve">${escapeXml(text)}</t></si>`);
    return `<c r="${reference}" t="s"><v>${shared.length - 1}</v></c>`;
  };
  const data = rows.map(
    (cells, row) =>
      `<row r="${row + 1}">${cells.map((cell, column) => cellOf(cell, `${'ABCD'[column]}${row + 1}`)).join('')}</row>`,
  );
  const files: [string, string][] = [
    ['[Content_Types].xml', '<Types/>'],
    [
      '_rels/.rels',
      `<Relationships><Relationship Id="a" Type="${LINKS}/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
    ],
    [
      'xl/workbook.xml',
      `<workbook xmlns="${MAIN}" xmlns:r="${LINKS}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `<Relationships><Relationship Id="rId1" Type="${LINKS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    ],
    ['xl/worksheets/sheet1.xml', `<worksheet xmlns="${MAIN}"><sheetData>${data.join('')}</sheetData></worksheet>`],
    ['xl/sharedStrings.xml', `<sst xmlns="${MAIN}" count="${shared.length}">${shared.join('')}</sst>`],
  ];
  return {
    members: files.map(([name, text]) => ({ name, data: Buffer.from(`<?xml version="1.0"?>\n${text}`) })),
    rows: rows.map((row) => rowKey(null, row)),
  };
}

export function xlsxSample(random: Random): Sample {
  const { members, rows } = workbook(random);
  return { parts: [frame(storedZip(members))], isLocal: false, rows };
}

const plain = (random: Random): Uint8Array =>
  Buffer.from(times(1 + random(60), (index) => `${index},${tame(hostileText(random)).slice(0, 99)}\n`).join(''));

/** What a container holds is told as rows of path and content. */
const packed = (bytes: Uint8Array, members: readonly (readonly [string, Uint8Array])[]): Sample => ({
  parts: [frame(bytes)],
  isLocal: false,
  rows: members.map(([path, data]) => rowKey(null, [path, Buffer.from(data).toString('latin1')])),
});

export const containerSamples = {
  gzip(random: Random): Sample {
    const [one, two] = [plain(random), plain(random)];
    return packed(Buffer.concat([gzipSync(one), gzipSync(two)]), [['', Buffer.concat([one, two])]]);
  },
  zstd(random: Random): Sample {
    const data = plain(random);
    return packed(zstdCompressSync(data), [['', data]]);
  },
  /** LZ4 frames of blocks that are stored. */
  lz4(random: Random): Sample {
    const data = plain(random);
    const size = Buffer.alloc(4);
    size.writeUInt32LE((data.length | 0x80000000) >>> 0);
    return packed(Buffer.concat([Buffer.from('04224d1860408200'.slice(0, 14), 'hex'), size, data, Buffer.alloc(4)]), [
      ['', data],
    ]);
  },
  zip(random: Random): Sample {
    const members = times(1 + random(4), (index) => ({ name: `f${index}/x.txt`, data: plain(random) }));
    return packed(
      storedZip(members),
      members.map(({ name, data }) => [name, data] as const),
    );
  },
  tar(random: Random): Sample {
    const members = times(1 + random(4), (index) => [`f${index}/x.txt`, plain(random)] as const);
    return packed(Buffer.concat([...members.map(([name, data]) => tarEntry(name, data)), Buffer.alloc(1024)]), members);
  },
} satisfies Record<string, (random: Random) => Sample>;
