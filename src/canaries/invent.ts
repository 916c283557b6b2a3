import type { CanaryField } from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { phone } from '../core/fields/phone.ts';
import { phonePlans } from '../core/fields/phone-plans.ts';
import { cities, familyNames, givenNames, westernFirstNames, westernLastNames } from '../core/person-words.ts';
import { type Chance, countPattern, drawDigits, fillPattern, pick } from './chance.ts';
import { drawNationalId, nationalIdChoices } from './national-id.ts';
import { streets, westernStreets, westernTowns } from './words.ts';

/** How one field of canaries is drawn. */
export interface Invention {
  readonly field: CanaryField;
  /** Values that it is drawn from, all equally likely; for names and addresses, which are not, a lower bound of how rare one is. */
  readonly choices: number;
  draw(): string;
}

/** Fields whose values the company has to set aside, and where the configuration says which. */
const settingOf = {
  customerId: 'customerIds',
  phone: 'phoneBlocks',
  email: 'mailDomain',
  trackingNumber: 'trackingNumbers',
} as const satisfies Partial<Record<CanaryField, keyof CanarySettings>>;

/** Words of mailboxes and user names: each once, so that all are equally likely. */
const letters = (words: readonly string[]): string[] => [
  ...new Set(words.map((word) => word.toLowerCase().replace(/[^a-z]/g, ''))),
];
const pinyin = {
  first: letters(givenNames.map(([, latin]) => latin)),
  last: letters(familyNames.map(([, latin]) => latin)),
};
const western = { first: letters(westernFirstNames), last: letters(westernLastNames) };

const MAILBOX_DIGITS = 4;
const USERNAME_DIGITS = 5;

/**
 * How often people share a value by mere coincidence, at most: the commonest full name in China is that of about 300,000 people, one in 4,700 (name reports of the Ministry of Public Security); elsewhere
 * there are more given names. An address is shared by a household and by who guesses a street and a number.
 */
const NAME_CHOICES = 1_000;
const ADDRESS_CHOICES = 10_000;

/**
 * How the values of one field are drawn in a region (ISO 3166-1 alpha-2). Fields are drawn independently of each other, also mailbox and name: the chance of an accident rests on it.
 * Fails with CANARIES_SETTING where the configuration lacks what the field needs, and with CANARIES_FIELD where it cannot be made in the region.
 */
export function inventionOf(
  field: CanaryField,
  region: string,
  settings: CanarySettings | undefined,
  chance: Chance,
): Invention {
  const setting = field in settingOf ? settingOf[field as keyof typeof settingOf] : null;
  if (setting !== null && settings?.[setting] === undefined)
    throw new BoltsealError('CANARIES_SETTING', { field, setting: `canaries.${setting}` });
  const { first, last } = region === 'CN' ? pinyin : western;
  const words = first.length * last.length;
  const word = (): string => pick(chance, first) + pick(chance, last);
  switch (field) {
    case 'customerId':
      return ofPattern(field, chance, settings?.customerIds ?? '');
    case 'trackingNumber':
      return ofPattern(field, chance, settings?.trackingNumbers ?? '');
    case 'phone': {
      const blocks = settings?.phoneBlocks ?? [];
      return {
        field,
        // Of the smallest block: blocks are drawn equally often.
        choices: Math.min(...blocks.map(countPattern)),
        draw: () => asWritten(fillPattern(chance, pick(chance, blocks)), region),
      };
    }
    case 'email':
      return {
        field,
        choices: words * 10 ** MAILBOX_DIGITS,
        draw: () => `${word()}${drawDigits(chance, MAILBOX_DIGITS)}@${settings?.mailDomain ?? ''}`,
      };
    case 'username':
      return {
        field,
        choices: words * 10 ** USERNAME_DIGITS,
        draw: () => word() + drawDigits(chance, USERNAME_DIGITS),
      };
    case 'nationalId':
      if (region !== 'CN') throw new BoltsealError('CANARIES_FIELD', { field, region });
      return { field, choices: nationalIdChoices, draw: () => drawNationalId(chance) };
    case 'name':
      return { field, choices: NAME_CHOICES, draw: () => drawName(region, chance) };
    case 'address':
      return { field, choices: ADDRESS_CHOICES, draw: () => drawAddress(region, chance) };
  }
}

/** A phone number as people of the region write it: national, where it is one of theirs. */
function asWritten(international: string, region: string): string {
  const plan = phonePlans.get(region);
  if (plan === undefined || !international.startsWith(`+${plan.callingCode}`)) return international;
  const national = international.slice(1 + plan.callingCode.length);
  const written = plan.bare?.test(national) ? national : plan.trunk + national;
  return phone.normalise(written, { region }) === international ? written : international;
}

function ofPattern(field: CanaryField, chance: Chance, pattern: string): Invention {
  return { field, choices: countPattern(pattern), draw: () => fillPattern(chance, pattern) };
}

function drawName(region: string, chance: Chance): string {
  if (region !== 'CN') return `${pick(chance, westernFirstNames)} ${pick(chance, westernLastNames)}`;
  const [family] = pick(chance, familyNames);
  const [first] = pick(chance, givenNames);
  // Four of five given names have two characters.
  return family + first + (chance.below(5) === 0 ? '' : pick(chance, givenNames)[0]);
}

function drawAddress(region: string, chance: Chance): string {
  const number = 1 + chance.below(320);
  if (region !== 'CN') return `${number} ${pick(chance, westernStreets)}, ${pick(chance, westernTowns)}`;
  const room = `${1 + chance.below(28)}0${1 + chance.below(6)}`;
  return `${pick(chance, cities)}${pick(chance, streets)}${number}号${1 + chance.below(24)}幢${room}室`;
}
