/** Things with a GS1 key that matter here: logistic units, returnable and individual assets, places. */
export type Gs1Scheme = 'sscc' | 'grai' | 'giai' | 'sgln';

/** A GS1 key, however it was written. */
export interface Gs1Key {
  readonly scheme: Gs1Scheme;
  /** SSCC: 18 digits; GRAI: 14 digits and a serial; GIAI: as it is; GLN: 13 digits. */
  readonly key: string;
  /** Of a place: what is below it; null: the place itself. */
  readonly extension: string | null;
}

/** Longer is no identifier: EPCIS allows any URI, and what is looked at here is short. */
const MOST_CHARACTERS = 300;

/** Application identifiers of GS1 Digital Link URIs, and the words that older versions have in their place. */
const schemesByName: Readonly<Record<string, Gs1Scheme>> = {
  '00': 'sscc',
  sscc: 'sscc',
  '8003': 'grai',
  grai: 'grai',
  '8004': 'giai',
  giai: 'giai',
  '414': 'sgln',
  gln: 'sgln',
};

/** The key in an EPC as URN (GS1 EPC Tag Data Standard 2.0, section 6.3) or as GS1 Digital Link URI (1.2, section 4); null when it is neither, or damaged. */
export function parseGs1Key(uri: string): Gs1Key | null {
  if (uri.length > MOST_CHARACTERS) return null;
  const urn = /^urn:epc:id:(sscc|grai|giai|sgln):([^:/?#]+)$/.exec(uri);
  if (urn !== null) return fromUrn(urn[1] as Gs1Scheme, unescapeText(urn[2] ?? ''));
  const link = /^https?:\/\/[^/?#\s]+\/([^?#\s]+)/.exec(uri);
  return link === null ? null : fromLink((link[1] ?? '').split('/'));
}

/** One way to write a place, so that the same place is the same text. */
export function placeText({ key, extension }: Gs1Key): string {
  return extension === null ? `https://id.gs1.org/414/${key}` : `https://id.gs1.org/414/${key}/254/${extension}`;
}

/** Check digit of GS1 keys: weights 3 and 1 from the right (GS1 General Specifications, section 7.9). */
export function checkDigit(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) sum += Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 3 : 1);
  return String((10 - (sum % 10)) % 10);
}

function fromUrn(scheme: Gs1Scheme, text: string | null): Gs1Key | null {
  const [prefix = '', reference = '', ...rest] = text?.split('.') ?? [];
  if (!/^\d{6,12}$/.test(prefix)) return null;
  if (scheme === 'sscc') {
    const digits = `${reference.slice(0, 1)}${prefix}${reference.slice(1)}`;
    return rest.length === 0 && /^\d{17}$/.test(digits) ? keyOf(scheme, digits + checkDigit(digits)) : null;
  }
  if (scheme === 'giai') return keyOf(scheme, prefix + [reference, ...rest].join('.'));
  const digits = prefix + reference;
  const tail = rest.join('.');
  if (!/^\d{12}$/.test(digits)) return null;
  const checked = digits + checkDigit(digits);
  if (scheme === 'grai') return tail === '' ? null : keyOf(scheme, `0${checked}${tail}`);
  return keyOf(scheme, checked, tail === '' || tail === '0' ? null : tail);
}

function fromLink(segments: readonly string[]): Gs1Key | null {
  // The last pair that begins with a primary key: resolvers may have path segments of their own before it.
  for (let i = segments.length - 2; i >= 0; i--) {
    const scheme = Object.hasOwn(schemesByName, segments[i] ?? '') ? schemesByName[segments[i] ?? ''] : undefined;
    if (scheme === undefined) continue;
    const key = unescapeText(segments[i + 1] ?? '');
    const hasExtension = scheme === 'sgln' && /^(?:254|glnx)$/.test(segments[i + 2] ?? '');
    const extension = hasExtension ? unescapeText(segments[i + 3] ?? '') : null;
    return key === null ? null : keyOf(scheme, key, extension === '0' ? null : extension);
  }
  return null;
}

function keyOf(scheme: Gs1Scheme, key: string, extension: string | null = null): Gs1Key | null {
  const digits = { sscc: key, grai: key.slice(0, 14), giai: '', sgln: key }[scheme];
  const isLong = {
    sscc: key.length === 18,
    grai: key.length > 14 && key.length <= 30,
    giai: key.length <= 30,
    sgln: key.length === 13,
  };
  if (!isLong[scheme] || !/^\d*$/.test(digits)) return null;
  if (digits !== '' && checkDigit(digits.slice(0, -1)) !== digits.slice(-1)) return null;
  return scheme === 'giai' && !/^\d{6}/.test(key) ? null : { scheme, key, extension };
}

function unescapeText(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
