import { BoltsealError } from '../../core/errors.ts';
import type { Vault } from '../../vault/port.ts';
import type { KeyedHash } from '../context/keyed-hash.ts';
import type { LedgerErasing } from '../port.ts';
import type { SubjectErasure } from '../routes/subjects.ts';
import { sealText, unsealText } from '../sealed-text.ts';
import type { OpenDatabase } from '../stores.ts';
import type { SeenIndex } from './seen.ts';

/** Erasures that were begun, until they are through: whom they are about lies sealed. */
export const erasureMigrations: readonly string[] = [
  'CREATE TABLE begun (subject BLOB PRIMARY KEY, sealed BLOB NOT NULL, principal TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;',
];

const BASIS = 'erasure through the gateway';

/** What an erasure reaches. */
export interface ErasureParts {
  readonly store: OpenDatabase;
  readonly hash: KeyedHash;
  /** 32 bytes, that seal whom an erasure is about. */
  readonly key: Uint8Array;
  readonly ledger: LedgerErasing;
  readonly vault: Pick<Vault, 'erase' | 'parcelsOf'>;
  /** Takes what the business context keeps of a person and their parcels away; gives the number of rows. */
  readonly forgetContext: (subject: string, trackingNumbers: readonly string[]) => Promise<number> | number;
  readonly seen: Pick<SeenIndex, 'forget'>;
  readonly nowMs: () => number;
}

/** Erasures, one after the other; what was begun and cut off, by a failure or a kill, is gone on with by `resume`. */
export interface ResumableErasure extends SubjectErasure {
  /** Goes on with what was begun; what still cannot be done is left for the next call. */
  resume(): Promise<void>;
}

/**
 * Takes a person out of the ledger first, which a legal hold forbids before anything is gone, then out of the business context, the vault, the register and what says who saw them. Each step done again does nothing.
 * `erase` rejects with LEDGER_HELD, HOME_LOCKED, LEDGER_* and VAULT_*; but for a hold, `resume` does what is left.
 */
export function createErasure(parts: ErasureParts): ResumableErasure {
  const { store, hash, key, ledger, nowMs } = parts;
  const { database } = store;
  const insert = database.prepare(
    'INSERT OR IGNORE INTO begun (subject, sealed, principal, at_ms) VALUES (?, ?, ?, ?)',
  );
  const remove = database.prepare('DELETE FROM begun WHERE subject = ?');
  const list = database.prepare('SELECT subject, sealed, principal FROM begun ORDER BY at_ms');
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  async function finish(subject: string, principal: string): Promise<boolean> {
    const print = hash('subject', subject);
    let found: boolean;
    try {
      found = await ledger.erase(subject, { principal, basis: BASIS });
    } catch (error) {
      if (error instanceof BoltsealError && error.code === 'LEDGER_HELD') remove.run(print);
      throw error;
    }
    parts.seen.forget(subject);
    // Before the vault, which alone knows whose parcels these are.
    const trackingNumbers = await parts.vault.parcelsOf(subject, Number.MAX_SAFE_INTEGER);
    found = (await parts.forgetContext(subject, trackingNumbers)) > 0 || found;
    found = (await parts.vault.erase(subject)) || found;
    // Behind the vault, which would tell the register again.
    await ledger.eraseInRegister(subject);
    // Who got an answer meanwhile is in the ledger again, with the person.
    if (parts.seen.forget(subject)) await eraseRest(subject, principal);
    remove.run(print);
    return found;
  }

  async function eraseRest(subject: string, principal: string): Promise<void> {
    try {
      await ledger.erase(subject, { principal, basis: BASIS });
    } catch (error) {
      // A hold that came between keeps what came between.
      if (!(error instanceof BoltsealError) || error.code !== 'LEDGER_HELD') throw error;
    }
  }

  return {
    erase: (subject, { principal }) =>
      inTurn(async () => {
        if (ledger.isHeld(subject)) throw new BoltsealError('LEDGER_HELD', { owner: 'subject' });
        const print = hash('subject', subject);
        const { changes } = insert.run(print, sealText(key, print, subject), principal.id, nowMs());
        // Somebody who was half gone was there.
        return (await finish(subject, principal.id)) || changes === 0;
      }),
    resume: () =>
      inTurn(async () => {
        for (const row of list.all()) {
          try {
            await finish(unsealText(key, row.subject as Uint8Array, row.sealed as Uint8Array), String(row.principal));
          } catch {
            // It stays for the next turn, and one that cannot be opened, sealed under a key that was lost, keeps no other waiting.
          }
        }
      }),
  };
}
