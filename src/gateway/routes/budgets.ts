import type { FastifyInstance } from 'fastify';
import { type BudgetsChangeBody, budgetsChangeSchema, budgetsSchema } from '../../contract/api/budgets.ts';
import type { OpenBudgets } from '../budgets/open-budgets.ts';
import { callerOf } from '../caller.ts';
import { requireAdministrator, requireReader } from '../directory/duties.ts';
import type { Caller } from '../port.ts';

/** What the routes of budgets need. */
export interface BudgetServices {
  readonly kept: Pick<OpenBudgets, 'rules' | 'change'>;
  readonly nowMs: () => number;
}

const tags = ['budgets'];

/** `/v1/budgets`: how many people may be read; for administrators, and to read for auditors. */
export function budgetRoutes(app: FastifyInstance, { kept, nowMs }: BudgetServices): void {
  const changeBy = ({ principal, signature }: Caller) => ({ actor: principal.id, signature, nowMs: nowMs() });
  const bodyOf = () => {
    const { source, rules } = kept.rules();
    return { source, rules: [...rules] };
  };
  app.get(
    '/v1/budgets',
    { schema: { tags, summary: 'The budgets that hold', response: { 200: budgetsSchema } } },
    async (request) => {
      requireReader(callerOf(request));
      return bodyOf();
    },
  );
  app.put<{ Body: BudgetsChangeBody }>(
    '/v1/budgets',
    {
      schema: {
        tags,
        summary:
          'Takes other budgets, whatever the configuration says; they hold when it is answered, with everybody who was read before counted',
        body: budgetsChangeSchema,
        response: { 200: budgetsSchema },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      await kept.change(request.body.rules, changeBy(caller));
      return bodyOf();
    },
  );
  app.delete(
    '/v1/budgets',
    { schema: { tags, summary: 'Back to the budgets of the configuration', response: { 200: budgetsSchema } } },
    async (request) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      await kept.change(null, changeBy(caller));
      return bodyOf();
    },
  );
}
