import type { Evidence } from './evidence.ts';
import { eligibleGroups, type Hypotheses } from './posterior.ts';
import type { Score } from './score.ts';
import { principalsOf, type Standing, strongest } from './standing.ts';

/** Principals closer than 99 to 1 are not told apart, if they explain mostly the same. */
const TIE = Math.log(99);
const TIE_OVERLAP = 0.5;
/** More than these together are no answer. */
const MOST_TOGETHER = 5;
/** A principal that leaked a share so many times larger than a group's stands out of it. */
const UNEVEN = 2;

/** Who is accepted next, with those who cannot be told apart, best first; null when the evidence for nobody is enough. */
export function chooseSource(
  evidence: Evidence,
  standing: readonly Standing[],
  threshold: number,
  hypotheses: Hypotheses,
): readonly Standing[] | null {
  const principals = standing.filter(({ who }) => who.kind === 'principal');
  let best = strongest(principals);
  const group = strongest(eligibleGroups(standing));
  if (group !== null && group.latest.logBayes >= threshold && group.latest.logBayes > (best?.latest.logBayes ?? 0)) {
    // The strongest explanation comes first: one of its members may stand for the group, and nobody else.
    const own = new Set(principalsOf(group.who));
    const member = strongest(principals.filter(({ reader }) => own.has(reader)));
    if (
      member === null ||
      member.latest.logBayes < threshold ||
      (hasMoreThan(evidence, group, member, threshold) &&
        (isEven(group.latest, member.latest) || isBetterThanMembers(evidence, group, principals, hypotheses)))
    )
      return [group];
    best = member;
  }
  if (best === null || best.latest.logBayes < threshold) return null;
  const first = best;
  const own = evidence.explainedBy(first);
  const together = principals.filter(
    (one) =>
      one === first ||
      (first.latest.logBayes - one.latest.logBayes < TIE && overlap(own, evidence.explainedBy(one)) >= TIE_OVERLAP),
  );
  return together.length > MOST_TOGETHER ? null : together.sort((a, b) => b.latest.logBayes - a.latest.logBayes);
}

/** Whether a group is still a source beside one principal: a service that exported everything makes a source of all services, until it is taken out. */
function hasMoreThan(evidence: Evidence, group: Standing, best: Standing, threshold: number): boolean {
  return evidence.trying(() => {
    evidence.exclude(best.units, best.reader, best.latest.period);
    return evidence.judge(group).logBayes >= threshold;
  });
}

/**
 * Whether the group as one cause explains more than its members one by one, each of which would have to pay for being picked out of all principals. They are taken in turn, each on what those before it leave, as sources are.
 */
function isBetterThanMembers(
  evidence: Evidence,
  { who, latest }: Standing,
  principals: readonly Standing[],
  hypotheses: Hypotheses,
): boolean {
  if (who.kind !== 'group') return false;
  const own = new Set(who.group.members);
  const price = Math.log(Math.max(2, hypotheses.readers));
  const limit = latest.logBayes - Math.log(Math.max(2, hypotheses.groups));
  return evidence.trying(() => {
    let members = principals
      .filter((one) => one.who.kind === 'principal' && own.has(one.who.principal) && one.latest.logBayes > price)
      .map((standing) => ({ standing, score: standing.latest }));
    let separate = 0;
    while (members.length > 0 && separate <= limit) {
      const best = members.reduce((most, one) => (one.score.logBayes > most.score.logBayes ? one : most));
      separate += best.score.logBayes - price;
      evidence.exclude(best.standing.units, best.standing.reader, best.score.period);
      members = members
        .filter((one) => one !== best)
        .map(({ standing }) => ({ standing, score: evidence.judge(standing) }))
        .filter(({ score }) => score.logBayes > price);
    }
    return separate <= limit;
  });
}

/** Whether a group leaked about the same share of what it read as the best of all principals: then nothing points to one of its members. */
function isEven(group: Score, best: Score): boolean {
  return best.explained / Math.max(1, best.read) < UNEVEN * (group.explained / Math.max(1, group.read));
}

function overlap(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  const shared = [...one].filter((about) => other.has(about)).length;
  return shared / Math.max(1, one.size + other.size - shared);
}
