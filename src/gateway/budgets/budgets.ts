import type { BudgetRequest, Budgets, Reservation } from '../port.ts';
import { DistinctWindow } from './distinct-window.ts';
import { type BudgetRule, ruleName, rulesFor, sharerOf, windowMs } from './rules.ts';

/** One settled reading of some people, as the journal keeps it; people are keyed hashes. */
export interface CountedUse {
  readonly atMs: number;
  readonly principal: string;
  readonly role: string;
  readonly station: string | null;
  readonly partner: string | null;
  readonly purpose: string;
  readonly weight: 1 | 2;
  readonly people: readonly number[];
}

/** What counting needs. */
export interface BudgetsInput {
  readonly rules: readonly BudgetRule[];
  /** A number below 2^48 for a subject, the same each time, from which nobody without the key finds the subject. */
  readonly personOf: (subject: string) => number;
  /** Writes down what counts, before its answer leaves; a kill of the process loses none of it. Fails with GATEWAY_BUDGETS_WRITE. */
  readonly note: (use: CountedUse) => void;
}

interface Counter {
  readonly rule: BudgetRule;
  readonly window: DistinctWindow;
}

/** Budgets in memory, in one thread: `reserve` looks and takes in one step, so that no two requests can take the same room. */
export class CountingBudgets implements Budgets {
  readonly #input: BudgetsInput;
  #rules: readonly BudgetRule[];
  /** By rule, and within it by who shares it. */
  readonly #windows = new Map<BudgetRule, Map<string, DistinctWindow>>();
  readonly #rulesOf = new Map<string, readonly BudgetRule[]>();

  constructor(input: BudgetsInput) {
    this.#input = input;
    this.#rules = input.rules;
  }

  reserve(request: BudgetRequest): Reservation {
    const { principal, purpose, weight, nowMs } = request;
    const people = [...new Set(request.subjects.map(this.#input.personOf))];
    const counters = this.#countersOf(request);
    for (const { rule, window } of counters) {
      const needed = window.needed(people, weight, nowMs);
      const excess = window.used(nowMs) + needed - rule.limit;
      if (needed > 0 && excess > 0)
        return {
          isGranted: false,
          budget: ruleName(rule),
          limit: rule.limit,
          // More than the whole budget never fits.
          retryAfterMs: needed > rule.limit ? windowMs[rule.window] : window.freeAfterMs(excess, nowMs),
        };
    }
    for (const { window } of counters) for (const person of people) window.hold(person, weight);
    const end = (): void => {
      for (const { window } of counters) for (const person of people) window.release(person, weight);
    };
    const { id, role, station, partner } = principal;
    return {
      isGranted: true,
      settle: () => {
        // First: when it cannot be written, nothing is given, and the hold is released.
        if (people.length > 0)
          this.#input.note({ atMs: nowMs, principal: id, role, station, partner, purpose, weight, people });
        for (const { window } of counters) for (const person of people) window.add(person, weight, nowMs);
        end();
      },
      release: end,
    };
  }

  /** Counts what the journal has; in any order. */
  recount(use: CountedUse, nowMs: number): void {
    const principal = {
      id: use.principal,
      kind: 'service',
      role: use.role,
      station: use.station,
      partner: use.partner,
      attributes: {},
    } as const;
    for (const { rule, window } of this.#countersOf({ principal, purpose: use.purpose }))
      if (use.atMs + windowMs[rule.window] > nowMs)
        for (const person of use.people) window.add(person, use.weight, use.atMs);
  }

  /** Takes other rules from the next request on; `uses` is everything that still counts. */
  changeRules(rules: readonly BudgetRule[], uses: Iterable<CountedUse>, nowMs: number): void {
    this.#rules = rules;
    this.#windows.clear();
    this.#rulesOf.clear();
    for (const use of uses) this.recount(use, nowMs);
  }

  /** Forgets windows that nobody is in; to be called now and then. */
  sweep(nowMs: number): void {
    for (const bySharer of this.#windows.values())
      for (const [sharer, window] of bySharer) if (window.used(nowMs) === 0 && window.isEmpty) bySharer.delete(sharer);
  }

  #countersOf({ principal, purpose }: Pick<BudgetRequest, 'principal' | 'purpose'>): Counter[] {
    const name = `${principal.role} ${principal.station === null ? '' : 's'}${principal.partner === null ? '' : 'p'} ${purpose}`;
    let rules = this.#rulesOf.get(name);
    if (rules === undefined) {
      rules = rulesFor(this.#rules, principal, purpose);
      // Purposes are the callers' words; policies refuse what they do not know before anything is counted.
      if (this.#rulesOf.size > 10_000) this.#rulesOf.clear();
      this.#rulesOf.set(name, rules);
    }
    return rules.map((rule) => ({ rule, window: this.#windowOf(rule, sharerOf(rule.scope, principal) ?? '') }));
  }

  #windowOf(rule: BudgetRule, sharer: string): DistinctWindow {
    const bySharer = this.#windows.get(rule) ?? new Map<string, DistinctWindow>();
    const known = bySharer.get(sharer);
    if (known !== undefined) return known;
    const window = new DistinctWindow(windowMs[rule.window]);
    this.#windows.set(rule, bySharer.set(sharer, window));
    return window;
  }
}
