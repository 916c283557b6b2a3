import { parseArgs } from 'node:util';
import { BoltsealError } from '../core/errors.ts';
import type { Arguments, OptionSpecs } from './command.ts';

/** A mistake on the command line: what was expected, and where help is. `command` may be empty. */
export function usageError(command: string, problem: string): BoltsealError {
  return new BoltsealError('USAGE_OPTION', { problem, command });
}

/** Reads the words after a command's name. Fails with USAGE_OPTION on unknown options, missing values and options given twice. */
export function parseArguments(command: string, specs: OptionSpecs, words: readonly string[]): Arguments {
  const { tokens } = parseArgs({
    args: joinDashValues(specs, words),
    options: Object.fromEntries(
      Object.entries(specs).map(
        ([name, spec]) => [name, { type: spec.value === undefined ? 'boolean' : 'string' }] as const,
      ),
    ),
    // Not strict: the tokens are checked below, with messages of our own.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  let open: string | null = null;
  for (const token of tokens) {
    if (token.kind === 'option') {
      const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
      if (spec === undefined) throw usageError(command, `there is no option "${token.rawName}"`);
      const value = readValue(command, token, spec.value);
      const earlier = values.get(token.name);
      if (earlier && !spec.multiple) throw usageError(command, `${token.rawName} was given twice`);
      values.set(token.name, [...(earlier ?? []), value]);
      open = token.name;
    } else if (token.kind === 'positional') {
      if (open !== null && specs[open]?.continues?.(token.value)) values.get(open)?.push(token.value);
      else {
        positionals.push(token.value);
        open = null;
      }
    } else open = null;
  }
  return {
    positionals,
    text: (name) => values.get(name)?.[0],
    list: (name) => values.get(name) ?? [],
    flag: (name) => values.has(name),
  };
}

function readValue(
  command: string,
  token: { readonly rawName: string; readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
  placeholder: string | undefined,
): string {
  if (placeholder === undefined) {
    if (token.value !== undefined) throw usageError(command, `${token.rawName} takes no value`);
    return '';
  }
  if (token.value === undefined || token.value === '') {
    throw usageError(command, `${token.rawName} needs a value: ${token.rawName} ${placeholder}`);
  }
  if (!token.inlineValue && token.value.startsWith('-') && token.value !== '-') {
    throw usageError(
      command,
      `${token.rawName} needs a value (one that begins with "-" is written ${token.rawName}=VALUE)`,
    );
  }
  return token.value;
}

/** `--separator ----` reads as an option followed by an option; joined with "=" it says what is meant. */
function joinDashValues(specs: OptionSpecs, words: readonly string[]): string[] {
  const joined: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const next = words[i + 1];
    if (word === '--') return [...joined, ...words.slice(i)];
    if (next?.startsWith('-') && word.startsWith('--') && specs[word.slice(2)]?.dashes) {
      joined.push(`${word}=${next}`);
      i++;
    } else joined.push(word);
  }
  return joined;
}

/** HOST:PORT, an IPv6 address in brackets, which the host then lacks. Fails with USAGE_OPTION. */
export function parseListen(command: string, text: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  const [, host = '', port = ''] = match ?? [];
  if (match === null || Number(port) > 65_535) throw usageError(command, '--listen must be HOST:PORT');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
