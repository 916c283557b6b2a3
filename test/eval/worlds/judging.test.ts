import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttributionFound, SuspectFound } from '../../../eval/worlds/found.ts';
import { makeGuiltModel } from '../../../eval/worlds/guilt-2011.ts';
import { phoneText } from '../../../eval/worlds/people.ts';
import { scoreAttribution, scoreCopy } from '../../../eval/worlds/score.ts';
import { calibrate, judgeTargets, summarise } from '../../../eval/worlds/summary.ts';
import type { Truth } from '../../../eval/worlds/theft-kinds.ts';
import type { Trial } from '../../../eval/worlds/trials.ts';
import { median, upperBound, wilson } from '../../../eval/worlds/wilson.ts';
import { makeMini } from './mini.ts';

const truth: Truth = {
  format: 'boltseal-world-truth-1',
  world: 'w',
  label: 'test',
  seed: 1,
  kind: 'scanners',
  principals: ['pda-1', 'pda-2'],
  twins: ['gun-9'],
  group: { attribute: 'build', value: '4.2' },
  outside: false,
  active: { from: '2026-01-01T00:00:00Z', to: '2026-01-11T00:00:00Z' },
  copy: { shape: 'skimmed', at: [] },
  rows: { stolen: 10, foreign: 0 },
};
const one = (principal: string, named: boolean, more: Partial<SuspectFound> = {}): SuspectFound => ({
  principal,
  named,
  ...more,
});
const group = (attribute: string, value: string, named: boolean, principals: string[] | number = []): SuspectFound => ({
  group: { attribute, value, principals },
  named,
});
const judge = (suspects: SuspectFound[], of = truth) =>
  scoreAttribution({ suspects, conclusion: 'source' } as AttributionFound, of);

test("Wilson's interval: published values and the ends", () => {
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  for (const [hits, trials, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const [from, to] = wilson(hits, trials);
    assert.ok(Math.abs(from - low) < 0.0001 && Math.abs(to - high) < 0.0001, `${hits}/${trials}: ${from} ${to}`);
  }
  assert.deepEqual(wilson(0, 0), [0, 1]);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([]), null);
});

test("Clopper and Pearson's bound: the rule of three, and a published value", () => {
  assert.ok(Math.abs(upperBound(0, 300) - (1 - 0.05 ** (1 / 300))) < 1e-12);
  // Two of ten, one-sided 95 %: quantile of Beta(3, 8).
  assert.ok(Math.abs(upperBound(2, 10) - 0.5069) < 5e-5, String(upperBound(2, 10)));
  assert.equal(upperBound(4, 4), 1);
});

test('the first right suspect counts, and who cannot be told from the source is right', () => {
  assert.equal(judge([one('x', false), one('pda-2', true)]).rank, 2);
  assert.equal(judge([one('gun-9', true)]).rank, 1);
  assert.equal(judge([one('x', false)]).rank, null);
  assert.equal(judge([one('pda-1', false)]).named, false);
  assert.equal(judge([one('pda-1', true)]).recall, 0.5);
});

test('who is named together with the source is right with it, as long as they are few', () => {
  assert.equal(judge([one('x', true, { together: ['pda-1'] })]).falseNames, 0);
  assert.equal(judge([one('pda-1', true, { together: ['x', 'y', 'z'] })]).falseNames, 1);
  assert.equal(judge([one('pda-1', true, { together: ['pda-1', 'pda-2'] })]).recall, 1);
});

test('stated probabilities are put together by steps', () => {
  const steps = calibrate([
    { probability: 1, right: true },
    { probability: 0.995, right: false },
    { probability: 0.5, right: true },
  ]);
  assert.deepEqual(
    steps.map(({ from, said, right }) => [from, said, right.hits]),
    [
      [0.5, 1, 1],
      [0.99, 2, 1],
    ],
  );
});

test('wrong names are counted, others are not', () => {
  assert.equal(
    judge([one('pda-1', true), one('x', true), one('y', false), group('model', 'N7', true, ['a', 'b'])]).falseNames,
    2,
  );
  const innocent: Truth = { ...truth, principals: [], twins: [], group: null, outside: true, active: null };
  assert.equal(judge([one('x', true)], innocent).falseNames, 1);
  assert.equal(judge([group('build', '4.2', true, 40)], innocent).falseNames, 1);
  assert.equal(judge([], innocent).falseNames, 0);
});

test('the true group is found among suspects; a group of true sources is right as well', () => {
  const found = judge([group('model', 'N7', false, 100), group('build', '4.2', true, ['pda-1', 'pda-2', 'z'])]);
  assert.deepEqual(found.group, { rank: 2, named: true });
  assert.equal(found.firstIsGroup, false);
  assert.equal(found.recall, 1);
  assert.equal(judge([group('build', '4.2', true, 40)]).firstIsGroup, true);
  assert.equal(judge([group('station', 's', true, ['pda-1', 'gun-9'])]).falseNames, 0);
  assert.equal(judge([group('station', 's', true, ['pda-1', 'z'])]).falseNames, 1);
});

test('active periods are compared by overlap over union', () => {
  const active = { from: '2026-01-06T00:00:00Z', to: '2026-01-16T00:00:00Z' };
  assert.equal(judge([one('pda-1', true, { active })]).activeOverlap, 5 / 15);
});

test('a copy window is judged by its main window, for true copies only', () => {
  const copied: Truth = {
    ...truth,
    principals: [],
    outside: true,
    copy: { shape: 'single', at: ['2026-03-01T12:00:00Z'] },
  };
  const window = (from: string, to: string, best: string, share: number) => ({
    from,
    to,
    best,
    probability: 0.95,
    share,
  });
  const windows = [
    window('2025-01-01T00:00:00Z', '2025-02-01T00:00:00Z', '2025-01-05T00:00:00Z', 0.2),
    window('2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', '2026-03-01T10:30:00Z', 0.8),
  ];
  const found = { verdict: { kind: 'ours' }, rows: { matched: 1, strong: 1 }, copy: { shape: 'merged', windows } };
  assert.deepEqual(scoreCopy(found, copied)?.single, { covered: true, widthHours: 24, errorHours: 1.5 });
  assert.equal(scoreCopy(found, truth)?.single, null);
  assert.equal(scoreCopy({ ...found, copy: null }, copied), null);
});

test('targets: missed, reached, not measured', () => {
  const trial = (measure: string, rank: number | null, falseNames: number): Trial => ({
    label: measure,
    measure,
    world: 'w',
    seed: 1,
    rows: { stolen: 1, foreign: 0 },
    outside: measure === 'innocent',
    verdict: 'ours',
    attribution: { ...judge([one('pda-1', true)]), rank, falseNames },
    copy: null,
    baseline: null,
    seconds: { verify: 1, attribute: 1 },
    failure: null,
    agrees: null,
  });
  const trials = [
    trial('scanner', 1, 0),
    trial('insider', 2, 0),
    trial('innocent', null, 1),
    trial('innocent', null, 0),
  ];
  assert.deepEqual(
    judgeTargets(trials).map(({ reached }) => reached),
    [true, true, null, false, false, null, null, null, null],
  );
  const [scanner, , innocent] = summarise(trials);
  assert.equal(scanner?.rankedFirst?.hits, 1);
  assert.equal(innocent?.rankedFirst, null);
  assert.deepEqual([innocent?.wrongName?.hits, innocent?.wrongName?.trials], [1, 2]);
});

test('the guilt model gives what its formula gives', () => {
  const { base } = makeMini();
  const guilt = makeGuiltModel(base);
  const holders = new Map<number, Set<number>>();
  for (let i = 0; i < base.columns.count; i++) {
    const subject = base.columns.subject[i] as number;
    holders.set(subject, (holders.get(subject) ?? new Set()).add(base.columns.principal[i] as number));
  }
  const subjects = [...holders.keys()].sort((a, b) => a - b).slice(100, 110);
  const innocence = base.fleet.principals.map((_, principal) =>
    subjects.reduce((product, subject) => {
      const given = holders.get(subject) as Set<number>;
      return given.has(principal) ? product * (1 - 0.5 / given.size) : product;
    }, 1),
  );
  const phones = subjects.map((subject) =>
    phoneText(base.people.phone[base.people.firstVersion[subject] as number] as number),
  );
  const csv = `name,phone\n${phones.map((phone) => `x,+86 ${phone}`).join('\n')}\n`;
  for (const principal of [0, 30, 75, base.fleet.services['svc-label']]) {
    const own = innocence[principal] as number;
    const better = innocence.filter((other) => other < own - 1e-12).length;
    const same = innocence.filter((other) => Math.abs(other - own) <= 1e-12).length - 1;
    const result = guilt(csv, { ...truth, principals: [base.fleet.principals[principal]?.principal ?? ''], twins: [] });
    assert.ok(
      Math.abs((result.rank as number) - (1 + better + same / 2)) <= same / 2 + 1e-9,
      `${principal}: ${result.rank}`,
    );
    assert.equal(result.named, 1 - own >= 0.99);
    assert.equal(result.falseNames, innocence.filter((other, n) => n !== principal && 1 - other >= 0.99).length);
  }
});
