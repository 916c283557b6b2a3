import { verificationFormat } from '../../src/contract/formats.ts';
import type { Verification } from '../../src/contract/verification.ts';
import type { FieldName } from '../../src/core/fields/field.ts';
import { lift } from '../../src/verify/controls.ts';
import type { ControlFindings, FieldFindings, Findings } from '../../src/verify/findings.ts';
import { headcount, reachThresholds } from '../../src/verify/headcount.ts';
import { conclude } from '../../src/verify/verdict.ts';

/** What a test says about a dump; everything else follows. */
export interface Situation {
  readonly read?: number;
  readonly rejected?: number;
  readonly identifiable?: number;
  readonly multiple?: number;
  readonly strong?: number;
  readonly weak?: number;
  readonly chimera?: number;
  readonly registered?: number;
  readonly touched?: number;
  readonly strongSubjects?: number;
  /** field: [rows, matched, stale]. */
  readonly fields?: Partial<Record<FieldName, readonly [rows: number, matched: number, stale?: number]>>;
  /** field: [sampled, sampledSeen, controls, controlsSeen]. */
  readonly controls?: Partial<Record<FieldName, readonly [number, number, number, number]>>;
  readonly byMonth?: Findings['subjects']['byMonth'];
}

const exclusive: ReadonlySet<string> = new Set(['customerId', 'trackingNumber', 'username']);

export function findingsOf(situation: Situation): Findings {
  const { read = 1000, strong = 0, weak = 0, chimera = 0, registered = 200_000 } = situation;
  const matched = strong + weak + chimera;
  const identifiable = situation.identifiable ?? read;
  return {
    rows: {
      read,
      rejected: new Map(situation.rejected ? [['too-many-cells', situation.rejected] as const] : []),
      identifiable,
      multiple: situation.multiple ?? identifiable,
      matched,
      strong,
      weak,
      chimera,
      distinct: read,
      distinctError: 0,
    },
    fields: new Map(
      Object.entries(situation.fields ?? {}).map(([field, [rows, matchedRows, stale = 0]]) => [
        field as FieldName,
        {
          exclusive: exclusive.has(field),
          rows,
          matched: matchedRows,
          current: matchedRows - stale,
          stale,
        } satisfies FieldFindings,
      ]),
    ),
    subjects: {
      registered,
      touched: situation.touched ?? Math.min(registered, matched),
      strong: situation.strongSubjects ?? Math.min(registered, strong),
      byMonth: situation.byMonth ?? [],
    },
    controls: Object.entries(situation.controls ?? {}).map(
      ([field, [sampled, sampledSeen, controls, controlsSeen]]): ControlFindings => ({
        field: field as FieldName,
        sampled,
        sampledSeen,
        controls,
        controlsSeen,
      }),
    ),
  };
}

/** A dump cut from 200,000 customers: 60 % of them, with 5 % of foreign rows. */
export const demo: Situation = {
  read: 126_316,
  rejected: 212,
  identifiable: 126_310,
  multiple: 124_000,
  strong: 118_204,
  weak: 1_771,
  chimera: 25,
  touched: 120_013,
  strongSubjects: 118_190,
  fields: {
    customerId: [126_000, 119_900, 0],
    phone: [125_900, 119_300, 5_204],
    email: [84_210, 79_988, 2_110],
    name: [126_316, 117_420, 0],
    address: [101_004, 95_117, 9_020],
  },
  controls: { phone: [4_000, 2_398, 16_000, 3], nationalId: [3_100, 0, 12_400, 0] },
  byMonth: months(2019, 1, 72),
};

/** Registrations that grow, and a copy that has 60 % of everybody up to its month and nobody later. */
export function months(year: number, month: number, length: number): Findings['subjects']['byMonth'] {
  return Array.from({ length }, (_, i) => {
    const at = year * 12 + month - 1 + i;
    const registered = Math.round(1_400 + 45 * i + 600 * Math.sin(i / 1.9));
    return {
      month: `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`,
      registered,
      matched: i < length - 9 ? Math.round(registered * (0.66 + 0.04 * Math.cos(i))) : 0,
    };
  });
}

/** The whole verification that `situation` leads to; `changes` replace top-level keys. */
export function verificationOf(situation: Situation, changes: Partial<Verification> = {}): Verification {
  const findings = findingsOf(situation);
  const controls = lift(findings.controls);
  const { read: _, rejected, ...rows } = findings.rows;
  const file: Verification['file'] = {
    name: 'members_2024_final.csv.gz',
    bytes: 14_203_991,
    rows: findings.rows.read,
    matchedRows: findings.rows.matched,
    rejectedRows: [...rejected.values()].reduce((sum, n) => sum + n, 0),
    rejected: Object.fromEntries(rejected),
    format: 'delimited text',
    containers: ['gzip'],
    encoding: 'gb18030',
    encodingConfidence: 0.98,
    separator: ',',
    columns: [
      column(0, 'uid', 'customerId', 0.97, 'header says customer id; 100 of 100 cells look like ids of the register'),
      column(1, '姓名', 'name', 0.93, 'header says name; 96 of 100 cells are Han names of 2 to 4 characters'),
      column(2, 'mobile', 'phone', 0.99, 'header says phone; 98 of 100 cells are mainland mobile numbers'),
      column(3, 'mail', 'email', 0.98, '67 of 100 cells are e-mail addresses, the others are empty'),
      column(4, '收货地址', 'address', 0.81, 'header says address; 88 of 100 cells are addresses'),
      { index: 5, name: 'reg_time', field: null, kind: 'date', confidence: 0.9, reason: '100 of 100 cells are dates' },
      { index: 6, name: 'level', field: null, kind: 'number', confidence: 0.9, reason: 'small whole numbers' },
    ],
  };
  return {
    format: verificationFormat,
    id: null,
    createdAt: '2026-03-14T09:26:53Z',
    version: '0.1.0',
    file,
    parts: [file],
    partsOmitted: 0,
    failures: [],
    failuresOmitted: 0,
    canaries: null,
    corrections: null,
    copy: null,
    rows,
    subjects: {
      registered: findings.subjects.registered,
      matched: findings.subjects.touched,
      strong: findings.subjects.strong,
      ...headcount(findings, controls),
      thresholds: [...reachThresholds(findings, headcount(findings, controls))],
      byMonth: [...findings.subjects.byMonth],
    },
    fields: Object.fromEntries(findings.fields),
    controls,
    verdict: conclude(findings, controls),
    samples: [
      {
        kind: 'strong',
        cells: ['C00••••17', '王••', '+86 138••••••42', 'w••••@q•.com', '浙江省••••••••', '2021-••-••', '•'],
      },
      { kind: 'strong', cells: ['C01••••90', '李•', '+86 159••••••03', '', '广东省••••••••', '2020-••-••', '•'] },
      { kind: 'weak', cells: ['', '欧••••', '+86 186••••••77', '', '', '2022-••-••', '•'] },
      { kind: 'chimera', cells: ['C07••••55', '陈••', '+86 137••••••18', 'k••••••@1••.com', '', '2019-••-••', '•'] },
      { kind: 'none', cells: ['Z99••••02', 'J••• S••••', '+1 415••••••8', 'j•••@g••••.com', '', '2023-••-••', '•'] },
    ],
    register: {
      subjects: findings.subjects.registered,
      versions: 1_090_442,
      region: 'CN',
      from: '2019-01-04T00:00:00Z',
      until: '2025-01-01T00:00:00Z',
    },
    timing: {
      seconds: 1.42,
      loadSeconds: 0.31,
      scanSeconds: 0.98,
      evidenceSeconds: 0.12,
      bytesPerSecond: 41_000_000,
      threads: 2,
      passes: 1,
      fastRows: 121_000,
      exactRows: 5_316,
    },
    ...changes,
  };
}

function column(
  index: number,
  name: string,
  field: FieldName,
  confidence: number,
  reason: string,
): Verification['file']['columns'][number] {
  return { index, name, field, kind: null, confidence, reason };
}
