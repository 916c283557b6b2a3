import type { OutputFile } from './output-file.ts';
import type { Progress, Services, TerminalStyle } from './services.ts';

/** One option of a command, as help shows it and as the parser reads it. */
export interface OptionSpec {
  /** What stands after the option in help (`DIR`); absent for options without a value. */
  readonly value?: string;
  /** May be given more than once. */
  readonly multiple?: true;
  /** A value made of dashes belongs to the option and is none itself (`--separator ----`). */
  readonly dashes?: true;
  /** Whether a word that follows the option's value is one more value of it (`--map phone=2 email=3`). */
  readonly continues?: (word: string) => boolean;
  /** What it does, in one line. */
  readonly text: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What the user wrote after the command's name. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** The value of an option, or undefined when it was not given. */
  text(name: string): string | undefined;
  /** All values of an option, in the order given. */
  list(name: string): readonly string[];
  flag(name: string): boolean;
}

/** What a command may use. Nothing else of the process reaches it. */
export interface Context {
  readonly version: string;
  readonly services: Services;
  /** Absolute folder of the home; it may not exist. */
  readonly home: string;
  /** Absolute: what relative paths are relative to. */
  readonly workingFolder: string;
  readonly style: TerminalStyle;
  readonly progress: Progress;
  /** The clock, in milliseconds since 1970. */
  now(): number;
  /** Resolves with the first signal that tells the process to end, which then is left to the command; the second ends it. */
  untilInterrupted(): Promise<void>;
  /** Writes a result to standard output. */
  print(text: string): void;
  /** Tells the user something on standard error, unless --quiet. */
  note(text: string): void;
  /** Opens a file (`-`: standard output) that takes its place only when it is complete. Fails with OUTPUT_WRITE. */
  openOutput(path: string): OutputFile;
}

/** One command; src/cli/commands has one file each. */
export interface Command {
  /** One or two words. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What stands after the name, one line a form. */
  readonly usage: readonly string[];
  readonly options: OptionSpecs;
  /** More for `boltseal help COMMAND`, in paragraphs. */
  readonly details?: readonly string[];
  run(context: Context, given: Arguments): Promise<void> | void;
}

/** Options that every command takes. */
export const commonOptions: OptionSpecs = {
  home: { value: 'DIR', text: 'where keys and register are (default: BOLTSEAL_HOME, or ~/.boltseal)' },
  quiet: { text: 'no progress and no notes on standard error' },
  help: { text: 'shows the help of the command' },
};
