import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'policy show';

export const policyShowCommand: Command = {
  name,
  summary: 'writes the policies that say who may see what',
  usage: ['[--default | --examples] [--out FILE]'],
  options: {
    default: { text: 'those that a new home begins with' },
    examples: { text: 'the examples that go with them, for `boltseal policy test`' },
    out: { value: 'FILE', text: 'where it goes (default: standard output)' },
  },
  details: [
    'Policies are changed through the gateway: PUT /v1/policies, then activate the version (docs/spec/policies.md).',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'policy show takes no further words');
    if (given.flag('default') && given.flag('examples'))
      throw usageError(name, '--default and --examples exclude each other');
    const { policies } = context.services;
    const text = given.flag('default')
      ? (await policies.defaults()).policies
      : given.flag('examples')
        ? (await policies.defaults()).examples
        : await activeText();
    const output = context.openOutput(given.text('out') ?? '-');
    try {
      output.write(text);
      output.commit();
    } finally {
      output.discard();
    }

    async function activeText(): Promise<string> {
      const { text: active, version, source } = await policies.active(context.home);
      context.note(
        source === 'active'
          ? `active version ${version}`
          : 'no gateway was opened in this home yet: these are the policies that it will begin with',
      );
      return active;
    }
  },
};
