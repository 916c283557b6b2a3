import type { ContextState } from './state.ts';

const DAY_MS = 24 * 3600 * 1000;

/** For how many days each is kept: a tour after its day, a ticket after it was opened, movements after the parcel's last, a capture job after it was made. */
const keptDays = { tours: 14, tickets: 90, movements: 60, packings: 60, jobs: 30 } as const;

/** Takes away what justifies nothing any more, and gives the numbers. Called once in a while. */
export function sweepState(state: ContextState, nowMs: number): Record<keyof typeof keptDays, number> {
  const before = (days: number) => nowMs - days * DAY_MS;
  return {
    tours: state.tours.prune(new Date(before(keptDays.tours)).toISOString().slice(0, 10)),
    tickets: state.tickets.prune(before(keptDays.tickets)),
    movements: state.movements.prune(before(keptDays.movements)),
    packings: state.containers.prune(before(keptDays.packings)),
    jobs: state.jobs.prune(before(keptDays.jobs)),
  };
}
