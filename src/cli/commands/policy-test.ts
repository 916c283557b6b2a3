import { resolve } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'policy test';
/** A line with stars stands for hundreds of questions. */
const MOST_SHOWN = 50;

export const policyTestCommand: Command = {
  name,
  summary: 'asks policies for examples, and says what is answered otherwise',
  usage: ['[EXAMPLES] [--policies FILE] [--time-zone ZONE]'],
  options: {
    policies: { value: 'FILE', text: 'the policies to ask (default: those of the home)' },
    'time-zone': { value: 'ZONE', text: 'where hours and weekdays are meant, such as Asia/Shanghai (default: here)' },
  },
  details: [
    'One example a line: allow|deny ROLE PURPOSES FIELDS FORMS, such as `deny scanner sorting phone *`; docs/spec/policies.md. Without EXAMPLES those that ship: `boltseal policy show --examples`.',
  ],
  async run(context, given) {
    if (given.positionals.length > 1) throw usageError(name, 'policy test takes one file of examples');
    const at = (path: string | undefined): string | null =>
      path === undefined ? null : resolve(context.workingFolder, path);
    const { lines, questions, failed } = await context.services.policies.test({
      home: context.home,
      policies: at(given.text('policies')),
      examples: at(given.positionals[0]),
      nowMs: context.now(),
      timeZone: readZone(given.text('time-zone')),
    });
    for (const { line, isAllowed, role, purpose, field, form, by } of failed.slice(0, MOST_SHOWN)) {
      const why = by.length === 0 ? 'no rule permits it' : by.join(', ');
      context.print(
        `line ${line}: ${role} ${purpose} ${field} ${form} is ${isAllowed ? 'allowed' : 'refused'} (${why})\n`,
      );
    }
    if (failed.length > MOST_SHOWN) context.print(`and ${formatCount(failed.length - MOST_SHOWN)} more\n`);
    if (failed.length > 0) throw new BoltsealError('POLICY_EXPECTED', { failed: failed.length, questions });
    context.print(`${formatCount(lines)} examples, ${formatCount(questions)} questions: all answered as expected\n`);
  },
};

function readZone(text: string | undefined): string {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (text === undefined) return own;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw usageError(name, '--time-zone must be a name such as Asia/Shanghai');
  }
}
