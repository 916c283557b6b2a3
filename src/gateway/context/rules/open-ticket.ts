import type { Rule } from '../rule.ts';
import type { TicketStore } from '../tickets.ts';

/** A ticket that is forgotten must not open a person's data for ever. */
const TICKET_LIFE_MS = 30 * 24 * 3600 * 1000;

/** The ticket that the caller names is open, assigned to the caller or the caller's group (attribute `group`), and about this subject or parcel. */
export function openTicket(tickets: Pick<TicketStore, 'findOpen'>): Rule {
  return ({ id, attributes }, { ticket, nowMs }, { parcel, subject }) => {
    if (ticket === null) return null;
    const found = tickets.findOpen(ticket, nowMs - TICKET_LIFE_MS, nowMs);
    if (found === null) return null;
    const isMine = found.agent === id || (found.group !== null && found.group === attributes.group);
    const isAbout = found.isAboutSubject(subject) || (parcel !== null && found.isAboutParcel(parcel.trackingNumber));
    return isMine && isAbout ? `ticket ${ticket}` : null;
  };
}
