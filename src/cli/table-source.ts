import { usageError } from './arguments.ts';
import type { Arguments, OptionSpecs } from './command.ts';
import type { TableSource } from './services.ts';
import { parseHints } from './values.ts';

/** Options by which a table comes from a database. */
export const postgresOptions: OptionSpecs = {
  postgres: { value: 'URL', text: 'reads from a live PostgreSQL database instead of files' },
  query: { value: 'SQL', text: 'with --postgres: what to read' },
};

/** Reads where a table comes from: files, or --postgres with --query. Fails with USAGE_OPTION. */
export function readTableSource(name: string, given: Arguments): TableSource {
  const url = given.text('postgres');
  const query = given.text('query');
  if (url === undefined && query === undefined) {
    if (given.positionals.length === 0)
      throw usageError(name, 'no table: name a FILE, or --postgres URL with --query SQL');
    return { kind: 'files', paths: given.positionals, hints: parseHints(name, given) };
  }
  if (url === undefined || query === undefined) throw usageError(name, '--postgres URL and --query SQL go together');
  if (given.positionals.length > 0)
    throw usageError(name, 'a table comes from files or from --postgres, not from both');
  return { kind: 'postgres', url, query };
}
