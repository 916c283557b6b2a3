import { equalBytes } from '../../core/bytes.ts';
import type { KeyedHash } from '../context/keyed-hash.ts';
import { exceptionReason } from '../disclose/exception-basis.ts';
import type { DecisionEntry, DecisionLog, LedgerReading } from '../port.ts';
import type { OpenDatabase } from '../stores.ts';

/** Where the ledger has a decision. */
export interface SeenPlace {
  readonly shard: string;
  readonly index: number;
}

/**
 * `seen`: which entries are about whom; `exceptions`: which were given without a business fact; `marks`: up to which index a shard is complete in both. Shards by the half years since year 0.
 * A subject stands there as a keyed hash, and the rows name nobody else.
 */
export const seenMigrations: readonly string[] = [
  `CREATE TABLE seen (
     subject BLOB NOT NULL, shard INTEGER NOT NULL, entry INTEGER NOT NULL,
     PRIMARY KEY (subject, shard, entry)
   ) WITHOUT ROWID;
   CREATE TABLE marks (shard INTEGER PRIMARY KEY, upto INTEGER NOT NULL);`,
  'CREATE TABLE hashed_by (print BLOB NOT NULL);',
  // Made anew: what was noted before did not say which were exceptions.
  `CREATE TABLE exceptions (shard INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (shard, entry)) WITHOUT ROWID;
   DELETE FROM seen;
   DELETE FROM marks;`,
];

/** The look-up, for a test that it uses the index. */
export const seenQuery =
  'SELECT shard, entry FROM seen WHERE subject = ? AND (shard, entry) < (?, ?) ORDER BY shard DESC, entry DESC LIMIT ?';

/** Takes the rows of a subject away. */
export const forgetSeenQuery = 'DELETE FROM seen WHERE subject = ?';

/** Rows that are written in one transaction, and entries that are read in one turn: a few milliseconds. */
const AT_A_TIME = 256;
const FLUSH_MS = 1000;

interface Mark {
  upto: number;
  /** Entries behind `upto` that are in, when something between is not. */
  readonly ahead: Set<number>;
}

interface Noted {
  readonly subject: string;
  readonly isException: boolean;
  readonly shard: number;
  readonly index: number;
}

/**
 * Which entries of the ledger are about whom, and which were exceptions: a projection, which can be made from the ledger again and never says more than it. Decisions are noted when they are acknowledged and written behind
 * the answers; whatever a kill loses of that lies behind the mark, and is read from the ledger.
 */
export class SeenIndex {
  readonly #store: OpenDatabase;
  readonly #hash: KeyedHash;
  readonly #ledger: LedgerReading;
  readonly #marks = new Map<number, Mark>();
  readonly #insert;
  readonly #mark;
  readonly #select;
  readonly #delete;
  readonly #insertException;
  readonly #selectExceptions;
  readonly #isException;
  #noted: Noted[] = [];
  #timer: NodeJS.Timeout | null = null;
  #catching: Promise<void> | null = null;
  #isClosed = false;

  constructor(store: OpenDatabase, hash: KeyedHash, ledger: LedgerReading) {
    this.#store = store;
    this.#hash = hash;
    this.#ledger = ledger;
    const { database } = store;
    this.#beginUnder(hash('event', 'boltseal seen'));
    this.#insert = database.prepare('INSERT OR IGNORE INTO seen (subject, shard, entry) VALUES (?, ?, ?)');
    this.#mark = database.prepare('INSERT OR REPLACE INTO marks (shard, upto) VALUES (?, ?)');
    this.#select = database.prepare(seenQuery);
    this.#delete = database.prepare(forgetSeenQuery);
    this.#insertException = database.prepare('INSERT OR IGNORE INTO exceptions (shard, entry) VALUES (?, ?)');
    this.#selectExceptions = database.prepare(
      'SELECT shard, entry FROM exceptions WHERE (shard, entry) < (?, ?) ORDER BY shard DESC, entry DESC LIMIT ?',
    );
    this.#isException = database.prepare('SELECT 1 FROM exceptions WHERE shard = ? AND entry = ?');
    for (const row of database.prepare('SELECT shard, upto FROM marks').all())
      this.#marks.set(Number(row.shard), { upto: Number(row.upto), ahead: new Set() });
  }

  /** Rows under another key, one that was lost, are found by nobody, who would hear that nobody saw them: all are read from the ledger again. */
  #beginUnder(print: Uint8Array): void {
    const { database } = this.#store;
    const known = database.prepare('SELECT print FROM hashed_by').get()?.print;
    if (known instanceof Uint8Array && equalBytes(known, print)) return;
    this.#store.transact(() => {
      if (known !== undefined) database.exec('DELETE FROM seen; DELETE FROM marks; DELETE FROM hashed_by');
      database.prepare('INSERT INTO hashed_by (print) VALUES (?)').run(print);
    });
  }

  /** Notes decisions of the ledger at their places; costs nothing on the way of an answer. */
  note(entries: readonly DecisionEntry[], places: readonly SeenPlace[]): void {
    for (const [i, { shard, index }] of places.entries()) {
      const entry = entries[i];
      if (entry === undefined) continue;
      const { subject, basis } = entry;
      this.#noted.push({ subject, isException: isExceptionBasis(basis), shard: numberOf(shard), index });
    }
    this.#timer ??= setTimeout(() => this.#flushSome(), FLUSH_MS).unref();
  }

  /** Writes all that was noted. Fails as SQLite does; what was not written is read from the ledger later. */
  flush(): void {
    while (this.#noted.length > 0) this.#write(this.#noted.splice(0, AT_A_TIME));
  }

  /**
   * Reads from the ledger what it has published and is not in here, and forgets shards that were dropped; others get their turn in between.
   * `isFresh`: nothing was appended yet, so that a mark behind the end is that of another ledger, one that a backup brought back.
   */
  catchUp(isFresh = false): Promise<void> {
    this.#catching ??= this.#catchUp(isFresh).finally(() => {
      this.#catching = null;
    });
    return this.#catching;
  }

  /** Places of what is about a subject, the newest first, below `before` (null: all). */
  find(subject: string, before: SeenPlace | null, most: number): readonly SeenPlace[] {
    const [shard, index] = before === null ? [Number.MAX_SAFE_INTEGER, 0] : [numberOf(before.shard), before.index];
    return this.#select
      .all(this.#hash('subject', subject), shard, index, most)
      .map((row) => ({ shard: nameOf(Number(row.shard)), index: Number(row.entry) }));
  }

  /** Places of what was given without a business fact, the newest first, below `before` (null: all). */
  exceptions(before: SeenPlace | null, most: number): readonly SeenPlace[] {
    const [shard, index] = before === null ? [Number.MAX_SAFE_INTEGER, 0] : [numberOf(before.shard), before.index];
    return this.#selectExceptions
      .all(shard, index, most)
      .map((row) => ({ shard: nameOf(Number(row.shard)), index: Number(row.entry) }));
  }

  /** Whether an entry is known as an exception. */
  isException({ shard, index }: SeenPlace): boolean {
    return this.#isException.get(numberOf(shard), index) !== undefined;
  }

  /** Takes the rows of a subject away, durably; gives whether there were any. */
  forget(subject: string): boolean {
    this.flush();
    const { database } = this.#store;
    // Everything else may be lost with a power cut; whoever was erased must not come back.
    database.exec('PRAGMA synchronous = FULL');
    try {
      return this.#delete.run(this.#hash('subject', subject)).changes > 0;
    } finally {
      database.exec('PRAGMA synchronous = NORMAL');
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.flush();
  }

  async #catchUp(isFresh: boolean): Promise<void> {
    this.flush();
    const shards = this.#ledger.shards();
    this.#forgetDropped(new Set(shards.map(({ shard }) => numberOf(shard))));
    for (const { shard, size } of shards) {
      const number = numberOf(shard);
      const mark = this.#markOf(number);
      if (isFresh && mark.upto > size) this.#reset(number, mark);
      while (mark.upto < size && !this.#isClosed) {
        const from = mark.upto;
        // To the end of a bundle: each is opened once.
        const to = Math.min(size, (Math.floor(from / AT_A_TIME) + 1) * AT_A_TIME);
        this.#take(number, mark, to, [...this.#ledger.decisions(shard, from, to)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #take(
    shard: number,
    mark: Mark,
    to: number,
    found: readonly { index: number; subject: string; basis: string }[],
  ): void {
    this.#store.transact(() => {
      for (const { index, subject, basis } of found) {
        this.#insert.run(this.#hash('subject', subject), shard, index);
        if (isExceptionBasis(basis)) this.#insertException.run(shard, index);
      }
      this.#mark.run(shard, Math.max(mark.upto, to));
    });
    for (; mark.upto < to; mark.upto++) mark.ahead.delete(mark.upto);
    advance(mark);
  }

  #flushSome(): void {
    this.#timer = null;
    try {
      this.#write(this.#noted.splice(0, AT_A_TIME));
    } catch {
      // They lie behind the mark: the ledger has them.
    }
    if (this.#noted.length > 0) this.#timer = setTimeout(() => this.#flushSome(), 0);
  }

  #write(noted: readonly Noted[]): void {
    const changed = new Map<number, number>();
    this.#store.transact(() => {
      for (const { subject, isException, shard, index } of noted) {
        this.#insert.run(this.#hash('subject', subject), shard, index);
        if (isException) this.#insertException.run(shard, index);
        changed.set(shard, 0);
      }
      for (const shard of changed.keys()) {
        const { upto, ahead } = this.#markOf(shard);
        const mark = { upto, ahead: new Set(ahead) };
        for (const one of noted) if (one.shard === shard && one.index >= upto) mark.ahead.add(one.index);
        advance(mark);
        changed.set(shard, mark.upto);
        this.#mark.run(shard, mark.upto);
      }
    });
    for (const { shard, index } of noted) {
      const mark = this.#markOf(shard);
      if (index >= mark.upto) mark.ahead.add(index);
    }
    for (const shard of changed.keys()) advance(this.#markOf(shard));
  }

  #reset(shard: number, mark: Mark): void {
    this.#store.transact(() => {
      this.#removeShard(shard);
      this.#mark.run(shard, 0);
    });
    mark.upto = 0;
    mark.ahead.clear();
  }

  #removeShard(shard: number): void {
    for (const table of ['seen', 'exceptions'])
      this.#store.database.prepare(`DELETE FROM ${table} WHERE shard = ?`).run(shard);
  }

  #forgetDropped(kept: ReadonlySet<number>): void {
    for (const shard of this.#marks.keys()) {
      // Nothing of a shard that has just begun may be published yet.
      if (kept.has(shard) || shard >= Math.max(0, ...kept)) continue;
      this.#store.transact(() => {
        this.#removeShard(shard);
        this.#store.database.prepare('DELETE FROM marks WHERE shard = ?').run(shard);
      });
      this.#marks.delete(shard);
    }
  }

  #markOf(shard: number): Mark {
    let mark = this.#marks.get(shard);
    if (mark === undefined) {
      mark = { upto: 0, ahead: new Set() };
      this.#marks.set(shard, mark);
    }
    return mark;
  }
}

/** A log whose decisions are noted when they are durable. */
export function notingLog(log: DecisionLog, seen: Pick<SeenIndex, 'note'>): DecisionLog {
  return {
    async append(entries) {
      const places = await log.append(entries);
      seen.note(entries, places);
      return places;
    },
  };
}

function isExceptionBasis(basis: string): boolean {
  return exceptionReason(basis) !== null;
}

function advance(mark: Mark): void {
  while (mark.ahead.delete(mark.upto)) mark.upto++;
}

/** `2026h2` as the half years since year 0. */
function numberOf(shard: string): number {
  return Number(shard.slice(0, 4)) * 2 + Number(shard.slice(5)) - 1;
}

function nameOf(number: number): string {
  return `${String(Math.floor(number / 2)).padStart(4, '0')}h${(number % 2) + 1}`;
}
