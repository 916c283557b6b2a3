import type { ExceptionBody, ExceptionReviewBody, ExceptionsBody } from '../../contract/api/exceptions.ts';
import { BoltsealError } from '../../core/errors.ts';
import { exceptionReason } from '../disclose/exception-basis.ts';
import type { LedgerReading } from '../port.ts';
import type { OpenDatabase } from '../stores.ts';
import { parsePlace } from './history.ts';
import type { SeenIndex, SeenPlace } from './seen.ts';

/** Steps of `<home>/gateway/reviews.sqlite`: only ever added to. */
export const reviewMigrations: readonly string[] = [
  `CREATE TABLE reviews (
     number INTEGER PRIMARY KEY AUTOINCREMENT, shard TEXT NOT NULL, entry INTEGER NOT NULL,
     finding TEXT NOT NULL, principal TEXT NOT NULL, at_ms INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX reviews_by_place ON reviews (shard, entry, number);
   CREATE TRIGGER reviews_stay BEFORE UPDATE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews'); END;
   CREATE TRIGGER reviews_are_kept BEFORE DELETE ON reviews BEGIN SELECT RAISE(ABORT, 'reviews'); END;`,
];

const PAGE = 100;
/** Places that are looked at for one page: an answer may have fewer exceptions, and more behind it. */
const MOST_LOOKED_AT = 2000;
/** Entries that are opened in one turn: each reads its bundle. */
const AT_A_TIME = 8;

/** What reviewing needs. */
export interface ExceptionParts {
  readonly store: OpenDatabase;
  readonly seen: Pick<SeenIndex, 'exceptions' | 'isException' | 'catchUp'>;
  readonly ledger: LedgerReading;
  /** Enters a review into audit and ledger. Rejects with LEDGER_*; then it is in neither. */
  readonly audit: (id: string, finding: string, by: string, nowMs: number) => Promise<void>;
  readonly nowMs: () => number;
}

/** Exceptions for review. */
export interface Exceptions {
  /** The newest first; `before` as an answer's `next` gave it. Rejects with GATEWAY_REQUEST and LEDGER_*. */
  list(before: string | null, isOpenOnly: boolean): Promise<ExceptionsBody>;
  /** Adds a review; the newest counts. Rejects with GATEWAY_NOT_FOUND, and with GATEWAY_FORBIDDEN for an exception of one's own. */
  review(id: string, review: ExceptionReviewBody, by: string): Promise<ExceptionBody>;
}

/** Exceptions are found by a projection of the ledger and told from its own entries; reviews are kept beside. */
export function createExceptions({ store, seen, ledger, audit, nowMs }: ExceptionParts): Exceptions {
  const insert = store.database.prepare(
    'INSERT INTO reviews (shard, entry, finding, principal, at_ms) VALUES (?, ?, ?, ?, ?)',
  );
  const newest = store.database.prepare(
    'SELECT finding, principal, at_ms FROM reviews WHERE shard = ? AND entry = ? ORDER BY number DESC LIMIT 1',
  );

  function reviewOf({ shard, index }: SeenPlace): ExceptionBody['review'] {
    const row = newest.get(shard, index);
    if (row === undefined) return undefined;
    const finding = row.finding === 'justified' ? 'justified' : 'unjustified';
    return { finding, by: String(row.principal), at: new Date(Number(row.at_ms)).toISOString() };
  }

  /** Null: a row that does not fit its entry, after a backup was brought back, says nothing. */
  function tell(place: SeenPlace): ExceptionBody | null {
    const { shard, index } = place;
    const told = ledger.decision(shard, index);
    const reason = told?.basis == null ? null : exceptionReason(told.basis);
    if (told !== null && told.basis !== null && reason === null) return null;
    const review = reviewOf(place);
    return {
      id: `${shard}.${index}`,
      principal: told?.principal ?? '(erased)',
      log: ledger.log,
      shard,
      index,
      ...(told?.timeMs == null ? {} : { at: new Date(told.timeMs).toISOString() }),
      ...(told?.purpose == null ? {} : { purpose: told.purpose }),
      ...(told?.fields == null ? {} : { fields: told.fields }),
      ...(reason === null ? {} : { reason }),
      ...(review === undefined ? {} : { review }),
    };
  }

  return {
    async list(before, isOpenOnly) {
      // What was answered before the question is part of the answer.
      await ledger.publish();
      await seen.catchUp();
      const places = seen.exceptions(before === null ? null : parsePlace(before), MOST_LOOKED_AT);
      const exceptions: ExceptionBody[] = [];
      for (const [i, place] of places.entries()) {
        if (isOpenOnly && reviewOf(place) !== undefined) continue;
        const told = tell(place);
        if (told !== null) exceptions.push(told);
        if (exceptions.length === PAGE && i + 1 < places.length)
          return { exceptions, next: `${place.shard}.${place.index}` };
        if (i % AT_A_TIME === AT_A_TIME - 1) await new Promise((resolve) => setImmediate(resolve));
      }
      const last = places.at(-1);
      return places.length < MOST_LOOKED_AT || last === undefined
        ? { exceptions }
        : { exceptions, next: `${last.shard}.${last.index}` };
    },
    async review(id, { finding }, by) {
      await ledger.publish();
      await seen.catchUp();
      const place = parsePlace(id);
      const told = seen.isException(place) ? tell(place) : null;
      if (told === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
      if (told.principal === by) throw new BoltsealError('GATEWAY_FORBIDDEN');
      const atMs = nowMs();
      await audit(id, finding, by, atMs);
      insert.run(place.shard, place.index, finding, by, atMs);
      return { ...told, review: { finding, by, at: new Date(atMs).toISOString() } };
    },
  };
}
