import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAsker } from '../../../src/gateway/policy/asker.ts';
import { readPolicies } from '../../../src/gateway/policy/read-policies.ts';
import { sampleOf } from '../../../src/gateway/policy/roles.ts';
import { widenPolicies } from '../../../src/gateway/policy/widen.ts';

const permit = (role: string) =>
  `permit (principal in Role::"${role}", action == Action::"read-clear", resource == Field::"name")`;
const forbid = (role: string) => `forbid (principal in Role::"${role}", action, resource)`;

/** Roles of which somebody might read a name in clear, at some place and time. */
function rolesThatMight(text: string, roles: readonly string[]): string[] {
  const asker = createAsker(widenPolicies(readPolicies(text).policies));
  const question = { purpose: 'support', form: 'clear', field: 'name', isException: false, isBulk: false } as const;
  const clock = { hour: 12, weekday: 1, nowMs: 0 };
  return roles.filter((role) => asker.ask({ ...question, principal: sampleOf(role), clock, at: new Set() }).isAllowed);
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
      const rules = {
        when: `${permit('when')} when { ${condition} };`,
        unless: `${permit('unless')} unless { ${condition} };`,
        forbid: `${permit('forbid')}; ${forbid('forbid')} when { ${condition} };`,
        forbidUnless: `${permit('forbidUnless')}; ${forbid('forbidUnless')} unless { ${condition} };`,
        forbidBulk: `${permit('forbidBulk')}; ${forbid('forbidBulk')} when { (${condition}) && context.bulk };`,
        // What does not depend on anything more stays as it is.
        whenBulk: `${permit('whenBulk')} when { (${condition}) && context.bulk };`,
        unlessBulk: `${permit('unlessBulk')} unless { (${condition}) || !context.bulk };`,
        forbidOne: `${permit('forbidOne')}; ${forbid('forbidOne')} when { (${condition}) || !context.bulk };`,
      };
      assert.deepEqual(rolesThatMight(Object.values(rules).join('\n'), Object.keys(rules)), [
        'when',
        'unless',
        'forbid',
        'forbidUnless',
        'forbidBulk',
      ]);
    });

  it('treat the scope of a rule like its conditions', () => {
    const might = (text: string) => rolesThatMight(text, ['x']).length > 0;
    assert.ok(might('permit (principal == Principal::"p", action, resource);'));
    assert.ok(might(`${permit('x')}; forbid (principal == Principal::"p", action, resource);`));
    assert.ok(!might(`${permit('x')}; ${forbid('x')};`));
    assert.ok(might(`${permit('x')}; ${forbid('y')};`));
    assert.ok(!might('permit (principal in Role::"y", action, resource) when { context.hour < 3 };'));
  });
});
