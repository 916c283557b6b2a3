import { BoltsealError } from '../../core/errors.ts';
import type { Command } from '../command.ts';
import { describeCommand, describeCommands } from '../help.ts';

/** The help command, which knows all others (itself is added to them). */
export function createHelpCommand(others: readonly Command[]): Command {
  const command: Command = {
    name: 'help',
    summary: 'shows this, or the help of one command',
    usage: ['[COMMAND]'],
    options: {},
    run(context, given) {
      const commands = [...others, command];
      const wanted = given.positionals.join(' ');
      const found = commands.filter((entry) => entry.name === wanted || entry.name.startsWith(`${wanted} `));
      if (wanted === '') context.print(describeCommands(commands));
      else if (found.length === 0) throw new BoltsealError('USAGE_UNKNOWN_COMMAND', { command: wanted });
      else context.print(found.map(describeCommand).join('\n'));
    },
  };
  return command;
}
