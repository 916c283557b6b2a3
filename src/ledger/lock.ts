import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BoltsealError } from '../core/errors.ts';

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const BUSY = 5;

/** The right to write; `release` gives it back and may be called again. */
export interface LedgerLock {
  release(): void;
}

/**
 * Takes the single writer's lock of a ledger, without waiting; LEDGER_LOCKED when another process has it.
 *
 * Node has no call for a lock on a file; an exclusive transaction on `lock.sqlite` is one. It ends with the process however that ends, and what remains on the disk
 * means nothing. Not the home's own lock: an import of logs may run while the ledger is written.
 */
export function acquireLedgerLock(folder: string): LedgerLock {
  const database = new DatabaseSync(path.join(folder, 'lock.sqlite'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) throw new BoltsealError('LEDGER_LOCKED', { path: folder });
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}
