import { isCalendarDay } from './calendar.ts';
import { mod11Of2 } from './checks.ts';

/** How one country writes its identity numbers. Patterns are tried on the cell as written and see upper case. */
export interface IdFormat {
  readonly pattern: RegExp;
  /** 0 to 1 when the check holds, or where there is none. */
  readonly confidence: number;
  /** Given the letters and digits alone. */
  readonly check?: (id: string) => boolean;
  /** Where the shape means anything; everywhere when absent. */
  readonly regions?: readonly string[];
}

/** First two digits of mainland identity numbers: the provinces of GB/T 2260, and those for residents from Hong Kong, Macao and Taiwan (81 to 83) and foreigners (9). */
const provinceCode = /^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9\d)/;

/** Whether 18 characters have a province, a birth date between 1850 and 2099 and the check character of GB 11643-1999. */
export function holdsGb11643(id: string): boolean {
  return hasRegionAndBirthDate(id) && mod11Of2(id.slice(0, 17)) === id[17];
}

/** Whether an identity number of 18 or 15 characters begins with a province and carries a date that exists. */
export function hasRegionAndBirthDate(id: string): boolean {
  const day = id.length === 15 ? `19${id.slice(6, 12)}` : id.slice(6, 14);
  const year = Number(day.slice(0, 4));
  return (
    provinceCode.test(id) &&
    year >= 1850 &&
    year < 2100 &&
    isCalendarDay(year, Number(day.slice(4, 6)), Number(day.slice(6, 8)))
  );
}

/**
 * Identity numbers besides GB 11643. Sources: SSN: SSA "SSN randomization" (no 000, 666, 9xx areas); NINO: HMRC NIM39110; DNI and NIE:
 * Spanish RD 1553/2005; codice fiscale: Italian DM 23/12/1976; NIR: French INSEE; CPF: Receita Federal; RRN: Korean resident
 * registration; Taiwan: identity card numbers of the Ministry of the Interior.
 */
export const idFormats: readonly IdFormat[] = [
  { pattern: /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/, confidence: 0.9 },
  {
    pattern: /^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]$/,
    confidence: 0.85,
  },
  { pattern: /^(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]$/, confidence: 0.93, check: holdsDni },
  {
    pattern: /^[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]$/,
    confidence: 0.97,
    check: holdsCodiceFiscale,
  },
  { pattern: /^[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d[0-9AB] ?\d{3} ?\d{3} ?\d{2}$/, confidence: 0.95, check: holdsNir },
  { pattern: /^\d{3}\.\d{3}\.\d{3}-\d{2}$/, confidence: 0.96, check: holdsCpf },
  { pattern: /^\d{11}$/, confidence: 0.8, check: holdsCpf, regions: ['BR'] },
  { pattern: /^\d{6}-[1-8]\d{6}$/, confidence: 0.92, check: hasKoreanBirthDate },
  { pattern: /^\d{6}[1-8]\d{6}$/, confidence: 0.6, check: hasKoreanBirthDate, regions: ['KR'] },
  { pattern: /^[A-Z][1289]\d{8}$/, confidence: 0.93, check: holdsTaiwanId },
  { pattern: /^[EG]\d{8}$|^E[A-HJ-NP-Z]\d{7}$/, confidence: 0.45 },
];

function holdsDni(id: string): boolean {
  const number = Number(id.slice(0, 8).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))));
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === id[8];
}

function holdsCodiceFiscale(id: string): boolean {
  const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const unit = id.charCodeAt(i);
    const value = unit <= 57 ? unit - 48 : unit - 65;
    sum += i % 2 === 0 ? (oddValues[value] ?? 0) : value;
  }
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

function holdsNir(id: string): boolean {
  const body = id.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return 97 - (Number(body) % 97) === Number(id.slice(13));
}

function holdsCpf(id: string): boolean {
  return cpfDigit(id, 9) === id[9] && cpfDigit(id, 10) === id[10] && !/^(\d)\1{10}$/.test(id);
}

function cpfDigit(id: string, length: number): string {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Number(id[i]) * (length + 1 - i);
  return String(((sum * 10) % 11) % 10);
}

function hasKoreanBirthDate(id: string): boolean {
  const century = '1256'.includes(id[6] ?? '') ? 1900 : 2000;
  return isCalendarDay(century + Number(id.slice(0, 2)), Number(id.slice(2, 4)), Number(id.slice(4, 6)));
}

function holdsTaiwanId(id: string): boolean {
  const letter = 'ABCDEFGHJKLMNPQRSTUVXYWZIO'.indexOf(id[0] ?? '') + 10;
  let sum = Math.floor(letter / 10) + (letter % 10) * 9 + Number(id[9]);
  for (let i = 1; i < 9; i++) sum += Number(id[i]) * (9 - i);
  return sum % 10 === 0;
}
