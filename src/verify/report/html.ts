import type { Verification } from '../../contract/verification.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { styleSheet } from '../../report/style.ts';
import { fromCopyJson } from '../copy-json.ts';
import { bytes, count, counted, duration, fieldPlural, percent, times } from '../wording.ts';
import { canarySentences, provenCopiedAfter } from './canary-words.ts';
import { confidenceBar, currencyChart, liftChart, monthsChart, rowsChart } from './charts.ts';
import { clocksCaution, levelSentence, runningClocks } from './clocks.ts';
import { copyChart } from './copy-chart.ts';
import { copySentences } from './copy-words.ts';
import { methodSection } from './method.ts';
import {
  band,
  correctionSentence,
  currency,
  headlines,
  kindName,
  latestMonthSentence,
  minute,
  nextSteps,
  peopleSentence,
  rejection,
  repeats,
  rowKinds,
  shapeWords,
  shownFields,
} from './words.ts';

/* A dump can have thousands of columns, archives thousands of parts; the report stays readable and says how many it leaves out. */
const MOST_COLUMNS = 60;
const MOST_SAMPLE_COLUMNS = 12;
const MOST_PARTS = 100;
const MOST_SAMPLES = 40;

/**
 * The verification as one HTML file that needs nothing else: no script, font or image is fetched (its content security policy forbids it), readable on screen, in dark mode and on A4 paper.
 * Everything from the dump is escaped. Pure: the same verification gives the same bytes.
 */
export function renderHtml(v: Verification): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${kindName(v.verdict.kind)}: ${v.file.name}</title>
${styleSheet}
</head>
<body>
<main style="--verdict:var(--${v.verdict.kind})">
${[verdictHeader(v), whySection(v), peopleSection(v), canarySection(v), copySection(v), rowsSection(v), valuesSection(v), actionSection(v), fileSection(v), controlsSection(v), samplesSection(v), methodSection(v), imprint(v)]}
</main>
</body>
</html>
`.source;
}

function verdictHeader(v: Verification): Markup {
  const { file, verdict, subjects, rows } = v;
  const { current, matched } = currency(v);
  const facts = [bytes(file.bytes), counted(file.rows, 'row'), ...shapeWords(v)];
  const people = `of ${count(subjects.registered)} in the register`;
  return markup`<header>
<div class="top"><span>Boltseal verification</span><span>${minute(v.createdAt)}</span></div>
<div class="verdict"><span class="kind">${kindName(verdict.kind)}</span>
<h1>${headlines[verdict.kind]}</h1>
<p class="lead">${peopleSentence(v)}</p>
<p class="file quiet small"><bdi>${file.name}</bdi> · ${facts.join(' · ')}</p></div>
<dl class="figures">
${figure('Our people in it', band(subjects.atLeast, subjects.atMost, ' – '), people)}
${figure('Rows that match', percent(rows.matched, rows.identifiable), `${count(rows.matched)} of ${count(rows.identifiable)} that can be compared`)}
${figure('Values still current', percent(current, matched), `${count(current)} of ${count(matched)} that match`)}
${figure('Lift', v.controls.lift === null ? '–' : times(v.controls.lift), liftNote(v))}
</dl>
</header>`;
}

function figure(name: string, value: string, note: string): Markup {
  return markup`<div class="figure"><dt>${name}</dt><dd><b>${value}</b><span>${note}</span></dd></div>`;
}

function liftNote({ controls: { field, lift, low, high } }: Verification): string {
  if (field === null || lift === null || low === null) return 'nothing to compare with';
  const range = high === null ? `at least ${times(low)}` : `${times(low)} to ${times(high)}`;
  return `${fieldPlural(field)}: ${range}`;
}

function whySection({ verdict }: Verification): Markup {
  return markup`<section><h2>Why</h2><ol>${verdict.reasons.map((reason) => markup`<li>${reason}</li>`)}</ol></section>`;
}

function peopleSection(v: Verification): Markup {
  const { subjects } = v;
  const latest = latestMonthSentence(v);
  return markup`<section><h2>How many people</h2>
${
  subjects.atMost === 0
    ? markup`<p>Nobody in the register was found in the dump.</p>`
    : markup`<p>${band(subjects.atLeast, subjects.atMost)}. The upper number counts everybody to whom any value in the dump points. The lower one counts the ${counted(subjects.strong, 'person', 'people')} of whom two values stand in one row, and of the others as many as the lift shows to be no coincidence.</p>`
}
${runningClocks(v).length === 0 || subjects.atMost === 0 ? null : markup`<p>${levelSentence(v)}</p>`}
<div class="keep"><h3>Customers by time of creation</h3>
${monthsChart(v) ?? markup`<p class="quiet">The register has no creation times (give them with <code>register add --created COLUMN</code>).</p>`}
${latest === null ? null : markup`<p>${latest}</p>`}</div></section>`;
}

function canarySection(v: Verification): Markup | null {
  const sentences = canarySentences(v);
  if (sentences.length === 0) return null;
  return markup`<section class="keep"><h2>Canaries</h2>
<p class="quiet">People who do not exist, planted in our data: one recipient's are in no other place.</p>
<ul>${sentences.map((sentence) => markup`<li>${sentence}</li>`)}</ul></section>`;
}

function copySection(verification: Verification): Markup | null {
  const { copy } = verification;
  if (copy === null) return null;
  const findings = fromCopyJson(copy);
  const [answer = '', ...rest] = copySentences(findings, provenCopiedAfter(verification));
  return markup`<section class="keep"><h2>When it was copied</h2>
<p><strong>${answer}</strong></p>
${copyChart(findings)}
${rest.map((sentence) => markup`<p class="quiet">${sentence}</p>`)}</section>`;
}

function rowsSection(v: Verification): Markup {
  const repeated = repeats(v);
  const corrected = correctionSentence(v);
  return markup`<section class="keep"><h2>The rows</h2>
${rowsChart(v) ?? markup`<p class="quiet">No row could be read.</p>`}
${repeated === null ? null : markup`<p class="quiet">${repeated}.</p>`}
${corrected === null ? null : markup`<p>${corrected}.</p>`}</section>`;
}

function valuesSection(v: Verification): Markup {
  const fields = shownFields(v);
  if (fields.length === 0)
    return markup`<section><h2>What of theirs</h2><p class="quiet">No column holds values that the register knows.</p></section>`;
  return markup`<section><h2>What of theirs, and whether it is still current</h2>
${currencyChart(v) ?? markup`<p class="quiet">No value matched.</p>`}
<div class="scroll keep"><table><caption>Rows with a value of each field</caption>
<thead><tr><th scope="col">Field</th><th scope="col" class="n">In the dump</th><th scope="col" class="n">Matched</th><th scope="col" class="n">Still current</th><th scope="col" class="n">Outdated</th><th scope="col">Issued only by us</th></tr></thead>
<tbody>${fields.map(
    (f) =>
      markup`<tr><th scope="row">${fieldPlural(f.field)}</th><td class="n">${count(f.rows)}</td><td class="n">${count(f.matched)}</td><td class="n">${count(f.current)}</td><td class="n">${count(f.stale)}</td><td>${f.exclusive ? 'yes' : 'no'}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function actionSection(v: Verification): Markup {
  const clocks = runningClocks(v);
  return markup`<section><h2>What to do now</h2>
<ol>${nextSteps(v).map((step) => markup`<li>${step}</li>`)}</ol>
${
  clocks.length === 0
    ? null
    : markup`<h3>Legal clocks</h3><p class="quiet">${clocksCaution}</p>
<div class="scroll keep"><table><thead><tr><th scope="col">Where</th><th scope="col">Rule</th><th scope="col">Clock</th><th scope="col">Who must be told</th></tr></thead>
<tbody>${clocks.map((c) => markup`<tr><td class="nowrap">${c.where}</td><td>${c.rule}</td><td class="nowrap"><strong>${c.clock}</strong></td><td>${c.note}</td></tr>`)}</tbody></table></div>`
}</section>`;
}

function fileSection({ file, parts, partsOmitted, failures, failuresOmitted }: Verification): Markup {
  const columns = file.columns.slice(0, MOST_COLUMNS);
  const rejected = Object.entries(file.rejected).filter(([, rows]) => rows > 0);
  return markup`<section><h2>The file</h2>
<div class="scroll"><table><caption>Columns found${file.columns.length > columns.length ? ` (the first ${columns.length} of ${count(file.columns.length)})` : ''}</caption>
<thead><tr><th scope="col" class="n">No.</th><th scope="col">Header</th><th scope="col">Holds</th><th scope="col">Confidence</th><th scope="col">Because</th></tr></thead>
<tbody>${columns.map(
    (c) =>
      markup`<tr><td class="n">${c.index + 1}</td><td class="header"><bdi>${c.name ?? '–'}</bdi></td><td class="nowrap">${c.field === null ? markup`<span class="quiet">${c.kind ?? 'unknown'}</span>` : fieldPlural(c.field)}</td><td class="nowrap">${percent(c.confidence, 1)}${confidenceBar(c.confidence)}</td><td class="quiet">${c.reason}</td></tr>`,
  )}</tbody></table></div>
${
  rejected.length === 0
    ? markup`<p class="quiet">Every row could be read.</p>`
    : markup`<table class="keep narrow"><caption>Rows that could not be read: ${count(file.rejectedRows)} (${percent(file.rejectedRows, file.rejectedRows + file.rows)})</caption>
<thead><tr><th scope="col">Reason</th><th scope="col" class="n">Rows</th></tr></thead><tbody>${rejected.map(([reason, rows]) => markup`<tr><td>${rejection(reason)}</td><td class="n">${count(rows)}</td></tr>`)}</tbody></table>`
}
${failures.length === 0 ? null : failuresTable(failures, failuresOmitted)}
${parts.length < 2 ? null : partsTable(parts, partsOmitted)}</section>`;
}

function failuresTable(failures: Verification['failures'], omitted: number): Markup {
  const shown = failures.slice(0, MOST_PARTS);
  const all = failures.length + omitted;
  return markup`<div class="scroll"><table><caption>Not read, or not to the end: ${count(all)}${all > shown.length ? ` (the first ${MOST_PARTS} are shown)` : ''}</caption>
<thead><tr><th scope="col">File</th><th scope="col">Why</th></tr></thead>
<tbody>${shown.map((f) => markup`<tr><td class="header"><bdi>${f.name}</bdi></td><td>${f.message}</td></tr>`)}</tbody></table></div>`;
}

function partsTable(parts: Verification['parts'], omitted: number): Markup {
  const shown = parts.slice(0, MOST_PARTS);
  const all = parts.length + omitted;
  return markup`<div class="scroll"><table><caption>Tables${all > shown.length ? ` (the first ${MOST_PARTS} of ${count(all)})` : ''}</caption>
<thead><tr><th scope="col">Table</th><th scope="col">Format</th><th scope="col">Encoding</th><th scope="col" class="n">Size</th><th scope="col" class="n">Rows</th><th scope="col" class="n">Matched</th><th scope="col" class="n">Not read</th></tr></thead>
<tbody>${shown.map((p) => markup`<tr><td class="header"><bdi>${p.name}</bdi></td><td>${[p.format, ...p.containers.toReversed()].join(' in ')}</td><td>${p.encoding}</td><td class="n">${bytes(p.bytes)}</td><td class="n">${count(p.rows)}</td><td class="n">${count(p.matchedRows)}</td><td class="n">${count(p.rejectedRows)}</td></tr>`)}</tbody></table></div>`;
}

function controlsSection(v: Verification): Markup {
  const chart = liftChart(v);
  const { fields } = v.controls;
  return markup`<section><h2>Is it more than coincidence?</h2>
<p>For a sample of our customers’ phone and identity numbers the register keeps neighbouring numbers that belong to no customer. A file that was not taken from us has both about alike; the <em>lift</em> is how much more often it has ours. A file with everybody in it still reaches the shaded zone, because many neighbouring numbers are nobody’s. Right of the dashed line, it is no coincidence.</p>
${
  chart === null
    ? markup`<p class="quiet">${fields.length === 0 ? 'The register has no controls for the columns of this dump' : 'The dump has none of the sampled numbers and none of their neighbours'}, so this could not be asked.</p>`
    : markup`${chart}<div class="scroll"><table><thead><tr><th scope="col">Field</th><th scope="col" class="n">Ours, seen</th><th scope="col" class="n">Neighbours, seen</th><th scope="col" class="n">Lift</th><th scope="col" class="n">95% interval</th><th scope="col" class="n">Chance reaches</th></tr></thead><tbody>${fields.map(
        (f) =>
          markup`<tr><th scope="row">${fieldPlural(f.field)}</th><td class="n">${count(f.sampledSeen)} of ${count(f.sampled)}</td><td class="n">${count(f.controlsSeen)} of ${count(f.controls)}</td><td class="n">${f.lift === null ? '–' : times(f.lift)}</td><td class="n">${f.low === null ? '–' : `${times(f.low)} to ${f.high === null ? '∞' : times(f.high)}`}</td><td class="n">${times(f.chance)}</td></tr>`,
      )}</tbody></table></div>`
}</section>`;
}

function samplesSection({ samples, file }: Verification): Markup | null {
  if (samples.length === 0) return null;
  const shown = samples.slice(0, MOST_SAMPLES);
  const width = Math.min(MOST_SAMPLE_COLUMNS, Math.max(...shown.map((sample) => sample.cells.length)));
  const headers = Array.from({ length: width }, (_, i) => {
    const column = file.columns[i];
    return column?.field ? fieldPlural(column.field) : (column?.name ?? `column ${i + 1}`);
  });
  const known = new Set<string>(rowKinds.map(({ kind }) => kind));
  const tag = (kind: string) =>
    known.has(kind)
      ? markup`<span class="tag tag-${kind}">${kind === 'none' ? 'no match' : kind}</span>`
      : markup`${kind}`;
  return markup`<section><h2>Some rows, masked</h2>
<div class="scroll"><table class="samples"><caption>The shape of the values, not the values</caption><thead><tr><th scope="col">Kind</th>${headers.map((h) => markup`<th scope="col"><bdi>${h}</bdi></th>`)}</tr></thead>
<tbody>${shown.map(
    ({ kind, cells }) =>
      markup`<tr><td>${tag(kind)}</td>${headers.map((_, i) => markup`<td class="cell"><bdi>${cells[i] ?? ''}</bdi></td>`)}</tr>`,
  )}</tbody></table></div></section>`;
}

function imprint(v: Verification): Markup {
  const { register, timing } = v;
  const range =
    register.until === null
      ? ''
      : `, ${register.from === null ? 'until' : `${register.from.slice(0, 10)} to`} ${register.until.slice(0, 10)}`;
  return markup`<footer><p>Register: ${counted(register.subjects, 'person', 'people')}, ${counted(register.versions, 'version')}, region ${register.region}${range}. Read in ${duration(timing.seconds)} on ${counted(timing.threads, 'thread')} (${bytes(timing.bytesPerSecond)} per second). Boltseal ${v.version}.</p></footer>`;
}
