import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAsker } from '../../../src/gateway/policy/asker.ts';
import { readPolicies } from '../../../src/gateway/policy/read-policies.ts';
import { sampleOf } from '../../../src/gateway/policy/roles.ts';
import { widenPolicies } from '../../../src/gateway/policy/widen.ts';

const clearName = 'permit (principal in Role::"x", action == Action::"read-clear", resource == Field::"name")';

/** Whether somebody of the role might read a name in clear, at some place and time. */
function mightAllow(text: string, isBulk = false): boolean {
  const asker = createAsker(widenPolicies(readPolicies(text).policies));
  return asker.ask({
    principal: sampleOf('x'),
    purpose: 'support',
    form: 'clear',
    field: 'name',
    isException: false,
    isBulk,
    clock: { hour: 12, weekday: 1, nowMs: 0 },
    at: new Set(),
  }).isAllowed;
}

describe('widened policies', () => {
  const conditions = [
    'principal has station && principal.station == Station::"st-9"',
    'principal.kind == Kind::"service"',
    'context.hour < 3',
    '!(context.hour >= 3 || context.weekday == 7)',
    'context.now < datetime("2001-01-01")',
    'principal.hasTag("model") && principal.getTag("model") == "M"',
    'principal == Principal::"p"',
    '[principal].contains(principal)',
    'if context.hour < 3 then context.weekday == 7 else false',
    'if context.hour < 3 then false else context.bulk',
  ];
  for (const condition of conditions)
    it(`permit what may be permitted, and prohibit only what is prohibited to all: ${condition}`, () => {
      assert.ok(mightAllow(`${clearName} when { ${condition} };`));
      assert.ok(mightAllow(`${clearName} unless { ${condition} };`));
      assert.ok(mightAllow(`${clearName}; forbid (principal, action, resource) when { ${condition} };`));
      assert.ok(mightAllow(`${clearName}; forbid (principal, action, resource) unless { ${condition} };`));
      // What does not depend on anything more stays as it is.
      assert.ok(!mightAllow(`${clearName} when { (${condition}) && context.bulk };`));
      assert.ok(!mightAllow(`${clearName} unless { (${condition}) || !context.bulk };`));
      assert.ok(
        !mightAllow(`${clearName}; forbid (principal, action, resource) when { (${condition}) || !context.bulk };`),
      );
      assert.ok(
        mightAllow(`${clearName}; forbid (principal, action, resource) when { (${condition}) && !context.bulk };`),
      );
    });

  it('treat the scope of a rule like its conditions', () => {
    assert.ok(mightAllow('permit (principal == Principal::"p", action, resource);'));
    assert.ok(mightAllow(`${clearName}; forbid (principal == Principal::"p", action, resource);`));
    assert.ok(!mightAllow(`${clearName}; forbid (principal in Role::"x", action, resource);`));
    assert.ok(mightAllow(`${clearName}; forbid (principal in Role::"y", action, resource);`));
    assert.ok(!mightAllow('permit (principal in Role::"y", action, resource) when { context.hour < 3 };'));
  });
});
