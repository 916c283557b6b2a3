import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { findingsOf, findingText } from '../../../src/gateway/policy/findings.ts';
import { findPermitted } from '../../../src/gateway/policy/permitted.ts';
import { readPolicies } from '../../../src/gateway/policy/read-policies.ts';

function dangers(text: string): string[] {
  const found = findingsOf(findPermitted(readPolicies(text)));
  return found.filter(({ level }) => level === 'danger').map(({ code, role, form }) => `${code} ${role} ${form}`);
}

const x = 'principal in Role::"x"';
const clearName = `permit (${x}, action == Action::"read-clear", resource == Field::"name")`;
const plain = 'context.purpose == Purpose::"support" && !context.bulk && !context.exception';

describe('what policies permit that somebody should have meant', () => {
  it('is no danger in the default policies, and named where it is none', () => {
    const found = findingsOf(findPermitted(readPolicies(readDefaultPolicies())));
    assert.deepEqual(
      found.map(({ level, code, role }) => `${level} ${code} ${role}`),
      [
        'notice bulk courier',
        'notice bulk scanner',
        'notice bulk shop',
        'notice national-id-clear privacy-officer',
        'notice export privacy-officer',
        'notice export privacy-officer',
      ],
    );
    assert.equal(
      findingText(found[1]!),
      'scanner may read name, address masked (sorting, delivery, pickup, return) of several people in one answer',
    );
  });

  it('is found for each kind of it', () => {
    assert.deepEqual(dangers(`${clearName} when { ${plain} };`), []);
    assert.deepEqual(dangers(`${clearName} when { context.purpose == Purpose::"support" && !context.exception };`), [
      'bulk-clear x clear',
    ]);
    assert.deepEqual(dangers(`${clearName} when { context.purpose == Purpose::"support" && !context.bulk };`), [
      'exception-clear x clear',
    ]);
    assert.deepEqual(
      dangers(
        `permit (${x}, action == Action::"read-masked", resource) when { context.purpose == Purpose::"support" && context.bulk == context.exception };`,
      ),
      ['exception-bulk x masked'],
    );
    assert.deepEqual(dangers(`${clearName} when { !context.bulk && !context.exception };`), [
      'any-purpose x clear',
      'no-person-needed x clear',
    ]);
    assert.deepEqual(
      dangers(`permit (principal, action == Action::"read-masked", resource == Field::"name") when { ${plain} };`),
      ['any-role no-such-role masked'],
    );
    assert.deepEqual(dangers(`${clearName.replace('name', 'nationalId')} when { ${plain} };`), [
      'national-id-clear x clear',
    ]);
  });

  it('is found for exports: of whom, for what, and by whom approved', () => {
    const exportNames = `permit (${x}, action == Action::"export-clear", resource == Field::"name")`;
    const approveNames = `permit (principal in Role::"y", action == Action::"approve-clear", resource == Field::"name");`;
    const notice = 'context.purpose == Purpose::"notice"';
    assert.deepEqual(dangers(`${exportNames} when { ${notice} }; ${approveNames}`), []);
    assert.deepEqual(dangers(`${exportNames};`), ['any-purpose x clear', 'no-person-needed x clear']);
    assert.deepEqual(dangers(`${exportNames} when { ${notice} }; ${approveNames.replace('"y"', '"x"')}`), [
      'export-and-approve x clear',
    ]);
    assert.deepEqual(
      dangers(`permit (principal, action == Action::"export-clear", resource == Field::"name") when { ${notice} };`),
      ['any-role no-such-role clear'],
    );
    assert.deepEqual(dangers(`permit (principal, action == Action::"approve-clear", resource == Field::"name");`), [
      'any-role no-such-role clear',
    ]);
    // What is permitted to read is not permitted to export.
    assert.deepEqual(
      findPermitted(readPolicies(`permit (${x}, action in Action::"read", resource);`)).filter(
        ({ act }) => act !== 'read',
      ),
      [],
    );
  });

  it('is none where a prohibition holds for everybody', () => {
    const forbid =
      'forbid (principal, action == Action::"read-clear", resource) when { context.bulk || context.hour < 3 };';
    assert.deepEqual(
      dangers(`${clearName} when { context.purpose == Purpose::"support" && !context.exception }; ${forbid}`),
      [],
    );
  });
});
