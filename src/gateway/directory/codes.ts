import { hash, randomBytes } from 'node:crypto';

/** Crockford's Base32: without letters that are taken for digits. 32 signs, so every byte's low bits give one evenly. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** So many random signs, five bits each. */
export function makeSigns(count: number): string {
  return Array.from(randomBytes(count), (byte) => alphabet[byte & 31]).join('');
}

/** What somebody typed as it was made: in capitals, without hyphens and blanks, with digits for the letters that look like them. */
export function readSigns(text: string): string {
  return text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
}

/** In groups of four. */
export function groupSigns(signs: string): string {
  return signs.replace(/(.{4})(?=.)/g, '$1-');
}

/** What is kept of a random secret of at least 60 bits: nothing slower is needed. */
export function hashSecret(secret: string): Uint8Array {
  return hash('sha256', `boltseal secret ${secret}`, 'buffer');
}
