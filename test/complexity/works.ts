import { readings } from '../../src/core/confusable.ts';
import { maskUnknown } from '../../src/core/fields/masks.ts';
import { fields } from '../../src/core/fields/registry.ts';
import { headerKey, printable } from '../../src/core/text.ts';
import { inferTable } from '../../src/dump/columns.ts';
import { describeDelimited } from '../../src/dump/delimited.ts';
import { Mappings } from '../../src/dump/describe-columns.ts';
import { detectTextEncoding } from '../../src/dump/encoding-detect.ts';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import { isHeader } from '../../src/dump/header.ts';
import type { FormatReader, RowSink, RowWriter } from '../../src/dump/reader.ts';
import { comboReader } from '../../src/dump/readers/combos.ts';
import { jsonReader } from '../../src/dump/readers/json.ts';
import { keyValueReader } from '../../src/dump/readers/key-values.ts';
import { ldifReader } from '../../src/dump/readers/ldif.ts';
import { messyTextReader } from '../../src/dump/readers/messy-text.ts';
import { sqlReader } from '../../src/dump/readers/sql.ts';
import { vcardReader } from '../../src/dump/readers/vcard.ts';
import { readXml } from '../../src/dump/readers/xlsx-xml.ts';
import { xmlReader } from '../../src/dump/readers/xml.ts';
import { TableSink } from '../../src/dump/table-sink.ts';
import { toUtf8 } from '../../src/dump/transcode.ts';
import { memoryContext, memoryInput } from '../dump/memory-sink.ts';
import { inPieces } from '../dump/samples.ts';
import { commonFamilies, type Family, familiesFor, randomFamilies, repeated, tokensOf } from './families.ts';
import type { Work } from './measure.ts';

/** What the walk gives at the least (src/dump/input.ts); reading what is incomplete anew with each of eight chunks shows. */
const CHUNK_BYTES = 32_768;
const region = { region: 'CN' };
const encoder = new TextEncoder();

/** Takes rows and keeps nothing, so that the reader alone is measured. */
const writer: RowWriter = { text() {}, bytes() {}, empty() {}, end() {}, drop() {} };
const nowhere: RowSink = { table: () => writer, reject() {}, async drain() {} };

const textReaders: readonly FormatReader[] = [
  sqlReader,
  jsonReader,
  xmlReader,
  ldifReader,
  vcardReader,
  keyValueReader,
  comboReader,
  messyTextReader,
];

function workOf(name: string, family: Family, run: (bytes: Uint8Array, text: string) => unknown): Work {
  return {
    name: `${name} ${family.name}`,
    prepare(sizeBytes) {
      const text = family.make(sizeBytes);
      const bytes = encoder.encode(text);
      return () => run(bytes, text);
    },
  };
}

/** Every reader of text with its detector: the families of its format, the common ones, and some by chance. */
function readerWorks(seed: number): Work[] {
  return textReaders.flatMap((reader) => {
    const chance = randomFamilies(tokensOf(reader.format), seed, 6);
    return [...familiesFor(reader.format), ...chance].map((family) =>
      workOf(reader.format, family, async (bytes) => {
        const input = memoryInput(bytes, 'input', CHUNK_BYTES);
        reader.detect(input);
        await reader.read(input, nowhere, memoryContext());
      }),
    );
  });
}

/** All detectors at once: what comes in is seldom of their format. */
function detectorWorks(): Work[] {
  return commonFamilies.map((family) =>
    workOf('detectors', family, (bytes) => {
      const input = memoryInput(bytes);
      for (const reader of textReaders) reader.detect(input);
    }),
  );
}

const encodings = ['utf-16le', 'gb18030', 'big5', 'shift_jis', 'windows-1252', 'mixed:utf-8+gb18030'] as const;
const units = ['a', '中', 'é', 'Ã©', '涓€', '\ufffd', '\x80', 'é\n', '中\n', '\u0301', 'ÃÂ', '\xff'];

async function consume(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}

function delimitedWorks(): Work[] {
  const families = familiesFor('messy-text');
  return families.flatMap((family) => [
    workOf('described', family, (bytes) =>
      describeDelimited(
        { name: 'x', start: bytes, isWhole: true, windows: [] },
        { region: 'CN', map: [], passwords: [] },
        new Mappings([]),
      ),
    ),
    workOf('rows', family, (bytes) => {
      for (const _ of rowsOf(bytes, { separator: ',', quote: '"', newline: '\n' }));
    }),
  ]);
}

function encodingWorks(): Work[] {
  return units
    .map((unit) => repeated(unit))
    .flatMap((family) => [
      workOf('encoding', family, (bytes) => detectTextEncoding([bytes], null)),
      workOf('doubled', family, (bytes) =>
        consume(toUtf8(memoryInput(bytes, 'x', CHUNK_BYTES).stream(), 'utf-8', { doubled: true })),
      ),
      ...encodings.map((encoding) =>
        workOf(encoding, family, (bytes) => consume(toUtf8(memoryInput(bytes, 'x', CHUNK_BYTES).stream(), encoding))),
      ),
    ]);
}

const cellUnits = [
  '1',
  '1-',
  '+1',
  'a@',
  'a.',
  '@',
  ' ',
  '\u0301',
  '\uff9e',
  '中',
  'é',
  '"',
  ',',
  '1,',
  'a1 ',
  '\x1b[',
  '\x1b]',
  '\x9b',
  '\u202e',
  '中国',
  '13800138000 ',
  '13800138000,',
  'a@b.co;',
  '$',
  'İ',
  'ß',
  'ﷺ',
];

/** Whatever looks at one cell, with one that is as long as the file, and with one cut into columns. */
function cellWorks(): Work[] {
  return cellUnits
    .map((unit) => repeated(unit))
    .flatMap((family) => [
      workOf('fields', family, (_, text) => {
        for (const field of fields) {
          field.classify(text, region);
          field.normalise(text, region);
          field.mask(text);
        }
      }),
      workOf('printable', family, (_, text) => [printable(text, 4096), maskUnknown(text), headerKey(text)]),
      workOf('readings', family, (_, text) => [
        readings(text, 'phone'),
        readings(text, 'email'),
        readings(text, 'customerId'),
      ]),
      workOf('columns', family, (_, text) => {
        const rows = Array.from({ length: 40 }, (_, row) =>
          Array.from({ length: 4 }, (_, column) => text.slice(0, ((row * 7 + column) % 50) * 100 + (text.length >> 8))),
        );
        inferTable(rows, ['id', 'name', 'phone', 'note'], 4, region);
        isHeader(rows[0] ?? [], rows, region);
      }),
      workOf('many columns', family, (_, text) => {
        const row = Array.from({ length: Math.min(4096, text.length >> 5) }, (_, column) =>
          text.slice(column * 32, column * 32 + 32),
        );
        inferTable([row, row, row], row, row.length, region);
        isHeader(row, [row, row], region);
      }),
    ]);
}

function sinkWorks(): Work[] {
  const write = (rows: (sink: TableSink, sizeBytes: number) => void) => (bytes: Uint8Array) => {
    let next = 0;
    const sink = new TableSink(
      {
        name: 'x',
        format: 'x',
        containers: [],
        foundEncoding: 'utf-8',
        encodingConfidence: 1,
        context: region,
        mappings: new Mappings([]),
        header: undefined,
        spread: new Map(),
        nextTable: () => next++,
      },
      { at() {}, table() {}, rows() {}, rejected() {}, failure() {}, incomplete() {}, looked() {}, read() {} },
    );
    rows(sink, bytes.length);
    sink.finish();
  };
  const works: [string, (sink: TableSink, sizeBytes: number) => void][] = [
    [
      'tables that take turns',
      (sink, sizeBytes) => {
        for (let i = 0; i < sizeBytes / 16; i++) {
          const table = sink.table(`t${i % 5000}`, ['a', 'b']);
          table.text(`13800138${i}`);
          table.text('x');
          table.end();
        }
      },
    ],
    [
      'cells that need quotes',
      (sink, sizeBytes) => {
        const table = sink.table(null, null);
        for (let i = 0; i < sizeBytes / 64; i++) {
          table.text('"\n'.repeat(16));
          table.text('a');
          table.end();
        }
      },
    ],
    [
      'one row of many cells',
      (sink, sizeBytes) => {
        const table = sink.table(null, null);
        for (let i = 0; i < sizeBytes; i++) table.text('x');
        table.end();
      },
    ],
    [
      'rows that are dropped',
      (sink, sizeBytes) => {
        const table = sink.table(null, null);
        for (let i = 0; i < sizeBytes / 8; i++) {
          table.text('abc');
          table.drop();
        }
      },
    ],
  ];
  return works.map(([name, rows]) =>
    workOf('table sink', { name, make: (sizeBytes) => 'x'.repeat(sizeBytes) }, write(rows)),
  );
}

/** The XML of spreadsheets, which comes in small pieces: what is incomplete must not be looked at with each of them. */
function sheetWorks(): Work[] {
  const handler = { open() {}, close() {}, text() {}, skipped() {} };
  const families = ['', '<c ', '<c a="', '<!--', '<![CDATA['].map((start) => repeated('a', start));
  return [...families, repeated('<c r="A1"><v>1</v></c>'), repeated('<'), repeated('&')].map((family) =>
    workOf('sheet', family, (bytes) => readXml(inPieces(bytes, 1024), handler)),
  );
}

/** Everything whose growth is measured. */
export function allWorks(seed: number): Work[] {
  return [
    ...readerWorks(seed),
    ...detectorWorks(),
    ...delimitedWorks(),
    ...encodingWorks(),
    ...cellWorks(),
    ...sinkWorks(),
    ...sheetWorks(),
  ];
}
