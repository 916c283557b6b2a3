import type { BudgetRequest, Budgets, Principal, Reservation } from '../port.ts';
import { DistinctWindows } from './distinct-windows.ts';
import {
  type BudgetRule,
  type BudgetScope,
  type BudgetWindow,
  ruleName,
  rulesFor,
  sharerOf,
  windowMs,
} from './rules.ts';

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
  /** Writes down what counts, before its answer leaves; a kill of the process loses none of it. Rejects with GATEWAY_BUDGETS_WRITE. */
  readonly note: (use: CountedUse) => Promise<void> | void;
}

/** Rules that differ in window and limit alone: they count the same readings of the same people. */
interface Stream {
  readonly scope: BudgetScope;
  readonly windows: readonly BudgetWindow[];
  readonly bySharer: Map<string, DistinctWindows>;
}

/** A rule, and where it is counted: place of the stream among those of a class of requests, and of the window in the stream. */
interface Check {
  readonly rule: BudgetRule;
  readonly stream: number;
  readonly window: number;
}

/** What concerns requests of one role and purpose. */
interface RequestClass {
  readonly streams: readonly Stream[];
  /** In the order of the rules. */
  readonly checks: readonly Check[];
}

/** Budgets in memory, in one thread: `reserve` looks and takes in one step, so that no two requests can take the same room. */
export class CountingBudgets implements Budgets {
  readonly #input: BudgetsInput;
  #rules: readonly BudgetRule[];
  /** By scope, role and purpose of their rules. */
  readonly #streams = new Map<string, Stream>();
  readonly #classes = new Map<string, RequestClass>();

  constructor(input: BudgetsInput) {
    this.#input = input;
    this.#rules = input.rules;
  }

  reserve(request: BudgetRequest): Reservation {
    const { principal, purpose, subjects, weight, nowMs } = request;
    const { personOf, note } = this.#input;
    const people = subjects.length === 1 ? subjects.map(personOf) : [...new Set(subjects.map(personOf))];
    const { streams, checks } = this.#classOf(principal, purpose);
    const counted = streams.map((stream) => countedBy(stream, principal));
    for (const { rule, stream, window } of checks) {
      const windows = counted[stream]!;
      const needed = windows.needed(window, people, weight, nowMs);
      const excess = windows.used(window, nowMs) + needed - rule.limit;
      if (needed > 0 && excess > 0)
        return {
          isGranted: false,
          budget: ruleName(rule),
          limit: rule.limit,
          // More than the whole budget never fits.
          retryAfterMs: needed > rule.limit ? windowMs[rule.window] : windows.freeAfterMs(window, excess, nowMs),
        };
    }
    for (const windows of counted) for (const person of people) windows.hold(person, weight);
    const release = (): void => {
      for (const windows of counted) for (const person of people) windows.release(person, weight);
    };
    const { id, role, station, partner } = principal;
    return {
      isGranted: true,
      async settle() {
        // First: when it cannot be written, nothing is given, and the hold is released.
        if (people.length > 0)
          await note({ atMs: nowMs, principal: id, role, station, partner, purpose, weight, people });
        for (const windows of counted) for (const person of people) windows.add(person, weight, nowMs, nowMs);
        release();
      },
      release,
    };
  }

  /** Counts what the journal has; in any order. */
  recount({ atMs, principal: id, role, station, partner, purpose, weight, people }: CountedUse, nowMs: number): void {
    const principal = { id, kind: 'service', role, station, partner, attributes: {} } as const;
    for (const stream of this.#classOf(principal, purpose).streams) {
      const windows = countedBy(stream, principal);
      for (const person of people) windows.add(person, weight, atMs, nowMs);
    }
  }

  /** Takes other rules from the next request on; `uses` is everything that still counts. */
  changeRules(rules: readonly BudgetRule[], uses: Iterable<CountedUse>, nowMs: number): void {
    this.#rules = rules;
    this.#streams.clear();
    this.#classes.clear();
    for (const use of uses) this.recount(use, nowMs);
  }

  /** Forgets windows that nobody is in; to be called now and then. */
  sweep(nowMs: number): void {
    for (const { bySharer } of this.#streams.values())
      for (const [sharer, windows] of bySharer) if (windows.isEmpty(nowMs)) bySharer.delete(sharer);
  }

  #classOf(principal: Principal, purpose: string): RequestClass {
    const name = `${principal.role} ${principal.station === null ? '' : 's'}${principal.partner === null ? '' : 'p'} ${purpose}`;
    let found = this.#classes.get(name);
    if (found === undefined) {
      found = this.#makeClass(rulesFor(this.#rules, principal, purpose));
      // Purposes are the callers' words; policies refuse what they do not know before anything is counted.
      if (this.#classes.size > 10_000) this.#classes.clear();
      this.#classes.set(name, found);
    }
    return found;
  }

  #makeClass(rules: readonly BudgetRule[]): RequestClass {
    const streams: Stream[] = [];
    const checks = rules.map((rule): Check => {
      const stream = this.#streamOf(rule);
      if (!streams.includes(stream)) streams.push(stream);
      return { rule, stream: streams.indexOf(stream), window: stream.windows.indexOf(rule.window) };
    });
    return { streams, checks };
  }

  #streamOf({ scope, role, purpose }: BudgetRule): Stream {
    const name = JSON.stringify([scope, role, purpose]);
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const same = this.#rules.filter((rule) => rule.scope === scope && rule.role === role && rule.purpose === purpose);
      stream = { scope, windows: [...new Set(same.map(({ window }) => window))], bySharer: new Map() };
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

function countedBy({ scope, windows, bySharer }: Stream, principal: Principal): DistinctWindows {
  const sharer = sharerOf(scope, principal) ?? '';
  let counted = bySharer.get(sharer);
  if (counted === undefined) {
    counted = new DistinctWindows(windows.map((window) => windowMs[window]));
    bySharer.set(sharer, counted);
  }
  return counted;
}
