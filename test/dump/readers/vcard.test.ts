import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vcardReader } from '../../../src/dump/readers/vcard.ts';
import { detect, readAll, readOnce, survivesDamage } from './record-harness.ts';

const sample = [
  'BEGIN:VCARD',
  'VERSION:2.1',
  'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0;=E4=',
  '=B8=89;;;',
  'FN;CHARSET=GBK;QUOTED-PRINTABLE:=D5=C5',
  'TEL;CELL:13800000000',
  'item1.TEL;HOME:010-1',
  'EMAIL:a@example.com',
  'ADR;HOME:;;1 St\\; x;City;R;1000;CN',
  'PHOTO;ENCODING=BASE64:AAAA',
  ' BBBB',
  '',
  'END:VCARD',
  'BEGIN:VCARD',
  'VERSION:4.0',
  'FN:B \\, C',
  'TEL;VALUE=uri;TYPE="voice,a:b":tel:+86-1',
  'NOTE:line\\nx',
  '  y',
  'END:VCARD',
  'BEGIN:VCARD',
  'FN:without an end',
  'BEGIN:VCARD',
  'FN:D',
  'END:VCARD',
  'BEGIN:VCARD',
  'FN:E',
  'debris',
  'END:VCARD',
].join('\r\n');

test('versions 2.1 to 4.0: folding, quoted-printable, structured values; broken cards are rejected', async () => {
  const { tables, rejected } = await readAll(vcardReader, sample);
  const records = tables[0]!.rows.map((row) =>
    Object.fromEntries(tables[0]!.columns!.map((column, i) => [column, row[i]]).filter(([, value]) => value !== null)),
  );
  assert.deepEqual(records, [
    {
      'n.family': '张',
      'n.given': '三',
      fn: '张',
      'tel.0': '13800000000',
      'tel.1': '010-1',
      'email.0': 'a@example.com',
      'adr.street': '1 St; x',
      'adr.city': 'City',
      'adr.region': 'R',
      'adr.code': '1000',
      'adr.country': 'CN',
    },
    { fn: 'B , C', 'tel.0': '+86-1', note: 'line\nx y' },
    { fn: 'D' },
  ]);
  assert.deepEqual(rejected, { 'bad-record': 2 });
});

test('detection', () => {
  assert.ok(detect(vcardReader, sample) > 0.9);
  assert.ok(detect(vcardReader, '\nbegin:vcard\n') > 0.9);
  for (const text of ['', 'BEGIN:VCALENDAR\n', 'name\nBEGIN:VCARD\n', 'BEGIN:VCARD,x\n']) {
    assert.equal(detect(vcardReader, text), 0, text);
  }
});

test('hostile input neither hangs nor throws', async () => {
  await survivesDamage(vcardReader, sample, 300);
  for (const bomb of ['BEGIN:VCARD\n', 'END:VCARD\n', 'TEL;QUOTED-PRINTABLE:=\n', '"', ';', 'N:;;;;\n']) {
    await readOnce(vcardReader, `BEGIN:VCARD\n${bomb.repeat(50_000 / bomb.length)}`);
  }
  const long = `BEGIN:VCARD\nFN:${'x'.repeat(17_000_000)}\nEND:VCARD\nBEGIN:VCARD\nFN:A\nEND:VCARD\n`;
  const result = await readOnce(vcardReader, long);
  assert.deepEqual(result.rejected, { 'too-long': 1 });
  assert.deepEqual(result.tables[0]?.rows, [['A']]);
});

test('a card of many long properties is too long, and the next one is read', async () => {
  const long = `NOTE:${'x'.repeat(1_000_000)}\n`.repeat(5) + `TITLE:${'x'.repeat(1_000_000)}\n`.repeat(5);
  const many = `${long}${long.replaceAll('NOTE', 'ROLE').replaceAll('TITLE', 'ORG')}`;
  const result = await readOnce(vcardReader, `BEGIN:VCARD\n${many}END:VCARD\nBEGIN:VCARD\nFN:A\nEND:VCARD\n`);
  assert.deepEqual(result.rejected, { 'too-long': 1 });
  assert.deepEqual(result.tables[0]?.rows, [['A']]);
});
