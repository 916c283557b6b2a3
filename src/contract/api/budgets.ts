import { type Static, Type } from 'typebox';
import { purposes } from './purposes.ts';

/** Most rules at once: each is looked at for each request that it concerns. */
export const MOST_BUDGET_RULES = 1000;

/** So many distinct people within any stretch of that length; exceptions take the room of two. */
export const budgetRuleSchema = Type.Object(
  {
    /** Whose people are counted together. */
    scope: Type.Enum(['principal', 'station', 'partner']),
    /** A role, or `*` for every one. */
    role: Type.String({ pattern: '^(\\*|[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127})$', maxLength: 128 }),
    /** A purpose, or `*` for all of them together. */
    purpose: Type.Enum(['*', ...purposes]),
    /** It slides; a month has 30 days. */
    window: Type.Enum(['minute', 'hour', 'day', 'month']),
    limit: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
  },
  { additionalProperties: false },
);
export type BudgetRuleBody = Static<typeof budgetRuleSchema>;

/** `PUT /v1/budgets`: all rules; those that are left out hold no more. */
export const budgetsChangeSchema = Type.Object(
  { rules: Type.Array(budgetRuleSchema, { minItems: 1, maxItems: MOST_BUDGET_RULES, uniqueItems: true }) },
  { additionalProperties: false },
);
export type BudgetsChangeBody = Static<typeof budgetsChangeSchema>;

/** `GET /v1/budgets`. */
export const budgetsSchema = Type.Object({
  /** `changed`: by `PUT`, whatever the configuration says; otherwise what the configuration says, or the default ones. */
  source: Type.Enum(['configuration', 'changed']),
  rules: Type.Array(budgetRuleSchema),
});
export type BudgetsBody = Static<typeof budgetsSchema>;
