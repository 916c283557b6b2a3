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

/** A reservation that was neither settled nor released. */
interface OpenReservation {
  readonly principal: Principal;
  readonly purpose: string;
  readonly people: readonly number[];
  readonly weight: 1 | 2;
  readonly counted: DistinctWindows[];
}

/** Rules, and what they have counted. */
class Book {
  readonly rules: readonly BudgetRule[];
  /** Streams that nothing was counted in before. */
  readonly fresh = new Set<Stream>();
  /** By scope, role and purpose of their rules. */
  readonly #streams = new Map<string, Stream>();
  readonly #classes = new Map<string, RequestClass>();

  /** Streams of `before` that count the same go on. */
  constructor(rules: readonly BudgetRule[], before: Book | null) {
    this.rules = rules;
    for (const { scope, role, purpose } of rules) {
      const name = streamName({ scope, role, purpose });
      if (this.#streams.has(name)) continue;
      const same = rules.filter((rule) => streamName(rule) === name);
      const windows = [...new Set(same.map(({ window }) => window))].sort();
      const known = before === null ? undefined : before.#streams.get(name);
      const stream =
        known?.windows.join() === windows.join()
          ? known
          : { scope, windows, bySharer: new Map<string, DistinctWindows>() };
      if (stream !== known) this.fresh.add(stream);
      this.#streams.set(name, stream);
    }
  }

  classOf(principal: Principal, purpose: string): RequestClass {
    const name = `${principal.role} ${principal.station === null ? '' : 's'}${principal.partner === null ? '' : 'p'} ${purpose}`;
    let found = this.#classes.get(name);
    if (found === undefined) {
      found = this.#makeClass(rulesFor(this.rules, principal, purpose));
      // Purposes are the callers' words; policies refuse what they do not know before anything is counted.
      if (this.#classes.size > 10_000) this.#classes.clear();
      this.#classes.set(name, found);
    }
    return found;
  }

  sweep(nowMs: number): void {
    for (const { bySharer } of this.#streams.values())
      for (const [sharer, windows] of bySharer) if (windows.isEmpty(nowMs)) bySharer.delete(sharer);
  }

  #makeClass(rules: readonly BudgetRule[]): RequestClass {
    const streams: Stream[] = [];
    const checks = rules.map((rule): Check => {
      const stream = this.#streams.get(streamName(rule));
      if (stream === undefined) throw new RangeError('every rule has its stream');
      if (!streams.includes(stream)) streams.push(stream);
      return { rule, stream: streams.indexOf(stream), window: stream.windows.indexOf(rule.window) };
    });
    return { streams, checks };
  }
}

/** Budgets in memory, in one thread: `reserve` looks and takes in one step, so that no two requests can take the same room. */
export class CountingBudgets implements Budgets {
  readonly #input: BudgetsInput;
  readonly #open = new Set<OpenReservation>();
  #book: Book;
  /** Rules that are being counted and will hold. */
  #next: Book | null = null;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(input: BudgetsInput) {
    this.#input = input;
    this.#book = new Book(input.rules, null);
  }

  get rules(): readonly BudgetRule[] {
    return this.#book.rules;
  }

  reserve(request: BudgetRequest): Reservation {
    const { principal, purpose, subjects, weight, nowMs } = request;
    const { personOf, note } = this.#input;
    const people = subjects.length === 1 ? subjects.map(personOf) : [...new Set(subjects.map(personOf))];
    const counted: DistinctWindows[] = [];
    const refusal =
      check(this.#book, request, people, counted) ??
      (this.#next === null ? null : check(this.#next, request, people, counted));
    if (refusal !== null) return refusal;
    for (const windows of counted) for (const person of people) windows.hold(person, weight);
    const open: OpenReservation = { principal, purpose, people, weight, counted };
    this.#open.add(open);
    const release = (): void => {
      this.#open.delete(open);
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
  recount(use: CountedUse, nowMs: number): void {
    recountIn(this.#book, use, nowMs, () => true);
  }

  /**
   * Takes other rules; they hold when it resolves, and until then both they, as far as they are counted, and those before. `uses` gives everything that still counts, and is asked only when
   * something is counted that was not counted before. What is settled meanwhile may come in it or not: people are a set. Rejects as `uses`; then the rules before go on.
   */
  changeRules(rules: readonly BudgetRule[], uses: () => AsyncIterable<CountedUse>, nowMs: number): Promise<void> {
    const mine = this.#changing.then(() => this.#changeRules(rules, uses, nowMs));
    this.#changing = mine.catch(() => undefined);
    return mine;
  }

  async #changeRules(
    rules: readonly BudgetRule[],
    uses: () => AsyncIterable<CountedUse>,
    nowMs: number,
  ): Promise<void> {
    const next = new Book(rules, this.#book);
    const isFresh = (stream: Stream): boolean => next.fresh.has(stream);
    try {
      this.#next = next;
      // What was asked for and not given yet takes room in new windows too.
      for (const { principal, purpose, people, weight, counted } of this.#open)
        for (const stream of next.classOf(principal, purpose).streams.filter(isFresh)) {
          const windows = countedBy(stream, principal);
          counted.push(windows);
          for (const person of people) windows.hold(person, weight);
        }
      if (next.fresh.size > 0) for await (const use of uses()) recountIn(next, use, nowMs, isFresh);
      this.#book = next;
    } finally {
      this.#next = null;
    }
  }

  /** Forgets windows that nobody is in; to be called now and then. */
  sweep(nowMs: number): void {
    this.#book.sweep(nowMs);
  }
}

/** Why a book has no room for a request; null: it has. What counts it is added to `counted`, each once. */
function check(
  book: Book,
  { principal, purpose, weight, nowMs }: BudgetRequest,
  people: readonly number[],
  counted: DistinctWindows[],
): Extract<Reservation, { isGranted: false }> | null {
  const { streams, checks } = book.classOf(principal, purpose);
  const own = streams.map((stream) => countedBy(stream, principal));
  for (const { rule, stream, window } of checks) {
    const windows = own[stream]!;
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
  for (const windows of own) if (!counted.includes(windows)) counted.push(windows);
  return null;
}

function recountIn(
  book: Book,
  { atMs, principal: id, role, station, partner, purpose, weight, people }: CountedUse,
  nowMs: number,
  isWanted: (stream: Stream) => boolean,
): void {
  const principal = { id, kind: 'service', role, station, partner, attributes: {} } as const;
  for (const stream of book.classOf(principal, purpose).streams) {
    if (!isWanted(stream)) continue;
    const windows = countedBy(stream, principal);
    for (const person of people) windows.add(person, weight, atMs, nowMs);
  }
}

function streamName({ scope, role, purpose }: Pick<BudgetRule, 'scope' | 'role' | 'purpose'>): string {
  return JSON.stringify([scope, role, purpose]);
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
