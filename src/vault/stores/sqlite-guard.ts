import type { DatabaseSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import { sqliteReason } from '../../store/sqlite.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const DAMAGED = [11, 26];
const reasons: Readonly<Record<number, string>> = {
  5: 'another process writes',
  8: 'read-only',
  13: 'the disk is full',
};

/** Runs what reads. Fails with VAULT_READ and VAULT_DAMAGED, without a word of SQLite's. */
export function reading<T>(work: () => T): T {
  return guard('VAULT_READ', work);
}

/** Runs what writes. Fails with VAULT_WRITE and VAULT_DAMAGED. */
export function writing<T>(work: () => T): T {
  return guard('VAULT_WRITE', work);
}

/**
 * Leaves nothing of what was overwritten or deleted in any file: brings all into the main file, in which secure_delete has put zeros, and cuts the write-ahead file to nothing.
 * Fails with VAULT_WRITE while another process reads.
 */
export function scrubFile(database: DatabaseSync): void {
  writing(() => {
    const row = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    if (row?.busy !== 0) throw new BoltsealError('VAULT_WRITE', { reason: 'another process reads it' });
  });
}

/** Bytes of the database without its journals. */
export function sizeOf(database: DatabaseSync): number {
  const of = (pragma: string): number => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  return of('page_count') * of('page_size');
}

function guard<T>(code: 'VAULT_READ' | 'VAULT_WRITE', work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof BoltsealError || !(cause instanceof Error) || !('errcode' in cause)) throw cause;
    const number = Number(cause.errcode) & 0xff;
    if (DAMAGED.includes(number)) throw new BoltsealError('VAULT_DAMAGED', { what: 'database' }, { cause });
    throw new BoltsealError(code, { reason: reasons[number] ?? sqliteReason(cause) }, { cause });
  }
}
