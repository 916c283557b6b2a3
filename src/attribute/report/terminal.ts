import type { Attribution, ConclusionKind, Suspect } from '../../contract/attribution.ts';
import { printable } from '../../core/text.ts';
import { displayWidth, fit, wrap } from '../../report/layout.ts';
import { chance, expectation, headlines, limits, minute, scopeSentence, titleOf } from './words.ts';

/** How the page is to look. */
export interface TerminalStyle {
  /** Columns of the terminal; the page uses 60 to 100 of them. */
  readonly width: number;
  readonly color: boolean;
}

/* SGR codes (ECMA-48 8.3.117): white on a coloured ground. */
const colours: Readonly<Record<ConclusionKind, readonly number[]>> = {
  source: [1, 97, 41],
  sources: [1, 97, 41],
  group: [1, 97, 41],
  outside: [1, 97, 42],
  undetermined: [1, 97, 100],
};
const MOST_SUSPECTS = 10;

/** The attribution as one page of text: conclusion, suspects, why, what would change it, limits. Names are made printable. Lines end with \n. */
export function renderAttributionTerminal(a: Attribution, style: TerminalStyle): string {
  const width = Math.min(100, Math.max(60, style.width));
  const paint = (text: string, ...sgr: readonly number[]): string =>
    style.color ? `\x1b[${sgr.join(';')}m${text}\x1b[0m` : text;
  const { kind, text } = headlines[a.conclusion.kind];
  const name = ` ${kind.toUpperCase()} `;
  const when = minute(printable(a.createdAt, 30));
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint(` ${title}`, 1), ...lines];
  const items = (lines: readonly string[]): string[] => lines.flatMap((line) => item(printable(line, 600), width));
  return [
    ` ${fit('Boltseal attribution', width - 2 - displayWidth(when))}${when}`,
    ...wrap(printable(`${a.verification.file} · ${scopeSentence(a)}`, 400), width - 2).map((line) =>
      paint(` ${line}`, 2),
    ),
    '',
    ...wrap(text, width - name.length - 4).map(
      (line, i) =>
        ` ${i === 0 ? paint(name, ...colours[a.conclusion.kind]) : ' '.repeat(name.length)}  ${paint(line, 1)}`,
    ),
    '',
    ...wrap(printable(a.conclusion.text, 1000), width - 2).map((line) => ` ${paint(line, 1)}`),
    ...section('Suspects', suspectLines(a.suspects, width, paint)),
    ...section('Why', items(a.conclusion.reasons)),
    ...section(
      'Outside',
      items([
        `that nobody in these disclosures is a source: ${chance(a.outside.probability)}`,
        ...(a.conclusion.kind === 'outside' ? [] : a.outside.reasons),
      ]),
    ),
    ...section('What would change this', items(a.conclusion.changes)),
    ...section('Limits', items(limits.slice(0, 2))),
    '',
    paint(
      ` ${a.timing.seconds.toFixed(1)} s · ${a.method.hypotheses} principals and groups tried · Boltseal ${printable(a.version, 20)}`,
      2,
    ),
    '',
  ].join('\n');
}

function suspectLines(
  suspects: readonly Suspect[],
  width: number,
  paint: (text: string, ...sgr: readonly number[]) => string,
): string[] {
  if (suspects.length === 0) return [];
  const nameWidth = width - 54;
  const head = `   ${fit('', nameWidth)}${fit('explained', 11, 'right')}${fit('by chance', 11, 'right')}${fit('probability', 13, 'right')}  active since`;
  const rows = suspects.slice(0, MOST_SUSPECTS).map((one) => {
    const title = fit(printable(titleOf(one), 200), nameWidth);
    const line = ` ${one.named ? '■' : '·'} ${title}${fit(String(one.explained), 11, 'right')}${fit(expectation(one.expected), 11, 'right')}${fit(chance(one.probability), 13, 'right')}  ${one.active.from.slice(0, 10)}`;
    return one.named ? paint(line, 1) : line;
  });
  const more = suspects.length - MOST_SUSPECTS;
  return [
    paint(head, 2),
    ...rows,
    paint(`   ■ named${more > 0 ? `; ${more} more in the JSON and the HTML report` : ''}`, 2),
  ];
}

function item(text: string, width: number): string[] {
  return wrap(text, width - 5).map((line, i) => ` ${i === 0 ? ' •' : '  '} ${line}`);
}
