/** How a program ends: 1 the user can mend it, 2 it is ours. */
export type ExitCode = 1 | 2;

/** One entry of the registry: what happened, what was expected, what to do. */
export interface ErrorEntry {
  readonly exit: ExitCode;
  /** Lower case; `{name}` is replaced by a parameter. Parameters are names, counts, sizes and paths the user gave: never a value of a record. */
  readonly text: string;
  readonly remedy: string;
}

const entries = {
  USAGE_UNKNOWN_COMMAND: {
    exit: 1,
    text: 'there is no command "{command}"',
    remedy: 'run `boltseal help` for the list of commands',
  },
  USAGE_OPTION: { exit: 1, text: '{problem}', remedy: 'run `boltseal help {command}` for its options' },
  INTERNAL: {
    exit: 2,
    text: 'something went wrong inside Boltseal ({kind})',
    remedy: 'please report this with the version and the command, without the data',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof entries;

/** Every code with its text: read by docs/errors.md's test and by the command line. */
export const errorRegistry: Readonly<Record<ErrorCode, ErrorEntry>> = entries;

export type ErrorParameters = Readonly<Record<string, string | number>>;

/** The only error that leaves a module on purpose. Its message never carries a value from a dump or a record. */
export class BoltsealError extends Error {
  readonly code: ErrorCode;
  readonly parameters: ErrorParameters;
  readonly exit: ExitCode;
  readonly remedy: string;

  constructor(code: ErrorCode, parameters: ErrorParameters = {}, options?: { cause?: unknown }) {
    const entry = errorRegistry[code];
    super(fill(entry.text, parameters), options);
    this.name = 'BoltsealError';
    this.code = code;
    this.parameters = parameters;
    this.exit = entry.exit;
    this.remedy = fill(entry.remedy, parameters);
  }
}

function fill(template: string, parameters: ErrorParameters): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    return value === undefined ? whole : String(value);
  });
}
