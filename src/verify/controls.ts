import type { Verification } from '../contract/verification.ts';
import type { FieldName } from '../core/fields/field.ts';
import { ratioInterval } from '../core/statistics/ratio.ts';
import type { ControlFindings } from './findings.ts';

/** Two-sided confidence of every interval in a verification. */
export const CONFIDENCE = 0.95;

/**
 * The highest lift that a file which has nothing to do with the company reaches in each controlled field. It is not 1, because a neighbour of a real value
 * is often nobody's: a file that holds every phone of the country holds all of the customers' and only the assigned ones among the neighbours.
 *
 * - phone (other last four digits): between a third and a half of the numbers in a mobile range are assigned, so 2 to 3.
 * - nationalId: about 20 of the 1,000 sequence numbers of one county and birthday are taken (20 million births a year at the peak, 2,850 counties), so up to 50.
 */
const chanceLift: Partial<Record<FieldName, number>> = { phone: 3, nationalId: 50 };

/** Controlled fields whose density nobody has written down here are taken to be as dense as phones. */
const CHANCE_LIFT_ELSEWHERE = 3;

type FieldLift = Verification['controls']['fields'][number];

/**
 * How much more often the dump has customers' values than control values: the share of the sampled values that it has, divided by the share of the
 * control values, with its score interval at `CONFIDENCE` (core/statistics/ratio.ts). Fields differ in the lift that chance alone reaches, so their counts are not added up:
 * the figures are those of the field that is furthest above its chance, named in `field`; each field's own stand beside its counts. Null lift: no field can be compared,
 * because the dump has none of either, or no control was kept; null `high`: unbounded.
 */
export function lift(controls: readonly ControlFindings[]): Verification['controls'] {
  const fields = controls.map(fieldLift);
  const clearest = fields
    .filter(({ low }) => low !== null)
    .reduce<FieldLift | null>((best, field) => (timesChance(field) > timesChance(best) ? field : best), null);
  return {
    field: clearest?.field ?? null,
    lift: clearest?.lift ?? null,
    low: clearest?.low ?? null,
    high: clearest?.high ?? null,
    confidence: CONFIDENCE,
    fields,
  };
}

/** How many times the lift is above what chance reaches, at least, in the field where it is furthest; null when there is nothing to compare. */
export function timesChanceAtLeast({ field, fields }: Verification['controls']): number | null {
  const clearest = fields.find((candidate) => candidate.field === field);
  return clearest === undefined ? null : timesChance(clearest);
}

function timesChance(field: FieldLift | null): number {
  return field === null ? -1 : (field.low ?? 0) / field.chance;
}

function fieldLift(found: ControlFindings): FieldLift {
  const { sampled, sampledSeen, controls, controlsSeen } = found;
  const interval = ratioInterval(
    { hits: sampledSeen, trials: sampled, otherHits: controlsSeen, otherTrials: controls },
    CONFIDENCE,
  );
  return {
    ...found,
    lift: interval?.ratio ?? null,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    chance: chanceLift[found.field] ?? CHANCE_LIFT_ELSEWHERE,
  };
}
