import type { Suspect } from '../contract/attribution.ts';
import type { Principal } from '../disclosures/port.ts';
import { enrichment } from './enrichment.ts';
import type { Group } from './groups.ts';
import type { DumpSubjects, Sampling, WatchedReads } from './port.ts';
import { bucketStart } from './rows.ts';
import type { Judged, SearchResult } from './search.ts';
import { activeTimes, explainedSubjects, explainingReads } from './trace.ts';

/** Suspects as they are shown. */
export interface Described {
  readonly suspects: Suspect[];
  /** Watched subjects of the dump that the named ones explain together. */
  readonly explained: number;
  /** Three sources or more that are values of one attribute: the dump follows it, as a copy of a part of the customers would. */
  readonly pattern: string | null;
}

const MOST_LISTED = 30;
/** So many different values of one attribute as sources are no thefts but a pattern. */
const PATTERN = 3;
/** Part of a group's members that belong to another group, for it to be a part of that one. */
const NEARLY_ALL = 0.9;

/** Puts names and words to what the search found: sources in the order of their evidence, what they share, then everybody else. */
export function describeSuspects(
  search: SearchResult,
  principals: readonly Principal[],
  { reads, sampling }: { readonly reads: WatchedReads; readonly sampling: Sampling },
  dump: DumpSubjects,
  iso: (seconds: number) => string,
): Described {
  const nameOf = (number: number): string => principals[number]?.name ?? `principal ${number}`;
  const scale = (subjects: number): number => Math.round(subjects / sampling.dump);
  const explaining = explainingReads(reads, dump, principals.length);
  const describe = (
    one: Judged,
    rank: { named: boolean; together: readonly string[]; evidence: readonly string[] },
  ): Suspect => {
    const score = one.beside ?? one.alone;
    const shown = score.logBayes > 0 ? score : one.alone;
    const active = activeTimes(one, shown.period, search, reads, explaining);
    const readPeople = scale(shown.read);
    const evidence = [
      `explains ${counted(scale(shown.explained))} of the dump; ${number(shown.expected / sampling.dump)} are expected by chance`,
      `read ${counted(readPeople)} in that time; ${percent(shown.explained / Math.max(shown.explained, shown.read))} of them are in the dump`,
      ...(shown.comparedWith === null
        ? []
        : [`expected is what a copy of ${shown.comparedWith} would give, the best explanation without a source`]),
      ...(shown.unread === null || scale(shown.unread.expected) < 1
        ? []
        : [
            `of those whom it did not read, such a copy would have about ${number(shown.unread.expected / sampling.dump)} as well; ${scale(shown.unread.found).toLocaleString('en-US')} of them are in the dump`,
          ]),
      ...rank.evidence,
    ];
    const figures = {
      named: rank.named,
      explained: scale(shown.explained),
      expected: shown.expected / sampling.dump,
      read: readPeople,
      logLikelihoodRatio: shown.logLikelihoodRatio,
      logBayesFactor: Number.isFinite(score.logBayes) ? score.logBayes : 0,
      probability: Math.min(1, one.probability),
      active: { from: iso(active.from), to: iso(active.to) },
      evidence,
      together: [...rank.together],
      timeline: one.timeline.explained.map((explained, bucket) => ({
        from: iso(bucketStart(search.rows, bucket)),
        explained: scale(explained),
        expected: (one.timeline.expected[bucket] ?? 0) / sampling.dump,
      })),
    };
    return one.who.kind === 'principal'
      ? { principal: nameOf(one.who.principal), ...figures }
      : { group: { ...one.who.group, principals: one.who.group.members.map(nameOf) }, ...figures };
  };
  const pattern = findPattern(search);
  const named = search.sources.flatMap(({ members }, place) =>
    members.map((one) => {
      const others = members.filter((other) => other !== one).map((other) => titleOf(other, nameOf));
      const inPattern = one.who.kind === 'group' && one.who.group.attribute === pattern;
      const evidence = [
        ...(others.length > 0 ? [`cannot be told apart from ${others.join(', ')}: they read the same people`] : []),
        ...(place > 0
          ? [`counted on people whom the sources found before it did not read while they were active`]
          : []),
        ...(one.who.kind === 'group' ? shareSentence(one.who.group, search) : []),
        ...(inPattern
          ? [
              `one of several values of "${pattern}": the dump follows it, which a copy of a part of the customers would do too`,
            ]
          : []),
      ];
      // Who is only taken along, because it cannot be told apart, is not named on that account.
      const isClear = (one.beside ?? one.alone).logBayes >= search.threshold;
      const isPart = isPartOfStronger(one, search);
      if (isPart) evidence.push('all but a few of them belong to a group with more evidence, which is named for them');
      return describe(one, { named: isClear && !inPattern && !isPart, together: others, evidence });
    }),
  );
  // All that are named are beyond doubt: first comes through whom most of the dump left. Their Bayes factors would put the loudest of forty scanners before the build that they share, because groups are allowed to differ by more.
  const beyondChance = ({ explained, expected }: Suspect): number => explained - expected;
  named.sort((a, b) => Number(b.named) - Number(a.named) || beyondChance(b) - beyondChance(a));
  const shared = enrichment(search).map(({ judged, group, named: count, all, probability }) =>
    describe(
      { ...judged, probability: 1 - probability },
      {
        named: true,
        together: [],
        evidence: [
          `${count} of ${all} named suspects have ${group.attribute} "${group.value}"; ${percent(group.members.length / search.readers)} of all who read do`,
        ],
      },
    ),
  );
  const sharedValues = new Set(enrichment(search).map(({ judged }) => judged));
  const rest = search.others
    .filter((one) => !sharedValues.has(one))
    .slice(0, MOST_LISTED)
    .map((one) =>
      describe(one, {
        named: false,
        together: [],
        evidence:
          one.beside !== null && one.alone.logBayes > 3 && one.beside.logBayes <= 0
            ? ['what it explains is explained by the suspects above: it read the same people']
            : [],
      }),
    );
  return {
    suspects: [...shared, ...named, ...rest].slice(0, Math.max(MOST_LISTED, shared.length + named.length)),
    explained: explainedSubjects(search, pattern),
    pattern,
  };
}

/** Whether a group lies within another source that has more evidence: one cause is the simpler explanation of both. */
function isPartOfStronger(one: Judged, { sources, threshold }: SearchResult): boolean {
  const { who } = one;
  if (who.kind !== 'group') return false;
  const evidenceOf = ({ alone, beside }: Judged): number => (beside ?? alone).logBayes;
  return sources.some(({ members }) =>
    members.some((other) => {
      if (other === one || other.who.kind !== 'group' || evidenceOf(other) < Math.max(threshold, evidenceOf(one)))
        return false;
      const all = new Set(other.who.group.members);
      const shared = who.group.members.filter((member) => all.has(member)).length;
      return all.size > who.group.members.length && shared >= NEARLY_ALL * who.group.members.length;
    }),
  );
}

function findPattern({ sources }: SearchResult): string | null {
  const counts = new Map<string, number>();
  for (const { members } of sources) {
    for (const { who } of members) {
      if (who.kind === 'group') counts.set(who.group.attribute, (counts.get(who.group.attribute) ?? 0) + 1);
    }
  }
  return [...counts].find(([, count]) => count >= PATTERN)?.[0] ?? null;
}

function titleOf({ who }: Judged, nameOf: (number: number) => string): string {
  return who.kind === 'principal' ? nameOf(who.principal) : `${who.group.attribute} ${who.group.value}`;
}

/** How much more often the value is found among the principals with the most evidence than among all. */
function shareSentence({ attribute, value, members }: Group, { leading, readers }: SearchResult): string[] {
  if (leading.length < 3) return [];
  const own = new Set(members);
  const count = leading.filter((principal) => own.has(principal)).length;
  return [
    `${count} of the ${leading.length} principals with the most evidence have ${attribute} "${value}"; ${percent(members.length / readers)} of all who read do`,
  ];
}

function counted(people: number): string {
  return people === 1 ? '1 person' : `${people.toLocaleString('en-US')} people`;
}

function number(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(2);
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}
