import type { Verification } from '../../contract/verification.ts';
import { cut } from '../../report/layout.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { CLEAR_TIMES_CHANCE } from '../evidence.ts';
import { count, fieldPlural, percent, times } from '../wording.ts';
import { rowCounts, rowKinds, shownFields } from './words.ts';

/* All charts are drawn 720 units wide and scale with the page. Colours are classes of style.ts, so that they follow dark mode and print. */
const WIDTH = 720;

function chart(id: string, height: number, title: string, description: string, body: readonly Markup[]): Markup {
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>${body}</svg>`;
}

const rect = (x: number, y: number, width: number, height: number, kind: string, hint: string) =>
  markup`<rect x="${x}" y="${y}" width="${Math.max(0, width)}" height="${height}" class="${kind}"><title>${hint}</title></rect>`;
const line = (x1: number, y1: number, x2: number, y2: number, kind: string) =>
  markup`<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${kind}"/>`;
const label = (x: number, y: number, content: string, kind = '') =>
  markup`<text x="${x}" y="${y}" class="${kind}">${content}</text>`;

/** One bar of all rows read, by kind, with a legend that carries the numbers; null when there are none. */
export function rowsChart(v: Verification): Markup | null {
  const counts = rowCounts(v);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  const shown = rowKinds.filter(({ kind }) => counts[kind] > 0);
  let x = 0;
  const bars = shown.map(({ kind, label: name }) => {
    const width = (counts[kind] / total) * WIDTH;
    const bar = rect(x, 0, Math.max(width, 1), 34, `k-${kind}`, `${name}: ${count(counts[kind])}`);
    x += width;
    return bar;
  });
  const legend = shown.map(({ kind, label: name, meaning }, i) => {
    const y = 66 + i * 26;
    return markup`${rect(0, y - 12, 14, 14, `k-${kind}`, name)}${label(24, y, name, 'strong')}${label(280, y, count(counts[kind]), 'end')}${label(350, y, percent(counts[kind], total), 'end')}${label(374, y, meaning, 'quiet')}`;
  });
  const described = shown.map(({ kind, label: name }) => `${name} ${count(counts[kind])}`).join(', ');
  return chart('rows', 54 + shown.length * 26, 'Rows by kind', described, [...bars, ...legend]);
}

/** Per field, the matched values that are still current and those that are not; null when no value matched. */
export function currencyChart(v: Verification): Markup | null {
  const fields = shownFields(v).filter((field) => field.current + field.stale > 0);
  if (fields.length === 0) return null;
  const most = Math.max(...fields.map((field) => field.current + field.stale));
  const [left, right, step] = [150, 110, 30];
  const scale = (WIDTH - left - right) / most;
  const rows = fields.map(({ field, current, stale }, i) => {
    const y = 30 + i * step;
    const name = cut(fieldPlural(field), 20);
    const currentWidth = Math.max(current * scale, current > 0 ? 1 : 0);
    const staleWidth = Math.max(stale * scale, stale > 0 ? 1 : 0);
    return markup`${label(left - 12, y + 14, name, 'end')}${rect(left, y, currentWidth, 20, 'k-current', `${name}, current: ${count(current)}`)}${rect(left + currentWidth, y, staleWidth, 20, 'k-stale', `${name}, outdated: ${count(stale)}`)}${label(left + currentWidth + staleWidth + 8, y + 14, `${percent(current, current + stale)} current`, 'quiet')}`;
  });
  const legend = markup`${rect(left, 2, 12, 12, 'k-current', 'still current')}${label(left + 18, 12, 'still current', 'quiet')}${rect(left + 120, 2, 12, 12, 'k-stale', 'outdated')}${label(left + 138, 12, 'replaced in our records since', 'quiet')}`;
  const described = fields.map(
    (f) => `${fieldPlural(f.field)}: ${count(f.current)} current, ${count(f.stale)} outdated`,
  );
  return chart('currency', 34 + fields.length * step, 'Current against outdated values', described.join('; '), [
    legend,
    ...rows,
  ]);
}

/** Months that still have a bar of their own; a longer register is drawn by years. */
const MOST_MONTHS = 96;

/** Customers by time of creation: all of them, and those found in the dump; null when the register has no creation times. */
export function monthsChart({ subjects: { byMonth } }: Verification): Markup | null {
  if (byMonth.length === 0) return null;
  const periods = byMonth.length <= MOST_MONTHS ? byMonth.map((m) => ({ ...m, name: m.month })) : years(byMonth);
  const [left, bottom, top, height] = [64, 200, 30, 232];
  const tick = niceStep(Math.max(...periods.map((p) => p.registered), 1) / 3);
  const most = Math.ceil(Math.max(...periods.map((p) => Math.max(p.registered, p.matched)), 1) / tick) * tick;
  const step = (WIDTH - left) / periods.length;
  const y = (value: number) => bottom - (value / most) * (bottom - top);
  const grid = Array.from({ length: Math.round(most / tick) + 1 }, (_, i) => {
    const at = y(i * tick);
    return markup`${line(left, at, WIDTH, at, i === 0 ? 'axis' : 'grid')}${label(left - 8, at + 4, count(i * tick), 'end quiet')}`;
  });
  const bars = periods.map((p, i) => {
    const x = left + i * step + step * 0.1;
    const hint = `${p.name}: ${count(p.matched)} of ${count(p.registered)}`;
    return markup`${rect(x, y(p.registered), step * 0.8, bottom - y(p.registered), 'k-registered', hint)}${rect(x, y(p.matched), step * 0.8, bottom - y(p.matched), 'k-matched', hint)}`;
  });
  const names: Markup[] = [];
  let free = left;
  periods.forEach(({ name }, i) => {
    const x = left + i * step;
    const begins = name.slice(0, 4) !== periods[i - 1]?.name.slice(0, 4);
    if (!begins || x < free || x > WIDTH - 32) return;
    names.push(label(x, bottom + 20, name.slice(0, 4), 'quiet'));
    free = x + 44;
  });
  const legend = markup`${rect(left, 2, 12, 12, 'k-registered', 'registered')}${label(left + 18, 12, 'in the register', 'quiet')}${rect(left + 140, 2, 12, 12, 'k-matched', 'found')}${label(left + 158, 12, 'found in the dump', 'quiet')}`;
  const described = `From ${periods[0]?.name} to ${periods.at(-1)?.name}; ${count(byMonth.reduce((sum, m) => sum + m.matched, 0))} found of ${count(byMonth.reduce((sum, m) => sum + m.registered, 0))}.`;
  return chart('months', height, 'Customers by time of creation', described, [legend, ...grid, ...bars, ...names]);
}

function years(byMonth: Verification['subjects']['byMonth']): { name: string; registered: number; matched: number }[] {
  const sums = new Map<string, { name: string; registered: number; matched: number }>();
  for (const { month, registered, matched } of byMonth) {
    const name = month.slice(0, 4);
    const sum = sums.get(name) ?? { name, registered: 0, matched: 0 };
    sums.set(name, { name, registered: sum.registered + registered, matched: sum.matched + matched });
  }
  return [...sums.values()];
}

/* The next of 1, 2, 5, 10, 20, 50, … */
function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? power * 10;
}

/** Each field's lift with its interval on a logarithmic axis, beside the zone that chance explains; null when there is nothing to compare. */
export function liftChart({ controls }: Verification): Markup | null {
  const fields = controls.fields.filter((field) => field.lift !== null);
  if (fields.length === 0) return null;
  const [left, right, step] = [150, 24, 58];
  const highest = Math.max(...fields.map((f) => Math.max(f.high ?? f.lift ?? 1, f.chance * CLEAR_TIMES_CHANCE)));
  const decades = Math.min(12, Math.max(2, Math.ceil(Math.log10(highest))));
  const lowest = -1;
  const x = (value: number) => {
    const at = (Math.log10(Math.max(value, 10 ** lowest)) - lowest) / (decades - lowest);
    return left + Math.min(1, at) * (WIDTH - left - right);
  };
  const bottom = 26 + fields.length * step;
  const axis = Array.from({ length: decades - lowest + 1 }, (_, i) => 10 ** (i + lowest)).map(
    (value) =>
      markup`${line(x(value), 22, x(value), bottom, 'grid')}${label(x(value), bottom + 20, value < 1 ? '0.1' : count(value), 'middle quiet')}`,
  );
  const rows = fields.map((f, i) => {
    const y = 26 + i * step + step / 2;
    const [low, high] = [x(f.low ?? 0), f.high === null ? WIDTH - right : x(f.high)];
    const range = f.high === null ? `at least ${times(f.low ?? 0)}` : `${times(f.low ?? 0)} to ${times(f.high)}`;
    const arrow = markup`<path d="M${high} ${y - 6} l10 6 l-10 6 z" class="k-interval"/>`;
    return markup`${rect(x(0), y - step / 2 + 4, x(f.chance) - x(0), step - 8, 'k-chance', `chance reaches ${times(f.chance)}`)}${label(x(0) + 6, y - step / 2 + 18, 'chance', 'quiet small')}${line(x(f.chance * CLEAR_TIMES_CHANCE), y - step / 2 + 4, x(f.chance * CLEAR_TIMES_CHANCE), y + step / 2 - 4, 'threshold')}${label(left - 12, y + 5, fieldPlural(f.field), 'end')}${line(low, y, high, y, 'interval')}${f.high === null ? arrow : null}<circle cx="${x(f.lift ?? 0)}" cy="${y}" r="6" class="k-interval"><title>${times(f.lift ?? 0)} (${range})</title></circle>`;
  });
  const described = fields
    .map(
      (f) =>
        `${fieldPlural(f.field)}: ${times(f.lift ?? 0)} times, ${times(f.low ?? 0)} to ${f.high === null ? 'unbounded' : times(f.high)}; chance reaches ${times(f.chance)}`,
    )
    .join('; ');
  return chart('lift', bottom + 30, 'Lift with its 95% interval', described, [
    label(left, 12, 'times as often as neighbouring values that are nobody’s', 'quiet'),
    ...axis,
    ...rows,
  ]);
}

/** A small bar for a confidence from 0 to 1, beside its number. */
export function confidenceBar(confidence: number): Markup {
  const shown = Math.min(1, Math.max(0, confidence));
  return markup`<svg class="meter" viewBox="0 0 60 10" aria-hidden="true">${rect(0, 0, 60, 10, 'k-empty', '')}${rect(0, 0, shown * 60, 10, 'k-meter', '')}</svg>`;
}
