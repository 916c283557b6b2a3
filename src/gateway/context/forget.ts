import type { ContextState } from './state.ts';

/** Takes away what the context has of a person who is erased: tickets about them or their parcels, their parcels on tours, and how these moved. Gives the number of things. */
export function forgetSubject(state: ContextState, subject: string, trackingNumbers: readonly string[]): number {
  let forgotten = state.tickets.removeOf({ subject });
  for (const trackingNumber of trackingNumbers) {
    forgotten += state.tickets.removeOf({ trackingNumber });
    forgotten += state.tours.removeParcel(trackingNumber);
    forgotten += state.movements.forget(trackingNumber);
    forgotten += state.containers.forget(trackingNumber);
  }
  return forgotten;
}
