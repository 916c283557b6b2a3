import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { parseRegion } from '../values.ts';

const name = 'init';

export const initCommand: Command = {
  name,
  summary: 'makes keys and configuration',
  usage: ['[--home DIR] [--region CN]'],
  options: {
    region: { value: 'CC', text: 'the country whose phone numbers your records have without prefix (default: CN)' },
  },
  details: [
    'Makes a folder that only you can read, with a new key and the configuration. It never overwrites a home.',
    'The region decides how a phone number without "+" is understood; it cannot be changed once a register is built.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0)
      throw usageError(name, 'init takes no further words: the folder is given with --home');
    const region = parseRegion(name, given.text('region') ?? 'CN');
    const { keyPath, configPath } = await context.services.initialise({ home: context.home, region });
    context.print(
      [
        `Made a home in ${context.home} (region ${region}):`,
        `  ${keyPath}`,
        `  ${configPath}`,
        '',
        'Back up the key now, apart from the register: without it no register can be read or extended, and nobody',
        'can make it again. Keep it secret: with key and register together anyone can test who your customers are.',
        '',
        'Next: boltseal register add CUSTOMERS.csv --id COLUMN --as-of TIME',
        '',
      ].join('\n'),
    );
  },
};
