import type { PrincipalVersion } from '../../gateway/directory/port.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'gateway principals';

export const gatewayPrincipalsCommand: Command = {
  name,
  summary: 'lists who may ask the gateway',
  usage: ['[--csv]'],
  options: { csv: { text: 'all that was ever true of them, as `boltseal principals import -` reads it' } },
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, `${name} takes no further words`);
    const { principals } = context.services;
    if (given.flag('csv')) {
      context.print(toCsv(await principals.versions(context.home)));
      return;
    }
    const rows = (await principals.list(context.home)).map(({ id, kind, role, station, partner, state }) =>
      [id, kind, role, station ?? '-', partner ?? '-', state].join('\t'),
    );
    context.print(`${['id\tkind\trole\tstation\tpartner\tstate', ...rows].join('\n')}\n`);
  },
};

/** RFC 4180. An attribute that has the name of another column stands behind `attribute.`. */
function toCsv(versions: readonly PrincipalVersion[]): string {
  const fixed = ['principal', 'at', 'kind', 'role', 'station', 'partner', 'state'];
  const names = [...new Set(versions.flatMap(({ attributes }) => Object.keys(attributes)))].sort();
  const header = [...fixed, ...names.map((one) => (fixed.includes(one) ? `attribute.${one}` : one))];
  const rows = versions.map(({ id, fromMs, kind, role, station, partner, state, attributes }) => {
    const at = new Date(fromMs).toISOString();
    return [id, at, kind, role, station ?? '', partner ?? '', state, ...names.map((one) => attributes[one] ?? '')];
  });
  return [header, ...rows].map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
