import type { VerdictKind, Verification } from '../../contract/verification.ts';
import { printable } from '../../core/text.ts';
import { displayWidth, fit, wrap } from '../../report/layout.ts';
import { fromCopyJson } from '../copy-json.ts';
import { bytes, count, counted, duration, fieldPlural, percent } from '../wording.ts';
import { canarySentences, provenCopiedAfter } from './canary-words.ts';
import { clocksCaution, levelSentence, runningClocks } from './clocks.ts';
import { copySentences } from './copy-words.ts';
import {
  correctionSentence,
  headlines,
  kindName,
  latestMonthSentence,
  limits,
  minute,
  nextSteps,
  peopleSentence,
  rejection,
  repeats,
  rowCounts,
  rowKinds,
  shapeWords,
  shownFields,
} from './words.ts';

/** How the page is to look. */
export interface TerminalStyle {
  /** Columns of the terminal; the page uses 60 to 100 of them. */
  readonly width: number;
  readonly color: boolean;
}

type Paint = (text: string, ...sgr: readonly number[]) => string;

/* SGR codes (ECMA-48 8.3.117): white or black on a coloured ground. */
const kindColours: Readonly<Record<VerdictKind, readonly number[]>> = {
  ours: [1, 97, 41],
  'partly-ours': [1, 30, 43],
  recombined: [1, 97, 45],
  'not-ours': [1, 97, 42],
  undetermined: [1, 97, 100],
};

const MOST_COLUMNS_SHOWN = 12;
const MOST_FAILURES_SHOWN = 8;
const MOST_TABLES_SHOWN = 8;

/**
 * The verification as one page of text for a terminal: the verdict first, then how many people, what of theirs and whether it is current, why, what was not read, what to do, and the limits.
 * No values; everything that comes from the dump is made printable. Lines end with \n.
 */
export function renderTerminal(v: Verification, style: TerminalStyle): string {
  const width = Math.min(100, Math.max(60, style.width));
  const paint: Paint = (text, ...sgr) => (style.color ? `\x1b[${sgr.join(';')}m${text}\x1b[0m` : text);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', paint(` ${title}`, 1), ...lines];
  return [
    ...heading(v, width, paint),
    ...section('Rows', rowLines(v, width, paint)),
    ...section(
      'Canaries',
      canarySentences(v).flatMap((sentence) => item('•', printable(sentence, 900), width)),
    ),
    ...section('When it was copied', copyLines(v, width)),
    ...section('What of theirs', [...fieldLines(v, width), ...latestLines(v, width)]),
    ...section(
      'Why',
      v.verdict.reasons.flatMap((reason) => item('•', printable(reason, 600), width)),
    ),
    ...section('Tables', tableLines(v, width)),
    ...section(v.parts.length > 1 ? 'Columns of the largest' : 'Columns found', columnLines(v, width, paint)),
    ...section('Not read', rejectedLines(v, width)),
    ...section(
      'What to do now',
      nextSteps(v).flatMap((step, i) => item(`${i + 1}.`, step, width)),
    ),
    ...section('Legal clocks', clockLines(v, width)),
    ...section(
      'Limits',
      limits.slice(0, 2).flatMap((limit) => item('•', limit, width)),
    ),
    '',
    paint(
      ` ${duration(v.timing.seconds)} on ${counted(v.timing.threads, 'thread')}, ${bytes(v.timing.bytesPerSecond)}/s · Boltseal ${printable(v.version, 20)}`,
      2,
    ),
    '',
  ].join('\n');
}

function heading(v: Verification, width: number, paint: Paint): string[] {
  const when = printable(minute(v.createdAt), 20);
  const { file, parts, verdict } = v;
  const name = ` ${kindName(verdict.kind).toUpperCase()} `;
  const facts = [
    printable(file.name, 200),
    ...(parts.length > 1 && !file.name.endsWith(' tables') ? [counted(parts.length, 'part')] : []),
    bytes(file.bytes),
    counted(file.rows, 'row'),
    ...shapeWords(v),
  ].join(' · ');
  return [
    ` ${fit('Boltseal verification', width - 2 - displayWidth(when))}${when}`,
    ...wrap(facts, width - 2).map((line) => paint(` ${line}`, 2)),
    '',
    ...wrap(headlines[verdict.kind], width - displayWidth(name) - 4).map(
      (line, i) =>
        ` ${i === 0 ? paint(name, ...kindColours[verdict.kind]) : ' '.repeat(name.length)}  ${paint(line, 1)}`,
    ),
    '',
    ...wrap(peopleSentence(v), width - 2).map((line) => ` ${paint(line, 1)}`),
  ];
}

function rowLines(v: Verification, width: number, paint: Paint): string[] {
  const counts = rowCounts(v);
  const shown = rowKinds.filter(({ kind }) => counts[kind] > 0);
  const numberWidth = Math.max(...shown.map(({ kind }) => count(counts[kind]).length), 1);
  const barWidth = Math.min(24, width - 37 - numberWidth);
  const colours = { strong: 34, weak: 36, chimera: 33, none: 90, blank: 90 } as const;
  const repeated = repeats(v);
  const corrected = correctionSentence(v);
  return [
    ...shown.map(({ kind, label }) => {
      const bar = '█'.repeat(Math.round((counts[kind] / Math.max(1, v.file.rows)) * barWidth)) || '▏';
      const text = `${fit(label, 19)} ${fit(count(counts[kind]), numberWidth, 'right')} ${fit(percent(counts[kind], v.file.rows), 12, 'right')}`;
      return `   ${text}  ${paint(bar, colours[kind])}`;
    }),
    ...(repeated === null ? [] : [`   ${repeated}`]),
    ...(corrected === null ? [] : wrap(corrected, width - 4).map((line) => `   ${line}`)),
  ];
}

function fieldLines(v: Verification, width: number): string[] {
  const fields = shownFields(v);
  if (fields.length === 0) return [];
  const [label, number] = [18, Math.min(14, Math.floor((width - 24) / 4))];
  const row = (...cells: readonly string[]) =>
    `   ${cells.map((cell, i) => (i === 0 ? fit(cell, label) : fit(cell, number, 'right'))).join('')}`;
  return [
    row('', 'in dump', 'matched', 'current', 'outdated'),
    ...fields.map(({ field, rows, matched, current, stale }) =>
      row(
        printable(fieldPlural(field), 18),
        count(rows),
        count(matched),
        percent(current, current + stale),
        percent(stale, current + stale),
      ),
    ),
  ];
}

function copyLines(verification: Verification, width: number): string[] {
  const { copy } = verification;
  if (copy === null) return [];
  return copySentences(fromCopyJson(copy), provenCopiedAfter(verification)).flatMap((sentence) =>
    wrap(sentence, width - 4).map((line) => `   ${line}`),
  );
}

function latestLines(v: Verification, width: number): string[] {
  const sentence = latestMonthSentence(v);
  return sentence === null ? [] : wrap(sentence, width - 4).map((line) => `   ${line}`);
}

/** The tables with most of our people first; nothing when there is one only. */
function tableLines({ parts, partsOmitted }: Verification, width: number): string[] {
  if (parts.length < 2) return [];
  const shown = parts.toSorted((a, b) => b.matchedRows - a.matchedRows).slice(0, MOST_TABLES_SHOWN);
  const more = parts.length - shown.length + partsOmitted;
  const row = (name: string, format: string, rows: string, matched: string): string =>
    `   ${fitEnd(name, width - 47)} ${fit(format, 16)} ${fit(rows, 12, 'right')} ${fit(matched, 12, 'right')}`;
  return [
    row('', '', 'rows', 'matched'),
    ...shown.map((part) =>
      row(printable(part.name, 500), printable(part.format, 16), count(part.rows), count(part.matchedRows)),
    ),
    ...(more > 0 ? [`   and ${counted(more, 'more table')}`] : []),
  ];
}

/** A name cut at its beginning: its end tells files of one folder apart. */
function fitEnd(name: string, width: number): string {
  let shown = name;
  while (displayWidth(shown) > width) shown = `…${Array.from(shown).slice(2).join('')}`;
  return fit(shown, width);
}

function columnLines(v: Verification, width: number, paint: Paint): string[] {
  const { columns } = v.file;
  const shown = columns.slice(0, MOST_COLUMNS_SHOWN);
  const what = (column: (typeof columns)[number]) =>
    column.field === null ? `(${column.kind ?? 'unknown'})` : fieldPlural(column.field);
  const nameWidth = Math.min(24, Math.max(...shown.map((column) => displayWidth(printable(column.name ?? '', 80))), 1));
  const lines = shown.map((column) => {
    const name = fit(printable(column.name ?? '–', 80), nameWidth);
    const left = `   ${fit(String(column.index + 1), 3, 'right')}  ${name}  ${fit(printable(what(column), 20), 18)} ${fit(percent(column.confidence, 1), 5, 'right')}`;
    return `${left}  ${paint(fit(printable(column.reason, 200), Math.max(0, width - displayWidth(left) - 3)).trimEnd(), 2)}`;
  });
  return columns.length > shown.length
    ? [...lines, `   and ${counted(columns.length - shown.length, 'more column')}`]
    : lines;
}

function rejectedLines(v: Verification, width: number): string[] {
  const shown = v.failures.slice(0, MOST_FAILURES_SHOWN);
  const more = v.failures.length - shown.length + v.failuresOmitted;
  return [
    ...Object.entries(v.file.rejected)
      .filter(([, rows]) => rows > 0)
      .map(([reason, rows]) => `   ${counted(rows, 'row')}: ${printable(rejection(reason), 40)}`),
    ...shown.flatMap(({ message }) => item('•', printable(message, 400), width)),
    ...(more > 0 ? [`   and ${counted(more, 'more file')}`] : []),
  ];
}

function clockLines(v: Verification, width: number): string[] {
  const running = runningClocks(v);
  if (running.length === 0) return [];
  const label = (where: string, rule: string) => fit(`${where}, ${rule}`, 36);
  return [
    ...(v.subjects.atMost === 0 ? [] : wrap(levelSentence(v), width - 4).map((line) => `   ${line}`)),
    ...running.map(({ where, rule, clock }) => `   ${label(where, rule)} ${clock}`),
    ...wrap(clocksCaution, width - 4).map((line) => `   ${line}`),
  ];
}

function item(bullet: string, text: string, width: number): string[] {
  return wrap(text, width - 6).map((line, i) => `   ${i === 0 ? bullet : ' '.repeat(bullet.length)} ${line}`);
}
