import { fitsUtf8 } from '../text.ts';
import type { Field } from './field.ts';
import { headers } from './headers.ts';
import { stars } from './masks.ts';
import { confirmingLimitBytes, isNoValue } from './no-value.ts';

function normalise(cell: string): string | null {
  return cell === '' || !fitsUtf8(cell, confirmingLimitBytes) ? null : cell;
}

export const password: Field = {
  name: 'password',
  id: 10,
  role: 'confirming',
  exclusive: false,
  version: 1,
  headers: headers.password,
  classify,
  normalise,
  mask,
};

/** Passwords that lead every published list of the commonest ones: a column with several of them is a column of passwords. */
const commonPasswords: ReadonlySet<string> = new Set(
  '123456 12345678 123456789 1234567890 12345 1234567 111111 000000 123123 666666 888888 654321 112233 121212 123321 5201314 1314520 11111111 00000000 88888888 147258369 987654321 7758521 password password1 passw0rd p@ssw0rd p@ssword qwerty qwerty123 qwertyuiop qwer1234 1q2w3e4r 1qaz2wsx abc123 abc123456 abcd1234 a123456 a12345678 a123456789 aa123456 aa123456789 123qwe qwe123 q1w2e3r4 asd123 asdfghjkl zxcvbnm iloveyou woaini woaini1314 woaini520 letmein welcome welcome1 admin admin123 root123 monkey dragon football baseball sunshine princess master shadow superman michael trustno1 123abc 1qazxsw2 zaq12wsx wang123456 zhang123 li123456 asdasd a1b2c3 123654 159753 000000000 987654 1111111 charlie donald starwars'.split(
    ' ',
  ),
);

// Plain passwords look like user names and numbers: only symbols and the commonest passwords say much.
function classify(cell: string): number {
  if (cell.length < 4 || cell.length > 64 || isNoValue(cell)) return 0;
  if (commonPasswords.has(cell.toLowerCase())) return 0.9;
  if (!/^[\x21-\x7e]+$/.test(cell) || cell.length > 40) return 0;
  if (/^\d+$/.test(cell)) return cell.length >= 6 && cell.length <= 9 ? 0.12 : 0.03;
  if (/^[0-9a-f]{32,}$/i.test(cell) || /^[^@]+@[^@]+\.[^@]+$/.test(cell)) return 0.03;
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(cell) || /[/:;,<>"'()\\|]/.test(cell)) return 0.05;
  const letters = /[A-Za-z]/.test(cell);
  const digits = /\d/.test(cell);
  if (/[!@#$%^&*?+=~]/.test(cell)) return letters && cell.length >= 6 ? 0.75 : 0.2;
  if (letters && digits) return cell.length >= 6 && cell.length <= 20 ? 0.44 : 0.15;
  return letters && cell.length >= 6 ? 0.15 : 0.05;
}

/** Always the same stars. */
function mask(): string {
  return stars;
}
