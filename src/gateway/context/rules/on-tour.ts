import type { LocalDay } from '../local-day.ts';
import type { Rule } from '../rule.ts';
import type { TourStore } from '../tours.ts';

/** The parcel is on a tour of the caller that is open and of today. */
export function onTour(tours: Pick<TourStore, 'findOpen'>, dayOf: LocalDay): Rule {
  return ({ id }, { nowMs }, { parcel }) => {
    const tour = parcel === null ? null : tours.findOpen(parcel.trackingNumber, id, dayOf(nowMs));
    return tour === null ? null : `tour ${tour}`;
  };
}
