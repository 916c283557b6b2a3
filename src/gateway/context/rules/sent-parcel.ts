import type { Rule } from '../rule.ts';

/** The parcel was sent by the caller's partner: its sender is the subject that the caller's attribute `sender` names, or the partner itself. */
export const sentParcel: Rule = ({ partner, attributes }, _ask, { parcel }) => {
  const sender = parcel?.sender ?? null;
  if (sender === null || partner === null) return null;
  return sender === (attributes.sender ?? partner) ? `parcel sent by ${partner}` : null;
};
