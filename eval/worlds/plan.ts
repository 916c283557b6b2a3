import type { Resale, TheftKind, TheftPlan } from './theft-kinds.ts';

/** Thefts of one world, each with how many times it is tried at `--trials 1`; what the issue names a target for is tried more often. */
export interface Planned extends TheftPlan {
  readonly weight: number;
  /** One of the measures with a target (targets.ts). */
  readonly measure?: string;
}

const asManyForeign: Resale = { merged: { from: 'other-company', times: 1, overlap: 0.3 } };

/** One infected scanner. */
function scanner(rowsEach: number, days = 120): TheftKind {
  return { kind: 'scanners', devices: 1, rowsEach, days, via: 'nothing' };
}

function fleetOf(devices: number, rowsEach: number, via: 'build' | 'partner' = 'build'): TheftKind {
  return { kind: 'scanners', devices, rowsEach, days: 60, via };
}

function insider(reads: number, pace: 'slow' | 'fast', people = 1, sold = 1 / 3): TheftKind {
  return { kind: 'insiders', people, reads, pace, sold };
}

function table(
  rows: number | null,
  scope: Extract<TheftKind, { kind: 'table' }>['scope'] = 'all',
  backupDays = 0,
): TheftKind {
  return { kind: 'table', rows, scope, backupDays };
}

function outside(rows: number, overlap: number, people: 'uniform' | 'popular' | 'city' | 'station'): TheftKind {
  return { kind: 'outside', rows, overlap, people };
}

/** The thefts of a world with disclosures. */
export const attributionPlan: readonly Planned[] = [
  {
    label: 'scanner 1 × 200, as many foreign',
    theft: scanner(200),
    resale: asManyForeign,
    weight: 4,
    measure: 'scanner',
  },
  {
    label: 'scanner 1 × 200, as many foreign, all of them customers',
    theft: scanner(200),
    resale: { merged: { from: 'other-company', times: 1, overlap: 1 } },
    weight: 1,
  },
  {
    label: 'scanner 1 × 200, as many of an older leak',
    theft: scanner(200),
    resale: { merged: { from: 'older-leak', times: 1 } },
    weight: 1,
  },
  {
    label: 'scanner 1 × 200, retyped, mistyped, stale',
    theft: scanner(200),
    resale: { ...asManyForeign, retyped: 0.5, mistyped: 0.1, stale: 0.2, dropped: ['address'] },
    weight: 1,
  },
  { label: 'scanner 1 × 60', theft: scanner(60, 60), resale: asManyForeign, weight: 1 },
  { label: 'scanner 1 × 20', theft: scanner(20, 60), resale: asManyForeign, weight: 1 },
  { label: 'scanners 40 × 20, a build', theft: fleetOf(40, 20), resale: asManyForeign, weight: 2, measure: 'build' },
  { label: 'scanners 10 × 20, a build', theft: fleetOf(10, 20), resale: asManyForeign, weight: 1 },
  { label: 'scanners 200 × 20, a build', theft: fleetOf(200, 20), resale: asManyForeign, weight: 1 },
  { label: 'scanners 40 × 5, a build', theft: fleetOf(40, 5), resale: asManyForeign, weight: 1 },
  { label: 'scanners 30 × 20, a partner', theft: fleetOf(30, 20, 'partner'), resale: asManyForeign, weight: 1 },
  { label: 'insider 9000 slow, a third', theft: insider(9000, 'slow'), weight: 2, measure: 'insider' },
  {
    label: 'insider 9000 slow, a tenth, as many foreign',
    theft: insider(9000, 'slow', 1, 0.1),
    resale: asManyForeign,
    weight: 1,
  },
  { label: 'insider 3000 slow, a third', theft: insider(3000, 'slow'), weight: 1 },
  { label: 'insider 1000 slow, a third', theft: insider(1000, 'slow'), weight: 1 },
  { label: 'insider 300 slow, a third', theft: insider(300, 'slow'), weight: 1 },
  { label: 'insider 3000 fast, a third', theft: insider(3000, 'fast'), weight: 1 },
  { label: 'insider 300 fast, all', theft: insider(300, 'fast', 1, 1), weight: 1 },
  { label: 'insiders 3 × 3000 slow, a third', theft: insider(3000, 'slow', 3), weight: 1 },
  { label: 'web hole, 3000', theft: { kind: 'web-hole', rows: 3000 }, weight: 1 },
  { label: 'export, 5000', theft: { kind: 'export', rows: 5000 }, weight: 1 },
  { label: 'outside, uniform', theft: outside(3000, 0.3, 'uniform'), weight: 2, measure: 'innocent' },
  { label: 'outside, popular', theft: outside(3000, 0.3, 'popular'), weight: 2, measure: 'innocent' },
  { label: 'outside, all of them customers', theft: outside(3000, 1, 'popular'), weight: 2, measure: 'innocent' },
  { label: 'outside, a city', theft: outside(3000, 0.3, 'city'), weight: 2, measure: 'innocent' },
  { label: 'outside, one neighbourhood', theft: outside(300, 0.3, 'station'), weight: 2, measure: 'neighbours' },
  { label: 'table, 3000', theft: table(3000), weight: 2, measure: 'innocent' },
  { label: 'table, all', theft: table(null), weight: 1, measure: 'innocent' },
  { label: 'table, one city', theft: table(3000, 'city'), weight: 2, measure: 'innocent' },
  { label: 'table, customers with parcels', theft: table(3000, 'active'), weight: 2, measure: 'innocent' },
  {
    label: 'table, resold: a part, stale, retyped, merged',
    theft: table(10_000),
    resale: {
      part: 0.3,
      stale: 0.1,
      retyped: 0.5,
      mistyped: 0.02,
      dropped: ['customer_id'],
      merged: { from: 'older-leak', times: 0.5 },
    },
    weight: 2,
    measure: 'innocent',
  },
  { label: 'backup of a year ago, 3000', theft: table(3000, 'all', 365), weight: 1, measure: 'innocent' },
  { label: 'table, one neighbourhood', theft: table(null, 'station'), weight: 2, measure: 'neighbours' },
  {
    label: 'table, one neighbourhood, a third, and an older leak',
    theft: table(null, 'station'),
    resale: { part: 0.3, merged: { from: 'older-leak', times: 1 }, dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'neighbours',
  },
  {
    label: 'table, one neighbourhood, labels only',
    theft: table(null, 'station'),
    resale: { part: 0.5, dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'neighbours',
  },
  {
    label: "table, one partner's customers, labels only",
    theft: table(null, 'partner'),
    resale: { part: 0.5, dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'neighbours',
  },
  {
    label: 'table, one city, labels only',
    theft: table(3000, 'city'),
    resale: { dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'innocent',
  },
  {
    label: 'table, customers of a month, labels only',
    theft: table(3000, 'active'),
    resale: { dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'innocent',
  },
  {
    label: 'table, customers of a week, labels only',
    theft: table(1000, 'week'),
    resale: { dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'innocent',
  },
  {
    label: 'table, 1000, labels only, and an older leak',
    theft: table(1000),
    resale: { dropped: ['customer_id', 'email'], merged: { from: 'older-leak', times: 1 } },
    weight: 2,
    measure: 'innocent',
  },
  {
    label: "table, one shop's customers, labels only",
    theft: table(null, 'shop'),
    resale: { part: 0.5, dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'shop',
  },
  {
    label: "table, thirty of one shop's customers, labels only",
    theft: table(30, 'shop'),
    resale: { dropped: ['customer_id', 'email'] },
    weight: 2,
    measure: 'shop',
  },
];

/** The thefts of a world with thousands of sign-ups a day: what the copy window is measured on. */
export const datingPlan: readonly Planned[] = [
  { label: 'table, 100000', theft: table(100_000), weight: 2, measure: 'dating' },
  {
    label: 'table, 100000, a twentieth stale',
    theft: table(100_000),
    resale: { stale: 0.05, dropped: ['customer_id'] },
    weight: 1,
  },
  { label: 'table, 10000', theft: table(10_000), weight: 1 },
  { label: 'table, 1000', theft: table(1000), weight: 1 },
  { label: 'backup of 60 days ago, 100000', theft: table(100_000, 'all', 60), weight: 1 },
  {
    label: 'table, 100000, and half as many of an older leak',
    theft: table(100_000),
    resale: { merged: { from: 'older-leak', times: 0.5 } },
    weight: 1,
  },
];
