import type { Attribution, Suspect } from '../../contract/attribution.ts';
import { cut } from '../../report/layout.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { chance, expectation, titleOf } from './words.ts';

/* Drawn 720 units wide; colours are classes of the reports' style. */
const WIDTH = 720;
const MOST_BARS = 12;

const label = (x: number, y: number, content: string, kind = '') =>
  markup`<text x="${x}" y="${y}" class="${kind}">${content}</text>`;
const rect = (x: number, y: number, width: number, height: number, kind: string, hint: string) =>
  markup`<rect x="${x}" y="${y}" width="${Math.max(0, width)}" height="${Math.max(0, height)}" class="${kind}"><title>${hint}</title></rect>`;

function chart(id: string, height: number, title: string, description: string, body: readonly Markup[]): Markup {
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>${body}</svg>`;
}

/** The evidence for the best suspects beside the line from which on somebody is named; null without suspects. The scale is a logarithm: each step of 2.3 is ten times the evidence. */
export function rankingChart({ suspects, method }: Attribution): Markup | null {
  if (suspects.length === 0) return null;
  const shown = suspects.slice(0, MOST_BARS);
  const [left, right, step, top] = [210, 110, 28, 34];
  const most = Math.max(method.namingThreshold * 1.25, ...shown.map((one) => one.logBayesFactor));
  // Evidence of a clear source is many times that of naming: a square root keeps both readable.
  const x = (value: number) => left + Math.sqrt(Math.max(0, value) / most) * (WIDTH - left - right);
  const bars = shown.map((one, i) => {
    const y = top + i * step;
    const hint = `${titleOf(one)}: ${one.logBayesFactor.toFixed(1)}`;
    return markup`${label(left - 12, y + 15, cut(titleOf(one), 28), one.named ? 'end strong' : 'end')}${rect(left, y, x(one.logBayesFactor) - left, 20, one.named ? 'k-strong' : 'k-none', hint)}${label(x(one.logBayesFactor) + 8, y + 15, `${one.logBayesFactor.toFixed(1)} · ${chance(one.probability)}`, 'quiet')}`;
  });
  const at = x(method.namingThreshold);
  const bottom = top + shown.length * step;
  const line = markup`<line x1="${at}" y1="${top - 6}" x2="${at}" y2="${bottom}" class="threshold"/>${label(at, 16, `named from ${method.namingThreshold.toFixed(1)} on`, 'quiet middle')}`;
  const described = shown
    .map((one) => `${titleOf(one)} ${one.logBayesFactor.toFixed(1)}${one.named ? ', named' : ''}`)
    .join('; ');
  return chart('ranking', bottom + 8, 'Evidence for the best suspects', described, [...bars, line]);
}

/** People of the dump that a suspect read for the first time, part by part of the time, beside what chance gives. */
export function timelineChart(suspect: Suspect, place: number): Markup {
  const { timeline } = suspect;
  const [left, top, bottom] = [44, 26, 126];
  const most = Math.max(1, ...timeline.map((part) => Math.max(part.explained, part.expected)));
  const step = (WIDTH - left) / Math.max(1, timeline.length);
  const y = (value: number) => bottom - (value / most) * (bottom - top);
  const bars = timeline.map((part, i) => {
    const hint = `from ${part.from.slice(0, 10)}: ${part.explained} explained, ${expectation(part.expected)} expected`;
    const x = left + i * step;
    return markup`${rect(x + 0.5, y(part.explained), step - 1, bottom - y(part.explained), 'k-strong', hint)}`;
  });
  const points = timeline
    .map((part, i) => `${(left + (i + 0.5) * step).toFixed(1)},${y(part.expected).toFixed(1)}`)
    .join(' ');
  const position = (iso: string) => {
    const [first, second, last] = [timeline[0]?.from, timeline[1]?.from, timeline.at(-1)?.from];
    if (first === undefined || second === undefined || last === undefined) return left;
    const part = Date.parse(second) - Date.parse(first);
    const share = (Date.parse(iso) - Date.parse(first)) / (Date.parse(last) - Date.parse(first) + part);
    return left + Math.min(1, Math.max(0, share)) * (WIDTH - left);
  };
  const [from, to] = [position(suspect.active.from), position(suspect.active.to)];
  const described = `${suspect.explained} people explained from ${suspect.active.from} to ${suspect.active.to}; ${expectation(suspect.expected)} expected by chance.`;
  return chart(`timeline-${place}`, bottom + 26, `Overlap over time: ${titleOf(suspect)}`, described, [
    rect(from, top - 8, Math.max(2, to - from), bottom - top + 8, 'k-chance', 'active period'),
    ...bars,
    markup`<polyline points="${points}" fill="none" class="axis"/>`,
    markup`<line x1="${left}" y1="${bottom}" x2="${WIDTH}" y2="${bottom}" class="axis"/>`,
    label(left - 8, top + 4, String(Math.round(most)), 'end quiet'),
    label(left - 8, bottom, '0', 'end quiet'),
    label(left, bottom + 18, timeline[0]?.from.slice(0, 10) ?? '', 'quiet'),
    label(WIDTH, bottom + 18, timeline.at(-1)?.from.slice(0, 10) ?? '', 'end quiet'),
    label(
      left,
      12,
      'people of the dump read for the first time; line: expected by chance; shaded: active period',
      'quiet small',
    ),
  ]);
}
