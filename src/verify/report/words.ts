import type { VerdictKind, Verification } from '../../contract/verification.ts';
import { printable } from '../../core/text.ts';
import { count, counted, fieldOrder, fieldPlural, percent } from '../wording.ts';

/** The verdict in a few words, as a heading. */
export const headlines: Readonly<Record<VerdictKind, string>> = {
  ours: 'This data is ours.',
  'partly-ours': 'Part of this data is ours.',
  recombined: 'This file was glued together from several sources.',
  'not-ours': 'This data is not ours.',
  undetermined: 'It cannot be told whether this data is ours.',
};

/** A verdict's name for people: "partly ours". */
export function kindName(kind: VerdictKind): string {
  return kind.replace('-', ' ');
}

/** A band of people: "120,013", "119,998 to 120,013". */
export function band(low: number, high: number, between = ' to '): string {
  return low === high ? count(high) : `${count(low)}${between}${count(high)}`;
}

/** One sentence: how many of our people are in the dump. */
export function peopleSentence({ subjects, verdict }: Verification): string {
  if (subjects.atMost === 0) return `None of our ${counted(subjects.registered, 'person', 'people')} was found in it.`;
  const share = `${percent(subjects.atMost, subjects.registered)} of the ${count(subjects.registered)} in the register`;
  const people = subjects.atMost === 1 ? 'person of ours is' : 'of our people are';
  const still = verdict.kind === 'not-ours' ? 'All the same, ' : '';
  return `${still}${band(subjects.atLeast, subjects.atMost)} ${people} in it (${subjects.atLeast === subjects.atMost ? '' : 'at most '}${share}).`;
}

/** Matched values over all fields, and how many of them are still current. */
export function currency({ fields }: Verification): { current: number; matched: number } {
  const all = Object.values(fields);
  return {
    current: all.reduce((sum, field) => sum + field.current, 0),
    matched: all.reduce((sum, field) => sum + field.current + field.stale, 0),
  };
}

/** The fields of a verification in the order in which people are shown them; those the dump does not have left out. */
export function shownFields({ fields }: Verification): (Verification['fields'][string] & { readonly field: string })[] {
  const rank = (field: string) => (fieldOrder.includes(field) ? fieldOrder.indexOf(field) : fieldOrder.length);
  return Object.entries(fields)
    .filter(([, found]) => found.rows > 0)
    .map(([field, found]) => ({ field, ...found }))
    .sort((a, b) => rank(a.field) - rank(b.field));
}

/**
 * A sentence on the youngest customers found, which hints at when the copy was taken; null when the dump is not ours, the register has no creation times, or customers of its last two months are found.
 * The month is that before which 99 % of the matched people were created, so that single coincidences do not move it.
 */
export function latestMonthSentence({ subjects: { byMonth }, verdict }: Verification): string | null {
  if (verdict.kind === 'not-ours') return null;
  const total = byMonth.reduce((sum, month) => sum + month.matched, 0);
  if (total === 0) return null;
  let youngerLeft = total;
  const latest = byMonth.findIndex((month) => {
    youngerLeft -= month.matched;
    return youngerLeft <= total * 0.01;
  });
  const later = byMonth.slice(latest + 1).filter((month) => month.registered > 0);
  if (later.length < 2) return null;
  return `Nearly all customers found were created by ${byMonth[latest]?.month}; those of the ${counted(later.length, 'later month')} in the register are missing, so the copy may have been taken about then.`;
}

/** What each kind of row means. */
export const rowKinds = [
  { kind: 'strong', label: 'strong', meaning: 'two values or more agree with the same person' },
  { kind: 'weak', label: 'weak', meaning: 'one value is that of a person of ours' },
  { kind: 'chimera', label: 'chimera', meaning: 'values of different people of ours in one row' },
  { kind: 'none', label: 'no match', meaning: 'can be compared, belongs to nobody in the register' },
  { kind: 'blank', label: 'nothing to compare', meaning: 'no value that identifies a person' },
] as const;

/** Rows of each kind; they add up to the rows read. */
export function rowCounts({ rows, file }: Verification): Readonly<Record<(typeof rowKinds)[number]['kind'], number>> {
  return {
    strong: rows.strong,
    weak: rows.weak,
    chimera: rows.chimera,
    none: Math.max(0, rows.identifiable - rows.matched),
    blank: Math.max(0, file.rows - rows.identifiable),
  };
}

/** "126,001 different rows", with the error where it is an estimate, or null when every row is different. */
export function repeats({ rows, file }: Verification): string | null {
  if (rows.distinct >= file.rows) return null;
  const error = rows.distinctError === 0 ? '' : ` (estimate, ±${(rows.distinctError * 100).toFixed(1)}%)`;
  return `${counted(rows.distinct, 'different row')}${error}; the others are repeats`;
}

/** How many recognised values were read otherwise than they looked, and what chance would give; null when there were none. */
export function correctionSentence({ corrections }: Verification): string | null {
  if (corrections === null || corrections.tried === 0) return null;
  const { corrected, tried, expectedByChance } = corrections;
  const chance =
    expectedByChance === null
      ? ''
      : `; chance alone would give about ${expectedByChance < 0.1 ? 'none' : count(Math.ceil(expectedByChance))}`;
  return `${counted(corrected, 'value')} of pictures ${corrected === 1 ? 'is a customer’s' : 'are customers’'} when easily confused characters are read otherwise (${counted(tried, 'reading')} tried${chance})`;
}

/** What the dump's tables are written in: one format with its archives and encoding, or the formats of several. */
export function shapeWords({ file, parts }: Verification): string[] {
  if (parts.length > 1) return [printable([...new Set(parts.map(({ format }) => format))].slice(0, 6).join(', '), 80)];
  return [printable([file.format, ...file.containers.toReversed()].join(' in '), 60), printable(file.encoding, 30)];
}

/** Time for people: "2026-03-14 09:26 UTC" from ISO 8601. */
export function minute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** A rejection's reason for people: "too many cells". */
export function rejection(reason: string): string {
  return reason.replaceAll('-', ' ');
}

/** What the numbers do not say; shown with every verdict. */
export const limits: readonly string[] = [
  'The register knows what was put into it: people deleted before, or never registered, cannot be found.',
  'A value that agrees shows that the person is in the file. That it came from us is a conclusion from lift, combinations and shares, not a proof of the way it took.',
  'Values are compared as keyed fingerprints of 64 bits (names, addresses and passwords: 32 bits): with 100 million values in the register, one comparison in 10^11 agrees by accident.',
  'Whoever holds a list of single values can try them out on a login page; such a list matches without having been stolen here.',
  'Controls are neighbours of real values. That they behave like values of strangers is an assumption; a file that holds one district or one number range completely bends it.',
];

/** What to do next, in order, for people under pressure. */
export function nextSteps(v: Verification): string[] {
  const keep = 'Keep the dump and this report unchanged, and write down who got the dump, from where and when.';
  const password = ['password', 'passwordHash'].reduce((sum, field) => sum + (v.fields[field]?.current ?? 0), 0);
  const reset =
    password > 0
      ? [
          `Force a new password where it still works: ${counted(password, 'row')} ${password === 1 ? 'carries' : 'carry'} one that is current.`,
        ]
      : [];
  if (v.verdict.kind === 'not-ours') {
    return [
      keep,
      ...reset,
      ...(v.subjects.atMost > 0
        ? ['People of ours are in it all the same: expect calls, phishing and tried-out passwords against them.']
        : []),
    ];
  }
  const exposed = shownFields(v)
    .filter((field) => field.current > 0 && field.field !== 'password' && field.field !== 'passwordHash')
    .slice(0, 3)
    .map((field) => `${count(field.current)} ${fieldPlural(field.field)}`);
  return [
    keep,
    v.verdict.kind === 'undetermined'
      ? 'Bring in legal counsel now: some laws count from when a leak may have happened.'
      : 'Bring in legal counsel now: the clocks below count from when the company knew, not from when everything is known.',
    ...reset,
    `List the people and what is known about each (--affected FILE)${exposed.length > 0 ? `; still current are ${exposed.join(', ')}` : ''}.`,
    ...(v.verdict.kind === 'undetermined'
      ? ['Get what would help to decide (see the reasons), and verify again.']
      : []),
  ];
}
