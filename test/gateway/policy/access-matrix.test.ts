import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { purposes } from '../../../src/contract/api/purposes.ts';
import {
  disclosureForms,
  type PolicyAct,
  policyActs,
  principalKinds,
  vaultFields,
} from '../../../src/contract/api/words.ts';
import { readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { createPolicyEngine } from '../../../src/gateway/policy/engine.ts';
import { sampleOf } from '../../../src/gateway/policy/roles.ts';
import type { Principal } from '../../../src/gateway/port.ts';
import { accessMatrixDocument, readExpectedAccess } from '../../../tools/access-matrix.ts';

const expected = readExpectedAccess();
const engine = createPolicyEngine({ text: readDefaultPolicies(), version: '1' });
const nowMs = Date.UTC(2026, 10, 23, 9);

const circumstances = policyActs.flatMap((act) =>
  [false, true].flatMap((isBulk) =>
    // An export is of many, and never an exception.
    (act === 'read' ? [false, true] : [false])
      .filter(() => act === 'read' || isBulk)
      .map((isException) => ({ act, isBulk, isException })),
  ),
);

/** What the table written by hand says, in the order of fields. */
function expectedFields(
  act: PolicyAct,
  role: string,
  purpose: string,
  form: string,
  isBulk: boolean,
  isException: boolean,
): string[] {
  const lines = expected.lines.filter(
    (line) =>
      line.role === role &&
      line.act === act &&
      line.purposes.some((one) => one === purpose) &&
      line.form === form &&
      !(isBulk && isException) &&
      (act !== 'read' || !isBulk || line.isBulkToo) &&
      (!isException || line.isExceptionToo),
  );
  return vaultFields.filter((field) => lines.some(({ fields }) => fields.includes(field)));
}

function given(
  principal: Principal,
  purpose: string,
  form: 'masked' | 'virtual' | 'clear',
  isBulk: boolean,
  isException: boolean,
  act: PolicyAct = 'read',
): string[] {
  return [...engine.decide({ principal, purpose, form, isBulk, isException, act, nowMs }, vaultFields).allowed];
}

describe('access matrix of the default policies', () => {
  for (const role of [...expected.roles, 'somebody-else'])
    it(`is as written by hand: ${role}`, () => {
      for (const { act, isBulk, isException } of circumstances)
        for (const purpose of purposes)
          for (const form of disclosureForms)
            assert.deepEqual(
              given(sampleOf(role), purpose, form, isBulk, isException, act),
              expectedFields(act, role, purpose, form, isBulk, isException),
              [act, role, purpose, form, isBulk && 'bulk', isException && 'exception'].join(' '),
            );
    });

  it('gives nothing to devices without a station', () => {
    for (const role of ['scanner', 'courier'])
      for (const purpose of purposes)
        for (const form of disclosureForms)
          assert.deepEqual(given(sampleOf(role, { station: null }), purpose, form, false, false), []);
  });

  it('gives nothing to a role that is held by another kind than it is for', () => {
    const right: Readonly<Record<string, readonly string[]>> = {
      scanner: ['device'],
      courier: ['device', 'staff'],
      shop: ['service'],
    };
    for (const role of expected.roles)
      for (const kind of principalKinds) {
        if ((right[role] ?? ['staff']).includes(kind)) continue;
        for (const { act, purposes: why, form } of expected.lines.filter((line) => line.role === role))
          for (const purpose of why)
            assert.deepEqual(
              given(sampleOf(role, { kind, station: 'st-1' }), purpose, form, act !== 'read', false, act),
              [],
              `${role} ${kind}`,
            );
      }
    assert.deepEqual(given(sampleOf('courier', { kind: 'staff' }), 'delivery', 'clear', false, false), ['address']);
  });

  it('is documented by the same table', () => {
    const document = readFileSync(new URL('../../../docs/access-matrix.md', import.meta.url), 'utf8');
    assert.equal(document, accessMatrixDocument(expected), 'run `npm run docs:access`');
  });
});
