import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { entryOf } from '../../../src/core/ledger-entry/entry.ts';
import type { EntryPlace } from '../../../src/core/ledger-entry/erased-entries.ts';
import { type EntryContent, type EntryRecord, makeContent } from '../../../src/core/ledger-entry/record.ts';
import { Erasures } from '../../../src/ledger/erasing/erasures.ts';
import { Holds } from '../../../src/ledger/erasing/holds.ts';
import type { ErasingLog, ErasingPlaces, OpeningsShelf } from '../../../src/ledger/erasing/port.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore } from '../../../src/ledger/keys/key-store.ts';
import { secretsOf } from '../../../src/ledger/keys/wrapping.ts';
import { BUNDLE_ENTRIES } from '../../../src/ledger/openings/layout.ts';
import { makeOpeningsReader } from '../../../src/ledger/openings/reader.ts';
import { makeOpeningsWriter } from '../../../src/ledger/openings/writer.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { countingSeed } from '../../core/ledger-entry/samples.ts';

export const origin = 'ledger.example/2026b';
export const secrets = secretsOf(countingSeed(1));

/** What a kill -9 is to the code under test. */
export class Killed extends Error {}

/**
 * A ledger on a disk that outlasts its processes: records are durable when they were appended, files of openings are derived from them, and what lies beyond the
 * checkpoint is derived again by the next process. `start` is a new process; `operations` are told before and after they happen, so that a test can kill or interfere.
 */
export class Disk {
  readonly records: EntryRecord[] = [];
  readonly files = new Map<number, Uint8Array>();
  readonly removedPeople: string[] = [];
  checkpoint = 0;
  /** Requests of entries before it are known no more. */
  forgotten = 0;
  #ticks = 0;
  readonly file: string;

  constructor(t: TestContext) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-erasing-'));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    this.file = path.join(folder, 'keys.sqlite');
  }

  now(): number {
    return Date.UTC(2026, 10, 23) + this.#ticks++;
  }

  /** Appends a disclosure, as other callers of the ledger do all the time. */
  disclose(subject: string, principal: string): void {
    this.append(
      makeContent('disclosure', Date.UTC(2026, 10, 22), {
        subject,
        principal,
        purpose: 'delivery',
        requestSignature: randomBytes(64),
      }),
    );
  }

  append(content: EntryContent): EntryPlace {
    const key = content.idempotencyKey;
    const before = this.records.findIndex(
      ({ idempotencyKey }, index) =>
        index >= this.forgotten && key !== null && idempotencyKey !== null && Buffer.from(key).equals(idempotencyKey),
    );
    const same = this.records[before];
    if (same !== undefined) {
      // As the ledger: a key that was used for something else is refused.
      assert.deepEqual(
        same.fields.map((value) => [...value]),
        content.fields.map((value) => [...value]),
      );
      return { origin, index: before };
    }
    this.records.push({ ...content, subjectSeed: randomBytes(32), principalSeed: randomBytes(32) });
    return { origin, index: this.records.length - 1 };
  }

  /** What lies under a checkpoint; as the ledger, nothing else. */
  find({ kind, fields }: EntryContent): EntryPlace | null {
    const isSame = (record: EntryRecord): boolean =>
      record.kind === kind &&
      record.fields.every((value, i) => Buffer.from(value).equals(fields[i] ?? Buffer.alloc(0)));
    const index = this.records.slice(0, this.checkpoint).findIndex(isSame);
    return index < 0 ? null : { origin, index };
  }

  start(operation: (name: string) => void = () => {}): Process {
    return new Process(this, operation);
  }
}

class WatchedDatabase extends KeyDatabase {
  readonly #operation: (name: string) => void;

  constructor(file: string, operation: (name: string) => void) {
    super(file);
    this.#operation = operation;
  }

  override transact<T>(work: () => T): T {
    this.#operation('before a transaction');
    const result = super.transact(work);
    this.#operation('after a transaction');
    return result;
  }

  override scrub(): void {
    this.#operation('before the scrub');
    super.scrub();
    this.#operation('after the scrub');
  }
}

export class Process {
  readonly disk: Disk;
  readonly database: KeyDatabase;
  readonly keys: KeyStore;
  readonly holds: Holds;
  readonly erasures: Erasures;
  readonly #context;
  #derived: number;

  constructor(disk: Disk, operation: (name: string) => void) {
    this.disk = disk;
    this.#derived = disk.checkpoint;
    this.database = new WatchedDatabase(disk.file, operation);
    this.keys = new KeyStore(this.database, secrets);
    this.#context = { origin, secrets, keys: this.keys };
    const watched = async <T>(name: string, work: () => Promise<T> | T): Promise<T> => {
      operation(`before ${name}`);
      const result = await work();
      operation(`after ${name}`);
      return result;
    };
    const log: ErasingLog = {
      append: (content) => watched('an append', () => disk.append(content)),
      find: (content) => disk.find(content),
      drained: async (work) => {
        await watched('draining', () => {});
        this.derive();
        disk.checkpoint = this.#derived;
        return watched('the drained work', work);
      },
      atRest: (work) => {
        // Derivation goes on until it rests, and runs ahead of the checkpoint.
        this.derive();
        return watched('work at rest', work);
      },
    };
    const shelf: OpeningsShelf = {
      origin,
      bundles: () => disk.files.keys(),
      read: (bundle) => disk.files.get(bundle) ?? null,
      replace: (bundle, file) => {
        operation('before a rename');
        disk.files.set(bundle, file);
        operation('after a rename');
      },
    };
    const places: ErasingPlaces = {
      shelves: () => [shelf],
      removePerson: (kind, id) =>
        watched('removing from columns', () => {
          disk.removedPeople.push(`${kind} ${id}`);
        }),
    };
    const holdContext = { database: this.database, keys: this.keys, secrets, log, now: () => disk.now() };
    this.holds = new Holds(holdContext);
    this.erasures = new Erasures({ ...holdContext, log, places, holds: this.holds });
  }

  /** Derives what has not been, bundle by bundle. */
  derive(): void {
    const writer = makeOpeningsWriter(this.#context);
    while (this.#derived < this.disk.records.length) {
      const bundle = Math.floor(this.#derived / BUNDLE_ENTRIES);
      const first = this.#derived % BUNDLE_ENTRIES;
      const records = this.disk.records.slice(this.#derived, (bundle + 1) * BUNDLE_ENTRIES);
      const file = writer.extend(bundle, this.disk.files.get(bundle) ?? null, first, records);
      writer.commit();
      this.disk.files.set(bundle, file);
      this.#derived += records.length;
    }
  }

  /** Publishes what was derived; its requests are forgotten. */
  publish(): void {
    this.disk.checkpoint = this.#derived;
    this.disk.forgotten = this.#derived;
  }

  /** Finishes what was begun, as the start of a ledger does. */
  async resume(): Promise<void> {
    await this.holds.resume();
    await this.erasures.resume();
  }

  /** What can be told of each entry that was derived: names of its readable fields; null when nothing can be. All of it has been checked against the entries. */
  tell(): ({ readonly readable: readonly string[]; readonly fields: readonly unknown[] } | null)[] {
    const reader = makeOpeningsReader(this.#context);
    return [...this.disk.files].flatMap(([bundle, file]) => {
      const start = bundle * BUNDLE_ENTRIES;
      const records = this.disk.records.slice(start, start + Math.min(BUNDLE_ENTRIES, this.#derived - start));
      return reader
        .openBundle(
          bundle,
          file,
          records.map((record) => entryOf(sha256, record)),
        )
        .map((told) =>
          told === null
            ? null
            : { readable: told.fields.flatMap((f) => ('value' in f ? [f.field.name] : [])), fields: told.fields },
        );
    });
  }

  /** Ends without finishing anything. */
  kill(): void {
    this.database.rollback();
    this.database.close();
  }
}
