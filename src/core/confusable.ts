import { email } from './fields/email.ts';
import { holdsGb11643, idFormats } from './fields/id-formats.ts';
import { trackingFormats } from './fields/tracking-formats.ts';
import { upperAscii } from './text.ts';

/** The fields for which other readings are tried: identifying, and with a form that tells wrong ones. */
export type ReadableField = 'phone' | 'email' | 'nationalId' | 'trackingNumber' | 'customerId';

/** One character as text recognition saw it in a picture. */
export interface SeenCharacter {
  readonly text: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** What else it considered at this place, each with its own confidence. */
  readonly alternatives: readonly { readonly text: string; readonly confidence: number }[];
}

/** One way to read a text. */
export interface Reading {
  readonly value: string;
  /** 0 as seen; about 1 for each character that recognition did not doubt itself, less where it did. Only for comparison. */
  readonly cost: number;
}

/** How many readings there are at most: each one looked up is a chance to hit a customer who was never in the picture. */
export const mostReadings = 64;

// Kept while the text is read from left to right: the cheapest so far. Costs add up, so no cheaper whole reading is lost.
const beamWidth = 256;
const longestText = 64;
const mostVariants = 16;

// So that of the characters without doubt one is exchanged at a time.
const sureCost = 1.3;

// Below this, a character that recognition saw is in doubt although it names no other.
const doubtful = 0.9;

// What recognition held for less likely than this is noise.
const leastAlternative = 0.2;

// What looks alike in small type, whichever way round. Letters of other scripts that look like Latin ones do not come out of the models used.
const lookalikes = [
  '0OoDQ',
  '1lI|i7!',
  '5Ss',
  '8B',
  '2Zz',
  '6Gb',
  '9gq',
  '.,',
  '-_',
  'vy',
  'uv',
  'Xx',
  'nh',
  'ce',
  'VY',
  '4A',
  '3B',
  '@©®',
];
const likeByCharacter = lookalikeMap();

// One character that looks like two (mailboxes are compared in lower case, so these are enough), and back.
const pairs: readonly (readonly [two: string, one: string])[] = [
  ['rn', 'm'],
  ['vv', 'w'],
];

// Where letters turn into digits, recognition now and then writes one character twice, as both. Never the other way round: nothing is added.
const doubles: readonly (readonly [two: string, one: string])[] = [
  ['o0', '0'],
  ['l1', '1'],
  ['1l', '1'],
  ['i1', '1'],
  ['s5', '5'],
  ['d4', '4'],
  ['4d', '4'],
];

interface Option {
  readonly text: string;
  readonly cost: number;
}

interface Form {
  /** Whether the character may stand anywhere in such a value. */
  readonly allows: RegExp;
  /** Whether the text, without spaces, is such a value. */
  readonly holds: (text: string) => boolean;
  /** Whether a check character or the like makes it improbable that a wrong reading holds: then others are tried only when the text as seen does not hold. */
  readonly isChecked: (text: string) => boolean;
  /** Whether look-alikes are tried where recognition was sure of itself. */
  readonly triesSure: boolean;
  /** Dearer readings are not tried. Without a check, each reading tried is a chance to hit somebody else. */
  readonly highestCost: number;
}

const never = () => false;

const forms: Record<ReadableField, Form> = {
  // No check, and many numbers are somebody's: only what is no digit, or was in doubt, is read otherwise.
  phone: {
    allows: /[\d+ ().-]/,
    holds: (text) => /^\+?[\d().-]{7,24}$/.test(text),
    isChecked: never,
    triesSure: false,
    highestCost: 1.5,
  },
  nationalId: {
    allows: /[\dA-Za-z -]/,
    holds: holdsNationalId,
    isChecked: holdsNationalId,
    triesSure: true,
    highestCost: 2.7,
  },
  trackingNumber: {
    allows: /[\dA-Za-z -]/,
    holds: holdsTrackingFormat,
    isChecked: holdsTrackingCheck,
    triesSure: false,
    highestCost: 2,
  },
  email: {
    allows: /[\w@.+-]/,
    holds: (text) => email.normalise(text, { region: 'CN' }) !== null,
    isChecked: never,
    triesSure: true,
    highestCost: 1.5,
  },
  customerId: {
    allows: /[^\s]/,
    holds: (text) => text.length >= 4,
    isChecked: never,
    triesSure: false,
    highestCost: 1.5,
  },
};

// Eighteen characters are a mainland number: digits and a final X, so that every letter in it must be exchanged.
const residentId: Form = { ...forms.nationalId, allows: /[\dXx -]/ };

function formOf(field: ReadableField, solid: string): Form {
  if (field === 'nationalId' && solid.length === 18) return residentId;
  const form = forms[field];
  return field === 'trackingNumber' && !form.holds(solid) ? { ...form, triesSure: true, highestCost: 2.7 } : form;
}

/**
 * The ways in which a text from a picture may be read as a value of a field: as seen first, at cost 0, then the others, the likelier first, at most 64. Only characters
 * that are easily confused are exchanged, for what recognition considered itself or for look-alikes, and only where the result has the field's form and check character (GB 11643-1999,
 * UPU S10, the carriers' own); spaces are taken out, nothing else is added or removed but the other half of "rn" for "m" and "vv" for "w", and, in mailboxes, a character that was written twice ("l1" for "1"). A text whose check character holds has one reading.
 * Pure; bounded work; never throws. Longer texts than 64 characters have the one reading.
 */
export function readings(seen: string | readonly SeenCharacter[], field: ReadableField): readonly Reading[] {
  if (typeof seen === 'string' && seen.length > 2 * longestText) return [{ value: seen, cost: 0 }];
  const characters = typeof seen === 'string' ? [...seen].map(certain) : seen;
  const asSeen = characters.map(({ text }) => text).join('');
  const first = { value: asSeen, cost: 0 };
  if (characters.length > longestText || asSeen.length > 2 * longestText) return [first];
  const solid = asSeen.replaceAll(' ', '');
  const form = formOf(field, solid);
  if (form.isChecked(solid)) return [first];
  const best = new Map<string, number>();
  for (const variant of field === 'email' ? pairVariants(characters) : [{ characters, cost: 0 }]) {
    for (const { text, cost } of cheapest(variant.characters, variant.cost, form, field)) {
      if (text === asSeen || !form.holds(text)) continue;
      best.set(text, Math.min(best.get(text) ?? Infinity, cost));
    }
  }
  const others = [...best].map(([value, cost]) => ({ value, cost })).sort((a, b) => a.cost - b.cost);
  return [first, ...others.slice(0, mostReadings - 1)];
}

function certain(text: string): SeenCharacter {
  return { text, confidence: 1, alternatives: [] };
}

/** The texts, without spaces, of the lowest costs. */
function cheapest(characters: readonly SeenCharacter[], startCost: number, form: Form, field: ReadableField): Option[] {
  let beam: Option[] = [{ text: '', cost: startCost }];
  for (const character of characters) {
    if (character.text === ' ') continue;
    const options = optionsOf(character, form, field);
    if (options.length === 1 && options[0]?.cost === 0) {
      const [only] = options;
      beam = beam.map(({ text, cost }) => ({ text: text + only.text, cost }));
      continue;
    }
    beam = beam
      .flatMap((start) => options.map(({ text, cost }) => ({ text: start.text + text, cost: start.cost + cost })))
      .filter(({ cost }) => cost <= form.highestCost)
      .sort((a, b) => a.cost - b.cost)
      .slice(0, beamWidth);
  }
  return beam;
}

/** What may stand at a place. A character that the form does not allow must be exchanged, and that costs little. */
function optionsOf(seen: SeenCharacter, form: Form, field: ReadableField): Option[] {
  const mustChange = !form.allows.test(seen.text);
  const costs = new Map<string, number>();
  if (!mustChange) costs.set(fold(seen.text, field), 0);
  const offer = (text: string, cost: number) => {
    const folded = fold(text, field);
    const paid = mustChange ? cost / 8 : cost;
    if (form.allows.test(folded) && paid < (costs.get(folded) ?? Infinity)) costs.set(folded, paid);
  };
  for (const { text, confidence } of seen.alternatives) {
    if (confidence >= leastAlternative && isUsable(seen.text, text))
      offer(text, Math.max(0.1, Math.min(1, seen.confidence - confidence)));
  }
  if (mustChange || form.triesSure || seen.confidence < doubtful) {
    for (const text of likeByCharacter.get(seen.text) ?? []) offer(text, seen.confidence < doubtful ? 0.8 : sureCost);
  }
  return [...costs].map(([text, cost]) => ({ text, cost }));
}

/** What recognition itself considered needs no table, so long as it is one printable ASCII character. */
function isUsable(seen: string, other: string): boolean {
  return other.length === 1 && other !== seen && /[!-~]/.test(other);
}

/** Case means nothing in these values but in customer ids, and would double the readings. */
function fold(text: string, field: ReadableField): string {
  if (field === 'customerId' || field === 'phone') return text;
  return field === 'email' ? text.toLowerCase() : upperAscii(text);
}

function holdsNationalId(text: string): boolean {
  const id = upperAscii(text).replaceAll('-', '');
  if (/^\d{17}[\dX]$/.test(id)) return holdsGb11643(id);
  return idFormats.some(({ pattern, check }) => check?.(id) === true && (pattern.test(id) || pattern.test(text)));
}

function holdsTrackingFormat(text: string): boolean {
  const code = upperAscii(text).replaceAll('-', '');
  return trackingFormats.some(
    ({ pattern, check, confidence }) => confidence >= 0.4 && pattern.test(code) && check?.(code) !== false,
  );
}

function holdsTrackingCheck(text: string): boolean {
  const code = upperAscii(text).replaceAll('-', '');
  return trackingFormats.some(
    ({ pattern, check, confidence }) => confidence >= 0.95 && pattern.test(code) && check?.(code) === true,
  );
}

interface Variant {
  readonly characters: readonly SeenCharacter[];
  readonly cost: number;
}

/** The text as seen, and with one pair read as the one character that it looks like or is, or that character as the pair. */
function pairVariants(characters: readonly SeenCharacter[]): Variant[] {
  const variants: Variant[] = [{ characters, cost: 0 }];
  const textAt = (i: number) => characters[i]?.text.toLowerCase() ?? '';
  for (let i = 0; i < characters.length && variants.length < mostVariants; i++) {
    for (const [two, one] of [...pairs, ...doubles]) {
      if (textAt(i) + textAt(i + 1) !== two) continue;
      variants.push({ characters: characters.toSpliced(i, 2, certain(one)), cost: 0.7 });
    }
    for (const [two, one] of pairs) {
      if (textAt(i) !== one) continue;
      variants.push({ characters: characters.toSpliced(i, 1, ...[...two].map(certain)), cost: 1 });
    }
  }
  return variants;
}

function lookalikeMap(): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const group of lookalikes) {
    for (const character of group) {
      map.set(character, [...(map.get(character) ?? []), ...[...group].filter((other) => other !== character)]);
    }
  }
  return map;
}
