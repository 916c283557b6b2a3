import { readFileSync } from 'node:fs';
import type { FieldName } from '../core/fields/field.ts';
import { phonePlans } from '../core/fields/phone-plans.ts';
import { fields, isFieldName } from '../core/fields/registry.ts';
import { usageError } from './arguments.ts';
import type { Arguments } from './command.ts';
import type { ColumnMap, ReadingHints } from './services.ts';

/** Times in a register are unsigned 32-bit seconds, the greatest of which means "still current". */
const lastSecond = 0xfffffffe;

const dateTimePattern =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads a time into seconds since 1970: an ISO 8601 date (its first second, UTC) or date-time (with zone, or UTC), or seconds since
 * 1970 as a number. Fails with USAGE_OPTION.
 */
export function parseTime(command: string, option: string, text: string): number {
  const seconds = readTime(text);
  if (seconds === null || seconds < 0 || seconds > lastSecond) {
    throw usageError(
      command,
      `${option} must be a time from 1970 on: 2026-03-31, 2026-03-31T18:00:00+08:00 (UTC without zone), or seconds since 1970`,
    );
  }
  return seconds;
}

function readTime(text: string): number | null {
  const match = dateTimePattern.exec(text);
  if (match === null) {
    // Four digits are more likely a year than the first hours of 1970; more than ten are milliseconds.
    return /^\d{1,10}$/.test(text) && text.length !== 4 ? Number(text) : null;
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as number[];
  const milliseconds = Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  const date = new Date(milliseconds);
  // Date.UTC turns the 31st of February into March, and hour 24 into the next day.
  if (date.getUTCMonth() !== month! - 1 || date.getUTCDate() !== day || hour! > 23 || minute! > 59 || second! > 59)
    return null;
  const offset = readOffsetSeconds(match[7]);
  return offset === null ? null : milliseconds / 1000 - offset;
}

function readOffsetSeconds(zone: string | undefined): number | null {
  if (zone === undefined || /^z$/i.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 15 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60);
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Reads a size into bytes: `512M`, `2G`, `1.5GiB`, or bytes without unit; units are powers of 1024. Fails with USAGE_OPTION. */
export function parseSize(command: string, option: string, text: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([kmgt]?)(?:i?b)?$/i.exec(text);
  const sizeBytes = match === null ? 0 : Math.floor(Number(match[1]) * sizeUnits[match[2]!.toLowerCase()]!);
  if (sizeBytes < 1 || !Number.isSafeInteger(sizeBytes)) {
    throw usageError(command, `${option} must be a size such as 512M or 2G`);
  }
  return sizeBytes;
}

/** Reads a whole number from 1 to `most`. Fails with USAGE_OPTION. */
export function parseCount(command: string, option: string, text: string, most: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) throw usageError(command, `${option} must be a whole number from 1 to ${most}`);
  return count;
}

/** Reads the index of an entry: a whole number from 0 on. Fails with USAGE_OPTION. */
export function parseIndex(command: string, option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw usageError(command, `${option} must be a whole number from 0 on`);
  return Number(text);
}

/** Reads --region: the letters of a country whose phone numbers Boltseal knows. Fails with USAGE_OPTION. */
export function parseRegion(command: string, text: string): string {
  const region = text.toUpperCase();
  if (!phonePlans.has(region)) {
    throw usageError(command, `--region must be one of ${[...phonePlans.keys()].join(' ')}`);
  }
  return region;
}

/** Whether a word is `field=COL` with a field that Boltseal knows. */
export function isMapping(word: string): boolean {
  return isFieldName(word.split('=', 1)[0]!) && word.includes('=');
}

/** Whether a word is the name of a field, or several with commas. */
export function isFieldList(word: string): boolean {
  return word.split(',').every(isFieldName);
}

/** Reads `field=COL` pairs. Fails with USAGE_OPTION. */
export function parseMap(command: string, pairs: readonly string[]): ColumnMap {
  const map: { field: FieldName; column: string }[] = [];
  for (const pair of pairs) {
    const field = pair.split('=', 1)[0]!;
    const column = pair.slice(field.length + 1);
    if (column === '')
      throw usageError(command, '--map must be field=COL, for example --map phone=mobile or --map phone=3');
    const name = parseField(command, '--map', field);
    map.push({ field: name, column });
  }
  return map;
}

/** Reads names of fields, each word one or several with commas; without repetitions. Fails with USAGE_OPTION. */
export function parseFields(command: string, option: string, words: readonly string[]): FieldName[] {
  return [...new Set(words.flatMap((word) => word.split(',')).map((name) => parseField(command, option, name)))];
}

function parseField(command: string, option: string, name: string): FieldName {
  if (!isFieldName(name))
    throw usageError(command, `${option} knows these fields: ${fields.map((field) => field.name).join(', ')}`);
  return name;
}

const separatorNames: Readonly<Record<string, string>> = {
  tab: '\t',
  '\\t': '\t',
  comma: ',',
  semicolon: ';',
  pipe: '|',
  colon: ':',
  space: ' ',
};

/** Reads --separator, --encoding, --header, --no-header, --password and --password-file. Fails with USAGE_OPTION. */
export function parseHints(command: string, given: Arguments): ReadingHints {
  if (given.flag('header') && given.flag('no-header')) {
    throw usageError(command, '--header and --no-header exclude each other');
  }
  return {
    separator: parseSeparator(command, given.text('separator')),
    encoding: parseEncoding(command, given.text('encoding')),
    header: given.flag('header') ? true : given.flag('no-header') ? false : null,
    passwords: parsePasswords(command, given),
  };
}

function parseSeparator(command: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  const separator = Object.hasOwn(separatorNames, text) ? separatorNames[text]! : text;
  if (!/^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x7f]{1,8}$/.test(separator)) {
    throw usageError(
      command,
      '--separator must be 1 to 8 ASCII characters without quote and line end, or one of tab, comma, semicolon, pipe, colon, space',
    );
  }
  return separator;
}

/** GBK and GB 2312 are parts of GB 18030. */
const withinGb18030: readonly string[] = ['gbk', 'gb2312'];

function parseEncoding(command: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    const { encoding } = new TextDecoder(text);
    return withinGb18030.includes(encoding) ? 'gb18030' : encoding;
  } catch {
    throw usageError(
      command,
      '--encoding must be a name such as utf-8, gb18030, big5, utf-16le, shift_jis or windows-1251',
    );
  }
}

/** Reads --password and --password-file, one password a line. Fails with USAGE_OPTION. */
function parsePasswords(command: string, given: Arguments): readonly string[] {
  const path = given.text('password-file');
  const own = given.list('password');
  if (path === undefined) return own;
  try {
    const lines = readFileSync(path, 'utf8').split(/\r?\n/);
    return [...own, ...lines.filter((line) => line !== '')];
  } catch {
    throw usageError(command, '--password-file cannot be read');
  }
}
