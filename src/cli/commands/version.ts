import type { Command } from '../command.ts';

export const versionCommand: Command = {
  name: 'version',
  summary: 'shows the version',
  usage: [''],
  options: {},
  run(context) {
    context.print(`boltseal ${context.version}\n`);
  },
};
