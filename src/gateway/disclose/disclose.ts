import type { DisclosureRequest, DisclosureResult } from '../../contract/api/disclosures.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { Vault } from '../../vault/port.ts';
import type { Forms } from '../forms.ts';
import type { Budgets, BusinessContext, Caller, DecisionLog, PolicyEngine, Reservation } from '../port.ts';
import { type Asked, applyPolicies, groupByForm, justify, reserve } from './decide.ts';
import { entryOf } from './entry.ts';
import { findItems, type Item } from './item.ts';
import { readValues, type ShapedValues, shapeValues } from './values.ts';

/** What disclosing needs. */
export interface DiscloseServices {
  readonly vault: Pick<Vault, 'read' | 'parcels'>;
  readonly context: BusinessContext;
  readonly policies: PolicyEngine;
  readonly budgets: Budgets;
  readonly forms: Forms;
  readonly log: DecisionLog;
  readonly nowMs: () => number;
}

/** A request whose sender is known and whose body is as its schema says. */
export interface DiscloseRequest {
  readonly caller: Caller;
  readonly body: DisclosureRequest;
  /** 16 bytes for each item, so that a repeated request is the same entries; null when the caller gave no key. */
  readonly idempotencyKeyOf: ((item: number) => Uint8Array) | null;
  /** What the answer holds beside the fields, for the ledger: `trackingNumber`. */
  readonly also?: readonly string[];
}

/**
 * Decides about every parcel and subject of a request, writes the decisions to the ledger, and only then gives values (docs/design/gateway.md, "The way of a request").
 *
 * Rejects with GATEWAY_TARGETS when nothing is asked for, GATEWAY_BUDGET when a budget has no room for all of it (the ledger has the refusals then), and with LEDGER_* and VAULT_*: then
 * nothing leaves.
 */
export async function disclose(
  services: DiscloseServices,
  request: DiscloseRequest,
): Promise<readonly DisclosureResult[]> {
  for (;;) {
    const results = await discloseBy(services.policies.version, services, request);
    if (results !== null) return results;
  }
}

/** As `disclose`; null: other policies than of this version hold by now, and nothing was recorded. */
async function discloseBy(
  version: string,
  services: DiscloseServices,
  request: DiscloseRequest,
): Promise<readonly DisclosureResult[] | null> {
  const { vault, context, policies, budgets, forms, log } = services;
  const { caller, body, idempotencyKeyOf, also = [] } = request;
  const asked: Asked = { caller, body, also, nowMs: services.nowMs() };
  const items = await findItems(vault, body);
  if (items.length === 0) throw new BoltsealError('GATEWAY_TARGETS');
  await justify(context, asked, items);
  applyPolicies(policies, asked, groupByForm(body.fields), items);
  const reservation = reserve(budgets, asked, items);
  try {
    await readValues(vault, body, items);
    const shaped = await shapeValues(forms, body, items);
    if (policies.changing !== null) await policies.changing;
    if (policies.version !== version) {
      if (reservation.isGranted) reservation.release();
      return null;
    }
    // From here to the answer the order is the promise: nothing leaves before the ledger has it durably.
    const receipts = await log.append(
      items.map((item, i) => entryOf(item, shaped[i] ?? {}, asked, idempotencyKeyOf?.(i) ?? null)),
    );
    if (!reservation.isGranted) throw budgetError(reservation);
    await reservation.settle();
    return items.map((item, i) => resultOf(item, shaped[i] ?? {}, receipts[i]));
  } catch (error) {
    if (reservation.isGranted) reservation.release();
    throw error;
  }
}

function resultOf(
  item: Item,
  values: ShapedValues,
  receipt: DisclosureResult['receipt'] | undefined,
): DisclosureResult {
  if (receipt === undefined) throw new RangeError('the ledger answered with fewer places than there are entries');
  if (item.refusal !== null) return { ...item.target, decision: 'refused', code: item.refusal, receipt };
  return { ...item.target, decision: 'allowed', values, receipt };
}

function budgetError({ budget, limit, retryAfterMs }: Extract<Reservation, { isGranted: false }>): BoltsealError {
  return new BoltsealError('GATEWAY_BUDGET', { budget, limit, retryAfterMs });
}
