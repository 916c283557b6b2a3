import type { Verification } from '../../contract/verification.ts';
import { count } from '../wording.ts';

/** One rule that may make the company report. */
export interface Clock {
  readonly where: string;
  readonly rule: string;
  readonly clock: string;
  readonly note: string;
}

/*
 * Sources: Regulation (EU) 2016/679 art. 33 and 34; 个人信息保护法 art. 57; 国家网络安全事件报告管理办法 (CAC, in force 2025-11-01) art. 4 to 7 and annex;
 * 快递暂行条例 (in force 2018-05-01); Korea, enforcement decree of the Personal Information Protection Act, as revised 2026-09-11.
 */
const clocks: readonly Clock[] = [
  {
    where: 'EU and EEA',
    rule: 'GDPR art. 33, 34',
    clock: '72 hours',
    note: 'From becoming aware: the authority, unless a risk is unlikely, with the approximate numbers of people and records. The people without undue delay when the risk is high.',
  },
  {
    where: 'China',
    rule: 'PIPL art. 57',
    clock: 'at once',
    note: 'The authority and the people, whatever their number; also when a leak only may have happened.',
  },
  {
    where: 'China',
    rule: 'CAC incident reporting, 2025',
    clock: '4 hours',
    note: 'The provincial cyberspace office, from 1 M people on (critical infrastructure: 1 hour; state organs: 2 hours). Final report within 30 days after handling it.',
  },
  {
    where: 'China',
    rule: 'Express delivery regulation',
    clock: 'at once',
    note: 'Carriers: the local postal authority; also when a leak only may have happened.',
  },
  {
    where: 'Korea',
    rule: 'PIPA decree',
    clock: '72 hours',
    note: 'The people; the PIPC too, from 1,000 people on or when somebody broke in.',
  },
];

/** Said above every list of clocks. */
export const clocksCaution =
  'Pointers, not legal advice. Which of them apply depends on where the company and the people are.';

/** The clocks that may be running: none when the dump is not ours. */
export function runningClocks({ verdict }: Verification): readonly Clock[] {
  return verdict.kind === 'not-ours' ? [] : clocks;
}

const levels = [
  { people: 100_000_000, short: '100 M', name: 'especially grave (特别重大)' },
  { people: 10_000_000, short: '10 M', name: 'grave (重大)' },
  { people: 1_000_000, short: '1 M', name: 'considerable (较大)' },
] as const;

/** The band of people against the levels at which the Chinese incident rules change: 1 M, 10 M and 100 M people. */
export function levelSentence({ subjects: { atLeast, atMost } }: Verification): string {
  const reached = (people: number) => levels.find((level) => people >= level.people);
  const surely = reached(atLeast);
  const perhaps = reached(atMost);
  if (perhaps === undefined)
    return `Up to ${count(atMost)} people: below 1 M, the first of the levels 1 M, 10 M and 100 M in Chinese incident rules.`;
  if (surely === perhaps)
    return `At least ${count(atLeast)} people: above ${perhaps.short}, the level "${perhaps.name}" in Chinese incident rules.`;
  return `The band crosses ${perhaps.short} people, the level "${perhaps.name}" in Chinese incident rules: plan for it until the number is known better.`;
}
