import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { VerdictKind } from '../../src/contract/verification.ts';
import { lift } from '../../src/verify/controls.ts';
import { conclude } from '../../src/verify/verdict.ts';
import { demo, findingsOf, type Situation } from './fixtures.ts';

/** The controls of a file that has nothing to do with us and holds `share` of all numbers that are somebody's (40 % of them). */
const nationWide = (share: number): NonNullable<Situation['controls']> => ({
  phone: [4000, Math.round(4000 * share), 16_000, Math.round(16_000 * share * 0.4)],
});
const clear: NonNullable<Situation['controls']> = { phone: [4000, 2400, 16_000, 2] };

const table: readonly [what: string, expected: VerdictKind, situation: Situation][] = [
  ['60 % of the customers and 5 % of foreign rows', 'ours', demo],
  [
    'everybody, nothing else',
    'ours',
    {
      read: 200_000,
      strong: 200_000,
      fields: { phone: [200_000, 200_000], name: [200_000, 200_000] },
      controls: { phone: [4000, 4000, 16_000, 0] },
    },
  ],
  [
    'the same after years: half of the values replaced',
    'ours',
    { read: 1000, strong: 950, fields: { phone: [1000, 950, 480] }, controls: clear },
  ],
  [
    '5 % foreign rows and no controls, e-mail and name',
    'ours',
    { read: 10_000, strong: 9000, weak: 500, fields: { email: [10_000, 9500], name: [10_000, 9000] } },
  ],
  [
    'a list of phones alone',
    'ours',
    { read: 100_000, weak: 96_000, multiple: 0, fields: { phone: [100_000, 96_000] }, controls: clear },
  ],
  ['e-mails alone, nearly all match', 'ours', { read: 5000, weak: 4900, multiple: 0, fields: { email: [5000, 4900] } }],
  [
    'a sample of 15 rows with our customer ids',
    'ours',
    { read: 15, strong: 15, fields: { customerId: [15, 15], phone: [15, 15] } },
  ],
  [
    'a few chimeras from recycled numbers',
    'ours',
    { read: 10_000, strong: 9400, chimera: 150, fields: { phone: [10_000, 9550] }, controls: clear },
  ],
  [
    'identity numbers alone, clear lift',
    'ours',
    {
      read: 9000,
      weak: 8800,
      multiple: 0,
      fields: { nationalId: [9000, 8800] },
      controls: { nationalId: [3000, 1500, 12_000, 0] },
    },
  ],
  [
    'a nation-wide file that has swallowed ours and controls that are clear',
    'partly-ours',
    {
      read: 9_000_000,
      strong: 120_000,
      weak: 3000,
      fields: { phone: [9_000_000, 123_000] },
      controls: { phone: [4000, 2400, 16_000, 80] },
    },
  ],
  [
    '30 % ours, 70 % foreign',
    'partly-ours',
    { read: 400_000, strong: 118_000, weak: 2000, fields: { phone: [400_000, 120_000] }, controls: clear },
  ],
  [
    '30 % ours by customer ids, no controls',
    'partly-ours',
    { read: 10_000, strong: 3000, fields: { customerId: [10_000, 3000], email: [10_000, 3000] } },
  ],
  [
    '30 % ours, and another company counts its customers as we do',
    'partly-ours',
    { read: 10_000, strong: 3000, weak: 4000, fields: { customerId: [10_000, 7000], email: [10_000, 3000] } },
  ],
  [
    'our phones beside names of other people',
    'partly-ours',
    {
      read: 10_000,
      strong: 12,
      weak: 9700,
      multiple: 0,
      fields: { phone: [10_000, 9712], name: [10_000, 12] },
      controls: clear,
    },
  ],
  [
    'our phones beside names that the register does not hold',
    'ours',
    { read: 10_000, weak: 9700, multiple: 0, fields: { phone: [10_000, 9700], name: [10_000, 0] }, controls: clear },
  ],
  [
    'phones of some customers glued to e-mails of others',
    'recombined',
    {
      read: 10_000,
      strong: 40,
      chimera: 9000,
      weak: 500,
      fields: { phone: [10_000, 9540], email: [10_000, 9540] },
      controls: clear,
    },
  ],
  [
    'a third glued',
    'recombined',
    { read: 10_000, strong: 6000, chimera: 3000, fields: { phone: [10_000, 9000] }, controls: clear },
  ],
  [
    'glued, and no controls',
    'recombined',
    {
      read: 10_000,
      strong: 300,
      chimera: 1000,
      weak: 500,
      fields: { email: [10_000, 1800], username: [10_000, 1300] },
    },
  ],
  ['nobody matches', 'not-ours', { read: 10_000, controls: { phone: [4000, 0, 16_000, 0] } }],
  [
    'a nation-wide leak with many strong rows',
    'not-ours',
    {
      read: 50_000_000,
      strong: 110_000,
      weak: 10_000,
      fields: { phone: [50_000_000, 120_000], name: [50_000_000, 110_000] },
      controls: nationWide(0.6),
    },
  ],
  [
    'a nation-wide leak, some of whose user names we know',
    'not-ours',
    {
      read: 50_000_000,
      strong: 110_000,
      weak: 10_000,
      fields: { phone: [50_000_000, 90_000], username: [50_000_000, 125_000] },
      controls: nationWide(0.6),
    },
  ],
  [
    'a nation-wide leak of identity numbers',
    'not-ours',
    {
      read: 50_000_000,
      strong: 110_000,
      weak: 10_000,
      fields: { nationalId: [50_000_000, 120_000] },
      controls: { nationalId: [4000, 2400, 16_000, 200] },
    },
  ],
  [
    'a nation-wide leak glued from two',
    'not-ours',
    {
      read: 50_000_000,
      strong: 10_000,
      chimera: 30_000,
      fields: { phone: [50_000_000, 40_000] },
      controls: nationWide(0.2),
    },
  ],
  [
    'a nation-wide leak joined with our customer ids',
    'partly-ours',
    {
      read: 50_000_000,
      strong: 110_000,
      weak: 10_000,
      fields: { phone: [50_000_000, 120_000], customerId: [100_000, 100_000] },
      controls: nationWide(0.6),
    },
  ],
  [
    'another company, three of our people',
    'not-ours',
    { read: 100_000, strong: 1, weak: 2, fields: { email: [100_000, 3] } },
  ],
  [
    'a competitor with shared customers: lift of 7',
    'undetermined',
    {
      read: 1_000_000,
      strong: 60_000,
      weak: 5000,
      fields: { phone: [1_000_000, 65_000] },
      controls: { phone: [4000, 2000, 16_000, 1143] },
    },
  ],
  [
    'a password list in which people took the same user name elsewhere',
    'undetermined',
    {
      read: 1_000_000,
      strong: 15_000,
      weak: 15_000,
      fields: { username: [1_000_000, 30_000], email: [1_000_000, 15_000] },
    },
  ],
  [
    'a list of customer ids that anybody could count through',
    'undetermined',
    { read: 100_000, weak: 100_000, multiple: 0, fields: { customerId: [100_000, 100_000] } },
  ],
  [
    'no identifying column',
    'undetermined',
    { read: 100_000, identifiable: 0, multiple: 0, fields: { name: [100_000, 0] } },
  ],
  ['nothing readable', 'undetermined', { read: 0, rejected: 500 }],
  ['seven rows', 'undetermined', { read: 7, strong: 5, weak: 2, fields: { email: [7, 7] } }],
  [
    'a few phones, too few for the lift',
    'undetermined',
    { read: 60, strong: 20, weak: 5, fields: { phone: [60, 25] }, controls: { phone: [4000, 1, 16_000, 0] } },
  ],
  [
    'a third of the e-mails, no controls',
    'undetermined',
    { read: 9000, strong: 3000, weak: 100, fields: { email: [9000, 3100], name: [9000, 3000] } },
  ],
];

describe('conclude', () => {
  for (const [what, expected, situation] of table) {
    test(`${what}: ${expected}`, () => {
      const findings = findingsOf(situation);
      const { kind, reasons } = conclude(findings, lift(findings.controls));
      assert.equal(kind, expected, reasons.join('\n'));
      for (const reason of reasons) assert.match(reason, /^[A-Z0-9].*[.]$/s);
    });
  }

  test('reasons carry numbers, and an undetermined verdict says what would help', () => {
    const demoFindings = findingsOf(demo);
    const reasons = conclude(demoFindings, lift(demoFindings.controls)).reasons.join('\n');
    assert.match(reasons, /120,000 of 126,310/);
    assert.match(reasons, /60% of a sample of our phone numbers/);
    assert.doesNotMatch(reasons, /What would help/);
    const unknown = findingsOf({ read: 9000, strong: 3000, fields: { email: [9000, 3000] } });
    assert.match(conclude(unknown, lift([])).reasons.join('\n'), /What would help: .*phone or identity numbers/);
  });
});
