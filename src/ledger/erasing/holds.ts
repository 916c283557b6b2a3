import { randomBytes } from 'node:crypto';
import { toUtf8 } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { IDEMPOTENCY_KEY_BYTES, makeContent } from '../../core/ledger-entry/record.ts';
import type { KeyDatabase, Row, Statement } from '../keys/key-database.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { LedgerSecrets } from '../keys/wrapping.ts';
import { openContent, sealContent } from './pending-content.ts';
import type { ErasingLog, Instruction } from './port.ts';
import { Turns } from './turns.ts';

/** What erasing and holding work with. */
export interface HoldContext {
  readonly database: KeyDatabase;
  readonly keys: KeyStore;
  readonly secrets: LedgerSecrets;
  readonly log: Pick<ErasingLog, 'append' | 'find'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Legal holds: while a subject has one, nothing of it is erased. Whose a hold is, the store knows only as a keyed hash.
 *
 * A hold holds before its entry is appended, and ends after the entry of its release is durable, so whoever is killed in between holds too long rather than too short;
 * `resume` goes on.
 */
export class Holds {
  /** Holds and erasures happen one after the other: nobody may be held whose erasure has been announced. */
  readonly turns = new Turns();
  readonly #context: HoldContext;
  readonly #insert: Statement;
  readonly #place: Statement;
  readonly #end: Statement;
  readonly #delete: Statement;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #ofOwner: Statement;
  readonly #ofKey: Statement;

  constructor(context: HoldContext) {
    this.#context = context;
    const { database } = context;
    this.#insert = database.prepare('INSERT INTO holds (owner, request, content) VALUES (?, ?, ?)');
    this.#place = database.prepare("UPDATE holds SET origin = ?, entry = ?, content = x'' WHERE number = ?");
    this.#end = database.prepare('UPDATE holds SET is_ending = 1, request = ?, content = ? WHERE number = ?');
    this.#delete = database.prepare('DELETE FROM holds WHERE number = ?');
    this.#find = database.prepare('SELECT * FROM holds WHERE owner = ? AND origin = ? AND entry = ?');
    this.#list = database.prepare('SELECT * FROM holds ORDER BY number');
    this.#ofOwner = database.prepare('SELECT 1 FROM holds WHERE owner = ? LIMIT 1');
    this.#ofKey = database.prepare(
      'SELECT 1 FROM keys JOIN holds ON holds.owner = keys.owner WHERE keys.number = ? LIMIT 1',
    );
  }

  /** Places a hold; gives the place of its entry, by which it is released. */
  place(subject: string, instruction: Instruction): Promise<EntryPlace> {
    return this.turns.take(() => this.#begin(subject, instruction));
  }

  /** Ends the hold whose entry stands at `hold`. Fails with LEDGER_HOLD_NONE when the subject has none there. */
  release(subject: string, hold: EntryPlace, instruction: Instruction): Promise<EntryPlace> {
    return this.turns.take(() => this.#finish(subject, hold, instruction));
  }

  /** Appends what was begun and not finished. To be called before anything else. */
  resume(): Promise<void> {
    return this.turns.take(() => this.#goOn());
  }

  async #begin(subject: string, { principal, basis }: Instruction): Promise<EntryPlace> {
    const { database, keys, secrets, now } = this.#context;
    const request = randomBytes(IDEMPOTENCY_KEY_BYTES);
    const content = makeContent('hold', now(), { principal, subject, basis }, request);
    const sealed = sealContent(secrets, content);
    const owner = keys.ownerOf('subject', toUtf8(subject));
    const number = database.transact(() => this.#insert.run(owner, request, sealed).lastNumber);
    return this.#appendPlaced(number, request, sealed, false);
  }

  async #finish(subject: string, hold: EntryPlace, { principal, basis }: Instruction): Promise<EntryPlace> {
    const { database, keys, secrets, now } = this.#context;
    const row = this.#find.get(keys.ownerOf('subject', toUtf8(subject)), hold.origin, hold.index);
    if (row === undefined) throw new BoltsealError('LEDGER_HOLD_NONE', { hold: hold.index });
    const request = randomBytes(IDEMPOTENCY_KEY_BYTES);
    const named = `${hold.origin} ${hold.index}`;
    const content = makeContent('release', now(), { principal, subject, basis, hold: named }, request);
    const sealed = sealContent(secrets, content);
    const number = Number(row.number);
    database.transact(() => this.#end.run(request, sealed, number));
    return this.#appendEnding(number, request, sealed, false);
  }

  async #goOn(): Promise<void> {
    for (const row of this.#list.all()) {
      const [number, request, content] = [Number(row.number), row.request as Uint8Array, row.content as Uint8Array];
      if (row.is_ending === 1) await this.#appendEnding(number, request, content, true);
      else if (row.entry === -1) await this.#appendPlaced(number, request, content, true);
    }
  }

  /** Places of the holds that stand. */
  list(): readonly EntryPlace[] {
    return this.#list.all().map((row: Row) => ({ origin: String(row.origin), index: Number(row.entry) }));
  }

  /** Whether there is a hold on the owner. */
  isHeld(owner: Uint8Array): boolean {
    return this.#ofOwner.get(owner) !== undefined;
  }

  /** Whether one of these keys is of somebody on whom there is a hold. */
  isAnyHeld(keyNumbers: Iterable<number>): boolean {
    if (this.list().length === 0) return false;
    for (const number of keyNumbers) if (this.#ofKey.get(number) !== undefined) return true;
    return false;
  }

  /** Numbers of the keys of everybody on whom there is a hold. */
  heldKeys(): readonly number[] {
    return heldKeysIn(this.#context.database);
  }

  async #appendPlaced(number: number, request: Uint8Array, sealed: Uint8Array, isAgain: boolean): Promise<EntryPlace> {
    const { database } = this.#context;
    const place = await this.#append(request, sealed, isAgain);
    database.transact(() => this.#place.run(place.origin, place.index, number));
    return place;
  }

  async #appendEnding(number: number, request: Uint8Array, sealed: Uint8Array, isAgain: boolean): Promise<EntryPlace> {
    const { database } = this.#context;
    const place = await this.#append(request, sealed, isAgain);
    // A crash before this line leaves the hold standing; the next start finds the entry of its release.
    database.transact(() => this.#delete.run(number));
    return place;
  }

  async #append(request: Uint8Array, sealed: Uint8Array, isAgain: boolean): Promise<EntryPlace> {
    const { secrets, log } = this.#context;
    const content = openContent(secrets, request, sealed);
    return (isAgain ? log.find(content) : null) ?? (await log.append(content));
  }
}

/** Numbers of the keys of everybody on whom there is a hold. */
export function heldKeysIn(database: KeyDatabase): readonly number[] {
  // `erasure <= 0` is the condition of the index; what an erasure has taken up is beyond a hold.
  const query = 'SELECT keys.number FROM holds JOIN keys ON keys.owner = holds.owner AND keys.erasure <= 0';
  return database
    .prepare(query)
    .all()
    .map((row) => Number(row.number));
}
