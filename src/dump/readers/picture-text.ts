import { type ReadableField, type Reading, readings, type SeenCharacter } from '../../core/confusable.ts';
import type { FieldContext } from '../../core/fields/field.ts';
import { fieldByName } from '../../core/fields/registry.ts';
import type { Engine, LineText, Model } from './picture-engine.ts';
import { type Grey, normaliseLine } from './picture-grey.ts';
import type { Segment } from './picture-segments.ts';

/** A stretch of recognised text, as seen and as it may also be read. */
export interface SeenText {
  readonly text: string;
  /** The field whose form it has, as seen or after an exchange of look-alikes; null when it is any text. */
  readonly field: ReadableField | null;
  /** The other values it may be read as, the likelier first; without the one as seen. */
  readonly alternatives: readonly string[];
}

const recognisable: readonly ReadableField[] = ['nationalId', 'email', 'trackingNumber', 'phone'];

// Below this, what was recognised is no text: an avatar, a photo, an icon. Names in small type come out with little more.
const leastConfidence = 0.3;

// Above this, a value that has its form was read wrongly in less than one of a hundred cases (measured: eval/pictures).
const sureConfidence = 0.85;

// Capitals in pixels for another look at a value that has no form or was in doubt: other sizes go wrong elsewhere.
const secondHeight = 40;
const thirdHeight = 22;

/**
 * Reads one segment: Latin first, Han where that made no sense. Values without their form, or in doubt, are looked at again in other sizes, and what was seen
 * then becomes an alternative. Null when there is no text.
 */
export function readSegment(engine: Engine, grey: Grey, segment: Segment, context: FieldContext): LineText | null {
  const read = (model: Model, heightPixels?: number) =>
    engine.readLine(normaliseLine(grey, margined(grey, segment), segment.textHeight, heightPixels), model);
  let best = read('latin');
  if (isAlmostValue(best.symbols)) {
    const looks: (() => LineText)[] = [
      () => read('latin', secondHeight),
      () => read('han'),
      () => read('latin', thirdHeight),
    ];
    for (const [count, look] of looks.entries()) {
      const isFormed = hasForm(best, context);
      if (isFormed && (best.wordConfidence >= sureConfidence || count > 0)) break;
      const again = look();
      const isBetter = hasForm(again, context) && (!isFormed || again.wordConfidence > best.wordConfidence);
      best = isBetter ? joinLooks(again, best) : joinLooks(best, again);
    }
    return isOneWord(best) ? best : withHanWords(best, read('han'), context);
  }
  if (!looksLatin(best)) {
    const han = read('han');
    if (hasHan(han) || han.wordConfidence > best.wordConfidence) best = han;
  }
  return best.wordConfidence < leastConfidence ? null : best;
}

function isOneWord({ symbols }: LineText): boolean {
  return !symbols.some(({ text }) => text === ' ');
}

/** A line of values and labels or names: what the Latin model made of Han words goes, the Han words of the other model come before the rest. */
function withHanWords(latin: LineText, han: LineText, context: FieldContext): LineText {
  const hanWords = wordsOf(han.symbols).filter((word) => /\p{Script=Han}/u.test(textOf(word)));
  if (hanWords.length === 0 || fieldOf(textOf(latin.symbols), context) !== null) return latin;
  const values = wordsOf(latin.symbols).filter((word) => isAlmostValue(word));
  const symbols = [...hanWords, ...values].flatMap((word) => [space, ...word]).slice(1);
  return { ...latin, symbols };
}

const space: SeenCharacter = { text: ' ', confidence: 1, alternatives: [] };

/** The first look, with what the second saw at the same places among its alternatives, where both saw as many characters. */
function joinLooks(first: LineText, second: LineText): LineText {
  const others = second.symbols.filter(({ text }) => text !== ' ');
  const own = first.symbols.filter(({ text }) => text !== ' ');
  if (own.length !== others.length) return first;
  let at = 0;
  const symbols = first.symbols.map((symbol) => {
    const other = symbol.text === ' ' ? undefined : others[at++];
    if (other === undefined || other.text === symbol.text) return symbol;
    return { ...symbol, alternatives: [{ text: other.text, confidence: other.confidence }, ...symbol.alternatives] };
  });
  return { ...first, symbols };
}

function margined(grey: Grey, { x0, y0, x1, y1, textHeight }: Segment) {
  const margin = Math.max(2, Math.round(0.3 * textHeight));
  return {
    x0: Math.max(0, x0 - margin),
    y0: Math.max(0, y0 - margin),
    x1: Math.min(grey.width, x1 + margin),
    y1: Math.min(grey.height, y1 + margin),
  };
}

function textOf(symbols: readonly SeenCharacter[]): string {
  return symbols.map(({ text }) => text).join('');
}

/** Han characters come out of the Latin model as improbable words, or as words without sense of a few letters. */
function looksLatin(line: LineText): boolean {
  const text = textOf(line.symbols);
  return line.wordConfidence >= 0.85 && /^[\x20-\x7e]+$/.test(text) && (line.symbols.length > 4 || /^\d+$/.test(text));
}

function hasHan({ symbols }: LineText): boolean {
  return symbols.some(({ text }) => /\p{Script=Han}/u.test(text));
}

/** At least seven digits, or a mailbox, or what could be one with its "@" misread: worth another look. */
function isAlmostValue(symbols: readonly SeenCharacter[]): boolean {
  const text = textOf(symbols);
  return /@|(?:\d\D{0,2}){7}/.test(text) || /\w{3}[gGQ©®]\w[\w ]{1,40}\. ?[a-z]{2}/.test(text);
}

function hasForm({ symbols }: LineText, context: FieldContext): boolean {
  return (
    wordsOf(symbols).some((word) => fieldOf(textOf(word), context) !== null) ||
    fieldOf(textOf(symbols), context) !== null
  );
}

function fieldOf(text: string, context: FieldContext): ReadableField | null {
  let best: ReadableField | null = null;
  let bestConfidence = 0.4;
  for (const name of recognisable) {
    const confidence = fieldByName(name).classify(text, context);
    if (confidence <= bestConfidence) continue;
    best = name;
    bestConfidence = confidence;
  }
  return best;
}

/** The words of a line: at spaces, and between Han characters with their punctuation and others. */
export function wordsOf(symbols: readonly SeenCharacter[]): SeenCharacter[][] {
  const words: SeenCharacter[][] = [];
  let kind = '';
  for (const symbol of symbols) {
    const next =
      symbol.text === ' ' ? '' : /^[\p{Script=Han}：，。、；（）【】:|]/u.test(symbol.text) ? 'han' : 'latin';
    if (next === '') kind = '';
    else if (next === kind) words.at(-1)?.push(symbol);
    else {
      words.push([symbol]);
      kind = next;
    }
  }
  return words;
}

/** What a stretch of text may be read as. */
export function seeText(symbols: readonly SeenCharacter[], context: FieldContext): SeenText {
  const text = textOf(symbols).replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '');
  const field = fieldOf(text, context);
  if (field !== null) return { text, field, alternatives: others(readings(symbols, field)) };
  // Recognition sees blanks that are none, most of all in fixed type.
  const solid = symbols.filter((symbol) => symbol.text !== ' ');
  if (solid.length < symbols.length && fieldOf(textOf(solid), context) !== null) return seeText(solid, context);
  if (!isAlmostValue(symbols)) return { text, field, alternatives: [] };
  for (const name of recognisable) {
    const values = others(readings(symbols, name)).filter((value) => fieldOf(value, context) === name);
    if (values.length > 0) return { text, field: name, alternatives: values };
  }
  return { text, field, alternatives: [] };
}

/** What a cell of a table may be read as: without lines that stand beside it. */
export function seeCell(symbols: readonly SeenCharacter[], context: FieldContext): SeenText {
  const isLine = ({ text }: SeenCharacter) => /^[|¦ ]$/.test(text);
  const from = symbols.findIndex((symbol) => !isLine(symbol));
  return seeText(symbols.slice(Math.max(0, from), symbols.findLastIndex((symbol) => !isLine(symbol)) + 1), context);
}

function others(all: readonly Reading[]): string[] {
  return all.slice(1).map(({ value }) => value);
}
