import type { ParcelStatus } from '../../contract/api/words.ts';

/** What one event says of one parcel. */
export interface Movement {
  readonly trackingNumber: string;
  /** When it happened, in milliseconds since 1970. */
  readonly atMs: number;
  /** Names the event: the same event told twice is one. */
  readonly event: string;
  /** Null: it says nothing of it. */
  readonly status: ParcelStatus | null;
  /** Null: on the way. Undefined: it says nothing of it. */
  readonly station: string | null | undefined;
  /** Stations where it is due from now on, the next first; null: it says nothing of it. */
  readonly due: readonly string[] | null;
  /** The station that it goes to next, whatever comes behind; null: it says nothing of it. */
  readonly next: string | null;
  /** The event is declared an error: whenever it was told, it counts no more. */
  readonly isVoid: boolean;
  /** It is about something that parcels are in and is none itself: no matter of the vault. */
  readonly isContainer?: boolean;
}

/** What one event says of what is in what. */
export interface Packing {
  /** Tracking number, or name of a container in a container; null: everything that is in it. */
  readonly item: string | null;
  /** Tracking number or name. */
  readonly container: string;
  readonly event: string;
  readonly atMs: number;
  /** From then on it is in, or out. */
  readonly isIn: boolean;
  readonly isVoid: boolean;
}

/** Where a parcel is. */
export interface ParcelState {
  readonly status: ParcelStatus;
  readonly station: string | null;
  readonly due: readonly string[];
}

export const firstState: ParcelState = { status: 'announced', station: null, due: [] };

/** A parcel after one more movement; movements are taken in the order in which they happened. A station that is reached is due no more, nor are those before it. */
export function advance(
  state: ParcelState,
  { status, station, due, next }: Pick<Movement, 'status' | 'station' | 'due' | 'next'>,
): ParcelState {
  let plan = due ?? state.due;
  if (next !== null) plan = [next, ...plan.slice(plan.indexOf(next) + 1)];
  if (typeof station === 'string') plan = plan.slice(plan.indexOf(station) + 1);
  return {
    status: status ?? state.status,
    station: station === undefined ? state.station : station,
    due: plan,
  };
}
