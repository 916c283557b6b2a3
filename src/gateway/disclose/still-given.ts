import type { DisclosureResult } from '../../contract/api/disclosures.ts';
import { type Asked, applyPolicies, groupByForm, justify } from './decide.ts';
import type { DiscloseRequest, DiscloseServices } from './disclose.ts';
import { findItems } from './item.ts';

/**
 * Whether everything that a request got would be given to it now, by business facts and policies: what was kept for a repeated request is no way around a change of either.
 * Budgets are not asked: the people were counted, and count once. Rejects as the vault does.
 */
export async function isStillGiven(
  { vault, context, policies, nowMs }: Pick<DiscloseServices, 'vault' | 'context' | 'policies' | 'nowMs'>,
  { caller, body, also = [] }: Omit<DiscloseRequest, 'idempotencyKeyOf'>,
  given: readonly DisclosureResult[],
): Promise<boolean> {
  if (given.every(({ decision }) => decision === 'refused')) return true;
  const asked: Asked = { caller, body, also, nowMs: nowMs() };
  const items = await findItems(vault, body);
  await justify(context, asked, items);
  applyPolicies(policies, asked, groupByForm(body.fields), items);
  return (
    items.length === given.length &&
    items.every(({ refusal }, i) => refusal === null || given[i]?.decision === 'refused')
  );
}
