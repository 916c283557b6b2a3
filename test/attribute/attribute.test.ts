import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Check } from 'typebox/value';
import { attribute, type VerifiedDump } from '../../src/attribute/attribute.ts';
import type { DumpSubjects } from '../../src/attribute/port.ts';
import { renderAttributionHtml } from '../../src/attribute/report/html.ts';
import { renderAttributionTerminal } from '../../src/attribute/report/terminal.ts';
import { type Attribution, attributionSchema } from '../../src/contract/attribution.ts';
import { anybody, dumpOf, lootOf, mask, randomFrom, START, sample, type World } from './simulate.ts';
import { ledgerOf, smallWorld } from './support.ts';

const world = smallWorld();
const scanner = world.scanners[100]!;

function run(subjects: DumpSubjects, more: Partial<VerifiedDump> = {}, from: World = world): Attribution {
  const dump = {
    id: '0'.repeat(32),
    createdAt: '2026-11-22T10:00:00Z',
    name: 'dump.csv',
    subjects,
    copyShape: null,
    shareOfRegister: 0.1,
    ...more,
  };
  const { principals } = from;
  return attribute({
    version: '0.0.0',
    dump,
    principals,
    ledger: ledgerOf(from),
    threads: 1,
    now: Date.UTC(2026, 10, 22),
  });
}

const random = randomFrom(1);
const loot = sample(lootOf(world, scanner, 0, 90), 40, random);
const found = run(dumpOf([...loot, ...anybody(world, 60, random)]));

describe('the JSON', () => {
  test('is of its schema, with a source and without', () => {
    const outside = run(dumpOf(anybody(world, 2_000, randomFrom(2))));
    const none = run(dumpOf([]));
    for (const one of [found, outside, none]) assert.ok(Check(attributionSchema, JSON.parse(JSON.stringify(one))));
  });

  test('names the source, its time and its evidence', () => {
    const [first] = found.suspects;
    assert.ok(first !== undefined && 'principal' in first);
    assert.equal(first.principal, world.principals[scanner]!.name);
    assert.equal(first.named, true);
    assert.ok(first.explained >= 40 && first.expected < 5);
    assert.ok(Date.parse(first.active.from) >= START * 1000 && first.active.from < first.active.to);
    assert.equal(found.suspects.filter((one) => one.named).length, 1);
    assert.equal(found.explained + found.unexplained, found.subjects.dump);
    assert.equal(found.conclusion.kind, 'source');
    assert.equal(first.timeline.length, 64);
  });

  test('begins with whom most of the dump left through, though one device has the stronger evidence', () => {
    const random = randomFrom(4);
    const infected = world.scanners.filter((one) => world.principals[one]!.attributes.model === 'model-2');
    const few = infected.filter((_, i) => i % 2 === 0).flatMap((one) => sample(lootOf(world, one, 20, 70), 12, random));
    const loud = world.scanners.find((one) => world.principals[one]!.attributes.model !== 'model-2')!;
    const all = run(dumpOf([...few, ...lootOf(world, loud, 0, 90), ...anybody(world, 100, random)]));
    const [first, second] = all.suspects;
    assert.ok(first !== undefined && 'group' in first && first.group.value === 'model-2' && first.named);
    assert.ok(second !== undefined && 'principal' in second && second.named);
    assert.equal(second.principal, world.principals[loud]!.name);
    assert.ok(second.logBayesFactor > first.logBayesFactor, `${second.logBayesFactor} > ${first.logBayesFactor}`);
    assert.equal(all.conclusion.kind, 'group');
  });

  test('says that it is outside, and why', () => {
    const { outside, conclusion } = run(dumpOf(anybody(world, 6_000, randomFrom(3))), {
      copyShape: 'single',
      shareOfRegister: 0.9,
    });
    assert.equal(conclusion.kind, 'outside');
    assert.ok(outside.probability >= 0.9);
    assert.match(
      outside.reasons.join('\n'),
      /nobody explains more[\s\S]*one state of the data[\s\S]*90 % of all customers/,
    );
  });

  test('says so when the dump has a field that nobody got', () => {
    const { conclusion, outside } = run(dumpOf(loot, mask('name', 'phone', 'passwordHash')));
    assert.equal(conclusion.kind, 'outside');
    assert.equal(outside.probability, 1);
    assert.match(outside.reasons[0]!, /passwordHash, which no principal ever got/);
  });

  test('cannot tell from a handful of people, nor without disclosures', () => {
    assert.equal(run(dumpOf(loot.slice(0, 3))).conclusion.kind, 'undetermined');
    const empty = new Uint32Array(0);
    const silent = {
      ...world,
      columns: {
        time: empty,
        principal: empty,
        subject: empty,
        fields: new Uint16Array(0),
        purpose: new Uint16Array(0),
      },
    };
    const ledger = { ...ledgerOf(silent), fromSeconds: Number.POSITIVE_INFINITY, untilSeconds: 0 };
    const dump = { id: '', createdAt: '', name: '', subjects: dumpOf(loot), copyShape: null, shareOfRegister: 0 };
    const nothing = attribute({ version: '', dump, principals: world.principals, ledger, threads: 1, now: 0 });
    assert.equal(nothing.conclusion.kind, 'undetermined');
    assert.match(nothing.conclusion.reasons[0]!, /import access logs/);
    assert.ok(Check(attributionSchema, nothing));
  });
});

describe('the reports', () => {
  const hostile = '<script>alert(1)</script>\u001b[2J"onload=';
  const renamed = {
    ...world,
    principals: world.principals.map((one) => (one.number === scanner ? { ...one, name: hostile } : one)),
  };
  const attribution = run(dumpOf([...loot, ...anybody(world, 60, randomFrom(9))]), { name: `${hostile}.csv` }, renamed);

  test('escape names that come from logs and files', () => {
    const html = renderAttributionHtml(attribution);
    assert.ok(!html.includes('<script') && !html.includes('\u001b'));
    assert.ok(html.includes('&lt;script&gt;'));
    const page = renderAttributionTerminal(attribution, { width: 80, color: false });
    assert.ok(!page.includes('\u001b'));
  });

  test('show ranking, time, suspects and what would change the conclusion, and fetch nothing', () => {
    const html = renderAttributionHtml(found);
    for (const part of [
      'id="ranking-title"',
      'id="timeline-0-title"',
      'What would change the conclusion',
      'By chance',
      'named from',
    ]) {
      assert.ok(html.includes(part), part);
    }
    assert.doesNotMatch(html, /(?:src|href)=|url\(/);
    assert.equal(html, renderAttributionHtml(found));
  });

  test('keep within the width of the terminal', () => {
    for (const width of [60, 100]) {
      for (const line of renderAttributionTerminal(found, { width, color: false }).split('\n'))
        assert.ok(line.length <= width, line);
    }
  });
});
