import { recipientTitle } from '../../contract/canaries.ts';
import type { Verification } from '../../contract/verification.ts';
import { chanceWords, SURE } from '../canaries.ts';
import { counted } from '../wording.ts';
import { minute } from './words.ts';

/** The time, in seconds since 1970, after which at least a part was copied as canaries show that are there by no accident; null when none are. */
export function provenCopiedAfter({ canaries }: Verification): number | null {
  const sure = canaries?.for.filter(({ probabilityOfAccident }) => probabilityOfAccident <= SURE) ?? [];
  return sure.length === 0 ? null : Math.max(...sure.map(({ madeAt }) => Date.parse(madeAt) / 1000));
}

/** What canaries say, in sentences, the strongest first; nothing where none are planted. Names of recipients are as the user gave them. */
export function canarySentences({ canaries }: Verification): string[] {
  if (canaries === null) return [];
  if (canaries.found === 0)
    return [`None of the ${counted(canaries.planted, 'canary', 'canaries')} planted is in the dump.`];
  return [
    ...canaries.for.map(
      (one) =>
        `${recipientTitle(one)}: ${one.found} of ${one.planted} canaries. They were given to nobody else; that they are here by accident has a chance of ${chanceWords(one.probabilityOfAccident)}. The latest was made ${minute(one.madeAt)}: at least a part was copied after that.`,
    ),
    ...(canaries.recipients > canaries.for.length
      ? [`None of ${counted(canaries.recipients - canaries.for.length, 'other recipient')}.`]
      : []),
  ];
}
