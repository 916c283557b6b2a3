import { logSum } from './score.ts';
import type { Standing } from './standing.ts';

/** Prior probabilities: no source in the ledger; one of the principals; one of the groups. */
const PRIOR_OUTSIDE = 0.5;
const PRIOR_PRINCIPALS = 0.35;
const PRIOR_GROUPS = 0.15;
/**
 * Part of the evidence that probabilities are made from (a tempered posterior; Grünwald and van Ommen, Bayesian Analysis 12 (2017) 1069–1103): the best of thousands of innocents has more evidence than the model of chance allows for,
 * because people are not alike in ways that no stratum has. Found on worlds of development; naming uses it since two names in 1,920 dumps of innocents (search.ts).
 */
export const LEARNING_RATE = 0.8;
/** A group must be so much better than its best member (natural logarithm): one name is the simpler explanation. */
const GROUP_MARGIN = 3;

/** How many may be a source. */
export interface Hypotheses {
  /** Principals that read anything comparable. */
  readonly readers: number;
  readonly groups: number;
}

/** Probabilities of the explanations of a dump, all together 1. */
export interface Posterior {
  /** That no principal and no group is a source. */
  readonly outside: number;
  of(one: Standing): number;
}

/** What the evidence makes of the priors. */
export function posteriorOf(standing: readonly Standing[], { readers, groups }: Hypotheses): Posterior {
  const eligible = new Set(eligibleGroups(standing));
  const principalPrior = Math.log((groups > 0 ? PRIOR_PRINCIPALS : 1 - PRIOR_OUTSIDE) / Math.max(1, readers));
  const groupPrior = Math.log(PRIOR_GROUPS / Math.max(1, groups));
  const logOf = (one: Standing): number => {
    const evidence = LEARNING_RATE * one.latest.logBayes;
    if (one.who.kind === 'principal') return principalPrior + evidence;
    return eligible.has(one) ? groupPrior + evidence : Number.NEGATIVE_INFINITY;
  };
  const all = logSum([Math.log(PRIOR_OUTSIDE), ...standing.map(logOf)]);
  return { outside: Math.exp(Math.log(PRIOR_OUTSIDE) - all), of: (one) => Math.exp(logOf(one) - all) };
}

/** Groups that explain more than their best member by itself. */
export function eligibleGroups(standing: readonly Standing[]): Standing[] {
  const byPrincipal = new Map<number, number>();
  for (const { who, latest } of standing) if (who.kind === 'principal') byPrincipal.set(who.principal, latest.logBayes);
  return standing.filter(({ who, latest }) => {
    if (who.kind !== 'group') return false;
    const most = who.group.members.reduce(
      (sum, member) => Math.max(sum, byPrincipal.get(member) ?? Number.NEGATIVE_INFINITY),
      Number.NEGATIVE_INFINITY,
    );
    return latest.logBayes > most + GROUP_MARGIN;
  });
}
