import { mod11Of2 } from '../core/fields/checks.ts';
import { cities, familyNames, givenNames, westernFirstNames, westernLastNames } from '../core/person-words.ts';
import { type Random, scatter } from './random.ts';
import { provinceCodes, streets, westernStreets, westernTowns } from './words.ts';

/** Where a person lives, which decides how name, phone and address look. */
export type Country = 'CN' | 'US' | 'FR' | 'GB';

/** An invented person. Empty texts are values that the company does not have. */
export interface Person {
  readonly country: Country;
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly email: string;
  readonly nationalId: string;
  readonly username: string;
  readonly address: string;
  /** Seconds since 1970. */
  readonly createdSeconds: number;
}

/** Invents people; no two of them share an id, a user name, an e-mail address or (within the size of the demo) a phone. */
export interface People {
  make(createdSeconds: number): Person;
  /** A value of the same kind that nobody had before. */
  newPhone(country: Country): string;
  newEmail(): string;
  newAddress(country: Country): string;
}

/**
 * Values are plainly synthetic where a plan leaves room for that: North American numbers are 555-0100 to 555-0199 (NANPA, for fiction);
 * French ones 06 39 98 (ARCEP decision 2018-0881, audiovisual works); British ones 07700 900000 to 900999 (Ofcom, for drama).
 * The mainland keeps no range for fiction, and numbers that no carrier has are rightly not taken for phones: the demo stays in 162, a thinly used
 * range of virtual operators. Identity numbers have a right check character and the county code 99, which no province uses.
 * E-mail stands in the domains of RFC 2606, section 3.
 */
export function createPeople(random: Random): People {
  let people = 0;
  let emails = 0;
  const phones: Record<Country, number> = { CN: 0, US: 0, FR: 0, GB: 0 };

  const newPhone = (country: Country): string => makePhone(country, phones[country]++);
  const newEmail = (): string => {
    const word = random.pick(givenNames)[1] + random.pick(familyNames)[1];
    return `${word}${scatter(emails++, 1000, 1)}@example.${random.pick(['com', 'net', 'org'])}`;
  };
  const newAddress = (country: Country): string => {
    const number = 1 + random.below(300);
    if (country !== 'CN') return `${number} ${random.pick(westernStreets)} Street, ${random.pick(westernTowns)}`;
    const room = `${1 + random.below(30)}0${1 + random.below(8)}`;
    return `${random.pick(cities)}${random.pick(streets)}${number}号${1 + random.below(20)}幢${room}室`;
  };
  return {
    newPhone,
    newEmail,
    newAddress,
    make(createdSeconds) {
      const index = people++;
      const country = pickCountry(random);
      const { name, word } = makeName(country, random);
      return {
        country,
        id: `C${pad(scatter(index, 10_000, 2), 8)}`,
        name,
        phone: newPhone(country),
        email: random.chance(0.85) ? newEmail() : '',
        nationalId: country === 'CN' && random.chance(0.7) ? makeNationalId(index, random) : '',
        username: word + scatter(index, 1000, 3),
        address: newAddress(country),
        createdSeconds,
      };
    },
  };
}

function pickCountry(random: Random): Country {
  const share = random.next();
  return share < 0.897 ? 'CN' : share < 0.977 ? 'US' : share < 0.997 ? 'FR' : 'GB';
}

function makeName(country: Country, random: Random): { name: string; word: string } {
  if (country !== 'CN') {
    const first = random.pick(westernFirstNames);
    const last = random.pick(westernLastNames);
    return { name: `${first} ${last}`, word: `${first.slice(0, 1)}${last}`.toLowerCase().replace(/[^a-z]/g, '') };
  }
  const [family, familyWord] = random.pick(familyNames);
  const given = Array.from({ length: random.chance(0.8) ? 2 : 1 }, () => random.pick(givenNames));
  return {
    name: family + given.map(([text]) => text).join(''),
    word: familyWord + given.map(([, word]) => word).join(''),
  };
}

/** Area codes of the North American plan that are not N11 and not 555 itself; 100 numbers each are kept for fiction. */
const areaCodes = Array.from({ length: 800 }, (_, index) => 200 + index).filter(
  (code) => code % 100 !== 11 && code !== 555 && Math.floor(code / 10) % 10 !== 9,
);

function makePhone(country: Country, index: number): string {
  switch (country) {
    case 'CN':
      return `162${pad(scatter(index, 10_000, 4), 8)}`;
    case 'US': {
      // 7919 is prime and divides neither factor, so every number comes once before any comes again.
      const number = (index * 7919) % (areaCodes.length * 100);
      return `+1 (${areaCodes[Math.floor(number / 100)]}) 555-01${pad(number % 100, 2)}`;
    }
    case 'FR': {
      const digits = pad(scatter(index, 100, 5), 4);
      return `+33 6 39 98 ${digits.slice(0, 2)} ${digits.slice(2)}`;
    }
    case 'GB':
      return `+44 7700 900${pad((index * 377) % 1000, 3)}`;
  }
}

const counties = 28;
const nationalIds = provinceCodes.length * counties * 1000;

/** Unique by place and sequence number alone, whatever the birthday; 7919 is prime and divides none of the three factors. */
function makeNationalId(index: number, random: Random): string {
  const number = (index * 7919) % nationalIds;
  const place = Math.floor(number / 1000);
  const county = `${provinceCodes[place % provinceCodes.length]}99${pad(1 + Math.floor(place / provinceCodes.length), 2)}`;
  const birthDay = `${1950 + random.below(56)}${pad(1 + random.below(12), 2)}${pad(1 + random.below(28), 2)}`;
  const body = `${county}${birthDay}${pad(number % 1000, 3)}`;
  return body + mod11Of2(body);
}

function pad(number: number, length: number): string {
  return String(number).padStart(length, '0');
}
