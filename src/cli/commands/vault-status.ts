import type { VaultStatusSummary } from '../../vault/service-port.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount } from '../format.ts';

const name = 'vault status';

export const vaultStatusCommand: Command = {
  name,
  summary: 'shows what the vault holds, and its keys',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault status takes no further words');
    context.print(describe(await context.services.vault.status(context.home)));
  },
};

function describe(status: VaultStatusSummary): string {
  const { subjects, parcels, unfed, sizeBytes, keyVersions, rotation, provider, tenant, store } = status;
  return [
    `subjects  ${formatCount(subjects)}`,
    `parcels   ${formatCount(parcels)}`,
    `on disk   ${formatBytes(sizeBytes)} in ${store}`,
    `register  ${unfed === 0 ? 'knows everything' : `has not heard of ${formatCount(unfed)} writes: \`boltseal vault feed\``}`,
    `tenant    ${tenant}`,
    `keys      by ${provider}; ${keyVersions.map(({ version, dataKeys }) => `version ${version} wraps ${formatCount(dataKeys)}`).join(', ')}`,
    ...(rotation === null
      ? []
      : [
          `rotation  ${formatCount(rotation.done)} of ${formatCount(rotation.total)}: \`boltseal vault rotate-key\` goes on with it`,
        ]),
    '',
  ].join('\n');
}
