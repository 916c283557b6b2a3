import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeGenerated, summarise } from '../../eval/inference/judge.ts';
import { makeShape } from '../../eval/inference/shapes.ts';

test('the same seed gives the same dumps, another seed others', () => {
  assert.deepEqual(makeShape(1, 5), makeShape(1, 5));
  assert.notDeepEqual(makeShape(1, 5), makeShape(2, 5));
});

test('columns of generated dumps are found', () => {
  const score = judgeGenerated([1], 25);
  assert.ok(score.columns > 80);
  assert.ok(score.right >= score.columns * 0.98, `${score.right} of ${score.columns}`);
  assert.deepEqual(score.identifyingWrongSure, []);
});

test('the summary counts what is wrong and how sure it was', () => {
  const one = { where: '', header: null, truth: 'phone', kind: 'phone', said: 'email', confidence: 0.95, reason: '' };
  const score = summarise(
    [
      { ...one, right: false, identifyingWrong: true },
      { ...one, right: true, identifyingWrong: false },
    ],
    1,
    [],
  );
  assert.equal(score.right, 1);
  assert.equal(score.identifyingWrongSure.length, 1);
  assert.deepEqual([...score.confusion], [['phone → email', 1]]);
  assert.deepEqual(
    score.calibration.find(({ from }) => from === 0.95),
    { from: 0.95, columns: 2, right: 1 },
  );
});
