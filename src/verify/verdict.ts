import type { VerdictKind, Verification } from '../contract/verification.ts';
import { ENOUGH_ROWS, type Evidence, levelOfLift, MOSTLY_OURS, weigh } from './evidence.ts';
import type { Findings } from './findings.ts';
import { count, counted, fieldPlural, percent, times } from './wording.ts';

/** One way to a verdict. The first rule that applies decides; what it says is the first reason. */
interface Rule {
  readonly kind: VerdictKind;
  applies(evidence: Evidence): boolean;
  reason(evidence: Evidence): string;
}

/* In this order: what cannot be judged, what shows that it is not ours, what shows that it is, and the rest. */
const rules: readonly Rule[] = [
  {
    kind: 'undetermined',
    applies: ({ findings: { rows } }) => rows.identifiable === 0,
    reason: ({ findings: { rows } }) =>
      rows.read === 0
        ? 'Not a single row could be read, so nothing can be said.'
        : `None of the ${counted(rows.read, 'row')} has a value that identifies a person, so nothing can be compared.`,
  },
  {
    kind: 'undetermined',
    applies: ({ findings: { rows }, proofs }) => rows.identifiable < ENOUGH_ROWS && proofs.length === 0,
    reason: ({ findings: { rows } }) =>
      `Only ${counted(rows.identifiable, 'row')} can be compared; fewer than ${ENOUGH_ROWS} say nothing for sure.`,
  },
  {
    kind: 'not-ours',
    applies: ({ findings: { rows } }) => rows.matched === 0,
    reason: ({ findings: { rows } }) =>
      `None of the ${counted(rows.identifiable, 'row')} that could be compared belongs to anybody in the register.`,
  },
  {
    kind: 'not-ours',
    applies: ({ liftLevel, proofs }) => liftLevel === 'chance' && proofs.length === 0,
    reason: () =>
      'The dump has our customers about as often as it has anybody: people who are in it are our customers by coincidence, and nothing in it that only we have agrees with our records.',
  },
  {
    kind: 'not-ours',
    applies: ({ liftLevel, proofs, hardlyAnyMatches }) =>
      liftLevel !== 'clear' && proofs.length === 0 && hardlyAnyMatches,
    reason: ({ findings: { rows, subjects } }) =>
      `Hardly anything matches: ${percent(rows.matched, rows.identifiable)} of the rows, and ${percent(subjects.touched, subjects.registered)} of our people.`,
  },
  {
    kind: 'recombined',
    applies: ({ chimerasConsiderable }) => chimerasConsiderable,
    reason: ({ findings: { rows } }) =>
      `The file was put together from several sources: in ${counted(rows.chimera, 'row')} the values belong to different people of ours, against ${counted(rows.strong, 'row')} in which they agree.`,
  },
  {
    kind: 'ours',
    applies: (e) => isFromUs(e) && e.matchedShare >= MOSTLY_OURS && e.contradicting.length === 0,
    reason: ({ findings: { rows } }) =>
      `${percent(rows.matched, rows.identifiable)} of the rows that could be compared are our people (${count(rows.matched)} of ${count(rows.identifiable)}), and that is no coincidence.`,
  },
  {
    kind: 'partly-ours',
    applies: (e) => isFromUs(e) && e.contradicting.length > 0,
    reason: ({ contradicting }) =>
      `Only a part of the columns is ours: the ${contradicting.map(fieldPlural).join(' and ')} belong to other people than the rows they stand in.`,
  },
  {
    kind: 'partly-ours',
    applies: isFromUs,
    reason: ({ findings: { rows } }) =>
      `${percent(rows.matched, rows.identifiable)} of the rows that could be compared are our people (${count(rows.matched)} of ${count(rows.identifiable)}), more than coincidence makes; the others are not in the register.`,
  },
  {
    kind: 'undetermined',
    applies: () => true,
    reason: ({ findings: { rows } }) =>
      `${counted(rows.matched, 'row')} of ${count(rows.identifiable)} match people of ours, but it cannot be told whether they come from us or whether the same people are in somebody else's file.`,
  },
];

function isFromUs({ liftLevel, proofs, nearlyAllMatch }: Evidence): boolean {
  return liftLevel === 'clear' || proofs.length > 0 || nearlyAllMatch;
}

/* Each tells what one piece of evidence says, or nothing. In the order of their weight. */
const witnesses: readonly ((evidence: Evidence) => readonly string[])[] = [
  lifts,
  exclusiveAgreement,
  exclusiveAlone,
  strongAgainstWeak,
  chimeras,
  age,
  unreadable,
  whatWouldHelp,
];

/**
 * Whether the dump is the company's, with the reasons in plain words: first what decided, then every other piece of evidence. The rules and thresholds are explained in
 * docs/spec/verdict.md. Reasons carry counts and field names only.
 */
export function conclude(
  findings: Findings,
  controls: Verification['controls'],
): { kind: VerdictKind; reasons: string[] } {
  const evidence = weigh(findings, controls);
  const rule = rules.find((candidate) => candidate.applies(evidence))!;
  const support = rule.kind === 'undetermined' ? witnesses : witnesses.filter((witness) => witness !== whatWouldHelp);
  return { kind: rule.kind, reasons: [rule.reason(evidence), ...support.flatMap((witness) => witness(evidence))] };
}

const liftMeanings = {
  clear: 'far more than coincidence explains',
  chance: 'no more than coincidence explains',
  unclear: 'too little to tell from coincidence',
} as const;

function lifts({ controls }: Evidence): string[] {
  return controls.fields.flatMap((field) => {
    const level = levelOfLift(field);
    if (level === 'none' || field.lift === null || field.low === null) return [];
    const shares = `The dump has ${percent(field.sampledSeen, field.sampled)} of a sample of our ${fieldPlural(field.field)} and ${percent(field.controlsSeen, field.controls)} of neighbouring ones that are nobody's here`;
    const range = field.high === null ? `at least ${times(field.low)}` : `${times(field.low)} to ${times(field.high)}`;
    return [
      `${shares}: ${times(field.lift)} times as often (95% sure: ${range}). Any file reaches up to ${times(field.chance)}; this is ${liftMeanings[level]}.`,
    ];
  });
}

function exclusiveAgreement({ proofs }: Evidence): string[] {
  return proofs.map(
    ({ field, rows }) =>
      `In at least ${counted(rows, 'row')} our own ${fieldPlural(field)} stand beside other values of the same person: nobody else has that combination.`,
  );
}

function exclusiveAlone({ findings, proofs }: Evidence): string[] {
  const proven = new Set(proofs.map(({ field }) => field));
  return [...findings.fields]
    .filter(([field, found]) => found.exclusive && found.matched > 0 && !proven.has(field))
    .map(
      ([field, found]) =>
        `${counted(found.matched, 'row')} have ${fieldPlural(field)} that we issued too, but without a second value that agrees; others may use the same ones, so this proves nothing.`,
    );
}

function strongAgainstWeak({ findings: { rows, subjects }, liftLevel }: Evidence): string[] {
  if (rows.matched === 0) return [];
  if (rows.strong === 0) {
    return [
      'No row agrees with our records in a second value. A list of single values can also be made by trying them out on a login page.',
    ];
  }
  const caution =
    liftLevel === 'chance' ? ' That shows that these people are in the file, not that it came from us.' : '';
  return [
    `${percent(rows.strong, rows.matched)} of the matched rows agree with the same person in two or more values (${count(rows.strong)} rows, ${count(subjects.strong)} people).${caution}`,
  ];
}

function chimeras({ findings: { rows } }: Evidence): string[] {
  if (rows.chimera === 0) return [];
  const share = percent(rows.chimera, rows.chimera + rows.strong);
  return [
    `${counted(rows.chimera, 'row')} mix values of different people of ours (${share} of the rows whose values point to anybody twice). Shared and recycled phone numbers make a few per cent; more means a file glued together.`,
  ];
}

function age({ findings }: Evidence): string[] {
  const found = [...findings.fields.values()];
  const current = found.reduce((sum, field) => sum + field.current, 0);
  const stale = found.reduce((sum, field) => sum + field.stale, 0);
  if (current + stale === 0) return [];
  if (stale === 0) return ['Every matched value is still current: a recent copy, or values that seldom change.'];
  return [
    `${percent(current, current + stale)} of the matched values are still current; ${percent(stale, current + stale)} have been replaced in our records since: the copy was taken before.`,
  ];
}

function unreadable({ findings: { rows } }: Evidence): string[] {
  const rejected = [...rows.rejected.values()].reduce((sum, n) => sum + n, 0);
  const reasons: string[] = [];
  if (rejected > rows.read / 10) {
    reasons.push(
      `${counted(rejected, 'row')} could not be read (${percent(rejected, rejected + rows.read)}); nothing is known about them.`,
    );
  }
  if (rows.identifiable > 0 && rows.identifiable < rows.read / 2) {
    reasons.push(
      `Only ${percent(rows.identifiable, rows.read)} of the rows have a value that identifies a person; nothing is known about the others.`,
    );
  }
  return reasons;
}

function whatWouldHelp({ findings, liftLevel }: Evidence): string[] {
  if (findings.rows.identifiable === 0) {
    return [
      'What would help: name the columns by hand (--map field=COLUMN), or find a part of the dump with phone numbers, e-mail addresses, identity numbers or customer ids.',
    ];
  }
  const needs = [
    ...(liftLevel === 'none' ? ['a part of the dump with phone or identity numbers, which have controls'] : []),
    ...(findings.rows.identifiable < 1000 || liftLevel === 'unclear' ? ['more rows of the dump'] : []),
    'a column with values that only we issue (customer ids, tracking numbers; `register add --exclusive`)',
  ];
  return [`What would help: ${needs.join('; or ')}.`];
}
