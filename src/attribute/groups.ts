import type { Principal } from '../disclosures/port.ts';
import { BUCKETS } from './buckets.ts';
import { bucketStart, type Rows } from './rows.ts';
import { findUnits, NO_READER, type Units } from './units.ts';

/** Principals that share the value of an attribute. */
export interface Group {
  readonly attribute: string;
  readonly value: string;
  /** Numbers of the principals that ever had the value and read anything watched. */
  readonly members: readonly number[];
}

/** All groups of one attribute, and what each of them read. Reader `i` of the units is group `i`. */
export interface AttributeGroups {
  readonly attribute: string;
  readonly groups: readonly Group[];
  readonly units: Units;
}

/** More values than this are names and no groups. */
const MOST_VALUES = 2_000;
/** A larger share of all who read is the fleet and no group of it. */
const LARGEST_SHARE = 0.5;
const SMALLEST_GROUP = 2;

/** A clerk and a scanner read other people for other reasons: only principals of one kind can be compared, and a kind as a whole with nobody. */
const KIND = 'kind';

/** ISO 8601: a time is grouped by its day, since nobody updates two devices in the same second. */
const TIME = /^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}/;

/** Pools what principals read by each of their attributes, as it was when they read. */
export function findGroups(rows: Rows, principals: readonly Principal[]): AttributeGroups[] {
  const reading = new Set<number>();
  for (let row = 0; row < rows.count; row++) reading.add(rows.principal[row]!);
  const names = new Set<string>();
  for (const { attributes, history } of principals) {
    for (const name of Object.keys(attributes)) names.add(name);
    for (const version of history) for (const name of Object.keys(version.attributes)) names.add(name);
  }
  names.delete(KIND);
  return [...names].sort().flatMap((attribute) => {
    const pooled = poolAttribute(rows, principals, reading, attribute);
    return pooled === null ? [] : [pooled];
  });
}

function poolAttribute(
  rows: Rows,
  principals: readonly Principal[],
  reading: ReadonlySet<number>,
  attribute: string,
): AttributeGroups | null {
  const numbers = new Map<string, number>();
  const members: Set<number>[] = [];
  // Place of the value of each principal in each bucket: one entry if it never changed.
  const placesOf = new Map<number, Uint32Array>();
  for (const principal of principals) {
    if (!reading.has(principal.number)) continue;
    const values = valuesOverTime(rows, principal, attribute).map((value) => {
      if (value === '') return NO_READER;
      const number = numbers.get(value) ?? numbers.size;
      numbers.set(value, number);
      members[number] ??= new Set();
      members[number].add(principal.number);
      return number;
    });
    if (values.some((value) => value !== NO_READER)) placesOf.set(principal.number, Uint32Array.from(values));
    if (numbers.size > MOST_VALUES) return null;
  }
  const names = [...numbers.keys()];
  const kept = names.filter((_, i) => {
    const size = members[i]!.size;
    return size >= SMALLEST_GROUP && size <= LARGEST_SHARE * reading.size;
  });
  if (kept.length === 0) return null;
  const place = new Uint32Array(names.length).fill(NO_READER);
  kept.forEach((value, i) => {
    place[numbers.get(value)!] = i;
  });
  const single = new Uint32Array(principals.length).fill(NO_READER);
  const changing = new Map<number, Uint32Array>();
  for (const [principal, values] of placesOf) {
    const places = values.map((value) => (value === NO_READER ? NO_READER : place[value]!));
    if (places.length === 1) single[principal] = places[0]!;
    else changing.set(principal, places);
  }
  const readerOf =
    changing.size === 0
      ? (principal: number): number => single[principal]!
      : (principal: number, bucket: number): number => changing.get(principal)?.[bucket] ?? single[principal]!;
  return {
    attribute,
    groups: kept.map((value) => ({ attribute, value, members: [...members[numbers.get(value)!]!] })),
    units: findUnits(rows, kept.length, readerOf),
  };
}

/** The value in each bucket, one entry if it never changed; '' when there is none. */
function valuesOverTime(rows: Rows, { attributes, history }: Principal, attribute: string): string[] {
  const tidy = (value: string | undefined): string => TIME.exec(value ?? '')?.[1] ?? value ?? '';
  const different = new Set(history.map((version) => tidy(ownValue(version.attributes, attribute))));
  if (different.size <= 1) return [tidy(ownValue(attributes, attribute))];
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    const at = bucketStart(rows, bucket);
    // Before the first version that is known, the principal is taken for what it was first.
    const version = history.findLast(({ fromSeconds }) => fromSeconds <= at) ?? history[0];
    return tidy(ownValue(version?.attributes ?? {}, attribute));
  });
}

/** Of its own: companies choose the names, and every object has a `constructor`. */
function ownValue(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}
