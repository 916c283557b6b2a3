import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BoltsealError } from '../core/errors.ts';

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const BUSY = 5;

/** The right to write in a home; `release` gives it back and may be called again. */
export interface HomeLock {
  release(): void;
}

/**
 * Takes the single writer's lock of a home, without waiting; HOME_LOCKED when another process has it.
 *
 * The lock is an exclusive transaction on `lock.sqlite`, that is a lock of the operating system on an open file: it ends with the process however
 * that ends, and what remains on disk means nothing. Readers take no lock.
 */
export function acquireHomeLock(home: string): HomeLock {
  const database = new DatabaseSync(path.join(home, 'lock.sqlite'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) throw new BoltsealError('HOME_LOCKED', { path: home });
    throw error;
  }
  return {
    release: () => {
      if (database.isOpen) database.close();
    },
  };
}
