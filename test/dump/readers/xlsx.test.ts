import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { utils, write } from '@e965/xlsx';
import { configure, TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js';
import { BoltsealError } from '../../../src/core/errors.ts';
import { defaultLimits } from '../../../src/dump/reader.ts';
import { xlsReader } from '../../../src/dump/readers/xls.ts';
import { xlsxReader } from '../../../src/dump/readers/xlsx.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';

configure({ useWebWorkers: false });
const scratchPath = mkdtempSync(join(tmpdir(), 'boltseal-xlsx-'));
after(() => rmSync(scratchPath, { recursive: true }));

async function read(bytes: Uint8Array, chunkBytes = 65_536, overrides = {}): Promise<MemorySink> {
  const input = memoryInput(bytes, 'book.xlsx', chunkBytes);
  const reader = xlsReader.detect(input) > xlsxReader.detect(input) ? xlsReader : xlsxReader;
  assert.ok(reader.detect(input) > 0.5);
  const sink = new MemorySink();
  await reader.read(input, sink, memoryContext({ scratchPath, ...overrides }));
  return sink;
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const LINKS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

interface BookParts {
  readonly sheets?: readonly string[];
  readonly strings?: string;
  readonly formats?: readonly string[];
  readonly properties?: string;
  readonly namespace?: string;
  readonly links?: string;
  readonly prefix?: string;
}

/** A workbook of given rows; only what a test is about is spelled out. */
async function makeBook(parts: BookParts): Promise<Uint8Array> {
  const { sheets = [], strings, formats = [], properties = '', namespace = MAIN, links = LINKS } = parts;
  const zip = new ZipWriter(new Uint8ArrayWriter());
  const add = (path: string, text: string) => zip.add(path, new TextReader(`<?xml version="1.0"?>\n${text}`));
  await add('[Content_Types].xml', '<Types/>');
  await add(
    '_rels/.rels',
    `<Relationships><Relationship Id="a" Type="${links}/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
  );
  const list = sheets.map(
    (_, at) =>
      `<sheet name="S&amp;${at + 1}" sheetId="${at + 1}" state="${at ? 'hidden' : 'visible'}" r:id="rId${at}"/>`,
  );
  await add(
    'xl/workbook.xml',
    `<workbook xmlns="${namespace}" xmlns:r="${links}">${properties}<sheets>${list.join('')}</sheets></workbook>`,
  );
  const targets = sheets.map(
    (_, at) =>
      `<Relationship Id="rId${at}" Type="${links}/worksheet" Target="worksheets/any${sheets.length - at}.xml"/>`,
  );
  await add('xl/_rels/workbook.xml.rels', `<Relationships>${targets.join('')}</Relationships>`);
  const codes = formats.map((code, at) => `<numFmt numFmtId="${at + 164}" formatCode="${code}"/>`);
  const cells = formats.map((_, at) => `<xf numFmtId="${at + 164}"/>`);
  await add(
    'xl/styles.xml',
    `<styleSheet><numFmts>${codes.join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${cells.join('')}</cellXfs></styleSheet>`,
  );
  for (const [at, rows] of sheets.entries()) {
    await add(
      `xl/worksheets/any${sheets.length - at}.xml`,
      `<worksheet xmlns="${namespace}"><sheetData>${rows}</sheetData></worksheet>`,
    );
  }
  if (strings !== undefined) await add('xl/sharedStrings.xml', `<sst>${strings}</sst>`);
  return zip.close();
}

test('all kinds of cells, sheets in the order of the workbook', async () => {
  const strings = `<si><t>phone</t></si><si><r><t xml:space="preserve">张 </t></r><r><rPr><b/></rPr><t>伟</t></r><rPh sb="0" eb="1"><t>zhang</t></rPh><phoneticPr/></si>
    <si/><si><t><![CDATA[a<&amp;b]]>&lt;&#x4e2d;&quot;_x000D_.</t></si>`;
  const first = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="s"><v>2</v></c><c r="E1" t="s"><v>3</v></c></row>
    <row r="3"><c r="A3"><v>13800138000</v></c><c r="B3"><v>1.3800138001E10</v></c><c r="C3"><v>0.30000000000000004</v></c><c r="D3"><v>110101199003070011</v></c><c r="E3"><v>-1.5E-7</v></c></row>
    <row><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#REF!</v></c><c t="str"><f>A1&amp;"x"</f><v>cached &gt; x</v></c><c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r><rPh><t>no</t></rPh></is></c><c s="0"/></row>
    <row r="5"><c r="A5" s="1"/><c r="B5" s="1"></c></row>
    <row r="6"><c r="A6" t="d"><v>2024-02-03T04:05:06</v></c></row>`;
  const bytes = await makeBook({ sheets: [first, '<row><c><v>2</v></c></row>'], strings });
  const expected = [
    {
      name: 'S&1',
      columns: null,
      rows: [
        ['phone', null, '张 伟', null, 'a<&amp;b<中"\r.'],
        ['13800138000', '13800138001', '0.3', '110101199003070011', '-0.00000015'],
        ['TRUE', 'FALSE', null, 'cached > x', 'inline'],
        ['2024-02-03T04:05:06'],
      ],
    },
    { name: 'S&2', columns: null, rows: [['2']] },
  ];
  for (const chunkBytes of [1, 2, 3, 7, 64, 65_536]) {
    const sink = await read(bytes, chunkBytes);
    assert.deepEqual(sink.tables, expected);
    assert.equal(sink.rejected.size, 0);
  }
  assert.deepEqual(readdirSync(scratchPath), []);
});

test('times and leading zeros come as they are shown', async () => {
  const formats = [
    'yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@',
    'h:mm:ss AM/PM',
    '[$-804]yyyy/m/d h:mm',
    '[h]:mm',
    '000\\-0000\\-0000',
    '0.00&quot;days&quot;',
    '[Red]#,##0;[Blue]-#,##0',
  ];
  const cell = (style: number, value: string) => `<c s="${style}"><v>${value}</v></c>`;
  const row = `<row>${cell(1, '45292')}${cell(1, '1')}${cell(1, '60')}${cell(1, '61')}${cell(2, '0.5')}${cell(3, '45292.75')}${cell(4, '1.5')}${cell(5, '1012345678')}${cell(6, '12.5')}${cell(7, '13800138000')}${cell(1, '-3')}${cell(1, '9999999')}${cell(1, '45292.000011574')}</row>`;
  const expected = [
    '2024-01-01',
    '1900-01-01',
    '1900-02-29',
    '1900-03-01',
    '12:00:00',
    '2024-01-01T18:00:00',
    '36:00:00',
    '01012345678',
    '12.5',
    '13800138000',
    '-3',
    '9999999',
    '2024-01-01T00:00:01',
  ];
  assert.deepEqual((await read(await makeBook({ sheets: [row], formats }))).tables[0]?.rows, [expected]);
  const from1904 = await makeBook({
    sheets: [`<row>${cell(1, '43830')}</row>`],
    formats,
    properties: '<workbookPr date1904="1"/>',
  });
  assert.deepEqual((await read(from1904)).tables[0]?.rows, [['2024-01-01']]);
});

test('strict and prefixed documents', async () => {
  const links = 'http://purl.oclc.org/ooxml/officeDocument/relationships';
  const bytes = await makeBook({
    sheets: ['<x:row><x:c t="s"><x:v>0</x:v></x:c></x:row>'],
    strings: '<x:si><x:t>a</x:t></x:si>',
    links,
    namespace: 'http://purl.oclc.org/ooxml/spreadsheetml/main',
  });
  assert.deepEqual((await read(bytes)).tables, [{ name: 'S&1', columns: null, rows: [['a']] }]);
});

test('a damaged row is rejected and its neighbours are kept', async () => {
  const good = '<row><c><v>1</v></c></row>';
  const cases = [
    '<row><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
    '<row><c t="s"><v>99</v></c></row>',
    '<row><c><v>1</v></c><c><v>2</v>',
    '<row><c><v>1</v><c><v>2</v></c></row>',
    '<row><c><v>12x</v></c></row>',
    `<row><c t="str"><v>${'y'.repeat(17_000_000)}</v></c></row>`,
    `<row><c t="inlineStr"><is>${`<t>${'y'.repeat(9_000_000)}</t>`.repeat(2)}</is></c></row>`,
  ];
  for (const bad of cases) {
    const sink = await read(await makeBook({ sheets: [good + bad + good] }));
    assert.deepEqual(sink.tables[0]?.rows, [['1'], ['1']], bad.slice(0, 60));
    assert.equal([...sink.rejected.values()][0], 1);
  }
});

test('columns beyond 4,096 are dropped, absurd references too', async () => {
  const row = '<row><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c><c r="ZZZZZ1"><v>3</v></c></row>';
  assert.deepEqual((await read(await makeBook({ sheets: [row] }))).tables[0]?.rows, [['1']]);
});

test('bytes that are no UTF-8 become replacement characters', async () => {
  const sheet = Buffer.from(
    '<worksheet><sheetData><row><c t="str"><v>a\xff</v></c></row></sheetData></worksheet>',
    'latin1',
  );
  const zip = new ZipWriter(new Uint8ArrayWriter());
  await zip.add('xl/workbook.xml', new TextReader('<workbook/>'));
  await zip.add('xl/worksheets/sheet1.xml', new Uint8ArrayReader(sheet));
  assert.deepEqual((await read(await zip.close())).tables, [{ name: 'sheet1', columns: null, rows: [['a\ufffd']] }]);
});

test('UTF-16, which the standard allows', async () => {
  const zip = new ZipWriter(new Uint8ArrayWriter());
  const sheet = Buffer.from(
    '\ufeff<worksheet><sheetData><row><c t="str"><v>名&amp;字</v></c></row></sheetData></worksheet>',
    'utf16le',
  );
  await zip.add('xl/workbook.xml', new TextReader('<workbook/>'));
  await zip.add('xl/worksheets/sheet1.xml', new Uint8ArrayReader(sheet));
  assert.deepEqual((await read(await zip.close())).tables[0]?.rows, [['名&字']]);
});

test('entities of a document type are never expanded', async () => {
  const bytes = await makeBook({
    sheets: [
      '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c SYSTEM "file:///etc/hostname">]><row><c t="str"><v>&b;&c;</v></c></row>',
    ],
  });
  assert.deepEqual((await read(bytes)).tables[0]?.rows, [['&b;&c;']]);
});

test('what unpacks without end is a bomb', async () => {
  const limits = { ...defaultLimits, expansion: 10, expansionFreeBytes: 1_000 };
  const packed = await makeBook({ sheets: [`<row><c t="str"><v>${' '.repeat(1_000_000)}</v></c></row>`] });
  await assert.rejects(read(packed, 65_536, { limits }), { code: 'DUMP_BOMB' });
  // One long string that many cells refer to.
  const many = '<row><c t="s"><v>0</v></c></row>'.repeat(300);
  const repeated = await makeBook({ sheets: [many], strings: `<si><t>${'z'.repeat(9_000)}</t></si>` });
  const wide = { ...limits, expansionFreeBytes: 100_000 };
  await assert.rejects(read(repeated, 65_536, { limits: wide }), { code: 'DUMP_BOMB' });
});

const table = [
  ['name', 'phone', 'when', 'id', 'ok'],
  ['王芳', 13_800_138_000, new Date(Date.UTC(2024, 1, 29)), '110101199003070011', true],
  ['O"Neil, <b>\n', 1.5, new Date(Date.UTC(2020, 11, 31)), '', false],
];
const expectedTable = [
  ['name', 'phone', 'when', 'id', 'ok'],
  ['王芳', '13800138000', '2024-02-29', '110101199003070011', 'TRUE'],
  ['O"Neil, <b>\n', '1.5', '2020-12-31', null, 'FALSE'],
];

for (const bookType of ['xlsx', 'xlsm', 'xlsb', 'biff8', 'biff5', 'ods'] as const) {
  test(`a workbook that another program wrote: ${bookType}`, async () => {
    const book = utils.book_new();
    const rows =
      bookType === 'biff5' ? table.map((row) => row.map((cell) => (cell === '王芳' ? 'Wang' : cell))) : table;
    utils.book_append_sheet(book, utils.aoa_to_sheet(rows, { UTC: true }), 'People');
    utils.book_append_sheet(book, utils.aoa_to_sheet([['x']]), 'Second');
    const bytes = new Uint8Array(
      write(book, { type: 'array', bookType, compression: bookType !== 'ods', bookSST: bookType !== 'biff5' }),
    );
    const sink = await read(bytes);
    const expected =
      bookType === 'biff5'
        ? expectedTable.map((row) => row.map((cell) => (cell === '王芳' ? 'Wang' : cell)))
        : expectedTable;
    assert.deepEqual(sink.tables[0], { name: 'People', columns: null, rows: expected });
    assert.deepEqual(sink.tables[1], { name: 'Second', columns: null, rows: [['x']] });
  });
}

test('other archives and compound files are not claimed', async () => {
  const zip = new ZipWriter(new Uint8ArrayWriter());
  await zip.add('leak/book.xlsx', new TextReader('x'));
  await zip.add('xl/workbook.xml', new TextReader('x'));
  const start = memoryInput(await zip.close());
  assert.equal(xlsxReader.detect(start), 0);
  assert.equal(xlsReader.detect(start), 0);
  const word = Buffer.alloc(2_048);
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(word);
  word.writeUInt32LE(1, 48);
  word.write('WordDocument', 1_024, 'utf16le');
  word.writeUInt16LE(26, 1_024 + 64);
  assert.equal(xlsReader.detect(memoryInput(word)), 0);
  assert.equal(xlsReader.detect(memoryInput('\t\x08\x10\0not a workbook, but text with a tab')), 0);
});

test('random damage ends in rows, rejections or a coded error', async () => {
  const rows = Array.from(
    { length: 200 },
    (_, at) =>
      `<row r="${at + 1}"><c r="A${at + 1}" t="s"><v>${at % 3}</v></c><c r="B${at + 1}"><v>${13_800_000_000 + at}</v></c></row>`,
  );
  const sheet = utils.aoa_to_sheet(Array.from({ length: 50 }, (_, at) => [`name ${at}`, at]));
  const book = utils.book_new(sheet, 'S');
  const samples = [
    await makeBook({ sheets: [rows.join('')], strings: '<si><t>a</t></si><si><t>b</t></si><si><t>c</t></si>' }),
    new Uint8Array(write(book, { type: 'array', bookType: 'biff8' })),
    new Uint8Array(write(book, { type: 'array', bookType: 'ods' })),
    new Uint8Array(write(book, { type: 'array', bookType: 'xlsx', compression: false })),
  ];
  let seed = 3;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let round = 0; round < 120; round++) {
    let bytes = Uint8Array.from(samples[round % 4] as Uint8Array);
    for (let times = 0; times < 1 + (round % 9); times++) bytes[512 + random(bytes.length - 512)] = random(256);
    if (round % 5 === 0) bytes = bytes.slice(0, random(bytes.length));
    const reader = round % 4 === 1 || round % 4 === 2 ? xlsReader : xlsxReader;
    reader.detect(memoryInput(bytes));
    try {
      await reader.read(memoryInput(bytes), new MemorySink(), memoryContext({ scratchPath }));
    } catch (error) {
      assert.ok(error instanceof BoltsealError, String(error instanceof Error ? error.stack : error));
    }
  }
  assert.deepEqual(readdirSync(scratchPath), []);
});
