/** How a number of a spreadsheet is shown, as far as it matters: `width` digits with leading zeros, or as a time. */
export type NumberShape =
  | { readonly kind: 'number' | 'date' | 'time' | 'datetime' | 'elapsed' }
  | { readonly kind: 'padded'; readonly width: number };

const plain: NumberShape = { kind: 'number' };
const date: NumberShape = { kind: 'date' };
const time: NumberShape = { kind: 'time' };
const SECONDS_OF_DAY = 86_400;
/** Serial of 9999-12-31. */
const MAX_SERIAL = 2_958_465;
const MAX_CODE_LENGTH = 1_024;

/** The shape of a built-in number format (ISO/IEC 29500-1, 18.8.30, with the identifiers that East Asian versions use for dates). */
export function shapeOfBuiltin(id: number): NumberShape {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 54)) return date;
  if (id === 57 || id === 58 || (id >= 71 && id <= 74)) return date;
  if (id === 22 || id === 75) return { kind: 'datetime' };
  if (id === 46 || id === 79) return { kind: 'elapsed' };
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id === 45 || id === 47) return time;
  if (id === 55 || id === 56 || (id >= 76 && id <= 80)) return time;
  return plain;
}

/** The shape of a format code (ISO/IEC 29500-1, 18.8.31); its first section decides. */
export function shapeOfCode(code: string): NumberShape {
  if (code.length > MAX_CODE_LENGTH) return plain;
  const elapsed = /\[(?:h+|m+|s+)\]/i.test(code);
  const letters = code
    .replace(/"[^"]*"?|\\.|[_*]./gs, '')
    .replace(/\[[^\]]*\]?/g, '')
    .split(';', 1)[0] as string;
  if (elapsed) return { kind: 'elapsed' };
  if (/^general$/i.test(letters.trim())) return plain;
  const hasTime = /[hs]/i.test(letters);
  const hasDate = /[yd]/i.test(letters) || (!hasTime && /m/i.test(letters));
  if (hasDate) return hasTime ? { kind: 'datetime' } : date;
  if (hasTime) return time;
  // "000-0000-0000" and "000000": what is shown has its leading zeros.
  const zeros = letters.replace(/[-\s()]/g, '');
  return /^0{2,40}$/.test(zeros) ? { kind: 'padded', width: zeros.length } : plain;
}

/**
 * A number as text: without exponent and with at most the 15 significant digits that a spreadsheet has, a time as ISO 8601 without a zone. Serial days count from 1899-12-30
 * (before 1900-03-01 from 1899-12-31, because 1900 is taken for a leap year) or from 1904-01-01 (ISO/IEC 29500-1, 18.17.4.1).
 */
export function formatSheetNumber(value: number, shape: NumberShape, from1904: boolean): string {
  if (!Number.isFinite(value)) return '';
  switch (shape.kind) {
    case 'number':
      return formatNumber(value);
    case 'padded':
      return Number.isSafeInteger(value) && value >= 0 ? String(value).padStart(shape.width, '0') : formatNumber(value);
    default:
      return formatTime(value, shape.kind, from1904) ?? formatNumber(value);
  }
}

function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const rounded = Number(value.toPrecision(15));
  const text = String(rounded);
  const exponent = text.indexOf('e');
  if (exponent < 0) return text;
  const power = Number(text.slice(exponent + 1));
  // Numbers below 10^-20 are no data; those above come with zeros where a spreadsheet has no digits.
  if (power < 0) return power < -20 ? '0' : rounded.toFixed(Math.min(100, 15 - power)).replace(/\.?0+$/, '');
  return power > 60 ? text : BigInt(rounded).toString();
}

function formatTime(value: number, kind: 'date' | 'time' | 'datetime' | 'elapsed', from1904: boolean): string | null {
  if (value < 0 || value > MAX_SERIAL + 1) return null;
  const milliseconds = Math.round(value * SECONDS_OF_DAY * 1_000);
  if (kind === 'elapsed') return clock(milliseconds);
  const days = Math.floor(milliseconds / 86_400_000);
  const rest = milliseconds - days * 86_400_000;
  if (kind === 'time' && days === 0) return clock(rest);
  const day = isoDay(from1904 ? days + 1_462 : days);
  if (day === null) return null;
  return rest === 0 && kind === 'date' ? day : `${day}T${clock(rest)}`;
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  const part = (value: number) => String(value).padStart(2, '0');
  const text = `${part(Math.floor(seconds / 3_600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
  const fraction = milliseconds % 1_000;
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(3, '0')}`;
}

/** Days repeat in a column, and making them costs a microsecond. */
const knownDays = new Map<number, string>();
const MAX_KNOWN_DAYS = 50_000;

function isoDay(serial: number): string | null {
  if (serial > MAX_SERIAL) return null;
  if (serial === 60) return '1900-02-29';
  let day = knownDays.get(serial);
  if (day === undefined) {
    const sinceEpoch = (serial < 60 ? serial + 1 : serial) - 25_569;
    day = new Date(sinceEpoch * 86_400_000).toISOString().slice(0, 10);
    if (knownDays.size < MAX_KNOWN_DAYS) knownDays.set(serial, day);
  }
  return day;
}
