import { usageError } from '../arguments.ts';
import type { Command, Context } from '../command.ts';
import { isSameFile, type OutputFile } from '../output-file.ts';
import { parseCount } from '../values.ts';

const name = 'attribute';
const outputOptions = ['json', 'html'] as const;
const mostThreads = 64;

export const attributeCommand: Command = {
  name,
  summary: 'says through whom a verified dump left: suspects, groups, or nobody in the disclosures',
  usage: ['VERIFICATION.json [--json OUT] [--html OUT] [--threads N]'],
  options: {
    json: { value: 'OUT', text: 'writes all findings as JSON (docs/spec/attribution.md)' },
    html: { value: 'OUT', text: 'writes a report for people, one self-contained file' },
    threads: { value: 'N', text: 'worker threads (default: one a processor, at most 16)' },
  },
  details: [
    'VERIFICATION.json is what `boltseal verify --json` wrote with this home; the disclosures are those that `boltseal disclosures import` has read.',
    'A suspect is named only when chance alone would hardly ever name anybody. What it shows is who could have given the data; what happened must be found out from the device or the person.',
  ],
  async run(context, given) {
    const [verification, ...more] = given.positionals;
    if (verification === undefined || more.length > 0) throw usageError(name, 'name one VERIFICATION.json');
    const threads = given.text('threads');
    const request = {
      home: context.home,
      verification,
      threads: threads === undefined ? null : parseCount(name, '--threads', threads, mostThreads),
    };
    const outputs = openOutputs(context, verification, (option) => given.text(option));
    try {
      const result = await context.services.attribute.run(request, context.progress);
      outputs.get('json')?.file.write(`${JSON.stringify(result.attribution, null, 2)}\n`);
      outputs.get('html')?.file.write(result.renderHtml());
      for (const { file } of outputs.values()) file.commit();
      if (![...outputs.values()].some(({ path }) => path === '-')) context.print(result.renderTerminal(context.style));
    } finally {
      for (const { file } of outputs.values()) file.discard();
    }
  },
};

function openOutputs(
  context: Context,
  verification: string,
  read: (option: string) => string | undefined,
): ReadonlyMap<string, { readonly path: string; readonly file: OutputFile }> {
  const outputs = new Map<string, { readonly path: string; readonly file: OutputFile }>();
  try {
    for (const option of outputOptions) {
      const path = read(option);
      if (path === undefined) continue;
      if ([...outputs.values()].some((other) => isSameFile(context.workingFolder, other.path, path)))
        throw usageError(name, `--${option} must not be the same as another output`);
      if (isSameFile(context.workingFolder, verification, path))
        throw usageError(name, `--${option} would overwrite the verification`);
      outputs.set(option, { path, file: context.openOutput(path) });
    }
    return outputs;
  } catch (error) {
    for (const { file } of outputs.values()) file.discard();
    throw error;
  }
}
