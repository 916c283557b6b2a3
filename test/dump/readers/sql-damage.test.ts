import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { sqlReader } from '../../../src/dump/readers/sql.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';
import { readInChunks, readScript } from './sql-run.ts';

/** Four cells, each of which says which row and column it is. */
const sound = (id: number): string[] => [`${id}`, `n${id}`, `a, (b) ${id}`, `p${id}`];
const tuple = (id: number): string =>
  `(${sound(id)
    .map((cell, index) => (index === 0 ? cell : `'${cell}'`))
    .join(',')})`;

const damages: Readonly<Record<string, (row: string) => string>> = {
  'closing quote lost': (row) => row.replace("','a", ",'a"),
  'opening quote lost': (row) => row.replace(",'n", ',n'),
  'quote in a string': (row) => row.replace("'n", "'n'x"),
  'last quote lost': (row) => row.replace("')", ')'),
  'cell lost': (row) => row.replace(/,'n\d+'/, ''),
  'cell too many': (row) => row.replace(",'n", ",7,'n"),
  'comma lost': (row) => row.replace("','a", "''a"),
  'opening parenthesis lost': (row) => row.slice(1),
  'closing parenthesis lost': (row) => row.slice(0, -1),
  'cut off': (row) => row.slice(0, 12),
  'semicolon inside': (row) => row.replace(",'n", ",;'n"),
  'NULs inside': (row) => row.replace(",'n", ",\0\0'n"),
};

for (const [shape, write, last] of [
  ['one line', (rows: string[]) => `INSERT INTO t (a,b,c,d) VALUES ${rows.join(',')};\n`, true],
  ['a row per line', (rows: string[]) => `INSERT INTO t (a,b,c,d) VALUES\n${rows.join(',\n')};\n`, true],
  ['no column list', (rows: string[]) => `INSERT INTO t VALUES\n${rows.join(',\n')};\n`, true],
  [
    'a statement per row',
    (rows: string[]) => rows.map((row) => `INSERT INTO t (a,b,c,d) VALUES ${row};\n`).join(''),
    true,
  ],
] as const) {
  test(`damage costs the damaged row alone: ${shape}`, async () => {
    for (const [name, damage] of Object.entries(damages)) {
      for (const broken of [3, 5]) {
        const rows = [1, 2, 3, 4, 5].map((id) => (id === broken ? damage(tuple(id)) : tuple(id)));
        const script = write(rows) + write([tuple(6)]);
        const { tables, rejected } = await readScript(script);
        const ids = tables.t?.map(([id]) => id).filter((id) => id !== `${broken}`);
        assert.deepEqual(
          ids,
          ['1', '2', '3', '4', '5', '6'].filter((id) => id !== `${broken}`),
          `${name}, row ${broken}`,
        );
        for (const row of tables.t ?? []) {
          const expected = sound(Number(row[0]));
          // What cannot be told is a cell of its own: the rest stands in its place.
          assert.ok(
            row.length === 4 &&
              row.every(
                (cell, index) =>
                  cell === expected[index] || cell === null || (name === 'opening parenthesis lost' && last),
              ),
            `${name}, row ${broken}: ${JSON.stringify(row)}`,
          );
        }
        assert.ok((rejected['bad-statement'] ?? 0) <= 2, name);
      }
    }
  });
}

test('damaged lines of COPY', async () => {
  const outcome = await readScript(
    'COPY t (a, b) FROM stdin;\n1\tx\n2\n3\tx\ty\n4\tx\\\n5\tx\nINSERT INTO t VALUES (6,7);\n',
  );
  assert.deepEqual(outcome.tables.t, [
    ['1', 'x'],
    ['5', 'x'],
    ['6', '7'],
  ]);
  assert.deepEqual(outcome.rejected, { 'bad-line': 3 });
});

test('an apostrophe in a statement without rows does not swallow the next ones', async () => {
  const outcome = await readScript(
    "ALTER TABLE t COMMENT 'it's';\nINSERT INTO t VALUES (1,'a');\nDROP it's;\nINSERT INTO t VALUES (2,'b');\n",
  );
  assert.deepEqual(outcome.tables.t, [
    ['1', 'a'],
    ['2', 'b'],
  ]);
});

test('a quote that is lost does not take the next statements into a text', async () => {
  const insert = (row: string): string => `INSERT INTO t (a,b,c) VALUES (${row});\n`;
  const ids = async (script: string): Promise<string[] | undefined> =>
    (await readScript(script)).tables.t?.map((row) => row.join('|'));
  // The text goes on to a quote of the next statement, with as many cells up to its end as a row has.
  assert.deepEqual(
    await ids(`${insert("1,'x','y'")}${insert("2,'x',')")}${insert("3,'','4z);'")}${insert("5,'x','y'")}`),
    ['1|x|y', '3||4z);', '5|x|y'],
  );
  assert.deepEqual(
    await ids(`${insert("1,2,'y'")}${insert("3,4,'y")}${insert("5,6,''")}${insert("7,8,'(y)")}${insert("9,0,'y'")}`),
    ['1|2|y', '5|6|', '9|0|y'],
  );
  assert.deepEqual(await ids(insert("1,'','y'),(2,'',),(3,'4z);',''),(5,'6z','7z')".replace("'',)", "'',')"))), [
    '1||y',
    '3|4z);|',
    '5|6z|7z',
  ]);
});

test('statements within a text are text', async () => {
  const texts = [
    'INSERT INTO t (a,b) VALUES (1,2);',
    "INSERT INTO t (a,b) VALUES (1,''x'');",
    'INSERT INTO t (a,b) VALUES (1,2),',
    'INSERT INTO t (a,b) VALUES (',
    'INSERT INTO t (a,b) VALUES (1,',
    'CREATE TABLE t (a int);',
    'COPY t (a, b) FROM stdin;\n1\t2',
    '-- x',
    'GO',
    'LOCK TABLES `t` WRITE;',
  ];
  for (const text of texts) {
    const value = `it is\n${text}\nthen`;
    for (const [before, behind] of [
      ['', ''],
      ['', '\nthen'],
      ['DROP TABLE t;\n', '\n'],
    ]) {
      const cell = `said:\n${before}${text}${behind}`;
      const { tables, rejected } = await readScript(
        `-- PostgreSQL database dump\nINSERT INTO t (a,b) VALUES (1,'${cell}'),(2,'x');\nINSERT INTO t (a,b) VALUES (3,'${cell}');\nINSERT INTO t (a,b) VALUES (4,'x');\n`,
      );
      const read = cell.replaceAll("''", "'");
      assert.deepEqual(
        tables.t,
        [
          ['1', read],
          ['2', 'x'],
          ['3', read],
          ['4', 'x'],
        ],
        value,
      );
      assert.deepEqual(rejected, {});
    }
  }
});

test('a word that begins no statement costs none of the rows behind it', async () => {
  const rows = "(1,'x'),\n(2,'y'),\n(3,'z');\n";
  for (const head of [
    'NSERT INTO t (a,b) VALUES\n',
    'INSERTINTO t (a,b) VALUES\n',
    "don't wait: only here\n",
    'INSERT INTO t (a,b VALUES\n',
    'INSERT INTO t (a,b) VALES\n',
    'CREATE TABLE t (a int, b text);\nINSRT t (a,b) VALUES\n',
  ]) {
    const { tables } = await readScript(
      `INSERT INTO t (a,b) VALUES (0,'w');\n${head}${rows}INSERT INTO t (a,b) VALUES (4,'x');\n`,
    );
    assert.deepEqual(
      tables.t?.map(([id]) => id),
      ['0', '1', '2', '3', '4'],
      head,
    );
  }
});

test('rows behind a damaged head are not those of another table', async () => {
  const { tables } = await readScript(
    "INSERT INTO t (a,b) VALUES (0,'w');\nINSERT INTO u (c,d VALUES\n(1,'x'),\n(2,'y');\nINSERT INTO t (a,b) VALUES (3,'z');\n",
  );
  assert.deepEqual(
    tables.t?.map(([id]) => id),
    ['0', '3'],
  );
});

test('one row that ends in a stray backslash does not decide what backslashes mean', async () => {
  const { tables, rejected } = await readScript(
    "-- MySQL dump\nINSERT INTO t VALUES (0,'x'),(1,'C:\\'),(2,'a\\nb'),(3,'it\\'s'),(4,'C:\\'),(5,'it\\'s'),(6,'\\\\');\n",
  );
  assert.deepEqual(
    tables.t?.map(([, text]) => text),
    ['x', 'C:\\', 'a\nb', "it's", 'C:\\', "it's", '\\'],
  );
  assert.deepEqual(rejected, {});
});

test('what looks like a row inside of a damaged one is none', async () => {
  const { tables } = await readScript("INSERT INTO t (a,b) VALUES (1,'a'),(2,'it's,(8,9) or,(6,7)'),(3,'c');");
  assert.deepEqual(tables.t, [
    ['1', 'a'],
    ['3', 'c'],
  ]);
});

test('the first row is the damaged one', async () => {
  const { tables } = await readScript("INSERT INTO t VALUES (1,2,3),(4,'x'),(5,'y'),(6,'z');");
  assert.deepEqual(tables.t?.slice(-3), [
    ['4', 'x'],
    ['5', 'y'],
    ['6', 'z'],
  ]);
});

test('a file cut out of the middle of a statement', async () => {
  const { tables } = await readScript("',5),\n(2,'b',6),\n(3,'c',7);\nINSERT INTO t VALUES (4,'d',8);\n");
  assert.deepEqual(tables, {
    rows: [
      ['2', 'b', '6'],
      ['3', 'c', '7'],
    ],
    t: [['4', 'd', '8']],
  });
});

test('bytes flipped, cut and inserted never throw, whatever the chunks', async () => {
  let seed = 20261122;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const script = new TextEncoder().encode(
    `CREATE TABLE t (a int, b text);\nINSERT INTO t VALUES (1,'it\\'s'),(2,E'\\x41'),(0x4142,q'[x]'),(CAST(N'x' AS int),replace('a','b',char(10)));
COPY t (a, b) FROM stdin;\n1\tx\\n\n\\N\ty\n\\.\nCREATE TRIGGER x BEGIN INSERT INTO t VALUES (1,2); END;\nDELIMITER ;;\nSELECT $$x$$;;\nDELIMITER ;
INSERT ALL INTO t VALUES (1,2) INTO t VALUES (/*!50000 3,*/ -- x\n 4) SELECT 1;\nINSERT INTO t SET a=1, b=U&'\\0041';\nINSERT INTO t SELECT 1,2 UNION ALL SELECT {d '2020-01-01'},ARRAY[1,2];\n`,
  );
  const marks = new TextEncoder().encode('\'"`\\();,\n\0-/*#$[]{}:|+xN0');
  for (let round = 0; round < 300; round++) {
    let bytes = script.slice();
    for (let count = 1 + random(4); count > 0; count--) {
      const at = random(bytes.length);
      const kind = random(3);
      if (kind === 0) bytes[at] = marks[random(marks.length)]!;
      else if (kind === 1) bytes = new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + random(40))]);
      else bytes = new Uint8Array([...bytes.subarray(0, at), marks[random(marks.length)]!, ...bytes.subarray(at)]);
    }
    const whole = await readInChunks(bytes, 65_536);
    assert.deepEqual(await readInChunks(bytes, 1 + random(16)), whole, `round ${round}`);
  }
});

/** A sink that only counts. */
async function readBytes(script: string): Promise<number> {
  let cells = 0;
  const writer = {
    text: () => void cells++,
    bytes: () => void cells++,
    empty: () => void cells++,
    end: () => {},
    drop: () => {},
  };
  const sink = { table: () => writer, reject: () => {}, drain: async () => {} };
  const before = process.cpuUsage().user;
  await sqlReader.read(memoryInput(script, 'x'), sink, memoryContext());
  assert.ok(cells >= 0);
  return (process.cpuUsage().user - before) / 1000;
}

test('time grows with the file, not faster', async () => {
  const heads = 'INSERT INTO t (a) VALUES (1);\n';
  for (const piece of [
    '(/*),',
    ",('a),(",
    'INSERT INTO t VALUES (/*\n',
    '/*\nINSERT INTO t VALUES (',
    "INSERT INTO t VALUES ('\n",
    '((((',
    'replace(',
    '$a',
    "x'",
    "'\nINSERT INTO t ",
    '[',
    'CREATE TABLE a(b,',
    'N--',
    'a',
    '$',
    '`',
    "q'[",
    'a,',
    '/*!50000',
    'BEGIN CREATE TRIGGER ',
    'COPY t FROM stdin;\n\\',
    ',(1,-',
    "(1,'a' ",
    "INSERT INTO t VALUES ('\nINSERT INTO t VALUES (1),",
    "('\nINSERT INTO t VALUES (1),(2),(3)'),",
    ',#(1),(2',
    'x INTO ',
    "(1,'C:\\'),",
  ]) {
    const small = await readBytes(heads + piece.repeat(25_000 / piece.length));
    const large = await readBytes(heads + piece.repeat(200_000 / piece.length));
    // Eight times as much: a square would take 64 times as long. The constant leaves room for a busy machine.
    assert.ok(large < 24 * small + 400, `${JSON.stringify(piece)}: ${small} ms, ${large} ms`);
  }
});

test('more columns than a table can have are dropped, names that are endless are damage', async () => {
  const many = Array.from({ length: 5000 }, (_, index) => `c${index}`);
  const sink = new MemorySink();
  const script = `INSERT INTO t (${many.join()}) VALUES (${many.map((_, index) => index).join()});\nINSERT INTO ${'x'.repeat(100_000)} VALUES (1);\nINSERT INTO u VALUES (${many.map((_, index) => index).join()});`;
  await sqlReader.read(memoryInput(script, 'x'), sink, memoryContext());
  assert.deepEqual(
    sink.tables.map(({ name, columns, rows }) => [name, columns?.length, rows.map((row) => row.length)]),
    [
      ['t', 4096, [4096]],
      ['u', undefined, [4096]],
    ],
  );
  assert.deepEqual([...sink.rejected], [['bad-statement', 1]]);
});

test('a row that is too long is given up and the next ones are read', async () => {
  const sink = new MemorySink();
  const script = `INSERT INTO t VALUES (1,'a'),(2,'${'x'.repeat(17_000_000)}'),(3,'c');\nINSERT INTO t VALUES (4,'d');\n`;
  await sqlReader.read(memoryInput(script, 'x', 1_048_576), sink, memoryContext());
  assert.deepEqual(
    sink.tables[0]?.rows.map(([id]) => id),
    ['1', '3', '4'],
  );
  assert.deepEqual([...sink.rejected], [['bad-statement', 1]]);
});

test('a statement without rows costs none of those after it', async () => {
  const script = (list: string): string =>
    `INSERT INTO t (a,b) VALUE;\nINSERT INTO t (a,b) ${list};\nINSERT INTO t (a,b) ${list.replace('1', '2')};\n`;
  for (const list of ['VALUES (1,5)', 'VALUE (1,5)', 'VALUES(1,5)', 'VALUES ROW(1,5)']) {
    const { tables, rejected } = await readScript(script(list));
    assert.deepEqual(
      { rows: tables.t, rejected },
      {
        rows: [
          ['1', '5'],
          ['2', '5'],
        ],
        rejected: {},
      },
      list,
    );
  }
});

test('COPY data that ends with the file has no row for its end', async () => {
  for (const script of ['COPY t FROM stdin;', 'COPY t FROM stdin;\n', 'COPY t (a) FROM stdin;\n\\.']) {
    assert.deepEqual(await readScript(script), { tables: {}, columns: {}, rejected: {} });
  }
  for (const script of ['COPY t FROM stdin;\nx', 'COPY t FROM stdin;\nx\n']) {
    assert.deepEqual((await readScript(script)).tables, { t: [['x']] });
  }
});

test('a comment that is not closed costs no rows', async () => {
  const insert = (id: number, text = 'x'): string => `INSERT INTO t (a,b) VALUES (${id},'${text}');\n`;
  const ids = async (script: string): Promise<(string | null | undefined)[] | undefined> =>
    (await readScript(script)).tables.t?.map(([id]) => id);
  const open = '/* no end\n';
  assert.deepEqual(await ids(`${insert(1)}${open}${insert(2)}${insert(3, '*/')}${insert(4)}`), ['1', '2', '3', '4']);
  // What closes in every MySQL dump.
  assert.deepEqual(await ids(`${open}${insert(2)}/*!40000 ALTER TABLE t ENABLE KEYS */;\n${insert(3)}`), ['2', '3']);
  assert.deepEqual(await ids(`${insert(1)}${open}${insert(2)}`), ['1', '2']);
  assert.deepEqual(await ids(`INSERT INTO t (a,b) VALUES\n(1,'x'),\n(2,/*'x'),\n(3,'x');\n${insert(4, '*/')}`), [
    '1',
    '3',
    '4',
  ]);
  assert.deepEqual(await ids(`ALTER TABLE t ${open}COPY t (a,b) FROM stdin;\n1\tx\n2\t*/\n\\.\n${insert(3)}`), [
    '1',
    '2',
    '3',
  ]);
  const long = await readInChunks(`${insert(1)}/* ${'no end '.repeat(20_000)}\n${insert(2)}${insert(3, '*/')}`, 65_536);
  assert.deepEqual(
    long.tables.t?.map(([id]) => id),
    ['1', '2', '3'],
  );
});

test('comments that are closed are none of the text', async () => {
  const words = "It's\nINSERT INTO the book what you like,\nCREATE TABLE and COPY too\n".repeat(200);
  const { tables, rejected } = await readScript(`/*${words}*/\nINSERT INTO t VALUES (1,/*\n${words}*/2);\n`);
  assert.deepEqual({ tables, rejected }, { tables: { t: [['1', '2']] }, rejected: {} });
});

const data = path.resolve(import.meta.dirname, '../../../../shared/data/sql-dumps');
test('real files: every table and row', {
  skip: existsSync(data) ? false : '../shared/data/sql-dumps is not there',
}, async () => {
  const counts = async (name: string): Promise<Record<string, number>> => {
    const bytes = readFileSync(path.join(data, name));
    const { tables, rejected } = await readInChunks(bytes, 65_536);
    assert.deepEqual(rejected, {});
    return Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.length]));
  };
  const chinook = [25, 5, 275, 347, 3503, 8, 59, 412, 2240, 18, 8715];
  assert.deepEqual(Object.values(await counts('Chinook_MySql.sql')), chinook);
  assert.deepEqual(Object.values(await counts('Chinook_PostgreSql.sql')), chinook);
  assert.deepEqual(await counts('sakila-mv-data.sql'), {
    actor: 200,
    address: 603,
    category: 16,
    city: 600,
    country: 109,
    customer: 599,
    film: 1000,
    film_actor: 5462,
    film_category: 1000,
    inventory: 4581,
    language: 6,
    payment: 16049,
    rental: 16044,
    staff: 2,
    store: 2,
  });
});
