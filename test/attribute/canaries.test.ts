import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Check } from 'typebox/value';
import { weighCanaries } from '../../src/attribute/canaries.ts';
import { renderAttributionHtml } from '../../src/attribute/report/html.ts';
import { renderAttributionTerminal } from '../../src/attribute/report/terminal.ts';
import { type Attribution, attributionSchema, type Suspect } from '../../src/contract/attribution.ts';
import { attributionFormat } from '../../src/contract/formats.ts';
import type { Verification } from '../../src/contract/verification.ts';

type Canaries = NonNullable<Verification['canaries']>;

const suspect = (principal: string, named: boolean): Suspect => ({
  principal,
  named,
  explained: 40,
  expected: 4,
  read: 80,
  logLikelihoodRatio: 9,
  logBayesFactor: named ? 20 : 2,
  probability: named ? 0.99 : 0.02,
  active: { from: '2024-02-01T00:00:00Z', to: '2024-02-03T00:00:00Z' },
  evidence: ['explains 40 people of the dump'],
  together: [],
  timeline: [],
});

function attribution(suspects: Suspect[]): Attribution {
  const isNamed = suspects.some(({ named }) => named);
  return {
    format: attributionFormat,
    createdAt: '2024-03-02T00:00:00Z',
    version: '0',
    verification: { id: '00', createdAt: '2024-03-01T00:00:00Z', file: 'dump.csv' },
    suspects,
    canaries: null,
    explained: 40,
    unexplained: 60,
    outside: { probability: isNamed ? 0.01 : 0.8, reasons: [] },
    conclusion: { kind: isNamed ? 'source' : 'undetermined', text: 'The model.', reasons: ['r'], changes: ['c'] },
    subjects: { dump: 100, reachable: 90 },
    disclosures: {
      count: 1000,
      principals: 50,
      from: '2024-01-01T00:00:00Z',
      to: '2024-03-01T00:00:00Z',
      sampledDump: 1,
      sampledOthers: 1,
    },
    method: { hypotheses: 60, falseDiscoveryRate: 0.01, namingThreshold: 11, spread: 0.1 },
    timing: { seconds: 1, readSeconds: 1, threads: 1 },
  };
}

const found = (who: { principal: string } | { scope: string }, probabilityOfAccident = 1e-9) => ({
  ...who,
  found: 3,
  planted: 5,
  madeAt: '2024-01-15T00:00:00Z',
  probabilityOfAccident,
});
const canaries = (recipients: number, ...list: ReturnType<typeof found>[]): Canaries => ({
  found: 3 * list.length,
  planted: 5 * recipients,
  recipients,
  for: list,
});

function weigh(suspects: Suspect[], planted: Canaries): Attribution {
  const weighed = weighCanaries(attribution(suspects), planted);
  assert.ok(Check(attributionSchema, weighed));
  assert.match(renderAttributionTerminal(weighed, { width: 90, color: false }), /Boltseal attribution/);
  assert.match(renderAttributionHtml(weighed), /<!doctype html>/);
  return weighed;
}

const titles = ({ suspects }: Attribution): string[] =>
  suspects.map((one) => `${'group' in one ? `scope ${one.group.value}` : one.principal}${one.named ? '!' : ''}`);

test('whose canaries alone were found comes first and is named, also where the model is silent', () => {
  const weighed = weigh([suspect('a', false)], canaries(20, found({ principal: 'b' })));
  assert.deepEqual(titles(weighed), ['b!', 'a']);
  assert.equal(weighed.conclusion.kind, 'source');
  assert.match(weighed.conclusion.text, /^Canaries point to "b": /);
  const [first] = weighed.suspects;
  assert.match(
    first?.evidence.join('; ') ?? '',
    /3 of the 5 canaries that only "b" .* none of the canaries of the 19 others who have any is in it/,
  );
  assert.ok((first?.probability ?? 0) > 0.99);
  assert.ok(weighed.conclusion.reasons.includes('disclosures alone would name nobody: it is the canaries that do'));
  assert.ok(
    !weighed.conclusion.reasons.includes('r'),
    'what kept the model from naming anybody is no reason for a name',
  );
  assert.ok(weighed.outside.probability < 0.01);
});

test('the model and canaries agree: one suspect, with the evidence of both', () => {
  const weighed = weigh([suspect('a', true), suspect('b', false)], canaries(20, found({ principal: 'b' })));
  assert.deepEqual(titles(weighed), ['b!', 'a!']);
  assert.equal(weighed.conclusion.kind, 'sources');
  const [b] = weighed.suspects;
  const ratio = Math.log(1e6);
  assert.ok(b !== undefined && Math.abs(b.logBayesFactor - 2 - ratio) < 1e-9 && b.explained === 40);
  const odds = (0.02 / 0.98) * 1e6;
  assert.ok(Math.abs(b.probability - odds / (1 + odds)) < 1e-12);
  assert.ok(b.evidence.includes('explains 40 people of the dump'));
});

test('whom canaries alone name explains what the model saw of him', () => {
  const silent = { ...attribution([suspect('b', false)]), explained: 0, unexplained: 100 };
  const weighed = weighCanaries(silent, canaries(20, found({ principal: 'b' })));
  assert.deepEqual([weighed.explained, weighed.unexplained], [40, 60]);
});

test('a scope is a line of its own and outside what is logged', () => {
  const weighed = weigh([suspect('a', false)], canaries(3, found({ scope: 'crm export' })));
  assert.deepEqual(titles(weighed), ['scope crm export!', 'a']);
  assert.equal(weighed.conclusion.kind, 'outside');
  assert.match(renderAttributionHtml(weighed), /where canaries were planted/);
});

test('an accident that is likely names nobody, and canaries of most name none of them', () => {
  const likely = weigh([suspect('a', false)], canaries(20, found({ principal: 'b' }, 0.01)));
  assert.deepEqual(titles(likely), ['b', 'a']);
  assert.equal(likely.conclusion.kind, 'undetermined');
  // One in twenty thousand is rare for one, and twenty were looked at.
  assert.deepEqual(titles(weigh([], canaries(20, found({ principal: 'b' }, 5.1e-5)))), ['b']);
  const [b, c] = [found({ principal: 'b' }), found({ principal: 'c' })];
  const everywhere = weigh([suspect('a', false)], canaries(3, b, c));
  assert.deepEqual(titles(everywhere), ['b', 'c', 'a']);
  assert.match(everywhere.conclusion.reasons[0] ?? '', /2 of 3 who have any/);
  assert.deepEqual(titles(weigh([], canaries(20, b, c))), ['b!', 'c!']);
});

test('canaries of most raise nobody’s probability, and do not point to whom the model names by itself', () => {
  const [b, c] = [found({ principal: 'b' }), found({ principal: 'c' })];
  const everywhere = weigh([suspect('b', true), suspect('c', false)], canaries(3, b, c));
  assert.deepEqual(
    everywhere.suspects.map(({ probability, logBayesFactor }) => [probability, logBayesFactor]),
    [
      [0.99, 20],
      [0.02, 2],
    ],
  );
  assert.deepEqual([everywhere.conclusion.kind, everywhere.conclusion.text], ['source', 'The model.']);
  assert.match(everywhere.conclusion.reasons[0] ?? '', /2 of 3 who have any/);
  // One that may be an accident does not either.
  const likely = weigh([suspect('b', true)], canaries(20, found({ principal: 'b' }, 0.01)));
  assert.equal(likely.conclusion.text, 'The model.');
});

test('without canaries everything is as it was', () => {
  const before = attribution([suspect('a', true)]);
  assert.deepEqual(weighCanaries(before, null), before);
  const none = canaries(3);
  assert.deepEqual(weighCanaries(before, none), { ...before, canaries: none });
});
