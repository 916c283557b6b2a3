import { BoltsealError } from '../../core/errors.ts';
import type { OpenDatabase } from '../stores.ts';
import type { VirtualNumberProvider } from './port.ts';

/** Steps of `<home>/gateway/virtual-numbers.sqlite`. Whom a number stands for is a keyed hash; no real number is in it. */
export const virtualNumberMigrations: readonly string[] = [
  `CREATE TABLE numbers (
     number TEXT PRIMARY KEY,
     holder BLOB UNIQUE,
     until_ms INTEGER NOT NULL,
     free_from_ms INTEGER NOT NULL,
     is_offered INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX numbers_by_freedom ON numbers (is_offered, free_from_ms, number);`,
];

export interface LocalNumbersOptions {
  /** What may be given out. */
  readonly pool: readonly string[];
  /** How long a number rests before it is given to somebody else: whoever still has it must not reach a stranger. */
  readonly restSeconds: number;
  /** Stands for subject and parcel. */
  readonly holderOf: (subject: string, parcel: string | null) => Uint8Array;
}

/**
 * Numbers from a pool of the company's own. It remembers durably who has which, and forwards nothing: for tests, and where a switch asks for the holder. A number that leaves the pool is
 * given to nobody any more.
 */
export function createLocalNumbers(
  { database, transact }: OpenDatabase,
  { pool, restSeconds, holderOf }: LocalNumbersOptions,
): VirtualNumberProvider {
  transact(() => {
    database.exec('UPDATE numbers SET is_offered = 0');
    const offer = database.prepare(
      `INSERT INTO numbers (number, until_ms, free_from_ms, is_offered) VALUES (?, 0, 0, 1)
       ON CONFLICT (number) DO UPDATE SET is_offered = 1`,
    );
    for (const number of pool) offer.run(number);
  });
  // Whoever had a number gets it again, even while it rests.
  const keep = database.prepare(
    `UPDATE numbers SET until_ms = max(until_ms, :until), free_from_ms = max(free_from_ms, :free)
     WHERE holder = :holder AND is_offered = 1 RETURNING number`,
  );
  // One statement, so that two requests never get the same number; the one that rested longest.
  const take = database.prepare(
    `UPDATE numbers SET holder = :holder, until_ms = :until, free_from_ms = :free
     WHERE number = (SELECT number FROM numbers WHERE is_offered = 1 AND free_from_ms <= :now ORDER BY free_from_ms, number LIMIT 1)
     RETURNING number`,
  );
  const forget = database.prepare('UPDATE numbers SET holder = NULL WHERE holder = ? AND is_offered = 0');
  const end = database.prepare(
    'UPDATE numbers SET holder = NULL, until_ms = :now, free_from_ms = :free WHERE number = :number AND until_ms > :now',
  );
  const leave = database.prepare(
    `UPDATE numbers SET holder = NULL, until_ms = min(until_ms, :now), free_from_ms = max(:now, min(until_ms, :now) + :rest)
     WHERE holder = :holder`,
  );
  return {
    assign({ subject, parcel, ttlSeconds, nowMs }) {
      const holder = holderOf(subject, parcel);
      const until = nowMs + ttlSeconds * 1000;
      const times = { holder, until, free: until + restSeconds * 1000 };
      const row = guard(() => {
        const kept = keep.get(times);
        if (kept !== undefined) return kept;
        forget.run(holder);
        return take.get({ ...times, now: nowMs });
      });
      if (row === undefined) throw new BoltsealError('GATEWAY_VIRTUAL_NUMBERS');
      return String(row.number);
    },
    release(number, nowMs) {
      const { changes } = guard(() => end.run({ number, now: nowMs, free: nowMs + restSeconds * 1000 }));
      return changes > 0;
    },
    forget(subject, parcels, nowMs) {
      const holders = [null, ...parcels].map((parcel) => holderOf(subject, parcel));
      return guard(() =>
        transact(() => {
          const ended = { now: nowMs, rest: restSeconds * 1000 };
          return holders.reduce((count, holder) => count + Number(leave.run({ ...ended, holder }).changes), 0);
        }),
      );
    },
  };
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new BoltsealError('GATEWAY_VIRTUAL_NUMBERS', {}, { cause });
  }
}
