import type { Attribution } from '../contract/attribution.ts';
import { fieldById } from '../core/fields/registry.ts';
import type { VerifiedDump } from './attribute.ts';
import type { LedgerReads } from './read-ledger.ts';
import { requiredFields } from './rows.ts';
import type { SearchResult } from './search.ts';
import type { Described } from './suspects.ts';

/** What a conclusion rests on. Counts are of subjects of the dump. */
export interface Grounds {
  readonly dump: VerifiedDump;
  readonly search: SearchResult;
  readonly ledger: LedgerReads;
  readonly described: Described;
  readonly total: number;
  readonly reachable: number;
  readonly explained: number;
}

/** From here on "nobody in the disclosures" is said; below, that it cannot be told. */
const OUTSIDE_PROBABILITY = 0.9;
/** Fewer subjects cannot name anybody: chance makes a few of anything. */
const LEAST_SUBJECTS = 10;
/** A field that so many of the dump have and nobody read is a reason. */
const UNREAD_SHARE = 0.5;
const LOW_COVERAGE = 0.5;
/** Somebody who explains so much of the dump, better than chance does, leaves it open. */
const EXPLAINS_DUMP = 0.8;
const WHOLE_REGISTER = 0.8;

/** The conclusion in words, its reasons, and what would change it. Named suspects decide; without any, it is said why a source outside the disclosures is likely, or that it cannot be told. */
export function conclude(grounds: Grounds): Pick<Attribution, 'outside' | 'conclusion'> {
  const { search, ledger, described, total, explained } = grounds;
  const reasons = outsideReasons(grounds);
  const named = described.suspects.filter((suspect) => suspect.named);
  const probability = reasons.isCertain ? 1 : search.outsideProbability;
  const outside = { probability: Math.min(1, probability), reasons: reasons.texts };
  const [first] = named;
  if (first !== undefined) {
    const isGroup = 'group' in first;
    const title = isGroup ? `principals with ${first.group.attribute} "${first.group.value}"` : `"${first.principal}"`;
    const kind = isGroup ? 'group' : named.length > 1 ? 'sources' : 'source';
    const more = named.length > 1 ? ` and ${named.length - 1} more` : '';
    return {
      outside,
      conclusion: {
        kind,
        text: `The disclosures point to ${title}${more}: together they explain ${count(explained)} of ${count(total)} people of the dump.`,
        reasons: [
          ...first.evidence,
          `nobody is named by chance in more than one of a thousand dumps; the evidence for each named suspect is beyond that`,
          ...(explained < total
            ? [`${count(total - explained)} people are not explained by them: they came from elsewhere, or by chance`]
            : []),
        ],
        changes: [
          'a check of the device or the account itself: disclosures show who could have given the data, not who did',
          'a lawful reason why exactly these people were read, such as an export or a test',
          ...(first.together.length > 0 ? ['a dump with people whom only one of those named together has read'] : []),
          'disclosures that are missing here: a source that is not logged cannot be seen',
        ],
      },
    };
  }
  const isOutside =
    ledger.disclosures > 0 &&
    total >= LEAST_SUBJECTS &&
    !described.suspects.some((suspect) => suspect.logBayesFactor > 0 && suspect.explained >= EXPLAINS_DUMP * total) &&
    (reasons.isCertain || (probability >= OUTSIDE_PROBABILITY && reasons.texts.length > 0));
  return {
    outside,
    conclusion: {
      kind: isOutside ? 'outside' : 'undetermined',
      text: isOutside
        ? 'No principal of these disclosures is the likely source: the data left by another way, such as a copy of the database or a backup, or through somebody who is not logged.'
        : 'The disclosures do not tell through whom the data left.',
      reasons: isOutside ? reasons.texts : undeterminedReasons(grounds),
      changes: [
        'disclosures of systems that are not imported yet: databases, backups, exports, partners',
        ...(total < 1000 ? ['more of the dump: every further person of it adds evidence'] : []),
        'times of the versions, from register tables in shorter intervals: they exclude principals that read too early or too late',
      ],
    },
  };
}

function outsideReasons({ dump, search, ledger, described, total, reachable }: Grounds): {
  readonly texts: string[];
  readonly isCertain: boolean;
} {
  const texts: string[] = [];
  if (ledger.disclosures === 0) return { texts: ['there are no disclosures to compare with'], isCertain: false };
  const unread = unreadFields(dump, ledger);
  for (const { name, share } of unread) {
    texts.push(
      `${percent(share)} of the people in the dump stand there with a ${name}, which no principal ever got of any of them`,
    );
  }
  const isCertain = total > 0 && reachable === 0 && unread.some(({ share }) => share > 0.95);
  if (total > 0 && reachable < LOW_COVERAGE * total) {
    texts.push(
      `only ${count(reachable)} of ${count(total)} people of the dump were read by anybody with these fields, while these versions were current`,
    );
  }
  if (search.sources.length === 0 && total >= LEAST_SUBJECTS) {
    const isAnyAbove = described.suspects.some(({ logBayesFactor }) => logBayesFactor > 0);
    texts.push(
      isAnyAbove
        ? 'nobody explains so much more of the dump than chance that it could not be chance, with so many to choose from'
        : 'nobody explains more of the dump than principals who read as much explain by chance',
    );
  }
  if (dump.copyShape === 'single')
    texts.push(
      'the dump shows one state of the data at one time, as a copy of a table does; what somebody reads piece by piece shows many times',
    );
  if (dump.shareOfRegister >= WHOLE_REGISTER)
    texts.push(`${percent(dump.shareOfRegister)} of all customers are in it: nobody reads so many one by one`);
  return { texts, isCertain };
}

function undeterminedReasons({ ledger, total, described, search }: Grounds): string[] {
  if (ledger.disclosures === 0) return ['there are no disclosures to compare with: import access logs first'];
  if (total < LEAST_SUBJECTS)
    return [`the dump has ${count(total)} people of the register: too few to tell anybody from chance`];
  if (described.pattern !== null) {
    return [
      `the dump follows "${described.pattern}": several of its values are as likely, which a copy of a part of the customers explains as well as several sources`,
    ];
  }
  const best = described.suspects[0];
  if (best === undefined) return ['nobody stands out, and nothing shows that the source is outside'];
  return [
    `the evidence for the best suspect (logarithm ${best.logBayesFactor.toFixed(1)}) is below ${search.threshold.toFixed(1)}, from which on somebody is named: among so many principals, chance alone makes one like it`,
  ];
}

/** Fields that many subjects of the dump have and no watched disclosure gave. */
function unreadFields(dump: VerifiedDump, { reads }: LedgerReads): { readonly name: string; readonly share: number }[] {
  let given = 0;
  for (let row = 0; row < reads.count; row++) given |= reads.fields[row]! || 0xffff;
  const { fields } = dump.subjects;
  const counts = new Map<number, number>();
  for (const mask of fields) {
    const missing = requiredFields(mask) & ~given;
    for (let id = 0; id < 16; id++) if (((missing >>> id) & 1) === 1) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts]
    .map(([id, found]) => ({ name: fieldById(id)?.name ?? `field ${id}`, share: found / Math.max(1, fields.length) }))
    .filter(({ share }) => share >= UNREAD_SHARE);
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
