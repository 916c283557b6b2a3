import type { Draw } from './draw.ts';

/* Numbers with a plan or a check digit, written from the public descriptions and not from the product's tables. */

const twoDigits = (number: number) => String(number).padStart(2, '0');

/** A mainland mobile number of eleven digits. */
export function mobile(draw: Draw): string {
  const start = draw.pick(
    '130 131 132 133 135 136 137 138 139 147 150 151 152 157 158 159 166 170 173 177 178 180 182 186 187 188 189 198 199'.split(
      ' ',
    ),
  );
  return start + draw.digits(8);
}

/** A mainland fixed line with its area code. */
export function landline(draw: Draw): string {
  const [area, length] = draw.pick([
    ['010', 8],
    ['021', 8],
    ['0755', 8],
    ['0512', 8],
    ['0816', 7],
    ['0592', 7],
  ] as const);
  return `${area}${draw.pick(['-', '-', ''])}${draw.range(2, 8)}${draw.digits(length - 1)}`;
}

/** Ten digits of a North American number. */
export function northAmerican(draw: Draw): string {
  const area = draw.pick(['202', '305', '415', '512', '617', '646', '702', '808', '916', '973']);
  return `${area}${draw.range(2, 9)}${draw.digits(6)}`;
}

/** A Spanish DNI with its letter. */
export function spanishId(draw: Draw): string {
  const number = draw.digits(8);
  return number + 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23];
}

/** A Brazilian CPF as it is written. */
export function brazilianId(draw: Draw): string {
  const digits = [...draw.digits(9)].map(Number);
  for (const length of [9, 10]) {
    const sum = digits.slice(0, length).reduce((s, d, i) => s + d * (length + 1 - i), 0);
    digits.push(sum % 11 < 2 ? 0 : 11 - (sum % 11));
  }
  const text = digits.join('');
  return `${text.slice(0, 3)}.${text.slice(3, 6)}.${text.slice(6, 9)}-${text.slice(9)}`;
}

/** A day between two years as [year, month, day]. */
export function day(draw: Draw, fromYear: number, toYear: number): [string, string, string] {
  return [String(draw.range(fromYear, toYear)), twoDigits(draw.range(1, 12)), twoDigits(draw.range(1, 28))];
}

const idRegions =
  '110108 120101 310112 320506 330782 340104 350582 370203 410105 420111 430102 440306 450103 510703 610113'.split(' ');

/** A resident identity number (GB 11643-1999). */
export function residentId(draw: Draw): string {
  const body = `${draw.pick(idRegions)}${day(draw, 1946, 2008).join('')}${draw.digits(3)}`;
  const sum = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2].reduce((s, w, i) => s + w * Number(body[i]), 0);
  return `${body}${'10X98765432'[sum % 11]}`;
}

/** The old form with fifteen digits. */
export function oldResidentId(draw: Draw): string {
  return `${draw.pick(idRegions)}${day(draw, 1946, 1999).join('').slice(2)}${draw.digits(3)}`;
}

function luhnDigit(body: string): string {
  let sum = 0;
  for (let i = body.length - 1, double = true; i >= 0; i--, double = !double) {
    const value = Number(body[i]) * (double ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return String((10 - (sum % 10)) % 10);
}

/** A payment card number. */
export function bankCard(draw: Draw): string {
  const [start, length] = draw.pick([
    ['622202', 19],
    ['621700', 19],
    ['622848', 19],
    ['622588', 16],
    ['625955', 16],
    ['4392', 16],
    ['5187', 16],
  ] as const);
  const body = start + draw.digits(length - start.length - 1);
  return body + luhnDigit(body);
}

/** A device's IMEI. */
export function imei(draw: Draw): string {
  const body = draw.pick(['35', '86']) + draw.digits(12);
  return body + luhnDigit(body);
}

/** Eighteen characters of a business's unified credit code. */
export function creditCode(draw: Draw): string {
  return `91${draw.pick(idRegions)}${draw.text('0123456789ABCDEFGHJKLMNPQRTUWXY', 10)}`;
}

/** UPU S10, as postal services write it. */
export function postalItem(draw: Draw): string {
  const serial = draw.digits(8);
  const sum = [8, 6, 4, 2, 3, 5, 9, 7].reduce((s, w, i) => s + w * Number(serial[i]), 0);
  const rest = 11 - (sum % 11);
  return `${draw.pick(['RR', 'EA', 'CX', 'LY'])}${serial}${rest === 10 ? 0 : rest === 11 ? 5 : rest}${draw.pick(['CN', 'US', 'DE'])}`;
}

/** "1Z" with its check digit. */
export function ups(draw: Draw): string {
  const body = draw.text('0123456789ABCDEFGHWXY', 6) + draw.digits(9);
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    const unit = body.charCodeAt(i);
    sum += (unit < 58 ? unit - 48 : (unit - 63) % 10) * (i % 2 === 0 ? 1 : 2);
  }
  return `1Z${body}${(10 - (sum % 10)) % 10}`;
}

/** Twenty-two digits of a postal service with the GS1 check digit. */
export function usps(draw: Draw): string {
  const body = `9${draw.range(2, 4)}${draw.digits(19)}`;
  const sum = [...body].reduce((s, d, i) => s + Number(d) * (i % 2 === 0 ? 3 : 1), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** One courier's numbers each; a table is mostly one courier's. */
export const couriers: Readonly<Record<string, (draw: Draw) => string>> = {
  sf: (draw) => `SF${draw.pick(['1', '6'])}${draw.digits(12)}`,
  yto: (draw) => `YT${draw.range(2, 9)}${draw.digits(12)}`,
  jd: (draw) => `JD${draw.pick(['V', 'X', ''])}00${draw.digits(10)}`,
  jt: (draw) => `JT${draw.range(2, 5)}0${draw.digits(11)}`,
  dpk: (draw) => `DPK3${draw.digits(11)}`,
  cainiao: (draw) => `LP00${draw.digits(12)}`,
  s10: postalItem,
  ups,
  usps,
};

/** Couriers whose numbers are digits alone. */
export const digitCouriers: Readonly<Record<string, (draw: Draw) => string>> = {
  zto: (draw) => `7${draw.pick(['3', '5', '6', '8'])}${draw.digits(12)}`,
  sto: (draw) => `77${draw.digits(13)}`,
  yunda: (draw) => `${draw.pick(['31', '43', '46'])}${draw.digits(11)}`,
  post: (draw) => `98${draw.digits(11)}`,
};
