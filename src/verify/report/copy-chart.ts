import { type Markup, markup } from '../../report/markup.ts';
import type { CopyFindings } from '../dating/date-copy.ts';
import { moment } from './copy-words.ts';

const WIDTH = 720;
const [LEFT, RIGHT, TOP, STEP] = [24, 24, 26, 92];
const DAY = 86_400;

/**
 * When the copy was taken, as a drawing: a line for the whole time of the register with the windows on it, and below, for each window (of skimming, for its beginning and its end), how likely each time is.
 * 720 units wide; colours are classes of style.ts. Null when there is no window.
 */
export function copyChart(copy: CopyFindings): Markup | null {
  if (copy.windows.length === 0) return null;
  const { rangeFromSeconds, rangeToSeconds } = copy;
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(1, rangeToSeconds - rangeFromSeconds);
  const x = (seconds: number): number => LEFT + (seconds - rangeFromSeconds) * scale;
  const overview = copy.windows.map((window) => {
    const width = Math.max(3, x(window.toSeconds) - x(window.fromSeconds));
    const hint = `${moment(window.fromSeconds, DAY)} to ${moment(window.toSeconds, DAY)}`;
    return markup`<rect x="${x(window.fromSeconds)}" y="${TOP - 9}" width="${width}" height="18" class="k-interval"><title>${hint}</title></rect>`;
  });
  const details = copy.curves.map((curve, i) => drawCurve(copy, curve, i));
  const height = TOP + 40 + copy.curves.length * STEP;
  const described = copy.windows.map((w) => `${moment(w.fromSeconds, DAY)} to ${moment(w.toSeconds, DAY)}`).join('; ');
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="copy-title copy-desc">
<title id="copy-title">When the copy was taken</title><desc id="copy-desc">${described}</desc>
<line x1="${LEFT}" y1="${TOP}" x2="${WIDTH - RIGHT}" y2="${TOP}" class="axis"/>${overview}
<text x="${LEFT}" y="${TOP + 26}" class="quiet">${moment(rangeFromSeconds, 9 * DAY)}</text>
<text x="${WIDTH - RIGHT}" y="${TOP + 26}" class="quiet end">${moment(rangeToSeconds, 9 * DAY)}</text>${details}</svg>`;
}

function drawCurve(copy: CopyFindings, curve: CopyFindings['curves'][number], i: number): Markup | null {
  const window = copy.edges === null ? copy.windows[i] : i === 0 ? copy.edges.began : copy.edges.ended;
  const [first, last] = [curve[0], curve.at(-1)];
  if (window === undefined || first === undefined || last === undefined) return null;
  const base = TOP + 40 + (i + 1) * STEP - 24;
  const span = Math.max(1, last.seconds - first.seconds);
  const x = (seconds: number): number => LEFT + ((seconds - first.seconds) / span) * (WIDTH - LEFT - RIGHT);
  const y = (height: number): number => base - height * 50;
  // Drawn in steps: between two changes of the register every time is as likely as the next.
  let path = `M${x(first.seconds).toFixed(1)} ${base}`;
  for (const [k, point] of curve.entries()) {
    const next = curve[k + 1]?.seconds ?? point.seconds;
    path += ` L${x(point.seconds).toFixed(1)} ${y(point.height).toFixed(1)} L${x(next).toFixed(1)} ${y(point.height).toFixed(1)}`;
  }
  path += ` L${x(last.seconds).toFixed(1)} ${base} Z`;
  const width = window.toSeconds - window.fromSeconds;
  const [from, to] = [x(window.fromSeconds), x(window.toSeconds)];
  const name = copy.edges === null ? '' : i === 0 ? 'began: ' : 'ended: ';
  return markup`<path d="${path}" class="k-registered"/><line x1="${LEFT}" y1="${base}" x2="${WIDTH - RIGHT}" y2="${base}" class="axis"/><line x1="${from}" y1="${base}" x2="${Math.max(from + 2, to)}" y2="${base}" class="interval"/><line x1="${x(window.bestSeconds)}" y1="${base - 54}" x2="${x(window.bestSeconds)}" y2="${base}" class="threshold"/><text x="${Math.min(WIDTH - 330, Math.max(LEFT, from))}" y="${base + 18}" class="quiet small">${`${name}${moment(window.fromSeconds, width)} to ${moment(window.toSeconds, width)}`}</text>`;
}
