import { canaryLogRatio } from '../canaries/accident.ts';
import type { Attribution, ConclusionKind, Suspect } from '../contract/attribution.ts';
import { recipientTitle } from '../contract/canaries.ts';
import type { Verification } from '../contract/verification.ts';

type Canaries = NonNullable<Verification['canaries']>;
type Found = Canaries['for'][number];

/** By chance alone somebody is named so often at most, among all who have canaries: as the model's own limit (docs/spec/attribution.md). */
const NAMING_CHANCE = 0.001;
/** What all principals together have, before anything was seen, in the model: of those that it does not list each has its part. */
const PRINCIPALS_PRIOR = 0.35;

/**
 * What canaries add to an attribution (docs/spec/attribution.md, Canaries). Who has canaries in the dump comes first, and is named unless chance explains it or so many have that a place where
 * all canaries lie explains it better. The ratio is added to the logarithms of the model, and the probability follows it. Without canaries the attribution is as it was.
 */
export function weighCanaries(attribution: Attribution, canaries: Canaries | null): Attribution {
  if (canaries === null || canaries.for.length === 0) return { ...attribution, canaries };
  const isEverywhere = canaries.for.length > 1 && 2 * canaries.for.length > canaries.recipients;
  const weighed = canaries.for.map((found) => {
    const known = attribution.suspects.find((one) => isOf(one, found)) ?? null;
    const isPointedAt = !isEverywhere && found.probabilityOfAccident * canaries.recipients <= NAMING_CHANCE;
    // Where all of them lie in one place, canaries do not say which of those who have some it was.
    const ratio = isEverywhere ? 0 : canaryLogRatio(found.probabilityOfAccident, found.planted);
    const evidence = evidenceOf(found, canaries, isEverywhere);
    return { isPointedAt, suspect: suspectOf(found, known, attribution, { isPointedAt, ratio, evidence }) };
  });
  const suspects = weighed.map(({ suspect }) => suspect);
  const others = attribution.suspects.filter((one) => !canaries.for.some((found) => isOf(one, found)));
  const all = [...suspects.filter(({ named }) => named), ...others.filter(({ named }) => named)];
  const ranked = [...all, ...suspects.filter(({ named }) => !named), ...others.filter(({ named }) => !named)];
  const pointedAt = weighed.flatMap(({ isPointedAt, suspect }) => (isPointedAt ? [suspect] : []));
  return concludeAnew({ ...attribution, canaries, suspects: ranked }, canaries, pointedAt, isEverywhere);
}

function isOf(suspect: Suspect, found: Found): boolean {
  if ('group' in suspect)
    return 'scope' in found && suspect.group.attribute === 'scope' && suspect.group.value === found.scope;
  return 'principal' in found && suspect.principal === found.principal;
}

function suspectOf(
  found: Found,
  known: Suspect | null,
  { disclosures, verification }: Attribution,
  {
    isPointedAt,
    ratio,
    evidence,
  }: { readonly isPointedAt: boolean; readonly ratio: number; readonly evidence: readonly string[] },
): Suspect {
  const prior = known?.probability ?? PRINCIPALS_PRIOR / Math.max(1, disclosures.principals);
  const figures = {
    explained: known?.explained ?? 0,
    expected: known?.expected ?? 0,
    read: known?.read ?? 0,
    active: known?.active ?? { from: found.madeAt, to: verification.createdAt },
    together: known?.together ?? [],
    timeline: known?.timeline ?? [],
    named: isPointedAt || (known?.named ?? false),
    logLikelihoodRatio: (known?.logLikelihoodRatio ?? 0) + ratio,
    logBayesFactor: (known?.logBayesFactor ?? 0) + ratio,
    probability: updated(prior, ratio),
    evidence: [...evidence, ...(known?.evidence ?? [])],
  };
  return 'principal' in found
    ? { principal: found.principal, ...figures }
    : { group: { attribute: 'scope', value: found.scope, principals: [] }, ...figures };
}

/** A probability after evidence of that logarithm: Bayes' rule in odds. */
function updated(probability: number, logRatio: number): number {
  if (probability >= 1) return 1;
  const odds = (probability / (1 - probability)) * Math.exp(logRatio);
  return odds / (1 + odds);
}

function evidenceOf(found: Found, { recipients, for: all }: Canaries, isEverywhere: boolean): string[] {
  const own = `${found.found} of the ${found.planted} canaries that only ${recipientTitle(found)} was given are in the dump; the chance of an accident is ${chance(found.probabilityOfAccident)}`;
  const others =
    all.length > 1
      ? `canaries of ${all.length - 1} of the ${recipients - 1} others are in it too`
      : recipients > 1
        ? `none of the canaries of ${recipients === 2 ? 'the other one' : `the ${recipients - 1} others`} who have any is in it`
        : 'nobody else has canaries: where else these people could have come from must be known otherwise';
  return [
    own,
    others,
    `the latest of them was made at ${found.madeAt}: at least a part was copied after that`,
    ...(isEverywhere
      ? ['most who have canaries are in the dump with some: a place where all of them lie explains that better']
      : []),
  ];
}

/** Those whom canaries point at decide, as named ones do in the model; a scope is outside what is logged. */
function concludeAnew(
  attribution: Attribution,
  canaries: Canaries,
  pointedAt: readonly Suspect[],
  isEverywhere: boolean,
): Attribution {
  const { conclusion, outside } = attribution;
  const [first] = pointedAt;
  if (first === undefined) {
    if (!isEverywhere) return attribution;
    const reason = `canaries of ${canaries.for.length} of ${canaries.recipients} who have any are in the dump: a copy of a place where they all lie, such as the database, explains that better than so many sources`;
    return { ...attribution, conclusion: { ...conclusion, reasons: [reason, ...conclusion.reasons] } };
  }
  const title = recipientTitle('group' in first ? { scope: first.group.value } : first);
  const more = pointedAt.length > 1 ? `, and ${pointedAt.length - 1} more who had some` : '';
  const isModelSilent = conclusion.kind === 'undetermined' || conclusion.kind === 'outside';
  const byModel = isModelSilent
    ? ['disclosures alone would name nobody: it is the canaries that do']
    : conclusion.reasons;
  const best = Math.max(0, ...pointedAt.map((one) => ('group' in one ? 0 : one.probability)));
  // How many the model's own and these explain together is not known here: at least as many as each.
  const explained = Math.max(attribution.explained, ...pointedAt.map((one) => one.explained));
  return {
    ...attribution,
    explained,
    unexplained: attribution.explained + attribution.unexplained - explained,
    // That somebody of the disclosures is a source, and that nobody is, are two sides of one scale.
    outside: { ...outside, probability: Math.min(outside.probability, 1 - best) },
    conclusion: {
      kind: kindOf(attribution, pointedAt),
      text: `Canaries point to ${title}${more}: people who do not exist, given to nobody else, are in the dump.${isModelSilent ? '' : ` ${conclusion.text}`}`,
      reasons: [...first.evidence.slice(0, 3), ...byModel],
      changes: [
        'a second place where these canaries were planted, or a theft of the canaries themselves',
        ...conclusion.changes,
      ],
    },
  };
}

function kindOf({ suspects, conclusion }: Attribution, pointedAt: readonly Suspect[]): ConclusionKind {
  if (pointedAt.some((one) => 'principal' in one))
    return suspects.filter((one) => one.named && 'principal' in one).length > 1 ? 'sources' : 'source';
  return conclusion.kind === 'undetermined' ? 'outside' : conclusion.kind;
}

function chance(probability: number): string {
  return probability < 1e-6 ? 'below one in a million' : probability.toPrecision(2);
}
