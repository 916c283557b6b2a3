import type { Expr, PolicyJson, PrincipalConstraint } from '@cedar-policy/cedar-wasm/nodejs';
import { findLooks } from './looks-at.ts';

/**
 * The same policies for "somebody, somewhere, at some time": whatever depends on more than role, purpose, field, form, exception and bulk counts as fulfilled where that permits, and as
 * not fulfilled where that prohibits. What they then refuse, the given ones refuse to every principal of that role at any time; what they permit, may depend on the rest.
 */
export function widenPolicies(policies: readonly PolicyJson[]): Record<string, PolicyJson> {
  const widened: Record<string, PolicyJson> = {};
  for (const [i, policy] of policies.entries()) {
    const isPermit = policy.effect === 'permit';
    if (!isPermit && isBound(policy.principal)) continue;
    widened[`policy${i}`] = {
      ...policy,
      principal: isBound(policy.principal) ? { op: 'All' } : policy.principal,
      conditions: policy.conditions.map(({ kind, body }) => ({
        kind,
        // A permission is widened; a prohibition is narrowed, and so is what stands behind `unless`.
        body: stretch(body, isPermit === (kind === 'when')),
      })),
    };
  }
  return widened;
}

/** Whether the scope names principals and not roles. */
function isBound(principal: PrincipalConstraint): boolean {
  const scope: PolicyJson = {
    effect: 'permit',
    principal,
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [],
  };
  return findLooks([scope]).at.size > 0;
}

/** An expression that holds at least (`isWider`), or at most, where the given one does. */
function stretch(expression: Expr, isWider: boolean): Expr {
  // Cedar's types let a function of an extension have these names too; it has none.
  const { '&&': all, '||': any, '!': not } = expression as Operators;
  if (all !== undefined) return { '&&': both(all, isWider) };
  if (any !== undefined) return { '||': both(any, isWider) };
  if (not !== undefined) return { '!': { arg: stretch(not.arg, !isWider) } };
  return dependsOnMore(expression) ? { Value: isWider } : expression;
}

interface Operands {
  readonly left: Expr;
  readonly right: Expr;
}

interface Operators {
  readonly '&&'?: Operands;
  readonly '||'?: Operands;
  readonly '!'?: { readonly arg: Expr };
}

function both({ left, right }: Operands, isWider: boolean): Operands {
  return { left: stretch(left, isWider), right: stretch(right, isWider) };
}

function dependsOnMore(expression: Expr): boolean {
  const condition: PolicyJson = {
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [{ kind: 'when', body: expression }],
  };
  return findLooks([condition]).at.size > 0;
}
