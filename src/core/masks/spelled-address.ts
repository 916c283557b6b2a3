import type { MaskUse } from './use.ts';

const hidden = '***';
const MOST_PARTS = 8;
/** Parts shown on a screen: town, state, country. */
const MOST_TOWNS = 3;
/** In characters, of a word. */
const LONGEST_WORD = 40;

// Words are compared in lower case without full stops.

/** Behind these stands the way to a door, in the languages of Europe; in front of them, its number. */
const doorWords = new Set(
  (
    'apt apartment appartement apartamento appartamento apto appt app flat unit suite ste room rm floor fl flr level lvl lot penthouse ph basement bsmt loft studio ' +
    'bldg building block blk tower twr wing house hse villa entrance entry stairs staircase stairwell stair door no nr num number nº n° box  pobox po pmb mailbox locker ' +
    'attn attention zhd zh zimmer wohnung whg etage stock stockwerk og eg ug dg stiege stg tür tuer top haus hinterhaus vorderhaus gebäude aufgang ' +
    'étage etg bât bat bâtiment batiment escalier esc porte chambre bte boîte boite bp résidence residence lieu-dit ' +
    'piso pta puerta planta esc escalera bloque portal bajo izq dcha izda derecha izquierda depto departamento dpto oficina casa andar bloco sala fração ' +
    'int interno scala piano palazzina edificio lok lokal m mieszkanie klatka piętro byt patro lakás emelet ajtó ' +
    'verdieping kamer bus huis appartement lgh lägenhet våning vån trappa leilighet etasje sal tv mf ' +
    'кв квартира корп корпус стр строение подъезд под этаж эт оф офис комн комната пом помещение дом'
  ).split(' '),
);
/** A number beside one of these can be the house's. */
const streetPattern =
  /^(?:street|str?|straße|strasse|road|rd|avenue|ave?|boulevard|blvd|bd|lane|ln|drive|dr|court|ct|square|sq|highway|hwy|parkway|pkwy|place|pl|terrace|way|close|crescent|trail|trl|pike|circle|cir|row|mews|grove|gardens|parade|broadway|rue|quai|impasse|allée|chemin|route|cours|avenida|avda|calle|carrer|paseo|plaza|via|viale|piazza|corso|vicolo|rua|praça|travessa|largo|platz|allee|gasse|weg|ring|damm|ufer|ul|ulica|aleja|al|ул|улица|пр|пр-т|проспект|пер|шоссе|straat|laan|plein|gracht|gata|gatan|vägen|utca|út)$|.{3}(?:stra(?:ß|ss)e|str|straat|gasse|platz|allee|weg|gracht|laan|plein|gata|gatan|vägen|veien|gade|vej|katu)$/u;
const houseNumber = /^\d{1,5}[a-z]?$/u;
const ordinal = /^\d{1,3}(?:st|nd|rd|th)$/u;
const directions = new Set(['n', 's', 'e', 'w', 'o', 'y', 'à']);
/** Postcodes with letters, in one word or two: United Kingdom, Canada, Netherlands. */
const letteredPostcode = /^(?:[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d|\d{4} ?[a-z]{2})$/u;
/** Four digits are postcodes too in some countries, and rooms everywhere. */
const numericPostcode = /^\d{5,6}(?:-\d{3,4})?$/u;

/** One part of an address: words as written, and for comparison. */
interface Part {
  readonly words: readonly string[];
  readonly keys: readonly string[];
  /** Index of the first word that stands behind or before a way to a door; the number of words when there is none. */
  readonly door: number;
}

/**
 * Parts between commas, in their order. Of each what stands before the first word or number that can lead to a door is shown; one number, of a part that names a street; and
 * postcodes of the last two parts. On a screen only the words of up to three parts behind the street. `***` is what is hidden.
 */
export function maskSpelledAddress(text: string, use: MaskUse): string {
  const parts = text
    .split(/[,;]/)
    .map(readPart)
    .filter(({ words }) => words.length > 0);
  if (use === 'screen') return maskForScreen(parts);
  const isLonger = parts.length > MOST_PARTS;
  const shown = maskForWaybill(parts.slice(0, MOST_PARTS), isLonger ? MOST_PARTS : parts.length - 2);
  return isLonger || shown === '' ? [shown, hidden].filter((part) => part !== '').join(', ') : shown;
}

function readPart(text: string): Part {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const keys = words.map((word) => word.toLowerCase().replaceAll('.', ''));
  const found = isFlorida(keys) ? -1 : keys.findIndex(leadsToDoor);
  // 3rd floor. What is hidden already has no number before it that belongs to it.
  const isNumbered = found > 0 && keys[found] !== hidden && /\p{N}/u.test(keys[found - 1] ?? '');
  const door = found < 0 ? words.length : isNumbered ? found - 1 : found;
  return { words, keys, door };
}

/** The state, and no floor. */
function isFlorida([first, second = hidden, ...more]: readonly string[]): boolean {
  return first === 'fl' && more.length === 0 && (second === hidden || numericPostcode.test(second));
}

/** A word for street with a name beside it, or grown together with one; `CT` alone is a state. */
function namesStreet(keys: readonly string[]): boolean {
  const names = keys.filter((key) => !/[\p{N}*]/u.test(key));
  return names.some((key) => streetPattern.test(key) && (names.length > 1 || key.length > 6));
}

function leadsToDoor(key: string): boolean {
  return (
    key.length > LONGEST_WORD ||
    /[*#@№]/u.test(key) ||
    key.startsWith('c/o') ||
    key.split(/[^\p{L}\p{N}º°]+/u).some((word) => doorWords.has(word))
  );
}

function maskForWaybill(parts: readonly Part[], postcodesFrom: number): string {
  let hasNumber = false;
  const masked = parts.map((part, i) => {
    const hasPostcode = i >= postcodesFrom;
    const withNumber = hasNumber ? 0 : shownLength(part, true, hasPostcode);
    // The name of the street must be seen as well: without it a number says nothing of a house.
    const isHouse = withNumber > 0 && namesStreet(part.keys.slice(0, withNumber));
    const length = isHouse ? withNumber : shownLength(part, false, hasPostcode);
    hasNumber ||= isHouse && part.keys.slice(0, length).some((_, at) => isHouseNumber(part, at));
    return [...part.words.slice(0, length), ...(length < part.words.length ? [hidden] : [])].join(' ');
  });
  return masked.join(', ');
}

/** How many words of a part are shown, from its first one on. */
function shownLength(part: Part, mayHaveNumber: boolean, hasPostcode: boolean): number {
  let length = 0;
  let hasNumber = !mayHaveNumber;
  while (length < part.door) {
    const isNumber = !hasNumber && isHouseNumber(part, length);
    const taken = isNumber || isPlainWord(part, length) ? 1 : hasPostcode ? postcodeLength(part, length) : 0;
    if (taken === 0) break;
    hasNumber ||= isNumber;
    length += taken;
  }
  return length;
}

/** The first or the last word of a part. */
function isHouseNumber({ keys, door }: Part, at: number): boolean {
  const isAtEnd = at === 0 || (at === keys.length - 1 && door === keys.length);
  return isAtEnd && houseNumber.test(keys[at] ?? '');
}

function isPlainWord({ keys }: Part, at: number): boolean {
  const key = keys[at] ?? '';
  if (ordinal.test(key)) return streetPattern.test(keys[at + 1] ?? '');
  if (/\p{N}/u.test(key)) return false;
  return (directions.has(key) && keys.length > 1) || Array.from(key).length !== 1 || !/\p{L}/u.test(key);
}

/** How many words from there are a postcode: 0, 1 or 2. It begins or ends its part. */
function postcodeLength({ keys, door }: Part, at: number): number {
  const key = keys[at] ?? '';
  const isOne = numericPostcode.test(key) || letteredPostcode.test(key);
  const length = isOne ? 1 : at + 1 < door && letteredPostcode.test(`${key} ${keys[at + 1] ?? ''}`) ? 2 : 0;
  return at === 0 || at + length === keys.length ? length : 0;
}

/** What follows the street; of an address that names none, only the last part. */
function maskForScreen(parts: readonly Part[]): string {
  // A part that is hidden has been masked before.
  const street = parts.findLastIndex(({ keys }) => namesStreet(keys) || keys[0] === hidden);
  const from = Math.max(1, street < 0 ? parts.length - 1 : street + 1);
  const towns = parts.slice(from).filter(({ door, words }) => door === words.length);
  const words = towns.map(({ words: written }) => written.filter((word) => !/\p{N}/u.test(word)).join(' '));
  return [hidden, ...words.filter((word) => word !== '').slice(-MOST_TOWNS)].join(', ');
}
