/** The check character (0 to 9, X) of ISO/IEC 7064 MOD 11-2 for a string of digits, as GB 11643-1999 uses it. */
export function mod11Of2(digits: string): string {
  let product = 0;
  for (let i = 0; i < digits.length; i++) product = ((product + digitAt(digits, i)) * 2) % 11;
  return '0123456789X'[(12 - product) % 11] ?? '';
}

/** Whether the last digit is the GS1 check digit of those before it: weights 3, 1, 3, … from the right (GS1 General Specifications 7.9.1; USPS Publication 199; FedEx Ground). */
export function holdsGs1(digits: string): boolean {
  let sum = 0;
  for (let i = digits.length - 2, weight = 3; i >= 0; i--, weight = 4 - weight) sum += digitAt(digits, i) * weight;
  return (10 - (sum % 10)) % 10 === digitAt(digits, digits.length - 1);
}

/** Whether the last of nine digits is the UPU S10 check digit of the eight before it: weights 8, 6, 4, 2, 3, 5, 9, 7 and modulus 11 (UPU S10-12, annex on the check digit). */
export function holdsS10(nineDigits: string): boolean {
  const weights = [8, 6, 4, 2, 3, 5, 9, 7];
  const sum = weights.reduce((total, weight, i) => total + weight * digitAt(nineDigits, i), 0);
  const check = 11 - (sum % 11);
  return (check === 10 ? 0 : check === 11 ? 5 : check) === digitAt(nineDigits, 8);
}

/** Whether "1Z" and 16 characters carry the UPS check digit: letters count as (code − 3) mod 10, weights 1, 2, 1, …, modulus 10 (UPS Tracking Number Format guide). */
export function holdsUps(code: string): boolean {
  let sum = 0;
  for (let i = 2; i < code.length - 1; i++) {
    const unit = code.charCodeAt(i);
    const value = unit <= 57 ? unit - 48 : (unit - 3) % 10;
    sum += value * (i % 2 === 0 ? 1 : 2);
  }
  return (10 - (sum % 10)) % 10 === digitAt(code, code.length - 1);
}

/** Whether twelve digits carry the FedEx Express check digit: weights 3, 1, 7, …, modulus 11, then modulus 10. */
export function holdsFedexExpress(digits: string): boolean {
  const weights = [3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1];
  const sum = weights.reduce((total, weight, i) => total + weight * digitAt(digits, i), 0);
  return (sum % 11) % 10 === digitAt(digits, 11);
}

/** Whether the last digit is the number before it modulo 7 (IATA air waybills; DHL Express; Japanese and Korean parcel carriers). At most 16 digits. */
export function holdsMod7(digits: string): boolean {
  return Number(digits.slice(0, -1)) % 7 === digitAt(digits, digits.length - 1);
}

function digitAt(text: string, index: number): number {
  return text.charCodeAt(index) - 48;
}
