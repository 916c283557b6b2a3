import { trimAscii } from '../text.ts';
import type { Field } from './field.ts';
import { headers } from './headers.ts';
import { stars } from './masks.ts';
import { acceptedValue, confirmingLimitBytes, trimmedCell } from './no-value.ts';

const hexDigits =
  /^(?:0[xX]|\*)?([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})$/;

function normalise(cell: string): string | null {
  const trimmed = trimmedCell(cell);
  if (trimmed === null) return null;
  const hex = hexDigits.exec(trimmed)?.[1];
  return hex === undefined ? acceptedValue(trimmed, confirmingLimitBytes) : hex.toLowerCase();
}

export const passwordHash: Field = {
  name: 'passwordHash',
  id: 11,
  role: 'confirming',
  exclusive: false,
  version: 1,
  headers: headers.passwordHash,
  classify,
  normalise,
  mask,
};

/** One way of writing a hash: what it is called in masks, its shape, and how surely the shape is a hash. */
interface HashFormat {
  readonly label: string;
  readonly pattern: RegExp;
  readonly confidence: number;
}

// Shapes: crypt(5) of libxcrypt (bcrypt, md5crypt, sha-crypt, scrypt, yescrypt), the PHC string format (argon2, scrypt, pbkdf2), phpass of Openwall
// (WordPress, phpBB), RFC 2307 userPassword schemes, Django's password hashers, MySQL's mysql_native_password; hex by the lengths of digests.
const hashFormats: readonly HashFormat[] = [
  { label: 'bcrypt', pattern: /^(?:\$wp)?\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/, confidence: 0.99 },
  { label: 'argon2', pattern: /^\$argon2(?:id|i|d)\$[!-~]{20,400}$/, confidence: 0.99 },
  { label: 'phpass', pattern: /^\$[PH]\$[./A-Za-z0-9]{31}$/, confidence: 0.99 },
  { label: 'crypt', pattern: /^\$(?:1|5|6|apr1|y|7|gy|md5|sha1)\$[!-~]{8,250}$/, confidence: 0.98 },
  { label: 'phc', pattern: /^\$(?:scrypt|pbkdf2[a-z0-9-]{0,12})\$[!-~]{8,400}$/, confidence: 0.98 },
  {
    label: 'django',
    pattern: /^(?:pbkdf2_sha(?:1|256)|bcrypt(?:_sha256)?|argon2|scrypt|sha1|md5)\$[!-~]{16,400}$/,
    confidence: 0.98,
  },
  {
    label: 'werkzeug',
    pattern: /^(?:pbkdf2:sha\d{1,3}(?::\d{1,9})?|scrypt:\d{1,9}:\d{1,3}:\d{1,3})\$[!-~]{16,300}$/,
    confidence: 0.98,
  },
  {
    label: 'ldap',
    pattern: /^\{(?:S?SHA(?:256|384|512)?|S?MD5|CRYPT|PBKDF2[A-Z0-9-]{0,12}|ARGON2)\}[!-~]{16,300}$/i,
    confidence: 0.98,
  },
  { label: 'mysql', pattern: /^\*[0-9A-F]{40}$/i, confidence: 0.98 },
  { label: 'NTLM', pattern: /^[0-9a-f]{32}:[0-9a-f]{32}$/i, confidence: 0.95 },
  { label: 'salted hex', pattern: /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}):[!-~]{2,64}$/i, confidence: 0.9 },
  {
    label: 'base64',
    pattern: /^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)$/,
    confidence: 0.55,
  },
];

const confidenceByHexDigits: ReadonlyMap<number, number> = new Map([
  [32, 0.9],
  [40, 0.88],
  [56, 0.7],
  [64, 0.85],
  [96, 0.75],
  [128, 0.85],
]);

function classify(cell: string): number {
  if (cell.length > 512) return 0;
  const text = trimmedCell(cell);
  if (text === null) return 0;
  const format = hashFormats.find(({ pattern }) => pattern.test(text));
  if (format !== undefined) return format.confidence;
  const hex = hexDigits.exec(text)?.[1];
  if (hex === undefined || !/[a-f]/i.test(hex) || !/\d/.test(hex)) return 0;
  // Version 4 UUIDs without hyphens have 32 digits too; one digest in 64 looks like them.
  if (/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/i.test(hex)) return 0.5;
  return confidenceByHexDigits.get(hex.length) ?? 0;
}

/** The kind of hash, and stars. */
function mask(cell: string): string {
  const text = trimAscii(cell.slice(0, 600));
  const hex = hexDigits.exec(text)?.[1];
  const label = hex === undefined ? hashFormats.find(({ pattern }) => pattern.test(text))?.label : `${hex.length} hex`;
  return label === undefined ? stars : `${label} ${stars}`;
}
