import type { Attribution, Suspect } from '../../contract/attribution.ts';
import { type Markup, markup } from '../../report/markup.ts';
import { styleSheet } from '../../report/style.ts';
import { rankingChart, timelineChart } from './charts.ts';
import {
  chance,
  conclusionColours,
  expectation,
  headlines,
  kindOf,
  limits,
  method,
  minute,
  people,
  scopeSentence,
  titleOf,
} from './words.ts';

const MOST_SUSPECTS = 30;
const MOST_TIMELINES = 6;
const MOST_MEMBERS = 60;

/** The attribution as one HTML file that needs nothing else, in the style of the verification's report. Everything from outside is escaped. Pure: the same attribution gives the same bytes. */
export function renderAttributionHtml(a: Attribution): string {
  const { kind, text } = headlines[a.conclusion.kind];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Through whom: ${a.verification.file}</title>
${styleSheet}
</head>
<body>
<main style="--verdict:var(--${conclusionColours[a.conclusion.kind]})">
<header>
<div class="top"><span>Boltseal attribution</span><span>${minute(a.createdAt)}</span></div>
<div class="verdict"><span class="kind">${kind}</span>
<h1>${text}</h1>
<p class="lead">${a.conclusion.text}</p>
<p class="file quiet small"><bdi>${a.verification.file}</bdi> · ${scopeSentence(a)}</p></div>
${figures(a)}
</header>
<section><h2>Why</h2><ol>${a.conclusion.reasons.map((reason) => markup`<li>${reason}</li>`)}</ol></section>
${[rankingSection(a), timelineSection(a), suspectsSection(a), outsideSection(a)]}
<section><h2>What would change the conclusion</h2><ul>${a.conclusion.changes.map((change) => markup`<li>${change}</li>`)}</ul></section>
<section><h2>How this was found</h2><ul>${method.map((line) => markup`<li>${line}</li>`)}</ul>
<h3>Limits</h3><ul>${limits.map((line) => markup`<li>${line}</li>`)}</ul></section>
<footer>Boltseal ${a.version} · ${a.method.hypotheses} principals and groups tried · spread of innocent principals ${a.method.spread} · verification ${a.verification.id}</footer>
</main>
</body>
</html>
`.source;
}

function figures(a: Attribution): Markup {
  const named = a.suspects.filter((one) => one.named).length;
  return markup`<dl class="figures">
${figure('Named', String(named), `of ${a.method.hypotheses} principals and groups tried`)}
${figure('Explained', people(a.explained), `of ${people(a.subjects.dump)} in the dump`)}
${figure('Could be explained', people(a.subjects.reachable), 'read by anybody, with these fields and values')}
${figure('Nobody here', chance(a.outside.probability), 'that no principal of the disclosures is a source')}
</dl>`;
}

function figure(name: string, value: string, note: string): Markup {
  return markup`<div class="figure"><dt>${name}</dt><dd><b>${value}</b><span>${note}</span></dd></div>`;
}

function rankingSection(a: Attribution): Markup {
  return markup`<section class="keep"><h2>The evidence</h2>
${rankingChart(a) ?? markup`<p class="quiet">Nobody explains more of the dump than chance does.</p>`}
<p class="quiet small">Natural logarithm of the Bayes factor, drawn by its square root, and the probability that this is a source, given those above it.</p></section>`;
}

function timelineSection({ suspects }: Attribution): Markup | null {
  const shown = suspects.filter((one, i) => one.named || i === 0).slice(0, MOST_TIMELINES);
  if (shown.length === 0) return null;
  return markup`<section><h2>Overlap over time</h2>${shown.map((one, i) => markup`<div class="keep"><h3>${titleOf(one)}</h3>${timelineChart(one, i)}</div>`)}</section>`;
}

function suspectsSection({ suspects }: Attribution): Markup | null {
  if (suspects.length === 0) return null;
  const shown = suspects.slice(0, MOST_SUSPECTS);
  return markup`<section><h2>Suspects</h2><div class="scroll"><table><caption>Best first; only those named are accused by the evidence</caption>
<thead><tr><th scope="col">Suspect</th><th scope="col">Named</th><th scope="col" class="n">Explained</th><th scope="col" class="n">By chance</th><th scope="col" class="n">Read</th><th scope="col" class="n">Probability</th><th scope="col">Active (UTC)</th></tr></thead>
<tbody>${shown.map(
    (one) =>
      markup`<tr><th scope="row" class="header">${titleOf(one)}<br><span class="quiet small">${kindOf(one)}</span></th><td>${one.named ? 'yes' : 'no'}</td><td class="n">${one.explained}</td><td class="n">${expectation(one.expected)}</td><td class="n">${one.read}</td><td class="n">${chance(one.probability)}</td><td class="nowrap">${minute(one.active.from)}<br>${minute(one.active.to)}</td></tr>`,
  )}</tbody></table></div>
${shown.filter((one) => one.named).map(details)}</section>`;
}

function details(one: Suspect): Markup {
  const members = 'group' in one ? one.group.principals : [];
  const more = members.length > MOST_MEMBERS ? ` and ${members.length - MOST_MEMBERS} more` : '';
  return markup`<div class="keep"><h3>${titleOf(one)}</h3><ul>${one.evidence.map((line) => markup`<li>${line}</li>`)}</ul>${
    members.length === 0
      ? null
      : markup`<p class="small quiet">Members: ${members.slice(0, MOST_MEMBERS).join(', ')}${more}</p>`
  }</div>`;
}

function outsideSection({ outside }: Attribution): Markup {
  return markup`<section class="keep"><h2>Somebody or something that is not logged</h2>
<p>That no principal of these disclosures is a source: ${chance(outside.probability)}.</p>
${outside.reasons.length === 0 ? markup`<p class="quiet">Nothing points to a copy of the database, a backup or another way.</p>` : markup`<ul>${outside.reasons.map((reason) => markup`<li>${reason}</li>`)}</ul>`}</section>`;
}
