import { type Command, commonOptions, type OptionSpecs } from './command.ts';

/** The list of all commands. */
export function describeCommands(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    'Boltseal says whether a stolen-data dump is yours, how much of it, and who is in it.',
    '',
    'Usage: boltseal COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    'Options of every command:',
    ...describeOptions(commonOptions),
    '',
    'Try it: boltseal demo. More: README.md, docs/operations.md, docs/spec.',
    '',
  ].join('\n');
}

/** The help of one command. */
export function describeCommand(command: Command): string {
  return [
    `boltseal ${command.name}: ${command.summary}`,
    '',
    ...command.usage.map((line, index) =>
      `${index === 0 ? 'Usage:' : '      '} boltseal ${command.name} ${line}`.trimEnd(),
    ),
    '',
    ...(Object.keys(command.options).length === 0 ? [] : ['Options:', ...describeOptions(command.options), '']),
    'Options of every command:',
    ...describeOptions(commonOptions),
    '',
    ...(command.details === undefined ? [] : [...command.details, '']),
  ].join('\n');
}

function describeOptions(options: OptionSpecs): string[] {
  const rows = Object.entries(options).map(
    ([name, spec]) => [`--${name}${spec.value === undefined ? '' : ` ${spec.value}`}`, spec.text] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, text]) => `  ${left.padEnd(width)}  ${text}`);
}
