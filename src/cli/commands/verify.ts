import { usageError } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { checkOutput, isSameFile, type OutputFile } from '../output-file.ts';
import { readingOptions } from '../reading-options.ts';
import { parseCount, parseHints, parseMap, parseSize } from '../values.ts';

const name = 'verify';
const outputOptions = ['json', 'html', 'affected'] as const;
const mostThreads = 64;

export const verifyCommand: Command = {
  name,
  summary: 'says whether a dump is yours, how much of it, and who is in it',
  usage: ['FILE... [--json OUT] [--html OUT] [--affected OUT.csv] [--map FIELD=COL ...] [--memory SIZE] [--threads N]'],
  options: {
    json: { value: 'OUT', text: 'writes all findings as JSON (docs/spec/verification.md)' },
    html: { value: 'OUT', text: 'writes a report for people, one self-contained file' },
    affected: {
      value: 'OUT',
      text: 'writes the affected subject ids, their fields, and whether each value is current (CSV)',
    },
    memory: {
      value: 'SIZE',
      text: 'most memory for the register, such as 512M: with less than it needs, the dump is read in passes',
    },
    threads: { value: 'N', text: 'worker threads (default: one a processor, at most 16)' },
    ...readingOptions,
  },
  details: [
    'FILE - is standard input; OUT - is standard output (then the page for people is left out).',
    'Nothing of the dump is written anywhere: samples in reports are masked.',
  ],
  async run(context, given) {
    const inputs = given.positionals;
    if (inputs.length === 0) throw usageError(name, 'no dump: name a FILE, or - for standard input');
    if (inputs.filter((input) => input === '-').length > 1)
      throw usageError(name, 'standard input (-) can be read once');
    const memory = given.text('memory');
    const threads = given.text('threads');
    const request = {
      home: context.home,
      inputs,
      hints: parseHints(name, given),
      map: parseMap(name, given.list('map')),
      memoryBytes: memory === undefined ? null : parseSize(name, '--memory', memory),
      threads: threads === undefined ? null : parseCount(name, '--threads', threads, mostThreads),
    };
    const paths = readOutputPaths(context, inputs, (option) => given.text(option));
    // Opened before the work: a folder that does not exist should not cost a minute to find out.
    const outputs = openOutputs(context, paths);
    try {
      const result = await context.services.verify.run(
        { ...request, affected: outputs.get('affected') ?? null, keepsEvidence: outputs.has('json') },
        context.progress,
      );
      outputs.get('json')?.write(`${JSON.stringify(result.verification, null, 2)}\n`);
      outputs.get('html')?.write(result.renderHtml());
      for (const output of outputs.values()) output.commit();
      if (![...paths.values()].includes('-')) context.print(result.renderTerminal(context.style));
    } finally {
      for (const output of outputs.values()) output.discard();
    }
  },
};

function readOutputPaths(
  context: Context,
  inputs: readonly string[],
  read: (option: string) => string | undefined,
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const option of outputOptions) {
    const path = read(option);
    if (path === undefined) continue;
    if ([...paths.values()].some((other) => isSameFile(context.workingFolder, other, path)))
      throw usageError(name, `--${option} must not be the same as another output`);
    checkOutput(name, option, path, inputs, context.workingFolder);
    paths.set(option, path);
  }
  return paths;
}

function openOutputs(context: Context, paths: ReadonlyMap<string, string>): ReadonlyMap<string, OutputFile> {
  const outputs = new Map<string, OutputFile>();
  try {
    for (const [option, path] of paths) outputs.set(option, context.openOutput(path));
  } catch (error) {
    for (const output of outputs.values()) output.discard();
    throw error;
  }
  return outputs;
}
