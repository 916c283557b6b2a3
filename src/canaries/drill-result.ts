import { isSameRecipient, type Recipient } from '../contract/canaries.ts';
import type { CanarySighting } from './sighting.ts';

/** What one dump of a drill showed. */
export interface DrillRun {
  readonly shape: string;
  /** Of every canary, in the same order in every run. */
  readonly sightings: readonly CanarySighting[];
}

/** How a recipient's canaries fared. Counts. */
export interface DrillLine {
  readonly recipient: Recipient;
  readonly planted: number;
  /** Found in every shape. */
  readonly found: number;
  readonly notRegistered: number;
  /** In the register and not found, by shape. */
  readonly missed: readonly { readonly shape: string; readonly count: number }[];
}

/** The runs of a drill, recipient by recipient. */
export function countDrill(runs: readonly DrillRun[]): DrillLine[] {
  const first = runs[0]?.sightings ?? [];
  const recipients: Recipient[] = [];
  for (const { batch } of first)
    if (!recipients.some((known) => isSameRecipient(known, batch.for))) recipients.push(batch.for);
  return recipients.map((recipient) => {
    const places = first.flatMap(({ batch }, place) => (isSameRecipient(batch.for, recipient) ? [place] : []));
    const isFound = ({ sightings }: DrillRun, place: number): boolean => (sightings[place]?.fields.length ?? 0) > 0;
    const registered = places.filter((place) => first[place]?.isRegistered === true);
    return {
      recipient,
      planted: places.length,
      found: places.filter((place) => runs.every((run) => isFound(run, place))).length,
      notRegistered: places.length - registered.length,
      missed: runs
        .map((run) => ({ shape: run.shape, count: registered.filter((place) => !isFound(run, place)).length }))
        .filter(({ count }) => count > 0),
    };
  });
}
