import { openHome } from '../home/home.ts';
import type { ColumnsSummary } from '../ledger/service/port.ts';
import type { LedgerSettings } from '../ledger/service/settings.ts';

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

/** Removes all rows of a subject, of the ledger and of imported logs; gives how many there were. Fails with HOME_LOCKED, DISCLOSURES_*, REGISTER_*. */
export async function removeFromColumns(home: string, subject: string): Promise<number> {
  const { removeSubjectRows } = await import('../disclosures/import/remove-subject.ts');
  return withLockedHome(home, (registerKey) => removeSubjectRows(home, registerKey, subject));
}

async function withLockedHome<T>(home: string, work: (registerKey: Uint8Array) => T): Promise<T> {
  const { paths } = await openHome(home);
  const { readKeyFile } = await import('../register/key-file.ts');
  const { acquireHomeLock } = await import('../register/lock.ts');
  const registerKey = await readKeyFile(paths.key);
  const lock = acquireHomeLock(home);
  try {
    return work(registerKey);
  } finally {
    lock.release();
  }
}
