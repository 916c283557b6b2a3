import { errorRegistry } from '../src/core/errors.ts';

/** The text of docs/errors.md: every code of the registry, in alphabetical order. */
export function renderErrorDocs(): string {
  const rows = Object.entries(errorRegistry)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { exit, text, remedy }]) => `| \`${code}\` | ${exit} | ${escapeCell(text)} | ${escapeCell(remedy)} |`);
  return [
    '# Errors',
    '',
    'Every error that Boltseal reports on purpose has a stable code. It is printed on standard error as `boltseal: TEXT [CODE]`, with what to do on the next',
    'line. Words in braces are filled in; they are names, counts, sizes and paths that the user gave, never a value from a dump or a record.',
    '',
    'Exit codes: 0 done, 1 the user can mend it, 2 it is ours, 130 and 143 interrupted. `BOLTSEAL_DEBUG=1` adds the frames of the stack, without any message.',
    '',
    'This file is written by `npm run docs:errors`; a test compares it with `src/core/errors.ts`.',
    '',
    '| code | exit | text | what to do |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
