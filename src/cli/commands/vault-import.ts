import { BoltsealError } from '../../core/errors.ts';
import type { CheckSummary, VaultImportSummary } from '../../vault/service-port.ts';
import { usageError } from '../arguments.ts';
import type { Arguments, Command } from '../command.ts';
import { formatCount, formatDuration } from '../format.ts';
import { readingOptions } from '../reading-options.ts';
import type { VaultImportRequest } from '../services.ts';
import { postgresOptions, readTableSource } from '../table-source.ts';
import { parseMap, parseTime } from '../values.ts';
import { describeCheck } from '../vault-check-text.ts';

const name = 'vault import';
const parcelColumns = ['recipient', 'sender', 'station', 'status'] as const;

export const vaultImportCommand: Command = {
  name,
  summary: 'loads a table of customers or parcels into the vault',
  usage: [
    'FILE... --id COL [--as-of TIME] [--map FIELD=COL ...] [--no-check]',
    'FILE... --parcels [--recipient COL] [--sender COL] [--station COL] [--status COL] [--map trackingNumber=COL] ...',
    '--postgres URL --query SQL --id COL ...',
  ],
  options: {
    id: { value: 'COL', text: 'customers: the column with your own id of the person' },
    parcels: { text: 'the table has parcels; customers that it names are made where they are not there' },
    recipient: { value: 'COL', text: 'with --parcels: the id of the recipient' },
    sender: { value: 'COL', text: 'with --parcels: the id of the sender' },
    station: { value: 'COL', text: 'with --parcels: where it is' },
    status: { value: 'COL', text: 'with --parcels: announced, in-transit, at-station, out-for-delivery, ...' },
    'as-of': { value: 'TIME', text: 'when the table was taken (default: now); what the vault has of later stays' },
    'admit-erased': {
      text: 'ids of people who were erased are taken as those of new customers; without it their rows are left out',
    },
    'no-check': { text: 'leaves out the search for readable values afterwards' },
    ...postgresOptions,
    ...readingOptions,
  },
  details: [
    'Name, phone, email, address, nationalId and username are taken, the first column of each; an empty cell takes the value away. Passwords are not.',
    'Interrupted, the same command goes on where it ended: nothing comes twice, nothing is lost. Afterwards all files of the home are searched for readable values (`boltseal vault check`).',
    'The register is told by `boltseal vault feed`, or by `boltseal serve` on its own.',
  ],
  async run(context, given) {
    const request = readRequest(context.home, given, context.now());
    const { vault } = context.services;
    context.print(describeImport(await vault.import(request, context.progress)));
    if (given.flag('no-check')) return;
    const check: CheckSummary = await vault.check(context.home, context.progress);
    context.print(describeCheck(check));
    if (check.hits.length > 0) throw new BoltsealError('VAULT_PLAINTEXT', { found: check.hits.length });
  },
};

function readRequest(home: string, given: Arguments, nowMs: number): VaultImportRequest {
  const isParcels = given.flag('parcels');
  const id = given.text('id');
  if (isParcels === (id !== undefined))
    throw usageError(name, 'say --id COL for a table of customers, or --parcels for one of parcels');
  if (!isParcels && parcelColumns.some((column) => given.flag(column)))
    throw usageError(name, `--${parcelColumns.join(', --')} are for --parcels`);
  const asOf = given.text('as-of');
  const [recipient = null, sender = null, station = null, status = null] = parcelColumns.map(
    (column) => given.text(column) ?? null,
  );
  return {
    home,
    source: readTableSource(name, given),
    map: parseMap(name, given.list('map')),
    id: id ?? '',
    parcels: isParcels ? { recipient, sender, station, status } : null,
    admitsErased: given.flag('admit-erased'),
    atMs: asOf === undefined ? nowMs : parseTime(name, '--as-of', asOf) * 1000,
  };
}

function describeImport(summary: VaultImportSummary): string {
  const { rows, before, made, changed, same, rejected, columns, seconds } = summary;
  const left = [...rejected].map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ');
  return [
    `Read ${formatCount(rows)} rows in ${formatDuration(seconds)}${before > 0 ? `, behind ${formatCount(before)} of an import that was interrupted` : ''}${left === '' ? '' : `; left out: ${left}`}.`,
    ...columns.map(({ column, holds }) => `  column ${column}: ${holds}`),
    `New: ${formatCount(made)}. Changed: ${formatCount(changed)}. As they were: ${formatCount(same)}.`,
    '',
  ].join('\n');
}
