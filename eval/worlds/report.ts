import type { WorldStatistics } from './statistics.ts';
import type { CalibrationStep, LabelSummary, Share, TargetResult } from './summary.ts';

/** Everything that a run found. */
export interface WorldsReport {
  readonly createdAt: string;
  /** Dumps that went through the commands as well and had the same names. */
  readonly agrees: Share;
  readonly worlds: readonly {
    readonly name: string;
    readonly seed: number;
    readonly statistics: WorldStatistics;
    /** Seconds that making it and feeding it to the product took; empty when it was there. */
    readonly seconds: Readonly<Record<string, number>>;
    readonly notes: readonly string[];
  }[];
  readonly targets: readonly TargetResult[];
  readonly labels: readonly LabelSummary[];
  /** Stated probabilities: of the first suspect, and that the source is outside. */
  readonly calibration: Readonly<Record<'first' | 'outside', readonly CalibrationStep[]>>;
  readonly seconds: { readonly verify: number | null; readonly attribute: number | null };
}

/** Writes the report as Markdown. */
export function writeMarkdown(report: WorldsReport): string {
  const parts = [
    '# Worlds with ground truth',
    `Made ${report.createdAt}. Shares have Wilson's 95 % interval. The baseline is the guilt model of 2011, which names from a guilt of 0.99 on.`,
    '## Targets',
    table(
      ['measure', 'wanted', 'found', 'reached'],
      report.targets.map(({ target, wanted, share, value, reached, shown }) => [
        target,
        wanted,
        value ?? writeShare(share),
        reached === null ? 'not measured' : !reached ? '**no**' : shown ? 'yes' : 'so far; too few trials to show it',
      ]),
    ),
    '## Who',
    table(
      [
        'theft',
        'trials',
        'ranked first',
        'named',
        'group first',
        'sources named',
        'wrong name',
        'active period',
        'conclusions',
        'baseline: first',
        'median rank',
        'named',
        'wrong name',
      ],
      report.labels.map((label) => [
        failures(label),
        String(label.trials),
        writeShare(label.rankedFirst),
        writeShare(label.named),
        writeShare(label.groupFirst),
        label.recall === null ? '' : percent(label.recall),
        writeShare(label.wrongName),
        label.activeOverlap === null ? '' : percent(label.activeOverlap),
        counts(label.conclusions),
        writeShare(label.baseline?.rankedFirst ?? null),
        label.baseline?.medianRank === null || label.baseline === null ? '' : String(label.baseline.medianRank),
        writeShare(label.baseline?.named ?? null),
        writeShare(label.baseline?.wrongName ?? null),
      ]),
    ),
    '## When',
    table(
      ['theft', 'true shape', 'shapes found', 'truth in the window', 'median error', '90 % below', 'median width'],
      report.labels
        .filter(({ trueShape }) => trueShape !== null)
        .map((label) => [
          label.label,
          label.trueShape ?? '',
          counts(label.shapes),
          writeShare(label.covered),
          hours(label.medianErrorHours),
          hours(label.p90ErrorHours),
          hours(label.medianWidthHours),
        ]),
    ),
    '## Are stated probabilities true?',
    'Of the first suspect:',
    writeCalibration(report.calibration.first),
    'That the source is outside:',
    writeCalibration(report.calibration.outside),
    '## The worlds',
    ...report.worlds.map(({ name, seed, statistics, seconds, notes }) =>
      [
        `### ${name}, seed ${seed}`,
        table(['', ''], describeWorld(statistics)),
        Object.entries(seconds)
          .map(([step, time]) => `- ${step}: ${time.toFixed(1)} s`)
          .join('\n'),
        notes.map((note) => `- ${note}`).join('\n'),
      ]
        .filter((part) => part !== '')
        .join('\n\n'),
    ),
  ];
  if (report.agrees.trials > 0)
    parts.push(`Commands and calls from within named the same: ${writeShare(report.agrees)}.`);
  if (report.seconds.attribute !== null && report.seconds.verify === null)
    parts.push(`Median time of attribute from within ${report.seconds.attribute.toFixed(2)} s.`);
  if (report.seconds.verify !== null)
    parts.push(
      `Median time of verify ${report.seconds.verify.toFixed(2)} s, of attribute ${report.seconds.attribute?.toFixed(2) ?? '–'} s.`,
    );
  return `${parts.join('\n\n')}\n`;
}

function writeCalibration(steps: readonly CalibrationStep[]): string {
  return table(
    ['stated', 'how often', 'right'],
    steps.map(({ from, to, said, right }) => [`${from} to ${to}`, String(said), writeShare(right)]),
  );
}

function describeWorld(world: WorldStatistics): string[][] {
  const spread = Object.entries(world.readsPerPrincipal).map(([kind, counts]) => [
    `reads of a ${kind}: 10 %, median, 90 %, most`,
    counts.join(', '),
  ]);
  return [
    ['customers; versions each', `${world.customers}; ${world.versionsPerCustomer.toFixed(2)}`],
    ['sign-ups a day', world.signUpsPerDay.toFixed(0)],
    ['principals; disclosures', `${world.principals}; ${world.disclosures}`],
    ['slope of log deliveries over log rank', world.popularitySlope.toFixed(2)],
    ['parcels of a courier', world.parcelsPerCourier?.toFixed(0) ?? ''],
    ...spread,
    [
      'subjects that two scanners share (Jaccard): one station, one gate, two stations',
      [world.overlap.station, world.overlap.gate, world.overlap.apart].map((one) => one?.toFixed(3) ?? '–').join(', '),
    ],
    [
      'share of the customers read',
      Object.entries(world.coverage)
        .map(([who, share]) => `${who} ${percent(share)}`)
        .join(', '),
    ],
    ['scans between 22 and 6: all, couriers', `${percent(world.night.all)}, ${percent(world.night.couriers)}`],
    [
      'orders of a Sunday over those of other days; of the busiest day over the median',
      `${world.sunday.toFixed(2)}; ${world.peak.toFixed(2)}`,
    ],
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function failures({ label, failures: failed }: LabelSummary): string {
  return failed === 0 ? label : `${label} (${failed} failed)`;
}

function writeShare(share: Share | null): string {
  if (share === null || share.trials === 0) return '';
  return `${percent(share.hits / share.trials)} (${share.hits}/${share.trials}; ${percent(share.low)} to ${percent(share.high)})`;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value === 0 || value === 100 ? value : value.toFixed(value < 1 ? 2 : 1)} %`;
}

function hours(value: number | null): string {
  if (value === null) return '';
  return value < 2
    ? `${(value * 60).toFixed(1)} min`
    : value < 72
      ? `${value.toFixed(1)} h`
      : `${(value / 24).toFixed(1)} days`;
}

function counts(words: Readonly<Record<string, number>>): string {
  return Object.entries(words)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}
