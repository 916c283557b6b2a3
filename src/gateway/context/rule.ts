import type { Matter, Principal } from '../port.ts';

/** What is asked, beside who asks. */
export interface Ask {
  /** The ticket that the caller names; null: none. */
  readonly ticket: string | null;
  readonly nowMs: number;
}

/**
 * The business fact that justifies a matter, as the ledger keeps it (`parcel at station st-17`), or null when there is none. It names stations, tours and tickets, never a person or a parcel.
 * Called for every matter of every request: no I/O beyond prepared look-ups.
 */
export type Rule = (principal: Principal, ask: Ask, matter: Matter) => string | null;
