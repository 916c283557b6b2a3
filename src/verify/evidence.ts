import type { Verification } from '../contract/verification.ts';
import { clopperPearsonInterval, wilsonInterval } from '../core/statistics/proportion.ts';
import { CONFIDENCE } from './controls.ts';
import type { FieldFindings, Findings } from './findings.ts';

/** A lift that is surely this many times what chance reaches shows that the values came from the company. Shops share customers: another large shop's file can reach about twice what chance does. */
export const CLEAR_TIMES_CHANCE = 3;

/** A lift that is surely below this many times what chance reaches is explained by chance: a sparse mobile range doubles it. */
export const EXPLAINED_TIMES_CHANCE = 2;

/** Rows in which an exclusive value and a second value agree on the same subject, from which on they are proof. Agreement by accident has a probability of one in the number of subjects. */
export const PROOF_ROWS = 10;

/** The same as a share of the rows with a matched exclusive value: in a very long file with another company's consecutive numbers, accidents add up. */
export const PROOF_SHARE = 0.01;

/** People take the same user name elsewhere, so that it proves nothing when only a few of the file's user names are ours. */
export const CHOSEN_NAME_SHARE = 0.2;

/** From this share of matched rows on the file as a whole is ours: rows of customers that the register does not know (deleted, new, mistyped) are rarely a fifth. */
export const MOSTLY_OURS = 0.8;

/** Rows needed to judge by the share of matched rows alone. */
export const SHARE_ROWS = 100;

/** Chimeras are considerable from this share of all rows in which two values point to subjects at all. Recycled phone numbers and family accounts make a few per cent. */
export const CHIMERA_SHARE = 0.2;

/** Fewer chimeras, or a smaller share of the rows that could be one, are accidents. */
export const CHIMERA_ROWS = 10;
export const CHIMERA_MULTIPLE_SHARE = 0.01;

/** A column contradicts when it agrees in less than this share of the matched rows that have it; slips and outdated names stay far above. */
export const AGREEING_SHARE = 0.2;

/** Fewer rows with an identifying value say nothing for sure. */
export const ENOUGH_ROWS = 20;

/** When surely less than this share of the rows matches, and few of our people are touched, the file is about other people. */
export const HARDLY_ANY_ROWS = 0.005;
export const HARDLY_ANY_SUBJECTS = 0.05;

/** What the lift of one field or of all says: surely more than chance, explained by chance, in between, or nothing to compare. */
export type LiftLevel = 'clear' | 'chance' | 'unclear' | 'none';

/** What is known about a dump, weighed against the thresholds of this file: all that the rules of a verdict look at. */
export interface Evidence {
  readonly findings: Findings;
  readonly controls: Verification['controls'];
  readonly liftLevel: LiftLevel;
  /** Matched rows over identifiable rows; 0 when none is. */
  readonly matchedShare: number;
  /** Exclusive fields that agree with a second value in enough rows, with the number of such rows that there are at least. */
  readonly proofs: readonly { readonly field: string; readonly rows: number }[];
  /** Nearly all of enough rows match, and not by values alone that anybody could count through. */
  readonly nearlyAllMatch: boolean;
  readonly hardlyAnyMatches: boolean;
  readonly chimerasConsiderable: boolean;
  /** Columns whose values belong to other people than the rows they stand in. */
  readonly contradicting: readonly string[];
}

/** Weighs what the scan counted. */
export function weigh(findings: Findings, controls: Verification['controls']): Evidence {
  const { rows, subjects } = findings;
  const liftLevel = overallLevel(controls.fields.map(levelOfLift));
  const matchedShare = rows.identifiable === 0 ? 0 : rows.matched / rows.identifiable;
  return {
    findings,
    controls,
    liftLevel,
    matchedShare,
    proofs: exclusiveProofs(findings, liftLevel),
    nearlyAllMatch: rows.identifiable >= SHARE_ROWS && matchedShare >= MOSTLY_OURS && !onlyGuessable(findings),
    hardlyAnyMatches:
      clopperPearsonInterval(rows.matched, rows.identifiable, CONFIDENCE).high <= HARDLY_ANY_ROWS &&
      subjects.touched <= subjects.registered * HARDLY_ANY_SUBJECTS,
    chimerasConsiderable: chimerasConsiderable(findings),
    contradicting: contradictingFields(findings, matchedShare),
  };
}

/** What the lift of one field says, by its interval. */
export function levelOfLift(field: Verification['controls']['fields'][number]): LiftLevel {
  if (field.low === null) return 'none';
  if (field.low >= CLEAR_TIMES_CHANCE * field.chance) return 'clear';
  return field.high !== null && field.high <= EXPLAINED_TIMES_CHANCE * field.chance ? 'chance' : 'unclear';
}

function overallLevel(levels: readonly LiftLevel[]): LiftLevel {
  return (['clear', 'chance', 'unclear'] as const).find((level) => levels.includes(level)) ?? 'none';
}

/*
 * Findings count the rows of a field, not of pairs of fields; but a matched exclusive value that stands neither in a weak row nor in a chimera stands in a
 * strong one, so the difference is a lower bound that coincidences (which make weak rows) cannot raise.
 */
function exclusiveProofs({ rows, fields }: Findings, liftLevel: LiftLevel): Evidence['proofs'] {
  return [...fields]
    .filter(([, found]) => found.exclusive)
    .map(([field, found]) => ({ field, found, rows: Math.max(0, found.matched - rows.weak - rows.chimera) }))
    .filter(({ found, rows }) => rows >= Math.max(PROOF_ROWS, found.matched * PROOF_SHARE))
    .filter((p) => p.field !== 'username' || (liftLevel !== 'chance' && p.rows >= p.found.rows * CHOSEN_NAME_SHARE))
    .map(({ field, rows }) => ({ field, rows }));
}

/* Customer ids and tracking numbers are given out in sequence: a list of them that matches may have been counted through by anybody. */
function onlyGuessable({ rows, fields }: Findings): boolean {
  const others = [...fields.values()].filter((found) => !found.exclusive);
  const matchedByOthers = others.reduce((most, found) => Math.max(most, found.matched), 0);
  return Math.max(rows.strong, matchedByOthers) < rows.matched / 2;
}

function chimerasConsiderable({ rows }: Findings): boolean {
  return (
    rows.chimera >= CHIMERA_ROWS &&
    rows.chimera >= rows.multiple * CHIMERA_MULTIPLE_SHARE &&
    wilsonInterval(rows.chimera, rows.chimera + rows.strong, CONFIDENCE).low >= CHIMERA_SHARE
  );
}

/* A field that never agrees is no contradiction: the register may not hold it. Exchanged values still agree now and then, because names repeat. */
function contradictingFields({ rows, fields }: Findings, matchedShare: number): string[] {
  if (rows.strong >= rows.matched * AGREEING_SHARE) return [];
  const contradicts = (found: FieldFindings) =>
    found.rows >= rows.identifiable / 2 &&
    found.matched > 0 &&
    found.matched < found.rows * matchedShare * AGREEING_SHARE;
  return [...fields].filter(([, found]) => contradicts(found)).map(([field]) => field);
}
