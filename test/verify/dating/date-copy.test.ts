import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyFindings, type CopyWindow, dateCopy } from '../../../src/verify/dating/date-copy.ts';
import { Company, DAY } from './simulated.ts';

const holds = (window: CopyWindow | undefined, seconds: number): boolean =>
  window !== undefined && window.fromSeconds <= seconds && seconds <= window.toSeconds;
const daysOff = (findings: CopyFindings, seconds: number, at = 0): number =>
  Math.abs(findings.windows[at]!.bestSeconds - seconds) / DAY;
const show = ({ shape, windows, ...rest }: CopyFindings): string =>
  JSON.stringify({ shape, windows, informative: rest.informative, staleShare: rest.staleShare });

test('one copy: the window holds the time, and in all but one of twelve companies at least', () => {
  let held = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const company = new Company({ seed, accounts: 1000, days: 1000, changesPerYear: 0.3 });
    const time = company.day(100 + company.chance() * 800);
    const findings = dateCopy(company.evidence(company.copy(500, () => time)));
    assert.equal(findings.shape, 'single', show(findings));
    assert.ok(findings.windows[0]!.toSeconds - findings.windows[0]!.fromSeconds < 10 * DAY, show(findings));
    if (holds(findings.windows[0], time)) held++;
  }
  assert.ok(held >= 11, `${held} of 12`);
});

test('a canary of a moment within the window cuts off what is before it; one of a later time than the register leaves the end open', () => {
  const company = new Company({ seed: 61, accounts: 1000, days: 1000, changesPerYear: 0.3 });
  const time = company.day(500);
  const evidence = company.evidence(company.copy(60, () => time));
  const plain = dateCopy(evidence);
  const [window] = plain.windows;
  assert.ok(window !== undefined && holds(window, time), show(plain));
  // Between the beginning of the window and the truth.
  const seconds = Math.floor((window.fromSeconds + time) / 2);
  const bounded = dateCopy(evidence, [{ seconds, logChance: Math.log(1e-6) }]);
  assert.ok(bounded.windows[0]!.fromSeconds > window.fromSeconds, show(bounded));
  assert.ok(bounded.windows[0]!.fromSeconds >= seconds - 2 * evidence.axis.binSeconds, show(bounded));
  assert.ok(holds(bounded.windows[0], time), show(bounded));
  const accident = dateCopy(evidence, [{ seconds, logChance: Math.log(0.9) }]);
  assert.ok(accident.windows[0]!.fromSeconds < seconds, show(accident));
  const later = dateCopy(evidence, [{ seconds: company.end + DAY, logChance: Math.log(1e-6) }]);
  assert.deepEqual({ ...later, openEnd: false }, { ...plain, openEnd: false });
  assert.equal(later.openEnd, true);
});

test('of two copies the later one has the canary', () => {
  const company = new Company({ seed: 41, accounts: 4000, days: 1000, changesPerYear: 0.3 });
  const [old, recent] = [company.day(300), company.day(800)];
  const evidence = company.evidence(company.copy(1200, () => (company.chance() < 1 / 3 ? old : recent)));
  const plain = dateCopy(evidence);
  const seconds = Math.floor((plain.windows[1]!.fromSeconds + recent) / 2);
  const bounded = dateCopy(evidence, [{ seconds, logChance: Math.log(1e-6) }]);
  assert.deepEqual(bounded.windows[0], plain.windows[0]);
  assert.ok(
    bounded.windows[1]!.fromSeconds > plain.windows[1]!.fromSeconds && holds(bounded.windows[1], recent),
    show(bounded),
  );
});

test('one copy with a fifth of stale rows', () => {
  const company = new Company({ seed: 31, accounts: 4000, days: 1000, changesPerYear: 0.5 });
  const time = company.day(600);
  const findings = dateCopy(
    company.evidence(company.copy(1000, () => (company.chance() < 0.2 ? company.day(company.chance() * 1000) : time))),
  );
  assert.equal(findings.shape, 'single', show(findings));
  assert.ok(daysOff(findings, time) < 3, show(findings));
  assert.ok(findings.staleShare > 0.1 && findings.staleShare < 0.25, show(findings));
});

test('two copies of different times, a third of the rows from the older', () => {
  const company = new Company({ seed: 41, accounts: 4000, days: 1000, changesPerYear: 0.3 });
  const [old, recent] = [company.day(300), company.day(800)];
  const findings = dateCopy(company.evidence(company.copy(1200, () => (company.chance() < 1 / 3 ? old : recent))));
  assert.equal(findings.shape, 'merged', show(findings));
  assert.equal(findings.windows.length, 2, show(findings));
  assert.ok(holds(findings.windows[0], old) && holds(findings.windows[1], recent), show(findings));
  assert.ok(Math.abs(findings.windows[0]!.share - 1 / 3) < 0.07, show(findings));
});

test('the same people copied twice: two versions of one value are two rows', () => {
  const company = new Company({ seed: 43, accounts: 600, days: 1000, changesPerYear: 0.3, olderShare: 1 });
  const [old, recent] = [company.day(400), company.day(700)];
  const findings = dateCopy(company.evidence(company.copyAll(old), company.copyAll(recent)));
  assert.equal(findings.shape, 'merged', show(findings));
  assert.ok(daysOff(findings, old) < 5 && daysOff(findings, recent, 1) < 5, show(findings));
});

test('skimming over half a year, with its beginning and end', () => {
  const company = new Company({ seed: 51, accounts: 6000, days: 1000, changesPerYear: 0.5 });
  const [began, ended] = [company.day(500), company.day(680)];
  const findings = dateCopy(company.evidence(company.copy(2000, () => began + company.chance() * (ended - began))));
  assert.equal(findings.shape, 'skimmed', show(findings));
  assert.ok(holds(findings.windows[0], began) && holds(findings.windows[0], ended), show(findings));
  assert.ok(Math.abs(findings.edges!.began.bestSeconds - began) < 25 * DAY, show(findings));
  assert.ok(Math.abs(findings.edges!.ended.bestSeconds - ended) < 25 * DAY, show(findings));
});

test('skimming while customers stream in: those found who came late do not make its end late, nor its beginning', () => {
  const wrong: string[] = [];
  for (let seed = 52; seed < 57; seed++) {
    const company = new Company({ seed, accounts: 6000, days: 1000, changesPerYear: 0.3, olderShare: 0.1 });
    const [began, ended] = [company.day(350), company.day(600)];
    const findings = dateCopy(company.evidence(company.copy(1000, () => began + company.chance() * (ended - began))));
    assert.equal(findings.shape, 'skimmed', show(findings));
    if (!holds(findings.edges!.began, began)) wrong.push(`${seed} began ${show(findings)}`);
    if (!holds(findings.edges!.ended, ended)) wrong.push(`${seed} ended ${show(findings)}`);
  }
  assert.ok(wrong.length <= 1, wrong.join('\n'));
});

test('where skimming is likelier than one copy, and not by enough to be called so, it is unknown, and the window is not that of one copy', () => {
  const company = new Company({ seed: 86, accounts: 3000, days: 1000, changesPerYear: 0.3 });
  const [began, ended] = [company.day(500), company.day(560)];
  const findings = dateCopy(company.evidence(company.copy(200, () => began + company.chance() * (ended - began))));
  assert.equal(findings.shape, 'unknown', show(findings));
  // Of one copy it would be two days.
  assert.ok(findings.windows[0]!.toSeconds - findings.windows[0]!.fromSeconds > 15 * DAY, show(findings));
});

test('a register of monthly snapshots dates within the month, because some of its changes had happened', () => {
  const errors: number[] = [];
  for (let seed = 61; seed < 64; seed++) {
    const company = new Company({ seed, accounts: 6000, days: 900, changesPerYear: 0.5, snapshotEveryDays: 30 });
    const time = company.day(400 + company.chance() * 300);
    const findings = dateCopy(company.evidence(company.copy(3000, () => time)));
    assert.equal(findings.shape, 'single', show(findings));
    errors.push(daysOff(findings, time));
  }
  assert.ok(errors.sort((a, b) => a - b)[1]! < 3, errors.join(' '));
});

test('daily sign-ups date a table copy to the hour', () => {
  const company = new Company({
    seed: 71,
    accounts: 24_000,
    days: 200,
    changesPerYear: 0.05,
    olderShare: 0.2,
    snapshotEveryDays: 30,
    knowsCreated: true,
  });
  const time = company.day(120) + 40_000;
  const findings = dateCopy(company.evidence(company.copyAll(time)));
  assert.equal(findings.shape, 'single', show(findings));
  assert.ok(holds(findings.windows[0], time), show(findings));
  assert.ok(daysOff(findings, time) * 24 < 1, show(findings));
});

test('thousands of sign-ups a day and no other change: most of the time left open lies after them', () => {
  const company = new Company({
    seed: 73,
    accounts: 60_000,
    days: 30,
    changesPerYear: 1e-6,
    olderShare: 0.1,
    knowsCreated: true,
  });
  const time = company.day(8) + 1000;
  const findings = dateCopy(company.evidence(company.copyAll(time)));
  assert.equal(findings.shape, 'single', show(findings));
  assert.ok(holds(findings.windows[0], time), show(findings));
  assert.ok(daysOff(findings, time) * 24 < 0.2, show(findings));
});

test('a region whose accounts came in batches: what it lacks does not date it', () => {
  const company = new Company({
    seed: 79,
    accounts: 6000,
    days: 1000,
    changesPerYear: 0.1,
    olderShare: 0.2,
    knowsCreated: true,
  });
  const isOfRegion = (created: number): boolean => Math.floor((created - company.start) / (14 * DAY)) % 2 === 0;
  const time = company.day(14 * 41 + 9);
  const findings = dateCopy(company.evidence(company.copyAll(time, isOfRegion)));
  assert.equal(findings.shape, 'single', show(findings));
  assert.ok(holds(findings.windows[0], time), show(findings));
});

test('who is missing dates a copy between two snapshots, half of them or all', () => {
  for (const rows of [1500, 100_000]) {
    const company = new Company({
      seed: 77,
      accounts: 6000,
      days: 300,
      changesPerYear: 1e-6,
      olderShare: 0.4,
      snapshotEveryDays: 30,
    });
    const time = company.day(130);
    const dump = rows > 6000 ? company.copyAll(time) : company.copy(rows, () => time);
    const findings = dateCopy(company.evidence(dump));
    assert.equal(findings.shape, 'single', show(findings));
    assert.ok(holds(findings.windows[0], time), show(findings));
    assert.ok(daysOff(findings, time) < 7, show(findings));
  }
});

test('where nothing changes, it says that it cannot tell', () => {
  const company = new Company({ seed: 81, accounts: 3000, days: 900, changesPerYear: 0.0005, olderShare: 1 });
  const findings = dateCopy(company.evidence(company.copy(800, () => company.day(500))));
  assert.equal(findings.shape, 'unknown', show(findings));
  assert.ok(holds(findings.windows[0], company.day(500)), show(findings));
});

test('a dump without anybody has no window', () => {
  const company = new Company({ seed: 91, accounts: 100, days: 900, changesPerYear: 1 });
  const findings = dateCopy(company.evidence());
  assert.deepEqual([findings.shape, findings.windows], ['unknown', []]);
});

test('where no row contradicts the window, none is said to be of another time', () => {
  const company = new Company({ seed: 91, accounts: 3000, days: 400, changesPerYear: 0 });
  const findings = dateCopy(company.evidence(company.copy(1000, () => company.day(390))));
  assert.equal(findings.staleShare, 0, show(findings));
});
