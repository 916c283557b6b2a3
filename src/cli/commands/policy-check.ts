import { resolve } from 'node:path';
import type { Finding } from '../../gateway/policy/findings.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'policy check';

export const policyCheckCommand: Command = {
  name,
  summary: 'reads policies and points out what is dangerous',
  usage: ['[FILE]'],
  options: {},
  details: [
    'Without FILE the policies of the home. It asks for every role, purpose, field and form; conditions on stations, times and attributes count as fulfilled.',
    'Reading in bulk, in clear without a business fact, a national identity number, for every purpose or as any role: each is pointed out. Policies that cannot be read end with their place.',
  ],
  async run(context, given) {
    if (given.positionals.length > 1) throw usageError(name, 'policy check takes one file');
    const [file] = given.positionals;
    const { policies, rules, roles, findings } = await context.services.policies.check({
      home: context.home,
      file: file === undefined ? null : resolve(context.workingFolder, file),
    });
    const lines = [
      `version      ${policies.version}`,
      `rules        ${formatCount(rules)} for ${roles.join(', ') || 'no role'}`,
      ...findings.map((finding) => `${finding.level.padEnd(12)} ${describeFinding(finding)}`),
      ...(findings.length === 0 ? ['nothing to point out'] : []),
    ];
    context.print(`${lines.join('\n')}\n`);
  },
};

function describeFinding({ code, role, form, fields, purposes }: Finding): string {
  return `${code}: ${role} may read ${fields.join(', ')} ${form} for ${purposes.join(', ')}`;
}
