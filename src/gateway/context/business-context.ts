import type { BusinessContext, Justification } from '../port.ts';
import { localDay } from './local-day.ts';
import { carrierPurposes, type PurposeTable, type RuleName } from './purposes.ts';
import type { Rule } from './rule.ts';
import { atStation } from './rules/at-station.ts';
import { onTour } from './rules/on-tour.ts';
import { openTicket } from './rules/open-ticket.ts';
import { sentParcel } from './rules/sent-parcel.ts';
import type { ContextState } from './state.ts';

/** How the context is set up. */
export interface ContextOptions {
  /** Of the IANA database: when a tour's day begins and ends. */
  readonly timeZone: string;
  readonly purposes?: PurposeTable;
}

/** One code for whatever is missing: a refusal must not tell a parcel that is elsewhere from one that is not there, nor an unknown purpose from a ticket of somebody else. */
const refusal: Justification = { isJustified: false, code: 'GATEWAY_NOT_JUSTIFIED' };

/** Looks business facts up in tours and tickets and in what the vault says of a parcel. Throws RangeError for a time zone that nobody knows. */
export function createBusinessContext(
  state: ContextState,
  { timeZone, purposes = carrierPurposes }: ContextOptions,
): BusinessContext {
  const rules: Readonly<Record<RuleName, Rule>> = {
    'at-station': atStation,
    'on-tour': onTour(state.tours, localDay(timeZone)),
    'open-ticket': openTicket(state.tickets),
    'sent-parcel': sentParcel,
  };
  const table = new Map(
    Object.entries(purposes).flatMap(([purpose, roles]) =>
      Object.entries(roles).map(([role, names]) => [`${purpose}\0${role}`, names.map((name): Rule => rules[name])]),
    ),
  );
  return {
    async justify(principal, { purpose, ticket, nowMs }, matters) {
      const candidates = table.get(`${purpose}\0${principal.role}`) ?? [];
      const ask = { ticket, nowMs };
      return matters.map((matter) => {
        for (const rule of candidates) {
          const basis = rule(principal, ask, matter);
          if (basis !== null) return { isJustified: true, basis };
        }
        return refusal;
      });
    },
  };
}
