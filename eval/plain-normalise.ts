/*
 * The normalisation that the people-history data needs, written a second time from docs/spec/fields.md and without a line of the product's:
 * phones of the region US, e-mail addresses, names, addresses and customer ids.
 */

export type PlainField = 'customerId' | 'phone' | 'email' | 'name' | 'address';

export const identifyingFields: ReadonlySet<PlainField> = new Set<PlainField>(['customerId', 'phone', 'email']);

const noValues = new Set([
  '',
  'null',
  '\\n',
  '-',
  '--',
  'n/a',
  'na',
  'none',
  'nil',
  'undefined',
  'nan',
  '(null)',
  '<null>',
]);

/** Removes ASCII whitespace (U+0009 to U+000D and space) from both ends. */
export function trimCell(cell: string): string {
  return cell.replace(/^[\t-\r ]+/, '').replace(/[\t-\r ]+$/, '');
}

/** The normalised value, or null when the cell holds none. */
export function plainNormalise(field: PlainField, cell: string): string | null {
  const trimmed = trimCell(cell);
  if (noValues.has(trimmed.toLowerCase())) return null;
  if (trimmed === '0' && (field === 'phone' || field === 'email')) return null;
  switch (field) {
    case 'customerId':
      return atMost(254, trimCell(trimmed.normalize('NFKC')));
    case 'phone':
      return phone(trimmed);
    case 'email':
      return atMost(254, email(trimmed));
    case 'name':
    case 'address':
      return atMost(1024, letters(trimmed));
  }
}

function phone(text: string): string | null {
  const squeezed = text
    .normalize('NFKC')
    .replace(/^[\t-\r ]*tel:/i, '')
    .replace(/[\t-\r ./()\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff-]/g, '')
    .replace(/(ext|x|#|转|,)\d{1,6}$/i, '');
  if (/^\+[1-9]\d{6,14}$/.test(squeezed)) return squeezed;
  const national = /^1?([2-9]\d\d[2-9]\d{6})$/.exec(squeezed);
  if (national !== null) return `+1${national[1]}`;
  return null;
}

function email(text: string): string | null {
  const bare = trimCell(text.normalize('NFKC'))
    .replace(/^mailto:/i, '')
    .replace(/^<(.*)>$/, '$1');
  const parts = bare.split('@');
  if (parts.length !== 2) return null;
  const [local, domain] = parts as [string, string];
  if (!/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}$/.test(local)) return null;
  if (local.startsWith('.') || local.endsWith('.') || local.includes('..')) return null;
  const labels = domain.split('.');
  if (domain.length < 4 || labels.length < 2) return null;
  for (const label of labels) {
    if (!/^[A-Za-z0-9-]{1,63}$/.test(label) || label.startsWith('-') || label.endsWith('-')) return null;
  }
  if (!/^([a-z]{2,}|xn--.+)$/i.test(labels.at(-1) as string)) return null;
  return bare.toLowerCase();
}

function letters(text: string): string | null {
  const kept = text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}\p{M}]/gu, '');
  return kept === '' ? null : kept;
}

function atMost(limitBytes: number, value: string | null): string | null {
  return value === null || value === '' || Buffer.byteLength(value) > limitBytes ? null : value;
}
