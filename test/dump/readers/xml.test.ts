import assert from 'node:assert/strict';
import { test } from 'node:test';
import { xmlReader } from '../../../src/dump/readers/xml.ts';
import { detect, type ReadResult, readAll, readOnce, survivesDamage } from './record-harness.ts';

const shape = ({ tables }: ReadResult): unknown => tables.map(({ name, columns, rows }) => [name, columns, rows]);

test('child elements and attributes are cells, nesting and repeats become names', async () => {
  const result = await readAll(
    xmlReader,
    '<?xml version="1.0"?><users><user id="1"><name>Bob &amp; Co</name><phone>1</phone><phone>2</phone><address type="x"><city>X</city></address></user><user id="2"><name>A</name><phone/></user></users>',
  );
  assert.deepEqual(shape(result), [
    [
      'user',
      ['id', 'name', 'phone', 'phone.1', 'address.type', 'address.city'],
      [
        ['1', 'Bob & Co', '1', '2', 'x', 'X'],
        ['2', 'A', '', null, null, null],
      ],
    ],
  ]);
});

test('mysqldump --xml and phpMyAdmin: tables and columns by their names', async () => {
  const mysqldump = await readAll(
    xmlReader,
    '<?xml version="1.0"?>\n<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<database name="db">\n<table_structure name="users"><field Field="id" Type="int" /><field Field="n" Type="t" /></table_structure>\n<table_data name="users">\n<row>\n<field name="id">1</field>\n<field name="n" xsi:nil="true" />\n</row>\n<row><field name="id">2</field><field name="n">b</field></row></table_data>\n<table_data name="o"><row><field name="x">1</field></row></table_data></database></mysqldump>',
  );
  assert.deepEqual(shape(mysqldump), [
    [
      'users',
      ['id', 'n'],
      [
        ['1', null],
        ['2', 'b'],
      ],
    ],
    ['o', ['x'], [['1']]],
  ]);
  const row = (table: string, id: number): string =>
    `<table name="${table}"><column name="id">${id}</column><column name="n">x</column></table>`;
  const pma = await readAll(
    xmlReader,
    `<pma_xml_export><database name="db">${row('u', 1)}${row('u', 2)}${row('o', 3)}</database></pma_xml_export>`,
  );
  assert.deepEqual(shape(pma), [
    [
      'u',
      ['id', 'n'],
      [
        ['1', 'x'],
        ['2', 'x'],
      ],
    ],
    ['o', ['id', 'n'], [['3', 'x']]],
  ]);
});

test('Access, attributes only, SOAP, Solr, one record alone', async () => {
  const cases: [string, unknown][] = [
    [
      '<dataroot><Users><ID>1</ID></Users><Users><ID>2</ID></Users><Orders><O>3</O></Orders></dataroot>',
      [
        ['Users', ['ID'], [['1'], ['2']]],
        ['Orders', ['O'], [['3']]],
      ],
    ],
    [
      '<rows><row id="1" n="a>b"/><row id="2" n=\'c\'/></rows>',
      [
        [
          'row',
          ['id', 'n'],
          [
            ['1', 'a>b'],
            ['2', 'c'],
          ],
        ],
      ],
    ],
    [
      '<s:Envelope><s:Body><R><User><n>a</n></User><User><n>b</n></User></R></s:Body></s:Envelope>',
      [['User', ['n'], [['a'], ['b']]]],
    ],
    [
      '<response><result name="r"><doc><str name="id">1</str></doc><doc><str name="id">2</str></doc></result></response>',
      [['r', ['id'], [['1'], ['2']]]],
    ],
    ['<user><name>a</name><phone>1</phone></user>', [['user', ['name', 'phone'], [['a', '1']]]]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(shape(await readAll(xmlReader, text)), expected, text);
});

test('only the five entities and numeric references are expanded', async () => {
  const declared = Array.from({ length: 20 }, (_, i) => `<!ENTITY a${i + 1} "&a${i};&a${i};">`).join('');
  const result = await readAll(
    xmlReader,
    `<!DOCTYPE x [<!ENTITY a0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">${declared}]><u><r><a>&a20;&f;&lt;&#20013;&#x4e2d;&#xD800;</a></r><r><a><![CDATA[<x>&amp;]]></a></r></u>`,
  );
  assert.deepEqual(shape(result), [['r', ['a'], [['&a20;&f;<中中\ufffd'], ['<x>&amp;']]]]);
});

test('a broken row is rejected and the next one read', async () => {
  const rows = [
    '<r><a>1</a><b>2</b></r>',
    '<r><a>3<b>4</b></r>',
    '<r><a>5</a><b>6</b>',
    '<r><a>7</a><b>8</b></r>',
    '<r><a x="1>9</a><b>0</b></r>',
    '<r><a>11</a><b>12</b></r>',
    '<r><a>13</c></a><b>14</b></r>',
    '<r><a>15 < 16 & 17</a><b>18</b></r>',
  ];
  const result = await readAll(xmlReader, `<t>\n${rows.join('\n')}\n</t>`);
  assert.deepEqual(shape(result), [
    [
      'r',
      ['a', 'b'],
      [
        ['1', '2'],
        ['7', '8'],
        ['11', '12'],
        ['15 < 16 & 17', '18'],
      ],
    ],
  ]);
  assert.deepEqual(result.rejected, { 'bad-record': 4 });
});

test('records of one kind within those of another stay in their row', async () => {
  const user = '<user><n>a</n><orders><order><t>1</t></order><order><t>2</t></order></orders></user>';
  assert.deepEqual(shape(await readAll(xmlReader, `<u>${user.repeat(2)}</u>`)), [
    [
      'user',
      ['n', 'orders.order.t', 'orders.order.1.t'],
      [
        ['a', '1', '2'],
        ['a', '1', '2'],
      ],
    ],
  ]);
});

test('detection', () => {
  for (const text of [
    '<?xml version="1.0"?><a><b/></a>',
    '\n<rows><row id="1"/><row id="2"/></rows>',
    '<!-- x --><a><b>1</b></a>',
  ]) {
    assert.ok(detect(xmlReader, text) >= 0.5, text);
  }
  for (const text of [
    '',
    '<html><body></body></html>',
    '<!DOCTYPE html><html>',
    '<a,b>\n1',
    'a<b',
    '<?php echo 1;',
    '<u@example.com>, <b@c.d>',
    '{"a":"<b/>"}',
  ]) {
    assert.ok(detect(xmlReader, text) < 0.5, text);
  }
});

test('hostile input neither hangs nor throws', async () => {
  await survivesDamage(
    xmlReader,
    `<t>${'<r id="1"><a>1</a><b x="y">&amp;<!-- c --><![CDATA[d]]></b></r>'.repeat(6)}</t>`,
    100,
  );
  for (const bomb of [
    '<a>',
    '<a ',
    '<',
    '&',
    '</a>',
    '<!--',
    '<![CDATA[',
    '<a b="',
    '<!DOCTYPE [',
    '<?x ',
    '<r><a>',
    '&#',
    '<a b="c" ',
  ]) {
    await readOnce(xmlReader, `<t><r><a>1</a></r>${bomb.repeat(100_000 / bomb.length)}`);
  }
  const big = `<t><r><a>1</a></r><r><a>${'y'.repeat(17_000_000)}</a></r><r><a>3</a></r></t>`;
  const result = await readOnce(xmlReader, big);
  assert.deepEqual(result.rejected, { 'too-long': 1 });
  assert.deepEqual(result.tables[0]?.rows, [['1'], ['3']]);
});
