import { createRandom } from '../dump/readers/record-harness.ts';

/** Inputs of one kind in any length. */
export interface Family {
  readonly name: string;
  make(sizeBytes: number): string;
}

/** A unit again and again between a start and an end. */
export function repeated(unit: string, start = '', end = ''): Family {
  const name = [start, `(${unit.length > 40 ? `${unit.slice(0, 40)}…` : unit})*`, end]
    .filter((part) => part !== '')
    .join(' ');
  const unitBytes = Buffer.byteLength(unit);
  return {
    name: JSON.stringify(name),
    make: (sizeBytes) => start + unit.repeat(Math.ceil(sizeBytes / unitBytes)) + end,
  };
}

/** Units that are all different: columns, keys, tables. */
export function counted(name: string, unit: (index: number) => string, start = '', end = ''): Family {
  return {
    name,
    make(sizeBytes) {
      const units: string[] = [];
      for (let length = 0, index = 0; length < sizeBytes; index++) {
        const next = unit(index);
        units.push(next);
        length += next.length;
      }
      return start + units.join('') + end;
    },
  };
}

const digitRows = (separator: string): Family =>
  counted(
    `rows with ${JSON.stringify(separator)}`,
    (i) => `${[i, `ann${i}`, `1380000${1000 + (i % 9000)}`, `a${i}@example.org`].join(separator)}\n`,
  );

/** What every detector of text gets, whatever its format is. */
export const commonFamilies: readonly Family[] = [
  ...[
    '\n',
    '\r',
    '\r\n',
    ' ',
    '\t',
    '"',
    "'",
    '""',
    '\\',
    '(',
    '{',
    '[',
    '<',
    ',',
    ';',
    ':',
    '|',
    '=',
    '----',
    '\0',
    'x',
    '0',
    '-',
    '.',
    '@',
    'é',
    '中',
    '\ufffd',
    'é',
    '\u0301',
    '\u200d',
    '😀',
  ].map((unit) => repeated(unit)),
  ...[
    '"\n',
    "'\n",
    ',"\n',
    ' \n',
    'a,b\n',
    'a:b\n',
    'a=b c=d\n',
    '"a\n',
    'a"b"c,\n',
    '\n\n a',
    '1,2,3\n',
    '(((\n',
    '</a>\n',
  ].map((unit) => repeated(unit)),
  ...[',', ';', '\t', '|', ':', '----'].map(digitRows),
  repeated('a,', 'a,b\n"', '\n'),
  counted('many names in one line', (i) => `c${i},`, '', '\n'),
  counted('lines that grow', (i) => `${'x,'.repeat(i % 700)}\n`),
];

const own: Readonly<Record<string, readonly Family[]>> = {
  sql: [
    ...[
      "(1,'a'),",
      "('",
      "('a",
      "'),('",
      "(1,'a\\'",
      '((',
      "(''",
      '(NULL,',
      '(0x',
      '(x',
      '(-',
      '(1 ',
      "('a'||",
      '(f(',
      "(N'",
      "(E'\\'",
    ].map((unit) => repeated(unit, 'INSERT INTO t VALUES ')),
    ...["''", "\\'", '\\\\', '\\n', "'),('", 'a', '\n', ");\nINSERT INTO t VALUES ('"].map((unit) =>
      repeated(unit, "INSERT INTO t VALUES ('"),
    ),
    ...[
      '/*',
      '*/',
      '/*!',
      '--\n',
      '-- ',
      '#\n',
      '$$',
      '$a$',
      '$',
      "E'",
      "E'\\",
      '`',
      '"',
      '[',
      'BEGIN ',
      'BEGIN;',
      'END;',
      'CASE ',
      'GO\n',
      ';',
      'DELIMITER $$\n',
      '\\.\n',
      'CREATE TABLE t (a',
      'CREATE TABLE t (',
      'INSERT INTO t VALUES ',
      'INSERT INTO t ',
      'INSERT ',
      'INSERT INTO t SET a=',
      'COPY t FROM stdin;\n',
      'SELECT ',
      'CREATE FUNCTION f() AS $x',
      "q'[",
      'CREATE PROCEDURE p AS BEGIN\n',
    ].map((unit) => repeated(unit)),
    ...['a\t', '\\', '\\\n', '\\N\t', '\t', '\\x', '\\.', 'a\tb\n'].map((unit) =>
      repeated(unit, 'COPY t (a,b) FROM stdin;\n'),
    ),
    ...['a,', '"', '""', '"\n', 'a;b\n'].map((unit) => repeated(unit, 'COPY t (a,b) FROM stdin WITH (FORMAT csv);\n')),
    counted('many tables', (i) => `INSERT INTO t${i} VALUES (1,'a');\n`),
    counted(
      'many tables with columns',
      (i) => `CREATE TABLE t${i} (a int, b text);INSERT INTO t${i} VALUES (1,'a');\n`,
    ),
    counted('many columns', (i) => `c${i},`, 'INSERT INTO t (', 'z) VALUES (1);'),
    counted('many columns of CREATE TABLE', (i) => `c${i} int,\n`, 'CREATE TABLE t (', 'z int);'),
    counted('dollar tags that never close', (i) => `$t${i}$ `),
    counted('statements with other columns', (i) => `INSERT INTO t (a${i}) VALUES ('x');\n`),
    repeated("(1,'a),", 'INSERT INTO t VALUES '),
    repeated("INSERT INTO t VALUES (1,'a);\n"),
  ],
  json: [
    ...[
      '[',
      '{',
      '{"a":',
      '[{"a":',
      '{"a":[',
      ']',
      '}',
      '"',
      '\\',
      '\\u',
      ',',
      ':',
      '{}',
      '{},',
      '[]',
      '[],',
      '{"a":1}',
      '{"a":1},',
      '{"a":1}\n',
      '{"a"\n',
      '{"a":"\n',
      '{"a":1,\n',
      '{\n',
      '\x1e',
      'null ',
      '1 ',
      '"a" ',
      '{"a":"b"]',
      '{"a":}',
      "{'a':",
      '{a:',
      'ObjectId(',
      '{"$date":',
    ].map((unit) => repeated(unit)),
    ...['\\u0061', '\\"', '\\\\', 'a', '\n'].map((unit) => repeated(unit, '{"a":"')),
    ...[
      '{"a":1},',
      '[1,2],',
      '{"a":[1,2]},',
      '1,',
      '"a",',
      '{"a":"b"',
      '{"a":1}}',
      '[',
      '{"a":{"b":1}},',
      '{"a":1',
      '][',
    ].map((unit) => repeated(unit, '[')),
    ...['{"a":1},', '[1],', '{"a":"'].map((unit) => repeated(unit, '{"users":[')),
    counted('keys of one record', (i) => `"k${i}":1,`, '{', '"z":1}\n'),
    counted('another key in each record', (i) => `{"k${i}":1}\n`),
    counted('another pair of keys in each record', (i) => `{"a":1,"k${i % 3000}":1,"l${i}":2}\n`),
    counted('a map of records', (i) => `"u${i}":{"a":1},`, '{', '"z":{"a":1}}'),
    counted('tables of one file', (i) => `"t${i}":[{"a":1}],`, '{', '"z":[{"a":1}]}'),
    counted(
      'records of growing width',
      (i) => `{${Array.from({ length: i % 300 }, (_, k) => `"k${k}":1`).join(',')}}\n`,
    ),
    repeated('{"o":[{"a":1},{"a":2},{"a":3},{"a":4},{"a":5}]}\n'),
    repeated('{"id":1,"a":"b}\n'),
    repeated('{"id":1,"a":b"}\n{"id":2,"a":"c"}\n'),
  ],
  xml: [
    ...[
      '<a>',
      '</a>',
      '<a',
      '<a ',
      '<a b="',
      "<a b='",
      '<a b="c" ',
      '<!--',
      '-->',
      '<!-- -',
      '<![CDATA[',
      ']]>',
      ']',
      '<?',
      '?>',
      '<?a ?>',
      '&',
      '&amp;',
      '&#',
      '&#x',
      '&a;',
      '<!DOCTYPE ',
      '<!DOCTYPE a [',
      '<!ENTITY a "b">',
      '<!',
      '<a/>',
      '<a></a>',
      '<a></b>',
      '</b>',
      '>',
      '<a><b>',
      '<r><a>1</a></r>',
      '<r a="1"/>',
    ].flatMap((unit) => [repeated(unit), repeated(unit, '<?xml version="1.0"?><users>')]),
    ...['<!--', '&amp;', ']]>', '<user>', '</user>', 'x', '<a>1</a>', '<a/>'].map((unit) =>
      repeated(unit, '<?xml version="1.0"?><users><user><name>'),
    ),
    ...['<user><a>1</a></user>', '<user><a>1</user>', '<user><a', '<user>&', '<user id="1"/>', '<user id="1/>'].map(
      (unit) => repeated(unit, '<users>'),
    ),
    counted('other attributes', (i) => `a${i}="1" `, '<users><user ', '/></users>'),
    counted('other elements', (i) => `<a${i}>1</a${i}>`, '<users><user>', '</user></users>'),
    counted('other records', (i) => `<r${i}><a>1</a></r${i}>`, '<users>', '</users>'),
    counted('elements never closed', (i) => `<r${i}>`, '<users>'),
  ],
  ldif: [
    ...[
      'dn: x\n',
      'dn: x\ncn: a\n\n',
      'cn: a\n',
      ' x\n',
      ' \n',
      '#\n',
      '-\n',
      ':',
      'cn:: YQ==\n',
      'cn:<a\n',
      'a',
      ';',
      'dn: x\n ',
    ].flatMap((unit) => [repeated(unit), repeated(unit, 'version: 1\ndn: a\ncn: b\n')]),
    ...['YQ==', '=', 'a', '\n YQ=='].map((unit) => repeated(unit, 'dn: a\ncn:: ')),
    ...[' ', 'a ', '  :'].map((unit) => repeated(unit, 'dn: a\ncn:')),
    counted('other attributes', (i) => `a${i}: b\n`, 'dn: a\n'),
    counted('other entries', (i) => `dn: a\na${i}: b\n\n`),
  ],
  vcard: [
    ...[
      'BEGIN:VCARD\n',
      'END:VCARD\n',
      'BEGIN:VCARD\nFN:a\nEND:VCARD\n',
      'FN:a\n',
      'N:',
      'N:;',
      ';',
      ' x\n',
      '=\n',
      '=E5',
      'a.',
      '"',
      ':',
      'TEL;X="',
      ',',
    ].flatMap((unit) => [repeated(unit), repeated(unit, 'BEGIN:VCARD\n')]),
    ...['=\n', '=E5', '=', 'a=\n', '==\n'].map((unit) => repeated(unit, 'BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:')),
    ...[';', '\\;', '\\', ',', '\\n'].map((unit) => repeated(unit, 'BEGIN:VCARD\nN:')),
    ...[';a', ';"', 'a.', ';ENCODING=QUOTED-PRINTABLE', ';ENCODING='].map((unit) => repeated(unit, 'BEGIN:VCARD\nN')),
    counted('other properties', (i) => `X-${i}:b\n`, 'BEGIN:VCARD\n'),
  ],
  'key-values': [
    ...[
      'a=b ',
      'a=',
      '=',
      'a:',
      ': ',
      'a: b, ',
      '"',
      '="',
      "='",
      '="a" ',
      '="\\"',
      '&',
      '&a=',
      'a&',
      '[',
      ']',
      ' ',
      'a b ',
      'a b=',
      'a\\',
      '?a=',
      'a-',
      'a.b=',
      'http://',
      'a=b,',
      '=a=',
      '"=',
      "'='",
    ].flatMap((unit) => [
      repeated(unit, 'a=1 b=2 '),
      repeated(`${unit.repeat(50)}\n`),
      repeated(unit, 'a=1 b=2\na=1 b=2\na=1 b=2\nx="'),
    ]),
    counted('other keys', (i) => `k${i}=v `),
    counted('other keys in each line', (i) => `a=1 k${i}=v\n`),
  ],
  combos: [
    ...[
      'a@b.co:c\n',
      'a:b\n',
      ':',
      '::',
      'a:',
      '@',
      'http://',
      'https://a.b/',
      'https://a.b/:',
      '//',
      'a@b.co:',
      'a.',
      '.',
      '----',
      'a----',
      '|',
      ';',
      'URL: a\n',
      'URL: a\nUsername: b\nPassword: c\n\n',
      'Username: ',
      '$2y$10$',
      '[',
      '%',
      '/',
      '?',
      '1',
      ' ',
      'a b ',
    ].flatMap((unit) => [
      repeated(unit),
      repeated(`${unit.replaceAll('\n', ' ').repeat(60)}\n`),
      repeated(unit.replaceAll('\n', ' '), 'https://a.example.org/x:'),
    ]),
  ],
  'messy-text': [
    ...[
      'a,b;c|d\n',
      'a,"b\n',
      '"a""b",\n',
      'id,name\n1,a\n\n',
      'id,name,phone\n',
      '1;2\n',
      '"',
      '""',
      '",',
      '","',
      '"\n"',
      ',"a',
      '"a"b"c",',
      'a\tb,c\n',
      '-----\n',
      '| a | b |\n',
      "'a','b'\n",
      '1,a\n2,b\n3\n',
      ' , ',
      '"a\n,',
      "'",
    ].flatMap((unit) => [repeated(unit), repeated(unit, 'id,name,phone\n1,a,13800138000\n2,b,13800138001\n')]),
    counted('tables of another width', (i) => `${'a,'.repeat(1 + (i % 40))}\n`),
  ],
};

/** The families for a reader of text: those of its own format, and every third of the common ones. */
export function familiesFor(format: string): readonly Family[] {
  return [...(own[format] ?? []), ...commonFamilies.filter((_, index) => index % 3 === 0)];
}

/** Units of a few tokens by chance: what nobody thought of. The same for the same seed. */
export function randomFamilies(tokens: readonly string[], seed: number, count: number): Family[] {
  const random = createRandom(seed);
  const sequence = (most: number): string =>
    Array.from({ length: 1 + random(most) }, () => tokens[random(tokens.length)] ?? '').join('');
  return Array.from({ length: count }, () =>
    repeated(sequence(5), random(2) === 0 ? '' : sequence(4), random(4) === 0 ? sequence(2) : ''),
  );
}

/** Tokens of each format, for `randomFamilies`: its families' units. */
export function tokensOf(format: string): readonly string[] {
  return [
    ...new Set(
      familiesFor(format).flatMap(
        ({ name }) => /\((.*)\)\*/s.exec(JSON.parse(name.startsWith('"') ? name : '""') as string)?.[1] ?? [],
      ),
    ),
  ];
}
