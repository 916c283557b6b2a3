import type { AttributeGroups } from './groups.ts';
import { CURRENT_BIT, type Rows } from './rows.ts';

/** Attributes that go with where people live, or with another division of the customers. */
export interface Places {
  /** Of each such attribute, for each of its units: 1 when the subject belongs to the value, or did while the dump's versions were current. */
  readonly own: ReadonlyMap<AttributeGroups, Uint8Array>;
  /** Where subjects belong by the attribute that divides the customers best: the value, plus 1, whose principals read the subject most; 0: unknown. */
  readonly home: Uint16Array;
  /** Values of it, plus 1. */
  readonly count: number;
  /** Attribute and value of a place, in words. */
  titleOf(place: number): string;
}

/** Who reads the same person as a principal with the value has it too, so many times more often than chance would have it. */
const LEAST_LIFT = 2;
/**
 * Agreement beyond chance that makes another value of such an attribute a territory as well, as a part of the median of its territories. A place from which large shops send reads people everywhere: much of what others read there is its
 * own by chance already, and the lift of all that hides that those who live there are its own as much as elsewhere.
 */
const LEAST_AGREEMENT = 0.5;
/** Fewer pairs of principals that share a value say nothing about it. */
const LEAST_PAIRS = 20;
/** Values that are territories before an attribute is one, and their part of those that can be told. */
const LEAST_VALUES = 4;
const LEAST_PART = 0.5;
/** Part of the principals of a territory that have the value which most of them have, for an attribute to be made of territories. */
const NEARLY_ALWAYS = 0.95;
/** A subject belongs to every value that read it at least so much of what the value did that read it most: who gets one parcel is read where it begins as well as where it ends. */
const SHARED_HOME = 0.5;

/**
 * Finds the attributes that are territories: two different principals that read the same person have the same value (station, partner, region) far more often than two principals by chance. A dump of a part of the customers by place
 * looks like such a value, whoever took it; a build or a model, spread over all places, does not. Value by value, since desks of a call centre may stand beside stations.
 */
export function findPlaces(rows: Rows, principals: number, attributes: readonly AttributeGroups[]): Places {
  const known = attributes.map((attribute) => {
    const valueBy = valuesOf(attribute, principals);
    return { attribute, valueBy, ...territoriesAmong(sharingOf(rows, valueBy, attribute.groups.length)) };
  });
  const territories = known.filter(({ isPlace }) => isPlace !== null);
  const own = new Map<AttributeGroups, Uint8Array>();
  let best: { readonly lift: number; readonly home: Uint16Array; readonly by: AttributeGroups } | null = null;
  for (const { attribute, valueBy, isPlace, lift } of known) {
    // A partner that runs several stations has their territories, however many it has of them: that others read the same people is no reason to think that nobody belongs to it.
    const isUnion = territories.some(
      (parts) => parts.attribute.groups.length > attribute.groups.length && isMadeOf(valueBy, parts.valueBy),
    );
    const places = isUnion ? new Uint8Array(attribute.groups.length).fill(1) : isPlace;
    if (places === null) continue;
    const homes = homesOf(rows, valueBy, places, () => true);
    // Who moved there shortly before the copy is there in a copy of the place, though others read this person more often in all.
    const lately = homesOf(rows, valueBy, places, (row) => (rows.info[row]! & CURRENT_BIT) !== 0);
    own.set(attribute, ownUnits(attribute, [homes, lately]));
    if (isPlace !== null && (best === null || lift > best.lift)) best = { lift, home: homes.home, by: attribute };
  }
  const by = best?.by;
  return {
    own,
    home: best?.home ?? new Uint16Array(rows.subjects),
    count: 1 + (by?.groups.length ?? 0),
    titleOf: (place) => `${by?.attribute ?? ''} "${by?.groups[place - 1]?.value ?? ''}"`,
  };
}

/** Of each value: what another reader of the same subject has to do with it. 0: too little to tell. */
interface Sharing {
  /** How much likelier than by chance the other has it too. */
  readonly lift: Float64Array;
  /** Part of the others that have it for another reason than chance: (p − f) / (1 − f) for a probability of p where chance gives f (Cohen, Educational and Psychological Measurement 20 (1960) 37–46). */
  readonly agreement: Float64Array;
}

/** The values that are territories (1), null when the attribute is none; and the median lift. */
function territoriesAmong({ lift, agreement }: Sharing): {
  readonly isPlace: Uint8Array | null;
  readonly lift: number;
} {
  const known = lift.filter((one) => one > 0).sort();
  const isClear = lift.map((one) => (one >= LEAST_LIFT ? 1 : 0));
  const clear = agreement.filter((_, i) => isClear[i] === 1).sort();
  const isTerritory = clear.length >= LEAST_VALUES && clear.length >= LEAST_PART * known.length;
  const enough = LEAST_AGREEMENT * median(clear);
  return {
    isPlace: isTerritory
      ? Uint8Array.from(lift, (_, i) => (isClear[i] === 1 || agreement[i]! >= enough ? 1 : 0))
      : null,
    lift: median(known),
  };
}

function median(sorted: Float64Array): number {
  return sorted[sorted.length >>> 1] ?? 0;
}

/** Whether principals of one territory nearly always have the same value. */
function isMadeOf(valueBy: Uint16Array, territoryBy: Uint16Array): boolean {
  const counts = new Map<number, Map<number, number>>();
  territoryBy.forEach((territory, principal) => {
    const value = valueBy[principal]!;
    if (territory === 0 || value === 0) return;
    const own = counts.get(territory) ?? new Map<number, number>();
    counts.set(territory, own.set(value, (own.get(value) ?? 0) + 1));
  });
  let all = 0;
  let alike = 0;
  for (const own of counts.values()) {
    let most = 0;
    for (const count of own.values()) {
      all += count;
      most = Math.max(most, count);
    }
    alike += most;
  }
  return alike >= NEARLY_ALWAYS * all && all > 0;
}

/** The value of each principal, plus 1; 0: none. */
function valuesOf({ groups }: AttributeGroups, principals: number): Uint16Array {
  const valueBy = new Uint16Array(principals);
  groups.forEach(({ members }, i) => {
    for (const member of members) valueBy[member] = i + 1;
  });
  return valueBy;
}

function sharingOf({ count, subject, principal }: Rows, valueBy: Uint16Array, values: number): Sharing {
  const readers = new Float64Array(values + 1);
  const pairs = new Float64Array(values + 1);
  const same = new Float64Array(values + 1);
  const here = new Uint32Array(values + 1);
  const seenAt = new Uint32Array(valueBy.length);
  const present: number[] = [];
  let all = 0;
  for (let row = 0; row < count; ) {
    const about = subject[row]!;
    let known = 0;
    present.length = 0;
    for (; row < count && subject[row] === about; row++) {
      const who = principal[row]!;
      const value = valueBy[who]!;
      if (value === 0 || seenAt[who] === about + 1) continue;
      seenAt[who] = about + 1;
      if (here[value]!++ === 0) present.push(value);
      known++;
    }
    all += known;
    for (const value of present) {
      const number = here[value]!;
      readers[value]! += number;
      pairs[value]! += number * (known - 1);
      same[value]! += number * (number - 1);
      here[value] = 0;
    }
  }
  const lift = new Float64Array(values);
  const agreement = new Float64Array(values);
  for (let i = 0; i < values; i++) {
    const share = readers[i + 1]! / Math.max(1, all);
    const chance = pairs[i + 1]! * share;
    if (same[i + 1]! + chance < 2 * LEAST_PAIRS || chance === 0) continue;
    lift[i] = same[i + 1]! / chance;
    agreement[i] = share < 1 ? (same[i + 1]! / pairs[i + 1]! - share) / (1 - share) : 0;
  }
  return { lift, agreement };
}

interface HomesFound {
  readonly home: Uint16Array;
  /** Values, plus 1, that subject s belongs to: `value[start[s]]` to before `value[start[s + 1]]`. */
  readonly start: Uint32Array;
  readonly value: Uint16Array;
}

/** By the disclosures that count, whatever fields they gave. What is no territory is nobody's home, but people belong to it as well whom it reads as much: a copy of a region has those whom its sorting centre reads. */
function homesOf(
  { count, subject, principal, subjects }: Rows,
  valueBy: Uint16Array,
  isPlace: Uint8Array,
  counts: (row: number) => boolean,
): HomesFound {
  const home = new Uint16Array(subjects);
  const start = new Uint32Array(subjects + 1);
  // No subject belongs to more values than it has rows.
  const value = new Uint16Array(count);
  let values = 0;
  const here = new Uint32Array(isPlace.length + 1);
  const present: number[] = [];
  for (let row = 0; row < count; ) {
    const about = subject[row]!;
    present.length = 0;
    let most = 0;
    for (; row < count && subject[row] === about; row++) {
      const one = valueBy[principal[row]!]!;
      if (one === 0 || !counts(row)) continue;
      if (here[one]!++ === 0) present.push(one);
      if (isPlace[one - 1] === 1 && here[one]! > most) {
        most = here[one]!;
        home[about] = one;
      }
    }
    for (const one of present) {
      if (here[one]! >= SHARED_HOME * most) value[values++] = one;
      here[one] = 0;
    }
    // Every watched subject has rows, so that none is passed over.
    start[about + 1] = values;
  }
  return { home, start, value: value.slice(0, values) };
}

function ownUnits({ units }: AttributeGroups, homes: readonly HomesFound[]): Uint8Array {
  const own = new Uint8Array(units.subject.length);
  for (let reader = 0; reader < units.readers; reader++) {
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      const about = units.subject[unit]!;
      for (const { start, value } of homes) {
        for (let i = start[about]!; i < start[about + 1]!; i++) if (value[i] === reader + 1) own[unit] = 1;
      }
    }
  }
  return own;
}
