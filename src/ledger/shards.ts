import path from 'node:path';
import type { Files } from './files/port.ts';
import { readDescription, type ShardDescription } from './shard-log.ts';

/** A shard that is there. */
export interface Shard {
  /** Year and half: `2026h2`. */
  readonly name: string;
  readonly folder: string;
  readonly description: ShardDescription;
}

const namePattern = /^\d{4}h[12]$/;

/** The shard to which a time belongs: half a year, UTC, as public logs do it. */
export function shardNameOf(timeMs: number): string {
  const time = new Date(timeMs);
  return `${String(time.getUTCFullYear()).padStart(4, '0')}h${time.getUTCMonth() < 6 ? 1 : 2}`;
}

/** Name of the shard that follows. */
export function shardAfter(name: string): string {
  const year = Number(name.slice(0, 4));
  return name.endsWith('1') ? `${name.slice(0, 4)}h2` : `${String(year + 1).padStart(4, '0')}h1`;
}

/** When the half year of a shard begins, UTC: milliseconds since 1970. */
export function shardStartMs(name: string): number {
  return Date.UTC(Number(name.slice(0, 4)), name.endsWith('1') ? 0 : 6);
}

/** Origin of a shard's log: the ledger's own, and the shard behind it (C2SP tlog-checkpoint, "Note text": a URL without scheme). */
export function shardOrigin(ledgerOrigin: string, name: string): string {
  return `${ledgerOrigin}/${name}`;
}

/** Whether only the last checkpoint of a shard is left. */
export function isDropped({ description }: Pick<Shard, 'description'>): boolean {
  return description.droppedMs !== undefined;
}

/** The shards of a ledger, oldest first; folders whose log was never begun are left out. Fails with LEDGER_DAMAGED or LEDGER_FORMAT. */
export function listShards(files: Files, ledgerFolder: string): Shard[] {
  return files
    .list(ledgerFolder)
    .filter((name) => namePattern.test(name))
    .sort()
    .flatMap((name) => {
      const folder = path.join(ledgerFolder, name);
      const description = readDescription(files, folder);
      return description === null ? [] : [{ name, folder, description }];
    });
}
