import type { DisclosureRequest } from '../../contract/api/disclosures.ts';
import type { DisclosureForm, VaultField } from '../../contract/api/words.ts';
import type { BudgetRequest, Budgets, BusinessContext, Caller, Matter, PolicyEngine, Reservation } from '../port.ts';
import { exceptionBasis } from './exception-basis.ts';
import type { Item } from './item.ts';

/** The fields of a request by the form in which they are wanted. */
export type Wanted = ReadonlyMap<DisclosureForm, readonly VaultField[]>;

/** What was asked, by whom and when. */
export interface Asked {
  readonly caller: Caller;
  readonly body: DisclosureRequest;
  readonly also: readonly string[];
  readonly nowMs: number;
}

/** The fields of a request by their forms. */
export function groupByForm(fields: DisclosureRequest['fields']): Wanted {
  const wanted = new Map<DisclosureForm, VaultField[]>();
  for (const [field, form] of Object.entries(fields) as [VaultField, DisclosureForm][]) {
    const same = wanted.get(form);
    if (same === undefined) wanted.set(form, [field]);
    else same.push(field);
  }
  return wanted;
}

/** Gives each item its basis, or refuses it: only an exception goes on without a business fact. */
export async function justify(
  context: BusinessContext,
  { caller, body, nowMs }: Asked,
  items: readonly Item[],
): Promise<void> {
  const open = items.filter(isOpen);
  if (open.length === 0) return;
  const request = { purpose: body.purpose, ticket: body.ticket ?? null, nowMs };
  const answers = await context.justify(
    caller.principal,
    request,
    open.map(({ matter }) => matter),
  );
  for (const [i, item] of open.entries()) {
    const answer = answers[i];
    if (answer?.isJustified === true) item.basis = answer.basis;
    else if (body.exception !== undefined) item.basis = exceptionBasis(body.exception.reason);
    else item.refusal = answer?.code ?? 'GATEWAY_NOT_JUSTIFIED';
  }
}

/** Refuses every item unless all fields may leave in their form: half an answer is a mistake that nobody sees. */
export function applyPolicies(
  policies: PolicyEngine,
  { caller, body, nowMs }: Asked,
  wanted: Wanted,
  items: readonly Item[],
): void {
  let isAllowed = true;
  for (const [form, fields] of wanted) {
    const decision = policies.decide(
      {
        principal: caller.principal,
        purpose: body.purpose,
        form,
        isException: body.exception !== undefined,
        isBulk: items.length > 1,
        nowMs,
      },
      fields,
    );
    isAllowed &&= fields.every((field) => decision.allowed.has(field));
  }
  if (isAllowed) return;
  for (const item of items) {
    // An exception gets past the business fact, and must not learn on the way what is there.
    if (body.exception !== undefined) item.refusal = 'GATEWAY_POLICY';
    else item.refusal ??= 'GATEWAY_POLICY';
  }
}

/**
 * Room for every subject that is still to be given, or for none: then all are refused. What an exception asks for and is not there takes room as somebody would: whoever has used up a
 * budget must not go on guessing tracking numbers by what the budget does not refuse.
 */
export function reserve(budgets: Budgets, { caller, body, nowMs }: Asked, items: readonly Item[]): Reservation {
  const open = items.filter((item) => isOpen(item) || (body.exception !== undefined && isMissing(item)));
  const request: BudgetRequest = {
    principal: caller.principal,
    purpose: body.purpose,
    subjects: [...new Set(open.map(({ matter, target }) => matter?.subject ?? JSON.stringify(target)))],
    weight: body.exception === undefined ? 1 : 2,
    nowMs,
  };
  const reservation = budgets.reserve(request);
  if (!reservation.isGranted) for (const item of open) item.refusal = 'GATEWAY_BUDGET';
  return reservation;
}

/** Whether an item has not been refused. */
export function isOpen(item: Item): item is Item & { readonly matter: Matter } {
  return item.refusal === null && item.matter !== null;
}

/** Whether all that is known against an item is that there is none. */
function isMissing({ matter, refusal }: Item): boolean {
  return matter === null && refusal === 'GATEWAY_NOT_JUSTIFIED';
}
