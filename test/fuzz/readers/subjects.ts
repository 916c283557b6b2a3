import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoltsealError } from '../../../src/core/errors.ts';
import { bzip2 } from '../../../src/dump/containers/bzip2.ts';
import { gzip } from '../../../src/dump/containers/gzip.ts';
import { lz4 } from '../../../src/dump/containers/lz4.ts';
import { rar } from '../../../src/dump/containers/rar.ts';
import { sevenZip } from '../../../src/dump/containers/seven-zip.ts';
import { tar } from '../../../src/dump/containers/tar.ts';
import { xz } from '../../../src/dump/containers/xz.ts';
import { zip } from '../../../src/dump/containers/zip.ts';
import { zstd } from '../../../src/dump/containers/zstd.ts';
import { RowReader } from '../../../src/dump/exact-rows.ts';
import type { ByteInput, Container, FormatReader, ReadContext } from '../../../src/dump/reader.ts';
import { bsonReader } from '../../../src/dump/readers/bson.ts';
import { comboReader } from '../../../src/dump/readers/combos.ts';
import { jsonReader } from '../../../src/dump/readers/json.ts';
import { keyValueReader } from '../../../src/dump/readers/key-values.ts';
import { ldifReader } from '../../../src/dump/readers/ldif.ts';
import { messyTextReader } from '../../../src/dump/readers/messy-text.ts';
import { parquetReader } from '../../../src/dump/readers/parquet.ts';
import { pictureReader } from '../../../src/dump/readers/picture.ts';
import { sqlReader } from '../../../src/dump/readers/sql.ts';
import { sqliteReader } from '../../../src/dump/readers/sqlite.ts';
import { vcardReader } from '../../../src/dump/readers/vcard.ts';
import { xlsReader } from '../../../src/dump/readers/xls.ts';
import { xlsxReader } from '../../../src/dump/readers/xlsx.ts';
import { xmlReader } from '../../../src/dump/readers/xml.ts';
import { unpack } from '../../dump/containers/archive-tools.ts';
import { MemorySink, memoryContext, memoryInput } from '../../dump/memory-sink.ts';
import { walkInputs } from '../../dump/samples.ts';
import {
  damagedPicture,
  damagedRar,
  damagedSevenZip,
  damagedXz,
  pictureSample,
  rarSample,
  sevenZipSample,
  xzSample,
} from './archive-samples.ts';
import {
  bsonSample,
  containerSamples,
  parquetSample,
  sqliteSample,
  storedZip,
  workbook,
  xlsSample,
  xlsxSample,
} from './binary-samples.ts';
import { damageFile } from './damage-bytes.ts';
import { bytesOf, pick, type Random, rowKey, type Sample } from './sample.ts';
import {
  comboSample,
  delimitedSample,
  jsonSample,
  keyValuesSample,
  ldifSample,
  messySample,
  sqlSample,
  vcardSample,
  xmlSample,
} from './text-samples.ts';

/** What comes out of an input, in the order in which it comes. */
export interface Outcome {
  readonly rows: readonly string[];
  readonly rejected: readonly (readonly [string, number])[];
  /** The code with which reading ended, or null. */
  readonly failure: string | null;
}

/** Something that reads hostile bytes. */
export interface Subject {
  readonly name: string;
  /** What has a meaning in its files. */
  readonly tokens: readonly string[];
  /** Tokens that rightly concern more than the record in which they stand: what follows them is a comment, or other data. */
  readonly farTokens?: ReadonlySet<string>;
  /** Whether its input has been brought to UTF-8. */
  readonly takesText: boolean;
  /** Whether chunks of other sizes may be tried: not where reading costs a process or a file. */
  readonly isChunked: boolean;
  /** Processor time that reading may take whatever the input's size, where that is more than for most. */
  readonly freeMilliseconds?: number;
  makeSample(random: Random): Sample | Promise<Sample>;
  /** Damage that only this format has, or undefined. */
  makeDamaged?(random: Random): Uint8Array;
  /** Reads; throws what is no coded error. */
  read(bytes: Uint8Array, chunkBytes: number): Promise<Outcome>;
}

const scratchPath = mkdtempSync(join(tmpdir(), 'boltseal-fuzz-'));
process.on('exit', () => rmSync(scratchPath, { recursive: true, force: true }));
const context: ReadContext = memoryContext({ scratchPath, passwords: ['secret'] });

async function readWith(reader: FormatReader, input: ByteInput): Promise<Outcome> {
  const sureness = reader.detect(input);
  if (!(sureness >= 0 && sureness <= 1)) throw new RangeError('a sureness beyond 0 to 1');
  const sink = new MemorySink();
  let failure: string | null = null;
  try {
    await reader.read(input, sink, context);
  } catch (error) {
    failure = codeOf(error);
  }
  const rows = sink.tables.flatMap((table) =>
    table.rows.map((row) => {
      if (table.columns !== null && row.length > Math.max(table.columns.length, 1))
        throw new RangeError('a row wider than its table');
      return rowKey(table.columns, row);
    }),
  );
  return { rows, rejected: [...sink.rejected].sort(), failure };
}

function codeOf(error: unknown): string {
  if (error instanceof BoltsealError) return error.code;
  throw error;
}

function reader(
  name: string,
  format: FormatReader,
  makeSample: Subject['makeSample'],
  tokens: readonly string[],
  extra: Partial<Subject> = {},
): Subject {
  return {
    name,
    tokens,
    takesText: format.takes === 'text',
    isChunked: true,
    makeSample,
    read: (bytes, chunkBytes) => readWith(format, memoryInput(bytes, 'input', chunkBytes)),
    ...extra,
  };
}

function container(
  name: string,
  format: Container,
  makeSample: Subject['makeSample'],
  tokens: readonly string[],
  extra: Partial<Subject> = {},
): Subject {
  return {
    name,
    tokens,
    takesText: false,
    isChunked: true,
    makeSample,
    async read(bytes, chunkBytes) {
      const input = memoryInput(bytes, 'input', chunkBytes);
      format.detect(input);
      const { members, failure } = await unpack(format, input, { ...context });
      return {
        // How much comes out before damage depends on how much goes in at a time.
        rows: members.map((member) => rowKey(null, [member.path, member.failure === null ? member.text : ''])),
        rejected: members.map((member): [string, number] => [String(member.failure), 1]),
        failure,
      };
    },
    ...extra,
  };
}

const codes = (...texts: string[]): string[] => texts.map((text) => Buffer.from(text, 'hex').toString('latin1'));
const jsonTokens = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '{"a":',
  '"a":[',
  '\\u',
  '\\ud800',
  'ObjectId("',
  '/*',
  "'",
  '1e',
  '{"$date":',
  '\x1e',
  'null',
];
const sqlTokens = [
  "'",
  '"',
  '`',
  '\\',
  '(',
  ')',
  ',',
  ';',
  '\n',
  '--',
  '/*',
  '*/',
  '$$',
  "E'",
  "N'",
  "_utf8'",
  'NULL',
  'INSERT INTO t VALUES (',
  'COPY t FROM stdin;\n',
  '\\.\n',
  'GO\n',
  'DELIMITER ;;\n',
  '0x',
  "x'",
  '||',
  'CREATE TABLE t (',
  '/*!',
];
const xmlTokens = [
  '<',
  '>',
  '/>',
  '</',
  '"',
  "'",
  '&',
  '&amp;',
  '&#',
  ';',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '?>',
  '<!DOCTYPE a [',
  '<!ENTITY a "',
  '&a;',
  '<user>',
  '</user>',
  '<a ',
  '=',
  '\n',
];
const lineTokens = ['\n', '\r', '\r\n', ':', '=', ' ', '\t', '"', "'", '\\', ',', ';', '|', '\0', '\ufeff', 'é', '@'];

/** 7-Zip runs in a thread that is started for each input. */
const byEngine: Partial<Subject> = { isChunked: false };

/** Everything that is fuzzed. */
export const subjects: readonly Subject[] = [
  reader('json', jsonReader, jsonSample, jsonTokens),
  reader('sql', sqlReader, sqlSample, sqlTokens, {
    farTokens: new Set(['/*', '/*!', '$$', 'DELIMITER ;;\n', 'COPY t FROM stdin;\n', '\\.\n', 'CREATE TABLE t (']),
  }),
  reader('xml', xmlReader, xmlSample, xmlTokens),
  reader('ldif', ldifReader, ldifSample, [...lineTokens, 'dn: x\n', '\n\n', '::', ':<', '\n ', '#', '-\n']),
  reader('vcard', vcardReader, vcardSample, [
    ...lineTokens,
    'BEGIN:VCARD\n',
    'END:VCARD\n',
    ';ENCODING=QUOTED-PRINTABLE:',
    '=\n',
    '=E5',
    'N:',
    '\n ',
  ]),
  reader('key-values', keyValueReader, keyValuesSample, [...lineTokens, 'a=', 'b: ', '&', '[', ']', '="']),
  reader('combos', comboReader, comboSample, [
    ...lineTokens,
    '----',
    'https://',
    'URL: ',
    'Password: ',
    'Username: ',
    '$2y$10$',
  ]),
  reader('messy-text', messyTextReader, messySample, [...lineTokens, '----', '""', 'id,name,phone\n', '\n\n'], {
    farTokens: new Set(['id,name,phone\n']),
  }),
  {
    ...reader('delimited', jsonReader, delimitedSample, [...lineTokens, '""', '",', '"\n']),
    async read(bytes, chunkBytes) {
      const rows = new RowReader({ separator: ',', quote: '"', newline: '\n' });
      const found: string[] = [];
      const rejected: string[] = [];
      const take = (row: ReturnType<typeof rows.push> extends Iterable<infer T> ? T : never): void => {
        if ('rejected' in row) rejected.push(row.rejected);
        else
          found.push(
            rowKey(
              null,
              row.cells.map((cell) => new TextDecoder().decode(cell)),
            ),
          );
      };
      for await (const chunk of memoryInput(bytes, 'input', chunkBytes).stream())
        for (const row of rows.push(chunk)) take(row);
      for (const row of rows.finish()) take(row);
      return { rows: found, rejected: rejected.map((reason) => [reason, 1] as const), failure: null };
    },
  },
  reader(
    'bson',
    bsonReader,
    bsonSample,
    codes('00', '02', '03', '04', '0000', 'ffffffff', '05000000', '7fffffff', '1061000100000000'),
  ),
  reader('sqlite', sqliteReader, sqliteSample, codes('00', '0d', '05', 'ff', '8080', 'ffffffff')),
  reader('parquet', parquetReader, parquetSample, codes('00', '15', '1c', 'ff', 'ffffffff0f', '50415231', '28b52ffd')),
  reader('xls', xlsReader, xlsSample, codes('00', 'ff', '0908', 'fc00', '3c00', 'feffffff', 'ffffff7f')),
  reader('xlsx', xlsxReader, xlsxSample, xmlTokens, {
    makeDamaged(random) {
      const { members } = workbook(random);
      const victim = random(members.length);
      return storedZip(
        members.map(({ name, data }, index) => ({
          name,
          data:
            index === victim
              ? damageFile(random, data, data, [...xmlTokens, 't="s"', 'r="XFD1048576"', '<v>', '<c>', '<row>'])
              : data,
        })),
      );
    },
  }),
  container('gzip', gzip, containerSamples.gzip, codes('1f8b08', 'ff', '00')),
  container('zstd', zstd, containerSamples.zstd, codes('28b52ffd', '502a4d18', 'ff', '00')),
  container(
    'bzip2',
    bzip2,
    (random) => ({
      parts: [{ bytes: Buffer.from(pick(random, bzip2Files), 'base64'), endBytes: 0, rows: null }],
      isLocal: false,
      rows: null,
    }),
    codes('425a68', '314159265359', '177245385090', 'ff', '00'),
  ),
  container('lz4', lz4, containerSamples.lz4, codes('04224d18', '502a4d18', '00000000', 'ffffffff', '02214c18')),
  container(
    'zip',
    zip,
    containerSamples.zip,
    codes('504b0304', '504b0102', '504b0506', '504b0708', 'ffffffff', '0100'),
  ),
  container('tar', tar, containerSamples.tar, codes('00', '7573746172', '80ffffff', 'ff')),
  container('xz', xz, xzSample, codes('fd377a585a00', '00', 'ff', '0221', '5d00', '595a'), { makeDamaged: damagedXz }),
  container('7z', sevenZip, sevenZipSample, codes('377abcaf271c', '00', 'ff', '0104', '2303'), {
    ...byEngine,
    makeDamaged: damagedSevenZip,
  }),
  container('rar', rar, rarSample, codes('526172211a0700', '526172211a070100', '00', 'ff', '7420'), {
    ...byEngine,
    makeDamaged: damagedRar,
  }),
  {
    name: 'picture',
    // Recognition itself is another program: what looks at the bytes before is what is fuzzed.
    tokens: codes('ffd8', 'ffc0', 'ffd9', '89504e470d0a1a0a', '49484452', 'ffffffff', '424d'),
    takesText: false,
    isChunked: false,
    makeSample: (random) => ({
      parts: [{ bytes: Buffer.from(pick(random, pictures), 'base64'), endBytes: 0, rows: null }],
      isLocal: false,
      rows: null,
    }),
    async read(bytes) {
      return { rows: [String(pictureReader.detect(memoryInput(bytes)))], rejected: [], failure: null };
    },
  },
  reader('recognition', pictureReader, pictureSample, codes('00', 'ff', 'ffda', '49444154', '2c', '52494646'), {
    isChunked: false,
    makeDamaged: damagedPicture,
    // Starting the engine; then reading a line takes 40 ms, and damage looks like many lines.
    freeMilliseconds: 60_000,
  }),
  {
    name: 'walk',
    tokens: [...lineTokens, ...xmlTokens, ...jsonTokens, ...sqlTokens],
    takesText: false,
    isChunked: false,
    async makeSample(random) {
      const { parts } = await pick(random, subjects.slice(0, 14)).makeSample(random);
      return { parts, isLocal: false, rows: null };
    },
    async read(bytes) {
      const file = join(scratchPath, 'walked');
      writeFileSync(file, bytes);
      const { tables, failures, rejected } = await walkInputs([file]);
      const crash = failures.find(({ code }) => code === 'DUMP_CRASHED');
      if (crash !== undefined) throw new RangeError(`the walk crashed: ${crash.parameters.reason}`);
      const rows = tables.flatMap((table) => table.chunks.map((chunk) => Buffer.from(chunk).toString('latin1')));
      return { rows, rejected: [...rejected].sort(), failure: failures[0]?.code ?? null };
    },
  },
];

export function subjectOf(name: string): Subject {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined) throw new RangeError(`no reader is called ${name}`);
  return found;
}

export function sampleBytes(sample: Sample): Uint8Array {
  return bytesOf(sample.parts);
}

/** `a,b,c` and some hundred equal lines, by bzip2 1.0.8. */
const bzip2Files = [
  'QlpoOTFBWSZTWao7dQsAAATZAAAQAAQ4ADgAIAAxDAgaaMJWnLKCR4u5IpwoSFUduoWA',
  'QlpoOTFBWSZTWYH4ixoABVtZgAAQQAB/AAMlhEAgAIgTVVGAAApVQyGaMo1JYSWJLIlmS0JakvKJOSkYKRgpGSkbFI0UjRSMlI0Uj2Uj8UjwUjgpH8XckU4UJCB+IsaA',
];
/** A PNG, a GIF and a BMP of one dot. */
const pictures = [
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  'Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAATCwAAEwsAAAAAAAAAAAAA////AA==',
];
