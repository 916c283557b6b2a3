import type { AttributionFound, SuspectFound, VerificationFound } from './found.ts';
import type { Truth } from './theft-kinds.ts';

/** What is judged about one attribution. */
export interface AttributionScore {
  /** Rank of the first suspect that is a true source or the true group; null when none is or there is none. */
  readonly rank: number | null;
  /** Whether any suspect that is right is named. */
  readonly named: boolean;
  /** Rank of the true group among groups, and whether it is named; null when the thieves share nothing. */
  readonly group: { readonly rank: number | null; readonly named: boolean } | null;
  /** Whether the first suspect of all is the true group. */
  readonly firstIsGroup: boolean;
  /** Share of the true sources that are named on their own or in a right group. */
  readonly recall: number;
  /** Suspects that are named and wrong. */
  readonly falseNames: number;
  /** Probability of the first suspect, and whether it is right: for calibration. */
  readonly first: { readonly probability: number; readonly right: boolean; readonly logBayes: number | null } | null;
  /** Overlap of the stated active period and the true one, as a share of their union; null when either is missing. */
  readonly activeOverlap: number | null;
  readonly conclusion: string;
  /** Stated probability that nobody in the log is the source. */
  readonly outside: number | null;
}

/** Judges what `attribute` says about one dump. */
export function scoreAttribution(found: AttributionFound, truth: Truth): AttributionScore {
  const right = found.suspects.map((suspect) => isRight(suspect, truth));
  const first = right.indexOf(true);
  const named = found.suspects.filter((suspect, i) => suspect.named && right[i]);
  const groups = found.suspects.filter(isGroup);
  const groupIndex = groups.findIndex((suspect) => isTrueGroup(suspect, truth));
  const [top] = found.suspects;
  return {
    rank: first < 0 ? null : first + 1,
    named: named.length > 0,
    group:
      truth.group === null
        ? null
        : {
            rank: groupIndex < 0 ? null : groupIndex + 1,
            named: groupIndex >= 0 && groups[groupIndex]?.named === true,
          },
    firstIsGroup: top !== undefined && isTrueGroup(top, truth),
    recall: truth.principals.length === 0 ? 0 : namedSources(named, truth) / truth.principals.length,
    falseNames: found.suspects.filter((suspect, i) => suspect.named && !right[i]).length,
    first:
      top?.probability === undefined
        ? null
        : { probability: top.probability, right: right[0] === true, logBayes: top.logBayesFactor ?? null },
    activeOverlap: overlap(found.suspects[first]?.active, truth.active),
    conclusion: wordOf(found.conclusion),
    outside: found.outside?.probability ?? null,
  };
}

function isGroup(suspect: SuspectFound): boolean {
  return suspect.group !== undefined && suspect.group !== null;
}

function isTrueGroup({ group }: SuspectFound, truth: Truth): boolean {
  return group?.attribute === truth.group?.attribute && group?.value === truth.group?.value && truth.group !== null;
}

/**
 * A principal is right when it did it or cannot be told from one who did; several that are named together when at least half of them are; a group when it is what the thieves share,
 * or nearly all of its members are right.
 */
function isRight(suspect: SuspectFound, truth: Truth): boolean {
  const guilty = new Set([...truth.principals, ...truth.twins]);
  const shareOf = (names: readonly string[]) =>
    names.length === 0 ? 0 : names.filter((name) => guilty.has(name)).length / names.length;
  if (!isGroup(suspect)) return shareOf(namesOf(suspect)) >= 0.5;
  return isTrueGroup(suspect, truth) || shareOf(namesOf(suspect)) >= 0.9;
}

/** Everybody whom a suspect points at, each once. */
function namesOf({ principal, together, group }: SuspectFound): string[] {
  const members = Array.isArray(group?.principals) ? (group.principals as readonly string[]) : [];
  return [...new Set([...(typeof principal === 'string' ? [principal] : []), ...(together ?? []), ...members])];
}

function namedSources(named: readonly SuspectFound[], truth: Truth): number {
  const said = new Set(named.flatMap(namesOf));
  return truth.principals.filter((name) => said.has(name)).length;
}

function overlap(stated: SuspectFound['active'], truth: Truth['active']): number | null {
  if (stated === undefined || stated === null || truth === null) return null;
  const [a, b, c, d] = [stated.from, stated.to, truth.from, truth.to].map((time) => Date.parse(time)) as [
    number,
    number,
    number,
    number,
  ];
  const union = Math.max(b, d) - Math.min(a, c);
  return union <= 0 ? null : Math.max(0, Math.min(b, d) - Math.max(a, c)) / union;
}

/** The conclusion's word, whatever it is wrapped in. */
function wordOf(conclusion: unknown): string {
  if (typeof conclusion === 'string') return conclusion;
  const kind = (conclusion as { kind?: unknown } | null | undefined)?.kind;
  return typeof kind === 'string' ? kind : '';
}

/** What is judged about one copy window. */
export interface CopyScore {
  readonly shape: string;
  readonly trueShape: string;
  /** Of dumps with a true time of copy: whether the window with the largest share holds it, its width, and how far off `best` is. */
  readonly single: { readonly covered: boolean; readonly widthHours: number; readonly errorHours: number } | null;
}

/** Judges what `verify` says about the time of the copy; null when it says nothing. */
export function scoreCopy({ copy }: VerificationFound, truth: Truth): CopyScore | null {
  if (copy === undefined || copy === null) return null;
  const at = truth.copy.at[0];
  const [main] = [...copy.windows].sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
  const base = { shape: copy.shape, trueShape: truth.copy.shape };
  if (at === undefined || truth.outside === false || main?.from == null || main.to == null)
    return { ...base, single: null };
  const [from, to, best, time] = [main.from, main.to, main.best ?? main.from, at].map(
    (one) => Date.parse(one) / 3_600_000,
  ) as [number, number, number, number];
  return {
    ...base,
    single: { covered: from <= time && time <= to, widthHours: to - from, errorHours: Math.abs(best - time) },
  };
}
