import type { FieldName } from '../core/fields/field.ts';

const plurals: Readonly<Record<FieldName, string>> = {
  phone: 'phone numbers',
  email: 'e-mail addresses',
  nationalId: 'identity numbers',
  username: 'user names',
  trackingNumber: 'tracking numbers',
  customerId: 'customer ids',
  name: 'names',
  address: 'addresses',
  password: 'passwords',
  passwordHash: 'password hashes',
};

/** A field in plain words, plural: "phone numbers". A name that is no field is given back as it is. */
export function fieldPlural(field: string): string {
  return Object.hasOwn(plurals, field) ? plurals[field as FieldName] : field;
}

/** The order in which people are shown fields: identifying before confirming. */
export const fieldOrder: readonly string[] = Object.keys(plurals);

/** 1234567 → "1,234,567". */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 row", "2,000 rows". */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** A share as a percentage that never rounds to nothing or to all: 0.6 → "60%", 0.0004 → "0.04%", 0.99999 → ">99.9%"; of nothing: "–". */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '–';
  const value = (part / whole) * 100;
  if (value === 0 || value === 100) return `${value}%`;
  if (value < 0.01) return '<0.01%';
  if (value < 0.1) return `${value.toFixed(2)}%`;
  if (value > 99.9) return '>99.9%';
  return `${value < 10 || value > 90 ? value.toFixed(1) : value.toFixed(0)}%`;
}

/** A ratio with two meaningful digits where it is small: 2.46 → "2.5", 3 → "3", 41.3 → "41", 9600 → "9,600". */
export function times(ratio: number): string {
  if (ratio < 10) return String(Number(ratio.toFixed(1)));
  const scale = 10 ** Math.max(0, Math.floor(Math.log10(ratio)) - 1);
  return count(Math.round(ratio / scale) * scale);
}

/** 1536 → "1.5 kB", decimal units. */
export function bytes(size: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = size < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** step;
  return `${step === 0 || value >= 100 ? count(value) : value.toFixed(1)} ${units[step]}`;
}

/** 0.8 → "0.8 s", 75 → "1 min 15 s". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
  const whole = Math.round(seconds);
  return `${count(Math.floor(whole / 60))} min ${whole % 60} s`;
}
