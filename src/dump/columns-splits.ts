import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { readHeader } from './columns-headers.ts';
import { isPasswordLike } from './columns-logins.ts';
import type { ColumnLook } from './port.ts';
import { type ColumnProfile, profileColumn, scoreOf, strictFields } from './profile.ts';
import { type ColumnSplit, splitCell } from './split-cell.ts';

/** Values that are cut, and their length: one longer is a text. */
const MAX_VALUES = 96;
const MAX_VALUE_LENGTH = 400;
/** Most values of a list that get a place. */
const MAX_LIST = 4;

const listSeparators = ['/', ';', ',', '、', '；', '，', '|', '\n', ' ', '&'];
const listFields: readonly FieldName[] = ['phone', 'email', 'nationalId', 'trackingNumber'];
const pairSeparators = [
  '----',
  '<',
  '(',
  '（',
  '|',
  '\t',
  ';',
  '；',
  ',',
  '，',
  '、',
  '/',
  ':',
  '：',
  '_',
  ' ',
  '-',
  '',
];
const pieceFields: readonly FieldName[] = [...strictFields, 'name', 'address'];

/** How much of a column must come apart, and how much its pieces must look like their fields. */
const CUT = 0.7;
const PIECE_STRICT = 0.7;
const PIECE_LOOSE = 0.5;
/** A column that is one value as it stands is left alone. */
const WHOLE = 0.7;

/** Looks of cells that are one value for certain. (Two numbers with a comma between them look like one with a fraction.) */
const unsplit: ReadonlySet<ColumnLook> = new Set(['empty', 'ip', 'uuid', 'url', 'timestamp', 'date', 'card', 'order']);

type Found = Omit<ColumnSplit, 'index'>;

/** Finds out whether a column's cells hold several values each; null when they do not. Linear in the sample, which is bounded. */
export function findSplit(profile: ColumnProfile, context: FieldContext): Found | null {
  const values = sampleOf(profile.values.filter((value) => value.length <= MAX_VALUE_LENGTH));
  if (values.length < 2 || unsplit.has(profile.look())) return null;
  const labelled = findLabels(values, context);
  if (labelled !== null) return labelled;
  const list = findList(values, context);
  if (list !== null) return list;
  if (Math.max(...strictFields.map((field) => scoreOf(profile, field))) >= WHOLE) return null;
  return findPair(values, context);
}

/** Values from all over the column. */
function sampleOf(values: readonly string[]): readonly string[] {
  if (values.length <= MAX_VALUES) return values;
  const step = values.length / MAX_VALUES;
  return Array.from({ length: MAX_VALUES }, (_, index) => values[Math.floor(index * step)] ?? '');
}

function findList(values: readonly string[], context: FieldContext): Found | null {
  const least = values.length < 20 ? 1 : 2;
  const candidates = listSeparators
    .map((separator) => ({ separator, within: values.filter((value) => value.includes(separator)) }))
    .filter(({ within }) => within.length >= least);
  if (candidates.length === 0) return null;
  for (const field of listFields) {
    const { classify } = fieldByName(field);
    const holds = (text: string) => classify(text, context) >= 0.5;
    const singles = values.filter(holds).length;
    for (const { separator, within } of candidates) {
      if (singles + within.length < values.length * CUT) continue;
      const lists = within
        .map((value) => value.split(separator).filter((piece) => piece.trim() !== ''))
        .filter((pieces) => pieces.length >= 2 && pieces.length <= 16 && pieces.every((piece) => holds(piece.trim())));
      const share = (singles + lists.length) / values.length;
      if (lists.length < Math.max(least, within.length * 0.5) || lists.length < values.length * 0.03 || share < CUT)
        continue;
      const most = Math.min(MAX_LIST, Math.max(...lists.map((pieces) => pieces.length)));
      return {
        pattern: 'list',
        separator,
        cut: 'first',
        labels: null,
        fields: Array.from({ length: most }, () => field),
        confidence: round(Math.min(0.97, share) * sureness(values.length)),
        reason: `${lists.length} of ${values.length} different cells hold several values of ${field}`,
      };
    }
  }
  return null;
}

function findPair(values: readonly string[], context: FieldContext): Found | null {
  let best: { found: Found; worth: number } | null = null;
  for (const separator of pairSeparators) {
    if (values.filter((value) => value.includes(separator)).length < values.length * CUT) continue;
    for (const cut of ['first', 'last'] as const) {
      for (const count of separator === '' ? [2] : [2, 3]) {
        // Where every cell has so many pieces at most, it is the same from which end they are counted.
        if (cut === 'last' && separator !== '' && !values.some((value) => value.split(separator).length > count))
          continue;
        const candidate = judgePair(values, { separator, cut, count }, context);
        if (candidate !== null && (best === null || candidate.worth > best.worth)) best = candidate;
      }
    }
  }
  return best?.found ?? null;
}

function judgePair(
  values: readonly string[],
  shape: { separator: string; cut: 'first' | 'last'; count: number },
  context: FieldContext,
): { found: Found; worth: number } | null {
  const { separator, cut, count } = shape;
  const trial: ColumnSplit = {
    index: 0,
    pattern: 'pair',
    separator,
    cut,
    labels: null,
    fields: Array.from({ length: count }, () => null),
    confidence: 0,
    reason: '',
  };
  const rows = values.map((value) => splitCell(value, trial)).filter((pieces, row) => pieces[0] !== values[row]);
  if (rows.length < Math.max(2, values.length * CUT)) return null;
  const profiles = trial.fields.map((_, place) =>
    profileColumn(
      rows.map((pieces) => pieces[place] ?? ''),
      context,
    ),
  );
  // Nearly all trials end here: names and addresses alone are no reason to cut.
  if (!profiles.some((profile) => strictFields.some((field) => scoreOf(profile, field) >= PIECE_STRICT))) return null;
  const pieces = profiles.map(bestPiece);
  const [login, secret] = profiles;
  const [first, second] = pieces;
  if (count === 2 && first !== undefined && second?.field === null && login !== undefined && secret !== undefined) {
    const isLogin = first.field === 'email' || first.field === 'phone';
    if (
      isLogin &&
      separator !== '' &&
      separator !== ' ' &&
      isPasswordLike(secret, first.field === 'email' ? 0.1 : 0.25)
    ) {
      second.field = 'password';
      second.score = 0.7;
    }
  }
  const named = pieces.filter(({ field }) => field !== null);
  const isAnchored = named.some(
    ({ field, score }) => field !== null && strictFields.includes(field) && score >= PIECE_STRICT,
  );
  if (!isAnchored || !isWorthCutting(pieces, rows.length)) return null;
  const share = rows.length / values.length;
  const weakest = Math.min(...named.map(({ score }) => score));
  const fields = pieces.map(({ field }) => field);
  return {
    found: {
      pattern: 'pair',
      separator,
      cut,
      labels: null,
      fields,
      confidence: round(Math.min(0.97, weakest + 0.1) * share * sureness(values.length)),
      reason: `${rows.length} of ${values.length} different cells come apart into ${fields.map((field) => field ?? 'something else').join(' and ')}`,
    },
    worth: share * named.reduce((sum, { score }) => sum + score, 0) - 0.05 * pieces.length,
  };
}

interface Piece {
  field: FieldName | null;
  score: number;
}

function bestPiece(profile: ColumnProfile): Piece {
  let best: Piece = { field: null, score: 0 };
  for (const field of pieceFields) {
    const score = scoreOf(profile, field);
    const needed = strictFields.includes(field) ? PIECE_STRICT : PIECE_LOOSE;
    if (score >= needed && score > best.score) best = { field, score };
  }
  return best;
}

/** Two fields, or one beside something else where its form is unmistakable. */
function isWorthCutting(pieces: readonly Piece[], rows: number): boolean {
  const named = pieces.filter(({ field }) => field !== null);
  if (named.length === pieces.length) return true;
  const sure = named.filter(
    ({ field, score }) => score >= 0.9 && field !== 'passwordHash' && field !== 'trackingNumber',
  );
  return pieces.length === 2 && rows >= 6 && sure.length === 1;
}

/** "收件人:张三 电话:138…": the labels speak as headers do. */
function findLabels(values: readonly string[], context: FieldContext): Found | null {
  const tally = new Map<string, number>();
  for (const value of values) for (const label of labelsIn(value)) tally.set(label, (tally.get(label) ?? 0) + 1);
  const labels = [...tally]
    .filter(([, count]) => count >= Math.max(2, values.length * 0.5))
    .map(([label]) => label)
    .slice(0, 8);
  if (labels.length < 2) return null;
  const trial: ColumnSplit = {
    index: 0,
    pattern: 'pair',
    separator: '',
    cut: 'first',
    labels,
    fields: labels.map(() => null),
    confidence: 0,
    reason: '',
  };
  const rows = values.map((value) => splitCell(value, trial));
  const fields = labels.map((label, place) => {
    const profile = profileColumn(
      rows.map((pieces) => pieces[place] ?? ''),
      context,
    );
    const hint = readHeader(label).field;
    if (hint !== null && scoreOf(profile, hint) >= 0.3) return hint;
    return bestPiece(profile).field;
  });
  if (!fields.some((field) => field !== null && strictFields.includes(field))) return null;
  return {
    pattern: 'pair',
    separator: '',
    cut: 'first',
    labels,
    fields,
    confidence: round(0.95 * sureness(values.length)),
    reason: `cells name their parts: ${fields.map((field) => field ?? 'something else').join(', ')}`,
  };
}

const MAX_LABEL_LENGTH = 16;

/** The words right before each colon, which begin the cell or stand after a blank or punctuation. */
function labelsIn(value: string): Set<string> {
  const labels = new Set<string>();
  for (let at = 0; at < value.length; at++) {
    if (value[at] !== ':' && value[at] !== '：') continue;
    let start = at;
    while (start > 0 && at - start < MAX_LABEL_LENGTH && isLetter(value[start - 1] ?? '')) start--;
    if (start < at && !isLetter(value[start - 1] ?? ' ')) labels.add(value.slice(start, at));
  }
  return labels;
}

function isLetter(character: string): boolean {
  return /^\p{L}$/u.test(character);
}

function sureness(values: number): number {
  return 1 - 0.5 ** (values + 1);
}

function round(confidence: number): number {
  return Math.round(confidence * 100) / 100;
}
