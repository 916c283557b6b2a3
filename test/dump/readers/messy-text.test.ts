import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMessy, messyTextReader } from '../../../src/dump/readers/messy-text.ts';
import { MemorySink, type MemoryTable, memoryContext, memoryInput } from '../memory-sink.ts';
import { randomFrom } from '../samples.ts';
import { damagedTable, judgeRows } from './damage.ts';

async function read(
  text: string | Uint8Array,
  chunkBytes = 65_536,
): Promise<{ tables: MemoryTable[]; rejected: Record<string, number> }> {
  const sink = new MemorySink();
  await messyTextReader.read(memoryInput(text, 'messy.txt', chunkBytes), sink, memoryContext());
  return { tables: sink.tables, rejected: Object.fromEntries(sink.rejected) };
}

const phone = (index: number): string => `138${10_000_000 + index}`;
const row = (index: number): string[] => [
  String(index),
  `Ann Example${index}`,
  phone(index),
  `ann${index}@example.org`,
];
const header = ['id', 'name', 'phone', 'email'];
const rows = (from: number, to: number): string[][] =>
  Array.from({ length: to - from }, (_, index) => row(from + index));
const lines = (list: readonly (readonly string[])[], separator: string): string =>
  list.map((cells) => `${cells.join(separator)}\n`).join('');

/** What is read whatever the chunks are. */
async function expect(
  text: string,
  tables: readonly MemoryTable[],
  rejected: Record<string, number> = {},
): Promise<void> {
  for (const size of [1, 2, 3, 7, 64, 65_536])
    assert.deepEqual(await read(text, size), { tables, rejected }, `chunks of ${size}`);
}

const table = (
  list: readonly (readonly string[])[],
  columns: readonly string[] | null = header,
  name: string | null = null,
): MemoryTable => ({
  name,
  columns,
  rows: list.map((cells) => [...cells]),
});

test('separators that change from line to line', async () => {
  const text = `${header.join(';')}\n${rows(0, 40)
    .map((cells, index) => `${cells.join([';', ',', '|', '\t', '----'][index % 5])}\n`)
    .join('')}`;
  await expect(text, [table(rows(0, 40))]);
  assert.ok(isMessy(memoryInput(text)) >= 0.5);
});

test('tables one after another, with and without header', async () => {
  const other = rows(0, 9).map(([id, name, number], index) => [
    name ?? '',
    number ?? '',
    '2026-01-02',
    `${index}.50`,
    `SKU${id}`,
  ]);
  const text = `${lines([header], ',')}${lines(rows(0, 9), ',')}\nname;phone;date;amount;sku\n${lines(other, ';')}${lines(
    rows(20, 29).map((cells) => cells.slice(2)),
    ',',
  )}`;
  await expect(text, [
    table(rows(0, 9)),
    table(other, ['name', 'phone', 'date', 'amount', 'sku'], 'table 2'),
    table(
      rows(20, 29).map((cells) => cells.slice(2)),
      null,
      'table 3',
    ),
  ]);
  assert.ok(isMessy(memoryInput(text)) >= 0.5);
});

test('a table goes on when its header comes again', async () => {
  const short = rows(40, 45).map((cells) => cells.slice(1, 3));
  const text = `${lines([header], ',')}${lines(rows(0, 5), ',')}${lines([header], ',')}${lines(rows(5, 9), ',')}name,phone\n${lines(short, ',')}${lines([header], ',')}${lines(rows(9, 12), ',')}`;
  await expect(text, [table(rows(0, 12)), table(short, ['name', 'phone'], 'table 2')]);
});

test('preamble, drawings and advertising are rejected', async () => {
  const art = ' /\\_/\\  , fresh data\n( o.o )\n > ^ <   , every, day\n';
  const text = `${art}Dumped by nobody\n\n${lines([header], ',')}${lines(rows(0, 6), ',')}${art}${lines(rows(6, 9), ',')}join us, now\n`;
  await expect(text, [table(rows(0, 9))], { 'bad-line': 8 });
});

test('quotes of every kind', async () => {
  const text = [
    'id,name,phone,email',
    ...rows(0, 9).map((cells) => cells.join(',')),
    '9,"Ann, the ""first""",13810000009,ann9@example.org',
    '10,"Ann 5" wide, or so",13810000010,ann10@example.org',
    '11, "Ann" ,13810000011,ann11@example.org',
    '12,"Ann',
    'Example",13810000012,ann12@example.org',
    '13,"Ann,13810000013,ann13@example.org',
    '14,Ann,13810000014,ann14@example.org',
  ].join('\n');
  await expect(text, [
    table([
      ...rows(0, 9),
      ['9', 'Ann, the "first"', phone(9), 'ann9@example.org'],
      ['10', 'Ann 5" wide, or so', phone(10), 'ann10@example.org'],
      ['11', 'Ann', phone(11), 'ann11@example.org'],
      ['12', 'Ann\nExample', phone(12), 'ann12@example.org'],
      ['13', '"Ann', phone(13), 'ann13@example.org'],
      ['14', 'Ann', phone(14), 'ann14@example.org'],
    ]),
  ]);
});

test('single quotes', async () => {
  const text = rows(0, 9)
    .map((cells) => cells.map((cell) => `'${cell}'`).join(','))
    .join('\n');
  await expect(`${text}\n'9','O''Brien, Ann','${phone(9)}','a@example.org'`, [
    table([...rows(0, 9), ['9', "O'Brien, Ann", phone(9), 'a@example.org']], null),
  ]);
});

test('drawn and aligned tables', async () => {
  const drawn = [
    '+----+------+',
    ...[header, ...rows(0, 6)].map((cells) => `| ${cells.join(' | ')} |`),
    '+----+------+',
  ].join('\n');
  await expect(drawn, [table(rows(0, 6))]);
  const aligned = [header, ...rows(0, 6)].map((cells) => cells.map((cell) => cell.padEnd(20)).join('')).join('\r\n');
  await expect(aligned, [table(rows(0, 6))]);
  assert.ok(isMessy(memoryInput(aligned)) >= 0.5);
});

test('trailing separators fall away, a row broken over two lines is joined, lines that are unsure are rejected', async () => {
  const text = [
    header.join(','),
    ...rows(0, 8).map((cells) => `${cells.join(',')},,`),
    '8,Ann',
    ' Example8,13810000008,ann8@example.org',
    '9,Ann,Example9,13810000009,ann9@example.org',
    ',10,Ann,13810000010,ann10@example.org',
    '11,13810000011,ann11@example.org',
    '12,ann12@example.org,13810000012,Ann',
    '13,Ann,unknown,ann13@example.org',
  ].join('\n');
  await expect(
    text,
    [
      table([
        ...rows(0, 8),
        ['8', 'Ann  Example8', phone(8), 'ann8@example.org'],
        ['13', 'Ann', 'unknown', 'ann13@example.org'],
      ]),
    ],
    { 'bad-line': 4 },
  );
});

test('twenty kinds of damage: no sound row is lost, no cell stands in a wrong column', async () => {
  for (const seed of [1, 2, 3]) {
    const damaged = damagedTable(3000, seed);
    // The reader gets text in which broken bytes are U+FFFD.
    const text = new TextEncoder().encode(new TextDecoder().decode(damaged.text));
    const { tables, rejected } = await read(text);
    const result = judgeRows(
      damaged,
      tables.flatMap((one) => one.rows),
    );
    assert.deepEqual(result, { lost: 0, wrong: [] }, `seed ${seed}`);
    assert.deepEqual(
      tables.map(({ columns }) => columns),
      [damaged.columns],
    );
    // What can be understood is kept: more than half of the damaged lines.
    const kept = (tables[0]?.rows.length ?? 0) - damaged.sound.length;
    assert.ok(kept > damaged.damaged.length * 0.35, `${kept} of ${damaged.damaged.length}`);
    assert.deepEqual(Object.keys(rejected), ['bad-line']);
    assert.deepEqual(await read(text, 777), { tables, rejected });
    assert.ok(isMessy(memoryInput(text)) >= 0.5);
  }
});

test('a quote left open in an otherwise clean table shows that it is irregular, one that is closed does not', () => {
  for (const seed of [45, 46, 47]) {
    assert.ok(isMessy(memoryInput(damagedTable(1500, seed, ['quote not closed']).text)) >= 0.5, `seed ${seed}`);
    assert.equal(isMessy(memoryInput(damagedTable(1500, seed, []).text)), 0);
  }
  const quoted = rows(0, 60).map(([id = '', name = '', number = '', email = '']) => [id, `"${name}"`, number, email]);
  const open = quoted.with(30, ['30', '"Ann', phone(30), 'ann30@example.org']);
  assert.ok(isMessy(memoryInput(lines([header, ...open], ','))) >= 0.5);
  assert.equal(isMessy(memoryInput(lines([header, ...quoted], ','))), 0);
  const letter = `"Dear all,\n${'some lines, and more\n\n'.repeat(12)}""bye"""`;
  const long = quoted.map((cells, index) => (index % 7 === 3 ? cells.with(1, letter) : cells));
  assert.equal(isMessy(memoryInput(lines([header, ...long], ',').replaceAll('\n', '\r\n'))), 0);
  // No cell is quoted here: a quote is a character like others.
  const bare = rows(0, 60).map((cells, index) => (index === 30 ? cells.with(1, '"Ann') : cells));
  assert.equal(isMessy(memoryInput(lines([header, ...bare], '\t'))), 0);
});

test('a quote left open is not closed by the next damaged row', async () => {
  const columns = ['id', 'name', 'phone', 'note', 'city', 'email'];
  const full = (index: number, note = '"a, b"'): string[] => {
    const [id = '', name = '', number = '', email = ''] = row(index);
    return [id, name, number, note, `city ${index}`, email];
  };
  const good = Array.from({ length: 12 }, (_, index) => full(index));
  const cut = `12,Ann,${phone(12)},"a`;
  const unclosed = `13,"Ann,${phone(13)},"a, b",city 13,ann13@example.org`;
  const text = `${lines([columns, ...good], ',')}${cut}\n${unclosed}\n${lines([full(14), full(15, '"two\nlines"')], ',')}`;
  const expected = [...good, full(14), full(15, '"two\nlines"')].map((cells) =>
    cells.with(3, (cells[3] ?? '').slice(1, -1)),
  );
  await expect(text, [table(expected, columns)], { 'bad-line': 2 });
});

test('a stray header costs no row', async () => {
  for (const stray of ['name,phone', 'name;phone', 'phone|email']) {
    for (const at of [0, 5, 9]) {
      const list = rows(0, 10).map((cells) => cells.join(';'));
      const text = [header.join(';'), ...list.slice(0, at), stray, ...list.slice(at), ''].join('\n');
      await expect(text, [table(rows(0, 10))], { 'bad-line': 1 });
    }
  }
});

test('ragged tables: the last cells may be missing where many lines end early', async () => {
  const ragged = rows(0, 30).map((cells, index) => (index % 2 === 0 ? cells.slice(0, 3) : cells));
  const text = `${lines([header], ',')}${lines(ragged, ',')}31,Ann\n32,ann32@example.org\n`;
  const { tables, rejected } = await read(text);
  assert.deepEqual(tables, [
    table(
      [...ragged, ['31', 'Ann']].map((cells) => [...cells, ...Array<null>(4 - cells.length).fill(null)]) as string[][],
    ),
  ]);
  assert.deepEqual(rejected, { 'bad-line': 1 });
  const unknown = `one,two,three,four,five\n${lines(rows(0, 20), ',')}`;
  assert.deepEqual((await read(unknown)).tables[0]?.columns, ['one', 'two', 'three', 'four', 'five']);
  for (const clean of [text, unknown, lines([...rows(0, 9).map((cells) => cells.slice(0, 3)), ...rows(9, 40)], ',')]) {
    assert.equal(isMessy(memoryInput(clean)), 0);
  }
});

test('clean text and other formats are left to their readers', () => {
  const clean = [
    lines([header, ...rows(0, 300)], ','),
    lines([header, ...rows(0, 300)], '\t'),
    lines(rows(0, 300), '----'),
    lines(rows(0, 300), '^'),
    lines(
      [header, ...rows(0, 100)].map((cells) => cells.map((cell) => `"${cell}"`)),
      ';',
    ),
    lines([header, ...rows(0, 50).map(([id, , ...rest]) => [id ?? '', '"two\nlines, and more"', ...rest])], ','),
    lines(
      rows(0, 300).map((cells, index) => (index % 3 === 0 ? cells.slice(0, 3) : cells)),
      ',',
    ),
    rows(0, 300)
      .map(([id]) => `user${id}@example.org:pass;${id},x`)
      .join('\n'),
    rows(0, 300)
      .map(([id]) => `{"id":${id},"name":"a, b","phone":"${phone(Number(id))}"}`)
      .join('\n'),
    rows(0, 300)
      .map((cells) => `INSERT INTO t VALUES (${cells.map((cell) => `'${cell}'`).join(', ')});`)
      .join('\n'),
    'A letter, in some lines, with commas.\nAnd no table; at all.\nNone | whatever.\n'.repeat(50),
    rows(0, 300)
      .map(([, , number]) => number)
      .join('\n'),
    '',
  ];
  for (const [index, text] of clean.entries())
    assert.ok(isMessy(memoryInput(text)) < 0.5, `${index}: ${isMessy(memoryInput(text))}`);
});

test('hostile input ends, is bounded, and does not depend on the chunks', async () => {
  const random = randomFrom(31);
  const base = new TextEncoder().encode(
    `${lines([header], ',')}${lines(rows(0, 40), ',')}"a";"b\n${lines(rows(0, 20), ';')}`,
  );
  for (let round = 0; round < 25; round++) {
    const bytes = Uint8Array.from(base);
    for (let hit = 0; hit < 30; hit++)
      bytes[random(bytes.length)] = [10, 13, 34, 39, 44, 59, 0, 124, 9, 32][random(10)] ?? 0;
    const whole = await read(bytes);
    for (const size of [5, 64]) assert.deepEqual(await read(bytes, size), whole);
  }
  const started = process.cpuUsage().user;
  for (const text of [
    '"'.repeat(300_000),
    ','.repeat(300_000),
    '",'.repeat(200_000),
    '"\n'.repeat(20_000),
    `${'a,b,c\nd\n'.repeat(10_000)}`,
    'a;b,c|d\n'.repeat(10_000),
    `${'x'.repeat(3_000_000)}\n1,2\n`,
  ]) {
    await read(text);
    isMessy(memoryInput(text));
  }
  assert.ok(process.cpuUsage().user - started < 20_000_000);
  const { rejected } = await read(`${'x'.repeat(3_000_000)}\n${lines(rows(0, 9), ',')}`, 65_536);
  assert.deepEqual(rejected, { 'too-long': 1 });
  const between = `${lines([header, ...rows(0, 9)], ',')}${'x'.repeat(3_000_000)}\n${lines(rows(9, 20), ',')}`;
  for (const size of [1000, 65_536]) {
    assert.deepEqual(await read(between, size), { tables: [table(rows(0, 20))], rejected: { 'too-long': 1 } });
  }
  const many = Array.from({ length: 2000 }, (_, index) => `a${index},b,c\n1,2,3\n`).join('');
  assert.ok((await read(many)).tables.length <= 256);
});
