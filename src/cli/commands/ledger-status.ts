import { printable } from '../../core/text.ts';
import type { LedgerOverview, ShardOverview } from '../../ledger/service/status.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount } from '../format.ts';

const name = 'ledger status';

export const ledgerStatusCommand: Command = {
  name,
  summary: 'shows size, checkpoints, shards, witnesses and holds of the ledger',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger status takes no further words');
    context.print(describeLedger(await context.services.ledger.status(context.home), context.now()));
  },
};

/** The lines that tell how a ledger is. */
export function describeLedger(status: LedgerOverview, now: number): string {
  const { secondPlace, witnesses } = status;
  const lines = [
    `ledger       ${status.origin}`,
    `durable      ${formatCount(status.durable)} entries`,
    ...status.shards.flatMap((shard) => [
      `shard        ${shard.name}${stateText(shard, now)}: ${formatCount(shard.durable)} entries, keys of generation ${shard.generation}`,
      `  checkpoint ${formatCount(shard.size)} entries, root ${shard.root}`,
      `  second     ${shard.secondPlaceSize === null ? 'MISSING' : `${formatCount(shard.secondPlaceSize)} entries`}`,
      `  log        ${shard.origin}; ${shard.walSegments} segments`,
    ]),
    `second place ${secondPlace.folder}${secondPlace.isSameVolume ? ' (on the volume of the home: a backup of the volume has both; see docs/operations.md)' : ''}`,
    ...(witnesses === null
      ? ['witnesses    none']
      : [
          `witnesses    ${witnesses.cosigned.length} of ${witnesses.configured} cosigned (${witnesses.cosigned.join(', ') || 'none'}), quorum ${witnesses.isQuorum ? 'met' : 'MISSED'}; without it: ${witnesses.onMissingQuorum}`,
        ]),
    `holds        ${formatCount(status.holds)}`,
    `retention    ${status.retentionDays === null ? 'no time is configured: shards stay' : `${formatCount(status.retentionDays)} days from the seal of a shard`}`,
    `free         ${formatBytes(status.freeBytes)}${status.isLow ? ' (LOW: make room)' : ''}`,
    '',
  ];
  return lines.map((line) => printable(line, 1000)).join('\n');
}

function stateText({ isSealed, droppedMs, dueMs }: ShardOverview, now: number): string {
  const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);
  if (droppedMs !== null) return `, dropped on ${dayOf(droppedMs)}, once`;
  if (!isSealed) return '';
  if (dueMs === null) return ', sealed';
  return now < dueMs ? `, sealed, kept until ${dayOf(dueMs)}` : `, sealed, DUE to be dropped since ${dayOf(dueMs)}`;
}
