import type { PolicyJson, PrincipalConstraint } from '@cedar-policy/cedar-wasm/nodejs';

/** What a decision can depend on beyond role, purpose, field, form, exception and bulk; `hasStation` and `hasPartner`: only on whether there is one. */
export type Feature =
  | 'id'
  | 'kind'
  | 'station'
  | 'hasStation'
  | 'partner'
  | 'hasPartner'
  | 'attributes'
  | 'hour'
  | 'weekday'
  | 'now';

/** What the policies say, as far as it can be seen without asking them. */
export interface Looks {
  /** Features that a decision may depend on: never one too few. */
  readonly at: ReadonlySet<Feature>;
  /** Roles that are named. */
  readonly roles: readonly string[];
  /** Greatest depth of an expression in JSON, where each of its levels takes two. */
  readonly depth: number;
}

const ofPrincipal: readonly Feature[] = ['id', 'kind', 'station', 'partner', 'attributes'];
const ofContext: readonly Feature[] = ['hour', 'weekday', 'now'];
/** What `has` looks at where not everybody has it. */
const presences: Readonly<Record<string, Feature>> = { station: 'hasStation', partner: 'hasPartner' };
const owners: Readonly<Record<string, readonly Feature[]>> = { principal: ofPrincipal, context: ofContext };

/** Looks through policies in Cedar's JSON form (Cedar's documentation, "JSON policy format"); what it does not know counts as a look at everything. */
export function findLooks(policies: readonly PolicyJson[]): Looks {
  const at = new Set<Feature>();
  const roles = new Set<string>();
  let depth = 0;
  // No recursion: the depth is what is to be found out.
  const open: { readonly node: unknown; readonly level: number }[] = [];
  for (const { principal, conditions } of policies) {
    if (namesPrincipal(principal)) at.add('id');
    open.push({ node: principal, level: 0 }, ...conditions.map(({ body }) => ({ node: body, level: 1 })));
  }
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { node, level } = item;
    if (typeof node !== 'object' || node === null) continue;
    depth = Math.max(depth, level);
    const role = roleOf(node);
    if (role !== null) roles.add(role);
    for (const [operator, operand] of Object.entries(node)) {
      if (operator === 'Var') for (const feature of owners[String(operand)] ?? []) at.add(feature);
      open.push({ node: withoutKnown(operator, operand, at), level: level + 1 });
    }
  }
  return { at, roles: [...roles].sort(), depth };
}

/** The operand without the principal or context in it, when what is asked of them is clear from the operator. */
function withoutKnown(operator: string, operand: unknown, at: Set<Feature>): unknown {
  if (!isRecord(operand) || !isRecord(operand.left)) return operand;
  const owner = operand.left.Var;
  if (owner !== 'principal' && owner !== 'context') return operand;
  const rest = { ...operand, left: null };
  if (operator === 'has') {
    const attribute = String(Array.isArray(operand.attr) ? operand.attr[0] : operand.attr);
    // What is always there has to be given to Cedar all the same, or a prohibition that asks whether it is would prohibit nothing.
    const looked = presences[attribute] ?? owners[owner]?.find((feature) => feature === attribute);
    if (looked !== undefined) at.add(looked);
    return rest;
  }
  if (operator === '.') {
    for (const feature of owners[owner] ?? []) if (feature === operand.attr) at.add(feature);
    return rest;
  }
  if (owner === 'context') return operand;
  if (operator === 'getTag' || operator === 'hasTag') at.add('attributes');
  else if (operator === '==' || operator === '!=') at.add('id');
  else if (operator === 'in') {
    if (roleOf(literalEntity(operand.right)) === null) at.add('id');
  } else if (operator !== 'is' || operand.in !== undefined) return operand;
  return rest;
}

function namesPrincipal(constraint: PrincipalConstraint): boolean {
  if (constraint.op === 'All' || (constraint.op === 'is' && constraint.in === undefined)) return false;
  const within = constraint.op === 'is' ? constraint.in : constraint;
  return within === undefined || !('entity' in within) || roleOf(within.entity) === null;
}

function literalEntity(node: unknown): unknown {
  return isRecord(node) && isRecord(node.Value) ? node.Value.__entity : null;
}

function roleOf(node: unknown): string | null {
  if (!isRecord(node) || node.type !== 'Role') return null;
  return typeof node.id === 'string' ? node.id : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
