import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { concatBytes, toBigEndian } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { KeyCache } from './key-cache.ts';
import type { KeyDatabase, Statement } from './key-database.ts';
import { KEY_BYTES, type LedgerSecrets, NONCE_BYTES, openBytes, sealBytes, WRAPPED_KEY_BYTES } from './wrapping.ts';

/** Whose key: somebody whose data it is, somebody who read, or the log itself. */
export type OwnerKind = 'subject' | 'principal' | 'log';

/** A key and the number by which files of openings name it. */
export interface PartKey {
  /** From 1 on, below 2^48. */
  readonly number: number;
  readonly key: KeyObject;
}

/** Bytes by which an owner is known in the store: an HMAC that is cut to 128 bits, so that even 2^40 owners share none. */
const OWNER_BYTES = 16;
const ownerBytes: Readonly<Record<OwnerKind, number>> = { subject: 1, principal: 2, log: 3 };
/** Keys and the nonces that wrap them are drawn in blocks: one call of the random generator for each costs more than the bytes. */
const DRAWN_KEYS = 128;

/** The month of a time: keys are made anew with each, so that a period can be dropped. Months since 1970-01, UTC. */
export function periodOf(timeMs: number): number {
  // Entries that follow each other are mostly of one day, and a date costs as much as a look-up of a key.
  if (timeMs >= lastDay.fromMs && timeMs < lastDay.fromMs + DAY_MS) return lastDay.period;
  const time = new Date(timeMs);
  const period = (time.getUTCFullYear() - 1970) * 12 + time.getUTCMonth();
  lastDay = { fromMs: Math.floor(timeMs / DAY_MS) * DAY_MS, period };
  return period;
}

const DAY_MS = 86_400_000;
let lastDay = { fromMs: 0, period: 0 };

/**
 * Keys of people, one for each owner and period; owners are known only as keyed hashes, keys lie wrapped.
 *
 * `keyFor` makes what is missing; nothing that was sealed with a new key may be written before `commit` returned. Readers in other processes see what was committed.
 * Fails with LEDGER_KEYS, and LEDGER_DAMAGED for a key that cannot be unwrapped.
 */
export class KeyStore {
  readonly #database: KeyDatabase;
  readonly #secrets: LedgerSecrets;
  readonly #byOwner: KeyCache<PartKey>;
  readonly #byNumber: KeyCache<KeyObject>;
  readonly #find: Statement;
  readonly #findNumber: Statement;
  readonly #findErasure: Statement;
  readonly #findLast: Statement;
  readonly #insert: Statement;
  readonly #retire: Statement;
  readonly #retireNumber: Statement;
  readonly #setAside: Statement;
  readonly #destroy: Statement;
  readonly #drawn = new Uint8Array(DRAWN_KEYS * (KEY_BYTES + NONCE_BYTES));
  #drawnAt: number = this.#drawn.length;
  #changes = -1;
  /** Number of the last key, known while a transaction is open. */
  #last: number | null = null;

  /** `cached`: about how many unwrapped keys are kept in memory (half a kilobyte each). */
  constructor(database: KeyDatabase, secrets: LedgerSecrets, cached = 16_384) {
    this.#database = database;
    this.#secrets = secrets;
    this.#byOwner = new KeyCache(cached);
    this.#byNumber = new KeyCache(cached);
    // Keys that a failure takes back must not be used: they would seal what nobody could open.
    database.onRollback(() => this.#forget());
    // The term of the index's own condition must stand in the query for SQLite to use it (sqlite.org/partialindex.html).
    this.#find = database.prepare(
      'SELECT number, wrapped FROM keys WHERE owner = ? AND period = ? AND erasure = 0 AND erasure <= 0',
    );
    this.#findNumber = database.prepare('SELECT owner, wrapped FROM keys WHERE number = ?');
    this.#findErasure = database.prepare('SELECT erasure FROM keys WHERE number = ?');
    this.#findLast = database.prepare('SELECT coalesce(max(number), 0) AS number FROM keys');
    this.#insert = database.prepare('INSERT INTO keys (number, owner, period, wrapped) VALUES (?, ?, ?, ?)');
    this.#retire = database.prepare('UPDATE keys SET erasure = ? WHERE owner = ? AND erasure <= 0 RETURNING number');
    this.#retireNumber = database.prepare('UPDATE keys SET erasure = ? WHERE number = ? AND erasure <= 0');
    this.#setAside = database.prepare('UPDATE keys SET erasure = -number WHERE erasure = ?');
    this.#destroy = database.prepare('UPDATE keys SET wrapped = zeroblob(60), owner = zeroblob(16) WHERE erasure = ?');
  }

  /** By what an owner is known here: 16 bytes. */
  ownerOf(kind: OwnerKind, id: Uint8Array): Uint8Array {
    const message = new Uint8Array(1 + id.length);
    message[0] = ownerBytes[kind];
    message.set(id, 1);
    return this.#secrets.owners(message).subarray(0, OWNER_BYTES);
  }

  /** The key of an owner for a period, made when there is none. */
  keyFor(kind: OwnerKind, id: Uint8Array, period: number): PartKey {
    const name = `${kind} ${period} ${Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1')}`;
    const cached = this.#byOwner.get(name);
    if (cached !== undefined) return cached;
    const found = this.#findOrMake(this.ownerOf(kind, id), period);
    this.#byOwner.set(name, found);
    return found;
  }

  /** The key with that number; null when it was destroyed. Fails with LEDGER_DAMAGED when there is none. */
  keyOf(number: number): KeyObject | null {
    const name = String(number);
    const cached = this.#byNumber.get(name);
    if (cached !== undefined) return cached;
    const row = this.#findNumber.get(number);
    if (row === undefined) throw damaged(`key ${number} is missing`);
    const key = this.#unwrap(number, row.owner as Uint8Array, row.wrapped as Uint8Array);
    if (key !== null) this.#byNumber.set(name, key);
    return key;
  }

  /** Number of the erasure that took up a key and was not refused; null when none did, or there is no such key. */
  erasureOf(number: number): number | null {
    const erasure = Number(this.#findErasure.get(number)?.erasure ?? 0);
    return erasure > 0 ? erasure : null;
  }

  /**
   * Forgets what it remembers if another connection has changed the store since: keys that were taken out of use or destroyed there must not be used here. To be called
   * before a batch of work; erasing changes keys only while no batch runs.
   */
  refresh(): void {
    const changes = this.#database.changes();
    if (changes === this.#changes) return;
    this.#changes = changes;
    this.#forget();
  }

  /** Makes new keys durable. */
  commit(): void {
    this.#database.commit();
    this.#last = null;
  }

  /** Takes all keys of an owner, of every period, out of use for an erasure and gives their numbers, ascending; to be called in a transaction. */
  retire(owner: Uint8Array, erasure: number): readonly number[] {
    const numbers = this.#retire.all(erasure, owner).map((row) => Number(row.number));
    this.#forget();
    return numbers.sort((a, b) => a - b);
  }

  /** Takes keys out of use for an erasure; those that another has taken are left to it. Gives how many; to be called in a transaction. */
  retireNumbers(numbers: Iterable<number>, erasure: number): number {
    let retired = 0;
    for (const number of numbers) retired += this.#retireNumber.run(erasure, number).changes;
    this.#forget();
    return retired;
  }

  /** The keys of an erasure that was refused stay readable, and a later erasure takes them; to be called in a transaction. */
  setAside(erasure: number): void {
    this.#setAside.run(erasure);
  }

  /** Overwrites all keys of an erasure, and whose they were; to be called in a transaction. `scrub` of the database then removes what is left of them. */
  destroy(erasure: number): void {
    this.#destroy.run(erasure);
    this.#forget();
  }

  #findOrMake(owner: Uint8Array, period: number): PartKey {
    const found = this.#findKey(owner, period);
    if (found !== null) return found;
    try {
      // While one shard is sealed and the next begun, each derives: the other may have made the key between look and lock.
      const made = this.#database.begin() ? this.#findKey(owner, period) : null;
      return made ?? this.#make(owner, period);
    } catch (cause) {
      this.#database.rollback();
      throw cause;
    }
  }

  #findKey(owner: Uint8Array, period: number): PartKey | null {
    const row = this.#find.get(owner, period);
    if (row === undefined) return null;
    const number = Number(row.number);
    const key = this.#unwrap(number, owner, row.wrapped as Uint8Array);
    if (key === null) throw damaged(`key ${number} is destroyed but in use`);
    return { number, key };
  }

  #make(owner: Uint8Array, period: number): PartKey {
    this.#last ??= Number(this.#findLast.get()?.number);
    const number = ++this.#last;
    if (this.#drawnAt === this.#drawn.length) {
      randomFillSync(this.#drawn);
      this.#drawnAt = 0;
    }
    const nonceAt = this.#drawnAt + KEY_BYTES;
    const bytes = this.#drawn.subarray(this.#drawnAt, nonceAt);
    this.#drawnAt = nonceAt + NONCE_BYTES;
    const nonce = this.#drawn.subarray(nonceAt, this.#drawnAt);
    const key = createSecretKey(bytes);
    this.#insert.run(number, owner, period, sealBytes(this.#secrets.wrap, keyContext(number, owner), bytes, nonce));
    bytes.fill(0);
    return { number, key };
  }

  #forget(): void {
    this.#last = null;
    this.#byOwner.clear();
    this.#byNumber.clear();
  }

  #unwrap(number: number, owner: Uint8Array, wrapped: Uint8Array): KeyObject | null {
    if (wrapped.length === WRAPPED_KEY_BYTES && wrapped.every((byte) => byte === 0)) return null;
    const key = openBytes(this.#secrets.wrap, keyContext(number, owner), wrapped);
    if (key === null) throw damaged(`key ${number} cannot be unwrapped`);
    return createSecretKey(key);
  }
}

/** Binds a wrapped key to its row: number (u48) and owner. */
function keyContext(number: number, owner: Uint8Array): Uint8Array {
  return concatBytes([toBigEndian(number, 6), owner]);
}

function damaged(problem: string): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file: 'keys.sqlite', problem });
}
