import type { Rule } from '../rule.ts';

/** A parcel's way ends with these: a station that still stands in such a parcel is a leftover. */
const endStatuses: ReadonlySet<string> = new Set(['delivered', 'returned', 'lost']);

/** The parcel is at the caller's station, or due there. */
export const atStation: Rule = ({ station }, _ask, { parcel }) => {
  if (parcel === null || station === null || endStatuses.has(parcel.status)) return null;
  if (parcel.station === station) return `parcel at station ${station}`;
  return parcel.due.includes(station) ? `parcel due at station ${station}` : null;
};
