import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { verdictKinds } from '../../../src/contract/verification.ts';
import { cut, displayWidth, fit, wrap } from '../../../src/report/layout.ts';
import { renderTerminal } from '../../../src/verify/report/terminal.ts';
import { demo, verificationOf } from '../fixtures.ts';

const plain = { width: 80, color: false };

describe('renderTerminal', () => {
  test('the verdict comes first, then the people', () => {
    const lines = renderTerminal(verificationOf(demo), plain)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const at = (words: string) => lines.findIndex((line) => line.includes(words));
    assert.ok(at('OURS') < 4 && at('OURS') < at('120,007 to 120,013') && at('120,007 to 120,013') < at('Why'));
    assert.ok(lines.length < 90, 'a page');
  });

  test('no line is wider than the terminal, whatever the width and kind', () => {
    for (const width of [60, 72, 80, 100]) {
      for (const kind of verdictKinds) {
        const v = verificationOf(demo);
        const page = renderTerminal({ ...v, verdict: { ...v.verdict, kind } }, { width, color: false });
        for (const line of page.split('\n')) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
      }
    }
  });

  test('columns stay aligned beside Han headers', () => {
    const lines = renderTerminal(verificationOf(demo), { width: 100, color: false }).split('\n');
    const starts = ['header says customer id', 'header says name', 'header says address'].map((text) => {
      const line = lines.find((candidate) => candidate.includes(text));
      assert.ok(line, text);
      return displayWidth(line.slice(0, line.indexOf(text)));
    });
    assert.equal(new Set(starts).size, 1);
  });

  test('nothing from the dump reaches the terminal as a sequence, and without colour nothing at all does', () => {
    const v = verificationOf(demo);
    const name = '\x1b]0;owned\x07\x1b[2J\u202eevil\nsecond line';
    const file = { ...v.file, name, columns: v.file.columns.map((column) => ({ ...column, name, reason: name })) };
    const page = renderTerminal({ ...v, file, verdict: { kind: 'ours', reasons: [name] } }, plain);
    assert.doesNotMatch(page, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    assert.doesNotMatch(page, /owned/);
    const coloured = renderTerminal({ ...v, file }, { ...plain, color: true });
    assert.doesNotMatch(coloured.replace(/\x1b\[[0-9;]+m/g, ''), /\x1b/);
  });

  test('an empty dump has a page too', () => {
    const page = renderTerminal(verificationOf({ read: 0, rejected: 3 }), plain);
    assert.match(page, /UNDETERMINED/);
    assert.match(page, /3 rows: too many cells/);
    assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  });
});

describe('layout', () => {
  test('widths', () => {
    assert.equal(displayWidth('姓名a'), 5);
    assert.equal(displayWidth('ｱ한글（）'), 9);
    assert.equal(displayWidth('e\u0301'), 1);
    assert.equal(fit('姓名', 6), '姓名  ');
    assert.equal(fit('7', 3, 'right'), '  7');
    assert.equal(cut('收货地址', 6), '收货…');
    assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrap('收货地址收货', 4), ['收货', '地址', '收货']);
  });
});
