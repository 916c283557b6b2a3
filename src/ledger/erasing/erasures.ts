import { randomBytes } from 'node:crypto';
import { toUtf8 } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { type EntryPlace, erasedEntriesHash } from '../../core/ledger-entry/erased-entries.ts';
import { IDEMPOTENCY_KEY_BYTES, makeContent } from '../../core/ledger-entry/record.ts';
import type { Row, Statement } from '../keys/key-database.ts';
import { BUNDLE_ENTRIES } from '../openings/layout.ts';
import { findSealedBy, removeSealedBy } from '../openings/remover.ts';
import { sha256 } from '../sha256.ts';
import type { HoldContext, Holds } from './holds.ts';
import { openContent, openText, sealContent, sealText } from './pending-content.ts';
import type { ErasedKind, ErasingLog, ErasingPlaces, Instruction, OpeningsShelf } from './port.ts';
import {
  ANNOUNCED,
  announce,
  BEGUN,
  DESTROYED,
  DONE,
  eachFile,
  FILES_AT_A_TIME,
  LISTED,
  RETIRED,
  unlessDamaged,
} from './steps.ts';

/** What an erasure did. */
export interface Erased {
  /** Its entry in the log. */
  readonly tombstone: EntryPlace;
  /** Entries that can no longer be opened, or only in part. */
  readonly entries: number;
  /** Files of openings that are damaged or missing: what they have of the person is unreadable, and not counted. */
  readonly damagedFiles: number;
}

/** What erasing works with. */
export interface ErasureContext extends HoldContext {
  readonly log: ErasingLog;
  readonly places: ErasingPlaces;
  readonly holds: Holds;
}

/** Erasures of people. */
export class Erasures {
  readonly #context: ErasureContext;
  readonly #insert: Statement;
  readonly #setStep: Statement;
  readonly #setListed: Statement;
  readonly #setAnnounced: Statement;
  readonly #setDestroyed: Statement;
  readonly #delete: Statement;
  readonly #find: Statement;
  readonly #unfinished: Statement;
  readonly #pending: Statement;
  readonly #numbers: Statement;

  constructor(context: ErasureContext) {
    this.#context = context;
    const { database } = context;
    this.#insert = database.prepare(
      `INSERT INTO erasures (step, owner, request, content, who) VALUES (${BEGUN}, ?, ?, ?, ?)`,
    );
    this.#setStep = database.prepare('UPDATE erasures SET step = ? WHERE number = ?');
    this.#setListed = database.prepare(`UPDATE erasures SET step = ${LISTED}, content = ?, count = ? WHERE number = ?`);
    this.#setAnnounced = database.prepare(
      `UPDATE erasures SET step = ${ANNOUNCED}, origin = ?, entry = ? WHERE number = ?`,
    );
    this.#setDestroyed = database.prepare(
      `UPDATE erasures SET step = ${DESTROYED}, owner = zeroblob(16), request = x'', content = x'', who = x'' WHERE number = ?`,
    );
    this.#delete = database.prepare('DELETE FROM erasures WHERE number = ?');
    this.#find = database.prepare('SELECT * FROM erasures WHERE number = ?');
    this.#unfinished = database.prepare(
      `SELECT number FROM erasures WHERE step < ${DONE} AND shard = '' ORDER BY number`,
    );
    this.#pending = database.prepare(
      `SELECT number FROM erasures WHERE step < ${DESTROYED} AND owner = ? AND shard = ''`,
    );
    this.#numbers = database.prepare('SELECT number FROM keys WHERE erasure = ? AND erasure > 0');
  }

  /**
   * Erases a person: what was acknowledged before the call can be opened no more when it returns, and the log says that and why. What is acknowledged meanwhile may be
   * erased with it or not.
   *
   * Fails with LEDGER_HELD, LEDGER_ERASED_NONE, and as the log, the store of keys and the files do; after another failure, or a crash, `resume` finishes it.
   */
  erase(kind: ErasedKind, id: string, instruction: Instruction): Promise<Erased> {
    return this.#context.holds.turns.take(() => this.#begin(kind, id, instruction));
  }

  /** Finishes what was begun; a hold that forbids it, or nothing to erase, ends it. To be called after `Holds.resume` and before anything else. */
  resume(): Promise<void> {
    return this.#context.holds.turns.take(() => this.#finishAll());
  }

  async #begin(kind: ErasedKind, id: string, { principal, basis }: Instruction): Promise<Erased> {
    const { database, keys, secrets, holds, now } = this.#context;
    const owner = keys.ownerOf(kind, toUtf8(id));
    if (holds.isHeld(owner)) throw new BoltsealError('LEDGER_HELD', { owner: kind });
    // Begun before, and the columns could not be had: what came since is for the next call.
    const pending = this.#pending.get(owner);
    if (pending !== undefined) return this.#goOn(Number(pending.number), true);
    const request = randomBytes(IDEMPOTENCY_KEY_BYTES);
    const draft = makeContent('erasure', now(), { principal, basis, erased: kind }, request);
    const [content, who] = [sealContent(secrets, draft), sealText(secrets, request, `${kind} ${id}`)];
    const number = database.transact(() => this.#insert.run(owner, request, content, who).lastNumber);
    return this.#goOn(number, false);
  }

  async #finishAll(): Promise<void> {
    for (const row of this.#unfinished.all()) {
      try {
        await this.#goOn(Number(row.number), true);
      } catch (error) {
        // While an import of logs has the columns, entries must be taken all the same: the next start goes on.
        const passing = ['LEDGER_HELD', 'LEDGER_ERASED_NONE', 'HOME_LOCKED'];
        if (!(error instanceof BoltsealError) || !passing.includes(error.code)) throw error;
      }
    }
  }

  /** The tombstone of the erasure that destroyed a key; null when none did. */
  tombstoneOf(erasure: number): EntryPlace | null {
    const row = this.#find.get(erasure);
    return row === undefined || Number(row.step) < ANNOUNCED ? null : placeOf(row);
  }

  async #goOn(number: number, isAgain: boolean): Promise<Erased> {
    const { database, keys, log } = this.#context;
    const step = (): number => Number(this.#row(number).step);
    if (step() === BEGUN) {
      // What is in a write-ahead segment lies there under a key that is nobody's: it must be derived, and the segment gone. And what could be derived again after a
      // crash would get a new key then: listed, and yet readable. So no such thing may there be when the keys go out of use.
      await log.drained(() =>
        database.transact(() => {
          keys.retire(this.#row(number).owner as Uint8Array, number);
          this.#setStep.run(RETIRED, number);
        }),
      );
    }
    const numbers = new Set(this.#numbers.all(number).map((row) => Number(row.number)));
    if (step() < DESTROYED && numbers.size === 0) throw this.#refuse(number, 'LEDGER_ERASED_NONE');
    let damagedFiles = 0;
    if (step() < DESTROYED) {
      // The set of entries is final: no key of it is used any more.
      const found = await this.#list(numbers);
      damagedFiles = found.damagedFiles;
      if (step() === RETIRED) this.#announceLater(number, found);
      if (step() === LISTED) await this.#announce(number, isAgain);
      await this.#removePerson(number);
      await this.#remove(numbers, found.places);
      // Last, for as long as there are keys, a removed half leaves the commitments that prove the other half.
      database.transact(() => {
        keys.destroy(number);
        this.#setDestroyed.run(number);
      });
    }
    if (step() === DESTROYED) {
      await log.atRest(() => database.scrub());
      database.transact(() => this.#setStep.run(DONE, number));
    }
    const row = this.#row(number);
    return { tombstone: placeOf(row), entries: Number(row.count), damagedFiles };
  }

  #announceLater(number: number, found: Found): void {
    const { database, secrets, holds, now } = this.#context;
    // Who read what of a person under hold is evidence: a principal cannot be erased from it.
    if (holds.isAnyHeld(found.otherKeys)) throw this.#refuse(number, 'LEDGER_HELD');
    const row = this.#row(number);
    const request = row.request as Uint8Array;
    const draft = openContent(secrets, request, row.content as Uint8Array);
    const [principal, basis, , erased] = draft.fields;
    const content = makeContent(
      'erasure',
      now(),
      {
        principal: principal ?? '',
        basis: basis ?? '',
        erased: erased ?? '',
        count: String(found.places.length),
        entries: erasedEntriesHash(sha256, found.places),
      },
      request,
    );
    // Kept before it is appended: appended again after a crash it must be the same entry.
    database.transact(() => this.#setListed.run(sealContent(secrets, content), found.places.length, number));
  }

  async #announce(number: number, isAgain: boolean): Promise<void> {
    const { database } = this.#context;
    const { origin, index } = await announce(this.#context, this.#row(number), isAgain);
    database.transact(() => this.#setAnnounced.run(origin, index, number));
  }

  /** Behind the tombstone: rows that are missing in the columns, of which no entry says so, would be rows that somebody took away. */
  async #removePerson(number: number): Promise<void> {
    const { secrets, places } = this.#context;
    const { request, who } = this.#row(number);
    // Begun by a Boltseal that took rows out first.
    if ((who as Uint8Array).length === 0) return;
    const [kind, id] = splitOnce(openText(secrets, request as Uint8Array, who as Uint8Array));
    await places.removePerson(kind === 'subject' ? 'subject' : 'principal', id);
  }

  async #list(numbers: ReadonlySet<number>): Promise<Found> {
    const found: EntryPlace[] = [];
    const otherKeys = new Set<number>();
    let damagedFiles = 0;
    await eachFile(this.#context.places.shelves(), (shelf, bundle, file) => {
      const context = { ...this.#context, origin: shelf.origin };
      const sealed = file === null ? null : unlessDamaged(() => findSealedBy(context, bundle, file, numbers));
      if (sealed === null) damagedFiles++;
      for (const { index, otherKey } of sealed ?? []) {
        found.push({ origin: shelf.origin, index });
        otherKeys.add(otherKey);
      }
    });
    return { places: found, otherKeys, damagedFiles };
  }

  async #remove(numbers: ReadonlySet<number>, found: readonly EntryPlace[]): Promise<void> {
    const { log, places } = this.#context;
    const byOrigin = Map.groupBy(found, ({ origin }) => origin);
    for (const shelf of places.shelves()) {
      const indices = byOrigin.get(shelf.origin) ?? [];
      const bundles = [...new Set(indices.map(({ index }) => Math.floor(index / BUNDLE_ENTRIES)))];
      for (let at = 0; at < bundles.length; at += FILES_AT_A_TIME)
        await log.atRest(() => {
          for (const bundle of bundles.slice(at, at + FILES_AT_A_TIME)) this.#removeFrom(shelf, bundle, numbers);
        });
    }
  }

  #removeFrom(shelf: OpeningsShelf, bundle: number, numbers: ReadonlySet<number>): void {
    const file = shelf.read(bundle);
    if (file === null) return;
    const context = { ...this.#context, origin: shelf.origin };
    const rest = unlessDamaged(() => removeSealedBy(context, bundle, file, numbers));
    if (rest !== null) shelf.replace(bundle, rest);
  }

  #refuse(number: number, code: 'LEDGER_HELD' | 'LEDGER_ERASED_NONE'): BoltsealError {
    const { database, keys, secrets } = this.#context;
    const row = this.#row(number);
    const { fields } = openContent(secrets, row.request as Uint8Array, row.content as Uint8Array);
    database.transact(() => {
      keys.setAside(number);
      this.#delete.run(number);
    });
    return new BoltsealError(code, { owner: Buffer.from(fields[3] ?? []).toString() });
  }

  #row(number: number): Row {
    return this.#find.get(number) ?? {};
  }
}

interface Found {
  readonly places: readonly EntryPlace[];
  /** Keys of the other halves. */
  readonly otherKeys: ReadonlySet<number>;
  readonly damagedFiles: number;
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf(' ');
  return [text.slice(0, at), text.slice(at + 1)];
}

function placeOf(row: Row): EntryPlace {
  return { origin: String(row.origin), index: Number(row.entry) };
}
