import type { Attribution, ConclusionKind, Suspect } from '../../contract/attribution.ts';

/** What the conclusion is called, and its headline. */
export const headlines: Readonly<Record<ConclusionKind, { readonly kind: string; readonly text: string }>> = {
  source: { kind: 'source found', text: 'One principal of the disclosures stands out as the source.' },
  sources: { kind: 'sources found', text: 'Several principals of the disclosures stand out as sources.' },
  group: { kind: 'group found', text: 'The suspects share something: a group stands out as the source.' },
  outside: { kind: 'outside', text: 'The source is probably outside these disclosures.' },
  undetermined: { kind: 'cannot tell', text: 'The disclosures do not tell who the source is.' },
};

/** Colours of the verdicts that conclusions borrow (style of the reports). */
export const conclusionColours: Readonly<Record<ConclusionKind, string>> = {
  source: 'ours',
  sources: 'ours',
  group: 'ours',
  outside: 'not-ours',
  undetermined: 'undetermined',
};

/** What a suspect is called. */
export function titleOf(suspect: Suspect): string {
  return 'group' in suspect ? `${suspect.group.attribute} = ${suspect.group.value}` : suspect.principal;
}

/** What kind of suspect it is: `principal`, a group and its size, or the scope of canaries. */
export function kindOf(suspect: Suspect): string {
  if ('group' in suspect && suspect.group.principals.length === 0) return 'where canaries were planted';
  return 'group' in suspect ? `group of ${suspect.group.principals.length}` : 'principal';
}

/** 0.9995 → ">99.9%", 0.31 → "31%". */
export function chance(probability: number): string {
  if (probability > 0.999) return '>99.9%';
  if (probability < 0.001) return '<0.1%';
  return `${Number((100 * probability).toPrecision(probability > 0.99 ? 3 : 2))}%`;
}

/** A count that is expected: 3.14 → "3.1", 214.2 → "214". */
export function expectation(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(2)));
}

/** `2026-03-31 18:05` of an ISO time. */
export function minute(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

/** How the figures came about, for whoever has to defend them. */
export const method: readonly string[] = [
  'A disclosure explains a person in the dump if the principal got all fields that the dump has of that person, at a time at which just these values were current.',
  'Chance is what other principals explain who read people as often read, known since the same time, in the same part of time. Who reads everything explains much and is expected to.',
  'Evidence is a Bayes factor: how many times more likely the dump is if this suspect gave some share of what it read in some period, averaged over shares and periods, so that looking for the best period is paid for.',
  'Innocent principals differ; how much is measured on all of them and allowed for.',
  'A suspect is named when the factor exceeds a thousand times the number of suspects that were tried: chance alone then names anybody in at most one of a thousand dumps, and of those named less than 1 in 100 are expected to be wrong.',
  'Canaries are people who do not exist, given to one recipient alone: whose canaries are in the dump is named first, if chance would hardly put them there.',
  'Sources are found one by one: each further one is judged on people whom those before it did not read while they were active.',
];

/** What the report cannot say. */
export const limits: readonly string[] = [
  'It shows who could have given the data, not who did: a device may have been infected, an account used by somebody else.',
  'Who is not in the disclosures cannot be found. What was read with a stolen account counts for its owner.',
  'Probabilities weigh the principals and groups of these disclosures against "none of them", with equal chances at the start.',
];

/** "5,000 people" */
export function people(value: number): string {
  return value === 1 ? '1 person' : `${value.toLocaleString('en-US')} people`;
}

/** One sentence about the dump and the disclosures. */
export function scopeSentence({ subjects, disclosures }: Attribution): string {
  const range =
    disclosures.from === null || disclosures.to === null
      ? ''
      : ` from ${minute(disclosures.from)} to ${minute(disclosures.to)}`;
  return `${people(subjects.dump)} of the dump held against ${disclosures.count.toLocaleString('en-US')} disclosures by ${disclosures.principals.toLocaleString('en-US')} principals${range}.`;
}
