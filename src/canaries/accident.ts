import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';

/*
 * The chance that canaries stand in a dump by accident (docs/spec/canaries.md, The chance of an accident).
 */

/** A canary that a dump has. */
export interface FoundCanary {
  /** Its values, as exported, and as many each was drawn from: by field. */
  readonly values: Readonly<Record<string, string>>;
  readonly choices: Readonly<Record<string, number>>;
  /** Fields of it that the dump has. Confirming ones may be missing: they are not looked at in large registers. */
  readonly fields: readonly FieldName[];
  /** Whether two of its values agree in one row. */
  readonly isStrong: boolean;
}

/** A name is the commonest coincidence (invent.ts): it stands for a second value of which nobody knows what it is. */
const LEAST_CHOICES = 1_000;

/**
 * The natural logarithm of a bound of the chance that a dump of so many rows, which has nothing to do with where the canary was planted, holds it so.
 *
 * One value: every row might hold one of the values that it was drawn from (somebody enumerated them): rows / choices. Two values in one row: rows / (rarity × rarity) of the two that are
 * least rare. At most 0.
 */
export function logAccident({ values, choices, fields, isStrong }: FoundCanary, rows: number): number {
  const identifying = fields.filter((field) => fieldByName(field).role === 'identifying');
  const alone = Math.max(...identifying.map((field) => choices[field] ?? 1), 1);
  const single = Math.min(0, Math.log(rows / alone));
  if (!isStrong) return single;
  const rarity = (field: FieldName): number => rarityOf(field, choices[field] ?? 1, values[field] ?? '');
  const others = fields.filter((field) => !identifying.includes(field));
  const [first = 1, second = Number.POSITIVE_INFINITY] = identifying.map(rarity).sort((a, b) => a - b);
  // Confirming values that were not looked at may be what agreed.
  const confirming = others.length === 0 ? LEAST_CHOICES : Math.min(...others.map(rarity));
  const pair = first * Math.min(second, confirming);
  return Math.min(single, Math.log(rows / pair), 0);
}

/**
 * How rare a value is among strangers' rows. A phone: rows of strangers are spread over the national numbers of that length (all but the first digit), and where many are, ten times as dense as on
 * the whole. Everything else: as rare as what it was drawn from.
 */
function rarityOf(field: FieldName, choices: number, value: string): number {
  if (field !== 'phone') return choices;
  const digits = value.replace(/\D/g, '').length - digitsBefore(value);
  return Math.max(choices, 10 ** (digits - 2));
}

/** Calling codes have one to three digits (ITU-T E.164, 6.2.1). */
const MOST_CALLING_CODE = 3;

/** Digits of a phone that may stand before the national number, at most: they are the same for everybody and make it no rarer. A trunk prefix is 0, in Hungary 06 (phone-plans.ts); others are left out by `inventionOf`. */
function digitsBefore(value: string): number {
  if (value.startsWith('+')) return MOST_CALLING_CODE;
  return /^(?:06|0)?/.exec(value)?.[0].length ?? 0;
}

/**
 * The chance, 0 to 1, that of `planted` canaries of one recipient as many as were found stand in the dump by accident: a union bound over which of them, C(planted, found) × the product of their chances.
 * `logChances`: of those found, natural logarithms.
 */
export function probabilityOfAccident(logChances: readonly number[], planted: number): number {
  let log = 0;
  logChances.forEach((chance, i) => {
    log += chance + Math.log((planted - i) / (i + 1));
  });
  return Math.min(1, Math.exp(log));
}

/** Beyond this nothing is weighed: that the list was stolen, or planted elsewhere by mistake, is not that unlikely. */
const MOST_LOG_RATIO = Math.log(1e6);

/**
 * How much more likely it is that so many of a recipient's canaries are in the dump if the recipient is a source than by accident: natural logarithm, between −13.8 and 13.8.
 * A source gives an unknown share of its canaries, every share equally likely: then any number of them is equally likely, 1 / (planted + 1).
 */
export function canaryLogRatio(probability: number, planted: number): number {
  const ratio = -Math.log(planted + 1) - Math.log(Math.max(probability, Number.MIN_VALUE));
  return Math.max(-MOST_LOG_RATIO, Math.min(MOST_LOG_RATIO, ratio));
}
