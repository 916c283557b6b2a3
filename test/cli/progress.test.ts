import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatCount, formatDuration, formatTime } from '../../src/cli/format.ts';
import { createProgressBar } from '../../src/cli/progress.ts';

function makeTerminal(columns = 80) {
  const written: string[] = [];
  let milliseconds = 0;
  const bar = createProgressBar({ write: (text) => written.push(text), columns: () => columns }, () => milliseconds);
  return { written, bar, wait: (ms: number) => (milliseconds += ms) };
}

test('the bar shows share, rate and time left', () => {
  const { written, bar, wait } = makeTerminal();
  bar.begin('reading', 100e6, 'bytes');
  wait(10_000);
  bar.advance(25e6);
  assert.equal(written.at(-1), '\r\x1b[2Kreading  [#####...............] 25 %  2.5 MB/s  30 s left');
});

test('it is drawn at most ten times a second', () => {
  const { written, bar, wait } = makeTerminal();
  bar.begin('reading', 1000, 'rows');
  for (let i = 0; i < 1000; i++) {
    wait(1);
    bar.advance(1);
  }
  assert.ok(written.length <= 11, `${written.length} drawings in one second`);
});

test('it hides itself at the end, and leaves nothing when it was never drawn', () => {
  const { written, bar } = makeTerminal();
  bar.begin('reading', 10, 'rows');
  bar.end();
  assert.equal(written.at(-1), '\r\x1b[2K');
  const count = written.length;
  bar.end();
  assert.equal(written.length, count);
});

test('without a total it shows what is done, and never a line longer than the terminal', () => {
  const { written, bar, wait } = makeTerminal(20);
  bar.begin('reading a table', null, 'rows');
  wait(2000);
  bar.advance(5000);
  for (const text of written) assert.ok(text.replace('\r\x1b[2K', '').length < 20, text);
});

test('more than the total is still the whole', () => {
  const { written, bar, wait } = makeTerminal();
  bar.begin('reading', 10, 'rows');
  wait(1000);
  bar.advance(20);
  assert.match(written.at(-1) ?? '', /100 %.* 0 s left/);
});

test('amounts are written for people', () => {
  assert.deepEqual([0, 999, 1000, 1234, 12_345, 999_999, 12e9].map(formatBytes), [
    '0 B',
    '999 B',
    '1.0 KB',
    '1.2 KB',
    '12 KB',
    '1.0 MB',
    '12 GB',
  ]);
  assert.deepEqual([0, 999, 1000, 1234567].map(formatCount), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([0, 59, 60, 3599, 7500].map(formatDuration), [
    '0 s',
    '59 s',
    '1 min 0 s',
    '59 min 59 s',
    '2 h 5 min',
  ]);
  assert.equal(formatTime(1709251200), '2024-03-01 00:00:00 UTC');
});
