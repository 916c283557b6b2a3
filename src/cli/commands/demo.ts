import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { type Demo, type DemoTable, defaultDemo, writeDemo } from '../../demo/demo.ts';
import type { DumpTruth } from '../../demo/dump.ts';
import { readErrorReason } from '../../home/system-errors.ts';
import { usageError } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { formatCount, formatDuration, formatTime } from '../format.ts';
import type { ReadingHints } from '../services.ts';
import { parseCount } from '../values.ts';

const name = 'demo';
const marker = '.boltseal-demo';
const mostCustomers = 400_000;
const nothingKnown: ReadingHints = { separator: null, encoding: null, header: null, passwords: [] };

export const demoCommand: Command = {
  name,
  summary: 'invents a company and a dump of its customers, and verifies the dump',
  usage: ['[--dir DIR] [--customers N]'],
  options: {
    dir: { value: 'DIR', text: 'where to put its files (default: ./boltseal-demo)' },
    customers: { value: 'N', text: `customers of the company (default: ${defaultDemo.customers})` },
  },
  details: [
    'Everything is invented, and made anew each time in a folder of its own, with a home and key of its own:',
    'your register is not touched. Remove the folder when you have seen enough.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0)
      throw usageError(name, 'demo takes no further words: the folder is given with --dir');
    const customers = given.text('customers');
    const options = {
      ...defaultDemo,
      customers:
        customers === undefined ? defaultDemo.customers : parseCount(name, '--customers', customers, mostCustomers),
    };
    const folder = prepareFolder(resolve(context.workingFolder, given.text('dir') ?? 'boltseal-demo'));
    const startedAt = context.now();
    const demo = writing(folder, () => writeDemo(folder, options));
    context.print(describeDemo(context, demo));
    const home = join(folder, 'home');
    await context.services.initialise({ home, region: 'CN' });
    await addSnapshot(context, home, demo.earlier);
    await addSnapshot(context, home, demo.later);
    const htmlPath = await verifyDump(context, home, folder, demo.dump.path);
    context.print(describeTruth(demo.dump.truth, formatTime(demo.earlier.asOfSeconds)));
    context.print(
      `\nReport with charts: ${htmlPath}\nDone in ${formatDuration((context.now() - startedAt) / 1000)}.\n`,
    );
  },
};

async function addSnapshot(context: Context, home: string, table: DemoTable): Promise<void> {
  const result = await context.services.register.add(
    {
      home,
      source: { kind: 'files', paths: [table.path], hints: nothingKnown },
      mode: 'snapshot',
      asOfSeconds: table.asOfSeconds,
      id: 'customer_id',
      created: 'created_at',
      validFrom: null,
      validTo: null,
      map: [],
      exclusive: [],
      admitsErased: false,
    },
    context.progress,
  );
  context.print(
    `Registered ${show(context, table.path)} in ${result.seconds.toFixed(1)} s: ` +
      `${formatCount(result.newSubjects)} new subjects, ${formatCount(result.newVersions)} new versions, ${formatCount(result.closedVersions)} closed.\n`,
  );
}

async function verifyDump(context: Context, home: string, folder: string, dump: string): Promise<string> {
  const htmlPath = join(folder, 'report.html');
  const affected = context.openOutput(join(folder, 'affected.csv'));
  const html = context.openOutput(htmlPath);
  try {
    const request = {
      home,
      inputs: [dump],
      hints: nothingKnown,
      map: [],
      memoryBytes: null,
      threads: null,
      keepsEvidence: false,
      affected,
    };
    const result = await context.services.verify.run(request, context.progress);
    context.print(`\n${result.renderTerminal(context.style)}`);
    html.write(result.renderHtml());
    affected.commit();
    html.commit();
  } finally {
    affected.discard();
    html.discard();
  }
  return htmlPath;
}

/** An empty folder for the demo: a new one, or that of an earlier demo without its files. Fails with DEMO_FOLDER or OUTPUT_WRITE. */
function prepareFolder(folder: string): string {
  return writing(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const entries = readdirSync(folder);
    if (entries.length > 0 && !entries.includes(marker)) throw new BoltsealError('DEMO_FOLDER', { path: folder });
    for (const entry of entries) if (entry !== marker) rmSync(join(folder, entry), { recursive: true });
    writeFileSync(join(folder, marker), 'Made by `boltseal demo`; the next demo empties this folder.\n');
    return folder;
  });
}

/** Does what writes into the folder. Fails with OUTPUT_WRITE where the system refuses. */
function writing<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BoltsealError) throw error;
    throw new BoltsealError('OUTPUT_WRITE', { path: folder, reason: readErrorReason(error) }, { cause: error });
  }
}

function describeDemo(context: Context, demo: Demo): string {
  const { earlier, later, dump } = demo;
  return [
    'An invented company, its customers at two times, and a file that somebody offers for sale:',
    ...[earlier, later].map((table) => `  ${show(context, table.path)}  ${formatCount(table.rows)} customers`),
    `  ${show(context, dump.path)}  ${formatCount(dump.truth.rows)} lines`,
    '',
    '',
  ].join('\n');
}

function describeTruth(truth: DumpTruth, takenAt: string): string {
  return [
    '',
    'What is true about the file, to compare:',
    `  copied        ${takenAt}, from the earlier of the two tables`,
    `  ours          ${formatCount(truth.ours)} rows about ${formatCount(truth.subjects)} customers (${formatCount(truth.repeated)} rows are repeated)`,
    `  since then    ${formatCount(truth.outdatedSubjects)} of them left, or changed their phone or e-mail address`,
    `  foreign       ${formatCount(truth.foreign)} rows about people who never were customers`,
    `  broken        ${formatCount(truth.broken)} lines that identify nobody`,
    '',
  ].join('\n');
}

function show(context: Context, path: string): string {
  const short = relative(context.workingFolder, path);
  return short === '' || short.startsWith('..') ? path : short;
}
