import { printable } from '../../core/text.ts';
import type { PersonReport } from '../../vault/service-port.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount, formatTime } from '../format.ts';

const name = 'vault report';

export const vaultReportCommand: Command = {
  name,
  summary: 'shows everything that is held about a person, and everybody who got some of it',
  usage: ['--subject ID'],
  options: { subject: { value: 'ID', text: 'your own id of the person' } },
  details: ['The answer to a request for access. `boltseal vault export` gives the same for machines.'],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault report takes no further words');
    const subject = given.text('subject');
    if (subject === undefined) throw usageError(name, 'say whose: --subject ID');
    context.print(describe(await context.services.vault.report(context.home, subject)));
  },
};

function describe({ person, disclosures }: PersonReport): string {
  const safe = (text: string): string => printable(text, 200);
  const values = Object.entries(person.values).map(
    ([field, { value, version, sinceMs }]) =>
      `  ${field}: ${safe(value)} (version ${version}, since ${formatTime(Math.floor(sinceMs / 1000))})`,
  );
  const parcels = person.parcels.map(
    ({ trackingNumber, parties, status, station, atMs }) =>
      `  ${safe(trackingNumber)}: ${parties.recipient === person.subject ? 'recipient' : 'sender'}, ${status}${station === null ? '' : ` at ${safe(station)}`}, ${formatTime(Math.floor(atMs / 1000))}`,
  );
  const seen = disclosures.map(
    ({ timeSeconds, principal, fields, purpose }) =>
      `  ${formatTime(timeSeconds)}: ${safe(principal)} got ${fields.join(', ')}${purpose === '' ? '' : ` for ${safe(purpose)}`}`,
  );
  return [
    `Subject ${safe(person.subject)}`,
    `Held: ${formatCount(values.length)} values`,
    ...values,
    `Parcels: ${formatCount(parcels.length)}`,
    ...parcels,
    `Disclosures: ${formatCount(seen.length)}`,
    ...seen,
    '',
  ].join('\n');
}
