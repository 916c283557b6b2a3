import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CopyFindings } from '../../../src/verify/dating/date-copy.ts';
import { copyChart } from '../../../src/verify/report/copy-chart.ts';
import { copySentences, moment, span } from '../../../src/verify/report/copy-words.ts';

const DAY = 86_400;
const START = Date.parse('2024-01-01T00:00:00Z') / 1000;
const window = (fromDay: number, toDay: number, share = 1) => ({
  fromSeconds: START + fromDay * DAY,
  toSeconds: START + toDay * DAY,
  bestSeconds: START + ((fromDay + toDay) / 2) * DAY,
  probability: 0.968,
  share,
});

function findings(changed: Partial<CopyFindings>): CopyFindings {
  return {
    shape: 'single',
    windows: [window(100, 120)],
    resolutionSeconds: 5 * DAY,
    subjects: 1000,
    informative: 800,
    staleShare: 0.05,
    rangeFromSeconds: START,
    rangeToSeconds: START + 700 * DAY,
    openEnd: false,
    edges: null,
    curves: [[0, 5, 20, 25].map((day, i) => ({ seconds: START + (95 + day) * DAY, height: i === 1 ? 1 : 0.2 }))],
    ...changed,
  };
}

test('each shape has its sentence, with dates and probability', () => {
  const [single] = copySentences(findings({}));
  assert.match(single!, /once, between 2024-04-10 and 2024-04-30 \(probability 96%\), best guess 2024-04-20/);
  const [merged] = copySentences(
    findings({ shape: 'merged', windows: [window(10, 20, 0.33), window(300, 320, 0.67)] }),
  );
  assert.match(merged!, /2 copies: 33% of the people between 2024-01-11 and 2024-01-21; 67%/);
  const edges = { began: window(10, 20), ended: window(200, 210) };
  const [skimmed] = copySentences(findings({ shape: 'skimmed', windows: [window(10, 210)], edges }));
  assert.match(skimmed!, /bit by bit over about 6 months.* began between 2024-01-11 .* ended between 2024-07-19/);
  const unknown = copySentences(findings({ shape: 'unknown', informative: 3 }));
  assert.match(unknown.join(' '), /can hardly be told.*only 3 have values/);
  assert.match(copySentences(findings({ shape: 'unknown', windows: [], curves: [] })).join(' '), /cannot be told/);
});

test('what bounds the answer is said', () => {
  const text = copySentences(findings({ openEnd: true })).join(' ');
  assert.match(text, /closer than about 5 days.*About 5% of the rows are of other times.*may be younger still/);
});

test('where canaries show a later copy than the versions do, the report says how both can be true', () => {
  const later = START + 130 * DAY;
  const text = (changed: Partial<CopyFindings>, provenAfter: number) =>
    copySentences(findings(changed), provenAfter).join(' ');
  assert.match(text({ openEnd: true }, later), /copied after 2024-05-10 00:00 UTC: the register ends before that/);
  assert.match(text({}, later), /copied after 2024-05-10 00:00 UTC: from data that was older than that/);
  assert.doesNotMatch(text({}, START + 110 * DAY), /Canaries/);
  assert.doesNotMatch(text({ windows: [], curves: [] }, later), /Canaries/);
});

test('the chart draws windows and curves, and nothing without a window', () => {
  const drawn = copyChart(findings({}))!.source;
  assert.match(drawn, /<svg class="chart".*<\/svg>/s);
  assert.match(drawn, /2024-04-10 to 2024-04-30/);
  assert.doesNotMatch(drawn, /NaN|undefined|Infinity/);
  assert.equal(copyChart(findings({ windows: [], curves: [] })), null);
});

test('times are as exact as they are known', () => {
  assert.equal(moment(START + 3700, HOUR), '2024-01-01 01:01 UTC');
  assert.equal(moment(START + 3700, 5 * DAY), '2024-01-01');
  assert.deepEqual([60, 7200, 3 * DAY, 200 * DAY].map(span), ['1 minute', '2 hours', '3 days', '7 months']);
});

const HOUR = 3600;
