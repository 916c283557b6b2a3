import { openHome } from '../home/home.ts';
import type { ErasedKind } from '../ledger/erasing/port.ts';
import type { ColumnsSummary } from '../ledger/service/port.ts';
import type { LedgerSettings } from '../ledger/service/settings.ts';
import { lockHome, readKey } from './shared.ts';

/*
 * The ledger's disclosures in the columns that `attribute` reads. Columns are derived: they can be made from the ledger again, and adding what is there already changes nothing.
 */

/** Adds what was published since the last time, or, with `fromStart`, everything that columns lack. Fails with HOME_LOCKED, LEDGER_*, DISCLOSURES_*, REGISTER_*. */
export async function feedColumns(home: string, settings: LedgerSettings, fromStart: boolean): Promise<ColumnsSummary> {
  const { copyLedger } = await import('../disclosures/import/ledger-entries.ts');
  const { withReadableShards } = await import('../ledger/service/readable-shards.ts');
  return withLockedHome(home, (registerKey) =>
    withReadableShards(settings, (shards) => {
      const { read, added, erased, rejected } = copyLedger({ home, registerKey, shards, fromStart });
      return { entries: read, added, erased, left: [...rejected.values()].reduce((sum, count) => sum + count, 0) };
    }),
  );
}

/** Disclosures of the ledger that columns lack; changes nothing. Fails as `feedColumns`. */
export async function countMissing(home: string, settings: LedgerSettings): Promise<number> {
  const { copyLedger } = await import('../disclosures/import/ledger-entries.ts');
  const { withReadableShards } = await import('../ledger/service/readable-shards.ts');
  const request = { home, fromStart: true, isCheck: true };
  return withLockedHome(home, (registerKey) =>
    withReadableShards(settings, (shards) => copyLedger({ ...request, registerKey, shards }).added),
  );
}

/**
 * Takes a person out of the columns, of what came from the ledger and from imported logs: all rows of a subject, the name of a principal. Gives how many rows it concerns. Fails with HOME_LOCKED,
 * DISCLOSURES_*, REGISTER_*.
 */
export async function removeFromColumns(home: string, kind: ErasedKind, id: string): Promise<number> {
  const { closePrincipal, removeSubjectRows } = await import('../disclosures/import/remove-person.ts');
  const remove = kind === 'subject' ? removeSubjectRows : closePrincipal;
  return withLockedHome(home, (registerKey) => remove(home, registerKey, id));
}

/** Removes the rows of a shard's disclosures. Fails as `feedColumns`. */
export async function removeShardFromColumns(home: string, settings: LedgerSettings, name: string): Promise<void> {
  const { removeLedgerRows } = await import('../disclosures/import/ledger-entries.ts');
  const { withReadableShards } = await import('../ledger/service/readable-shards.ts');
  await withLockedHome(home, (registerKey) =>
    withReadableShards(settings, (shards) => {
      for (const shard of shards) if (shard.name === name) removeLedgerRows(home, registerKey, shard);
    }),
  );
}

/** Whether nobody else writes to the columns just now. Fails with HOME_LOCKED. */
export async function checkColumnsFree(home: string): Promise<void> {
  await withLockedHome(home, () => undefined);
}

async function withLockedHome<T>(home: string, work: (registerKey: Uint8Array) => T): Promise<T> {
  const { paths } = await openHome(home);
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    return work(registerKey);
  } finally {
    lock.release();
  }
}
