import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BoltsealError } from '../../../src/core/errors.ts';
import { readDefaultExamples, readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { readExamples, runExamples } from '../../../src/gateway/policy/examples.ts';
import { readPolicies } from '../../../src/gateway/policy/read-policies.ts';

const nowMs = Date.UTC(2026, 10, 23, 9);
const set = readPolicies(readDefaultPolicies());

function failures(text: string): string[] {
  return runExamples(set, readExamples(text), { nowMs }).failed.map(
    ({ line, isAllowed, purpose, field, form, by }) =>
      `${line} ${isAllowed} ${purpose} ${field} ${form} ${by.join(' ')}`,
  );
}

describe('examples for policies', () => {
  it('that ship are answered as they say', () => {
    const result = runExamples(set, readExamples(readDefaultExamples()), { nowMs });
    assert.deepEqual(result.failed, []);
    assert.ok(result.lines > 30 && result.questions > 1000);
  });

  it('are told apart from what the policies say, with the rules that decided', () => {
    assert.deepEqual(failures('allow scanner sorting name,phone masked\ndeny scanner sorting address masked'), [
      '1 false sorting phone masked ',
      '2 true sorting address masked scanner-sorting',
    ]);
    assert.deepEqual(failures('allow courier delivery address clear exception'), [
      '1 false delivery address clear exception-only-masked',
    ]);
  });

  it('may name circumstances', () => {
    assert.deepEqual(failures('deny scanner sorting name masked station=-'), []);
    assert.deepEqual(failures('allow courier delivery address clear kind=staff # on foot'), []);
    const timed = readPolicies(
      'permit (principal in Role::"x", action, resource == Field::"name") when { context.hour == 9 && principal.hasTag("model") && principal.getTag("model") == "M" };',
    );
    const run = (line: string) =>
      runExamples(timed, readExamples(line), { nowMs: 0, timeZone: 'Asia/Shanghai' }).failed.length;
    assert.equal(run('allow x sorting name masked at=2026-11-23T09:30+08:00 model=M'), 0);
    assert.equal(run('allow x sorting name masked at=2026-11-23T09:30Z model=M'), 1);
    assert.equal(run('allow x sorting name masked at=2026-11-23T09:30+08:00'), 1);
  });

  it('that cannot be read are refused with their line', () => {
    const bad = [
      'permit x sorting name masked',
      'allow x sorting name',
      'allow x sortin name masked',
      'allow x sorting shoe masked',
      'allow x sorting name naked',
      'allow x sorting name masked kind=robot',
      'allow x sorting name masked kind=staff kind=staff',
      'allow x sorting name masked at=yesterday',
      'allow x sorting name masked bulk=yes',
      'allow x sorting name masked whatever',
    ];
    for (const line of bad)
      assert.throws(
        () => readExamples(`# first\n\n${line}`),
        (error) => error instanceof BoltsealError && error.code === 'POLICY_EXAMPLES' && error.parameters.line === 3,
        line,
      );
  });

  it('never fail otherwise', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'allow deny x sorting name masked * , = # \n'.split(/(?=.)/)) }),
        (text) => {
          try {
            readExamples(text);
          } catch (error) {
            assert.ok(error instanceof BoltsealError);
          }
        },
      ),
    );
  });
});
