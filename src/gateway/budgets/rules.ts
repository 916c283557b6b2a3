import type { Principal } from '../port.ts';

/** Whose people are counted together. */
export type BudgetScope = 'principal' | 'station' | 'partner';

/** So many distinct people within any stretch of that length. */
export interface BudgetRule {
  readonly scope: BudgetScope;
  /** Of whom it holds: a role, or `*` for every one. */
  readonly role: string;
  /** For which purpose it holds, or `*` for all of them together. */
  readonly purpose: string;
  readonly window: BudgetWindow;
  /** Distinct people; exceptions take the room of two. */
  readonly limit: number;
}

/** Lengths of windows: they slide, so that no edge of a clock doubles them. A month has 30 days. */
export const windowMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000, month: 30 * 86_400_000 } as const;
export type BudgetWindow = keyof typeof windowMs;

/** The longest time that anything is counted. */
export const longestWindowMs = windowMs.month;

/**
 * What a carrier begins with: somewhat more than a day's honest work, of which the published figures for last-mile delivery say that couriers deliver 20 to 200 parcels a day
 * and stations some thousand. Whoever knows the own volumes sets the own limits.
 */
export const defaultBudgetRules: readonly BudgetRule[] = [
  ...rules('principal', 'scanner', '*', { minute: 60, hour: 1200, day: 6000, month: 100_000 }),
  ...rules('principal', 'courier', '*', { minute: 30, hour: 120, day: 400, month: 8000 }),
  ...rules('principal', 'customer-service', '*', { minute: 10, hour: 60, day: 200, month: 3000 }),
  ...rules('principal', 'shop', '*', { minute: 120, hour: 2000, day: 10_000, month: 150_000 }),
  ...rules('principal', '*', '*', { minute: 120, hour: 2500, day: 12_000, month: 200_000 }),
  ...rules('station', '*', '*', { minute: 600, hour: 10_000, day: 60_000, month: 1_000_000 }),
  ...rules('partner', '*', '*', { hour: 50_000, day: 300_000, month: 5_000_000 }),
];

function rules(
  scope: BudgetScope,
  role: string,
  purpose: string,
  limits: Partial<Record<BudgetWindow, number>>,
): BudgetRule[] {
  return (Object.entries(limits) as [BudgetWindow, number][]).map(([window, limit]) => ({
    scope,
    role,
    purpose,
    window,
    limit,
  }));
}

/** The rules that concern a request: of each scope and window those for just this role and purpose, and those for any; all must have room. */
export function rulesFor(all: readonly BudgetRule[], principal: Principal, purpose: string): BudgetRule[] {
  return all.filter(
    (rule) =>
      (rule.role === '*' || rule.role === principal.role) &&
      (rule.purpose === '*' || rule.purpose === purpose) &&
      sharerOf(rule.scope, principal) !== null,
  );
}

/** Who shares a budget of that scope with a principal; null: it has none. */
export function sharerOf(scope: BudgetScope, { id, station, partner }: Principal): string | null {
  return scope === 'principal' ? id : scope === 'station' ? station : partner;
}

/** Name of a budget, as refusals and metrics have it. */
export function ruleName({ scope, role, purpose, window }: BudgetRule): string {
  return [scope, window, role === '*' ? '' : `role ${role}`, purpose === '*' ? '' : `purpose ${purpose}`]
    .filter((part) => part !== '')
    .join(' ');
}
