import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, lookedUp } from './damage-judge.ts';
import { byteDamages, damagedScript, sqlDamages, sqlShapes } from './readers/sql-damage-kinds.ts';
import { temporaryFile, walkInputs } from './samples.ts';

for (const [name, shape] of Object.entries(sqlShapes)) {
  test(`${name}: 24 kinds of damage, 1 % of 1000 rows each: no sound row is lost, no damaged one matched wrongly`, async (t) => {
    assert.equal(Object.keys(sqlDamages).length, 24);
    for (const seed of [1, 11]) {
      const script = damagedScript(shape, 1000, seed);
      const walked = await walkInputs([await temporaryFile(t, script.text)]);
      assert.deepEqual(walked.failures, []);
      assert.deepEqual(judge(script, await lookedUp(walked)), { lost: 0, wrong: [] });
    }
  });

  test(`${name}: bytes lost, changed and put in anywhere in a row cost no other row`, async (t) => {
    const kinds = Object.keys(byteDamages);
    const script = damagedScript(shape, 1000, 12, [...kinds, ...kinds, ...kinds]);
    const walked = await walkInputs([await temporaryFile(t, script.text)]);
    assert.deepEqual(judge(script, await lookedUp(walked)), { lost: 0, wrong: [] });
  });
}
