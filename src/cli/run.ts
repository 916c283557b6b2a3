import { BoltsealError } from '../core/errors.ts';
import { stackFrames } from '../core/stack-frames.ts';
import { printable } from '../core/text.ts';
import { resolveHomeFolder } from '../home/home.ts';
import { readErrorReason } from '../home/system-errors.ts';
import { parseArguments, usageError } from './arguments.ts';
import { type Arguments, type Command, type Context, commonOptions } from './command.ts';
import { describeCommand, describeCommands } from './help.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';
import { createProgressBar, silentProgress } from './progress.ts';
import { commands } from './registry.ts';
import type { Progress, Services } from './services.ts';

/** One of the two standard streams. */
export interface Stream {
  readonly isTerminal: boolean;
  columns(): number;
  write(text: string): void;
}

/** The process as the command line sees it, so that tests can be one. */
export interface Host {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly userFolder: string;
  readonly workingFolder: string;
  readonly output: Stream;
  readonly errors: Stream;
  /** Milliseconds since 1970. */
  now(): number;
  /** Called before an interrupted process ends; must be quick and synchronous. */
  onInterrupt(cleanUp: () => void): void;
  /** Resolves with the first signal that tells the process to end, which then does not; the second does. */
  untilInterrupted(): Promise<void>;
  createServices(): Services;
}

const longestMessage = 2000;

/** Runs one command line (without the program's name) and returns the exit code: 0 done, 1 the user can mend it, 2 it is ours. Never throws. */
export async function runCommandLine(words: readonly string[], host: Host): Promise<number> {
  try {
    const found = findCommand(words);
    if (found === null || found.help) {
      host.output.write(found === null ? describeCommands(commands) : describeCommand(found.command));
      return 0;
    }
    const { command } = found;
    const given = parseArguments(command.name, { ...command.options, ...commonOptions }, found.words);
    await runCommand(command, given, host);
    return 0;
  } catch (error) {
    const failure = asFailure(error);
    host.errors.write(describeThrown(error, host.environment));
    return failure.exit;
  }
}

async function runCommand(command: Command, given: Arguments, host: Host): Promise<void> {
  const quiet = given.flag('quiet');
  const progress = createProgress(host, quiet);
  const outputs: OutputFile[] = [];
  host.onInterrupt(() => {
    progress.end();
    for (const output of outputs) output.discard();
  });
  try {
    await command.run(createContext(given, host, progress, outputs, quiet), given);
  } finally {
    progress.end();
  }
}

function createContext(
  given: Arguments,
  host: Host,
  progress: Progress,
  outputs: OutputFile[],
  quiet: boolean,
): Context {
  const { output, errors, environment } = host;
  return {
    version: host.version,
    services: host.createServices(),
    home: resolveHomeFolder({
      option: given.text('home'),
      environment: environment.BOLTSEAL_HOME,
      userFolder: host.userFolder,
    }),
    workingFolder: host.workingFolder,
    style: {
      columns: output.isTerminal ? output.columns() : 100,
      colour: output.isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb',
    },
    progress,
    now: () => host.now(),
    untilInterrupted: () => host.untilInterrupted(),
    print: (text) => output.write(text),
    note: (text) => {
      if (!quiet) errors.write(text);
    },
    openOutput(path) {
      if (path === '-') return { write: (text) => output.write(text), commit() {}, discard() {} };
      const file = openOutputFile(path);
      outputs.push(file);
      return file;
    },
  };
}

function createProgress(host: Host, quiet: boolean): Progress {
  const { errors } = host;
  return errors.isTerminal && !quiet ? createProgressBar(errors, () => host.now()) : silentProgress;
}

interface FoundCommand {
  readonly command: Command;
  /** Everything but the command's name: common options may stand before it. */
  readonly words: readonly string[];
  readonly help: boolean;
}

/** Null when general help is wanted. Fails with USAGE_UNKNOWN_COMMAND. */
function findCommand(words: readonly string[]): FoundCommand | null {
  let start = 0;
  while (words[start]?.startsWith('-')) {
    const word = words[start]!;
    if (word === '--help' || word === '-h') return null;
    if (word === '--version' || word === '-V') return { command: commandNamed('version')!, words: [], help: false };
    if (word === '--home') start += 2;
    else if (word === '--quiet' || word.startsWith('--home=')) start += 1;
    else throw new BoltsealError('USAGE_UNKNOWN_COMMAND', { command: word });
  }
  const [first, second] = words.slice(start);
  if (first === undefined) return null;
  const two = second === undefined ? undefined : commandNamed(`${first} ${second}`);
  const command = two ?? commandNamed(first);
  if (command === undefined) {
    const members = commands.filter((entry) => entry.name.startsWith(`${first} `)).map((entry) => entry.name);
    if (members.length === 0) throw new BoltsealError('USAGE_UNKNOWN_COMMAND', { command: first });
    if (second === '--help' || second === '-h') return { command: commandNamed('help')!, words: [first], help: false };
    throw usageError(first, `"${first}" needs a second word: ${members.join(' or ')}`);
  }
  const rest = words.slice(start + (two === undefined ? 1 : 2));
  const end = rest.indexOf('--');
  const help = (end < 0 ? rest : rest.slice(0, end)).some((word) => word === '--help' || word === '-h');
  return { command, words: [...words.slice(0, start), ...rest], help };
}

function commandNamed(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}

/** What was not foreseen is told by its class or system code, and by nothing of its message, which may carry a value. */
function asFailure(error: unknown): BoltsealError {
  return error instanceof BoltsealError
    ? error
    : new BoltsealError('INTERNAL', { kind: readErrorReason(error) }, { cause: error });
}

/** What standard error says of whatever was thrown; with BOLTSEAL_DEBUG=1 also where. */
export function describeThrown(error: unknown, environment: Host['environment']): string {
  const frames = environment.BOLTSEAL_DEBUG === '1' ? readFrames(error) : [];
  return describeFailure(asFailure(error)) + frames.map((frame) => `${frame}\n`).join('');
}

/** What standard error says of a failure. */
export function describeFailure(failure: BoltsealError): string {
  return (
    `boltseal: ${printable(failure.message, longestMessage)} [${failure.code}]\n` +
    `  ${printable(failure.remedy, longestMessage)}\n`
  );
}

/** The frames of a stack and of its causes, without any message. */
function readFrames(error: unknown): string[] {
  const frames: string[] = [];
  for (let depth = 0; error instanceof Error && depth < 5; depth++) {
    frames.push(`  ${readErrorReason(error)}`, ...stackFrames(error));
    error = error.cause;
  }
  return frames;
}
