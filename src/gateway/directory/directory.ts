import type { KeyObject } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import type { GovernanceLog, Principal } from '../port.ts';
import { Audit, type AuditListener } from './audit.ts';
import { readPublicKey } from './keys.ts';
import type {
  Change,
  DirectoryStore,
  KeyRecord,
  NewKey,
  NewPrincipal,
  Page,
  PrincipalPatch,
  PrincipalRecord,
  PrincipalState,
  PrincipalVersion,
} from './port.ts';
import { checkKind, checkName, readKey, readPrincipal, readVersion, writeAttributes } from './rows.ts';

/** Keys that are held parsed; when there are more, all are read again. About 2 kB each. */
const MOST_CACHED = 50_000;

interface CachedKey {
  readonly key: KeyObject;
  readonly principal: Principal;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Principals and their keys. Each change is durable with its audit entry when the call returns, and holds from then on: what is cached is thrown away with every change, also
 * when another process made it (SQLite counts those), so nobody who is revoked gets one request more.
 */
export class Directory {
  readonly audit: Audit;
  readonly #cache = new Map<string, CachedKey>();
  readonly #statements: ReturnType<typeof prepare>;
  #seenVersion: unknown = null;
  #hasLooked = false;

  /** `ledger` null: there is none at hand (see `Audit`). */
  constructor(store: DirectoryStore, listener: AuditListener, ledger: GovernanceLog | null = null) {
    this.audit = new Audit(store, listener, ledger);
    this.#statements = prepare(store);
  }

  /** Null when the key is unknown, not valid at that time, revoked, or its principal is not active. */
  findSigningKey(id: string, nowMs: number): { readonly key: KeyObject; readonly principal: Principal } | null {
    return this.#lookUp(`signature ${id}`, nowMs);
  }

  /** As `findSigningKey`; `id` is the thumbprint of the certificate's SubjectPublicKeyInfo. */
  findCertificate(id: string, nowMs: number): Principal | null {
    return this.#lookUp(`certificate ${id}`, nowMs)?.principal ?? null;
  }

  #lookUp(useAndId: string, nowMs: number): CachedKey | null {
    this.#dropWhatOthersChanged();
    const found = this.#cache.get(useAndId) ?? this.#load(useAndId);
    if (found === null || nowMs < found.notBeforeMs || nowMs >= found.notAfterMs) return null;
    return found;
  }

  #load(useAndId: string): CachedKey | null {
    const [use = '', id = ''] = useAndId.split(' ');
    const row = this.#statements.findKey.get(id, use);
    if (row === undefined) return null;
    const record = readKey(row);
    const principal = this.find(record.principal);
    if (principal?.state !== 'active' || this.#isUnentered(record)) return null;
    const { key, id: named } = readPublicKey(record.use, row.spki as Uint8Array);
    // The ledger has the id: another key that somebody put in its place is nobody's.
    if (named !== id) return null;
    const notAfterMs = record.notAfterMs ?? Number.POSITIVE_INFINITY;
    const cached = { key, principal: onlyPrincipal(principal), notBeforeMs: record.notBeforeMs, notAfterMs };
    if (this.#cache.size >= MOST_CACHED) this.#cache.clear();
    this.#cache.set(useAndId, cached);
    return cached;
  }

  /** Once in a turn of the event loop: what came in with it had come before the first look. Each look takes locks of the file, 2 to 15 µs. */
  #dropWhatOthersChanged(): void {
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    setImmediate(() => {
      this.#hasLooked = false;
    });
    this.#look();
  }

  #look(): void {
    const version = this.#statements.dataVersion.get()?.data_version;
    if (version === this.#seenVersion) return;
    this.#seenVersion = version;
    this.#cache.clear();
    this.audit.noticeLate();
  }

  /** Enters into the ledger what other processes changed. Rejects with LEDGER_*. */
  async enterLate(): Promise<void> {
    this.#look();
    if (this.audit.lookForLate()) await this.audit.enterLate();
  }

  #isUnentered({ id, principal }: Pick<KeyRecord, 'id' | 'principal'>): boolean {
    return this.audit.isUnentered(id) || this.audit.isUnentered(principal);
  }

  /** A principal in any state; null when there is none. */
  find(id: string): PrincipalRecord | null {
    const row = this.#statements.findPrincipal.get(id);
    return row === undefined ? null : readPrincipal(row);
  }

  /** A principal that may ask now; null otherwise. */
  findActive(id: string): Principal | null {
    this.#dropWhatOthersChanged();
    const found = this.find(id);
    return found?.state === 'active' && !this.audit.isUnentered(id) ? onlyPrincipal(found) : null;
  }

  listPrincipals({ after, limit }: Page): readonly PrincipalRecord[] {
    return this.#statements.listPrincipals.all(after ?? '', limit).map(readPrincipal);
  }

  /** Everything that was ever true of principals, in the order of its time of writing: what attribution needs to know of them. */
  *listVersions(): Generator<PrincipalVersion> {
    for (const row of this.#statements.listVersions.iterate()) yield readVersion(row);
  }

  /** How many of the company's own people are active in a role. */
  countPeople(role: string): number {
    return Number(this.#statements.countPeople.get(role)?.count);
  }

  /** Fails with DIRECTORY_VALUE, DIRECTORY_EXISTS, DIRECTORY_UNKNOWN (station or partner). */
  addPrincipal(given: NewPrincipal, change: Change): PrincipalRecord {
    checkName('the id', given.id);
    checkKind(given.kind);
    const { nowMs } = change;
    return this.#change(change, 'principal made', given.id, () => {
      if (this.find(given.id) !== null) throw new BoltsealError('DIRECTORY_EXISTS', { what: 'principal' });
      return this.#put({ ...given, state: 'active', createdMs: nowMs, changedMs: nowMs });
    });
  }

  /** Changes what is given. Fails with DIRECTORY_UNKNOWN, DIRECTORY_REVOKED, DIRECTORY_SELF, DIRECTORY_VALUE. */
  changePrincipal(id: string, patch: PrincipalPatch, change: Change): PrincipalRecord {
    return this.#change(change, 'principal changed', id, () => {
      const before = this.#changeable(id);
      const { role = before.role, partner = before.partner } = patch;
      // Either would take an administrator's own duties away.
      if (id === change.actor && (role !== before.role || partner !== before.partner))
        throw new BoltsealError('DIRECTORY_SELF');
      return this.#put({ ...before, ...patch, changedMs: change.nowMs });
    });
  }

  /** Suspends, lets go on, or revokes for good; whoever is not active any more has no session and no link left, also when it is taken back. Fails with DIRECTORY_UNKNOWN, DIRECTORY_REVOKED, DIRECTORY_SELF. */
  setState(id: string, state: PrincipalState, change: Change): PrincipalRecord {
    const known = this.#needed(id);
    if (known.state === state) return known;
    return this.#change(change, `principal ${state}`, id, () => {
      const before = this.#changeable(id);
      if (id === change.actor) throw new BoltsealError('DIRECTORY_SELF');
      if (state !== 'active') {
        this.#statements.removeSessions.run(id);
        this.#statements.removeLinks.run(id);
      }
      return this.#put({ ...before, state, changedMs: change.nowMs });
    });
  }

  /** Fails with DIRECTORY_UNKNOWN, DIRECTORY_REVOKED, DIRECTORY_KEY: a key belongs to one principal, once and for all. */
  addKey(given: NewKey, change: Change): KeyRecord {
    const { id } = readPublicKey(given.use, given.spki);
    const { principal, use, notBeforeMs, notAfterMs } = given;
    return this.#change(change, 'key made', id, () => {
      this.#changeable(principal);
      if (this.#statements.anyKey.get(id) !== undefined)
        throw new BoltsealError('DIRECTORY_KEY', { problem: 'it is known already' });
      this.#statements.addKey.run(id, principal, use, given.spki, notBeforeMs, notAfterMs, change.nowMs);
      return { id, principal, use, notBeforeMs, notAfterMs, createdMs: change.nowMs, revokedMs: null };
    });
  }

  /** Fails with DIRECTORY_UNKNOWN. */
  revokeKey(id: string, change: Change): KeyRecord {
    const known = this.findKey(id);
    if (known === null) throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'key' });
    if (known.revokedMs !== null) return known;
    return this.#change(change, 'key revoked', id, () => {
      this.#statements.revokeKey.run(change.nowMs, id);
      return { ...known, revokedMs: change.nowMs };
    });
  }

  /** A key in any state; null when there is none. */
  findKey(id: string): KeyRecord | null {
    const row = this.#statements.anyKey.get(id);
    return row === undefined ? null : readKey(row);
  }

  listKeys(principal: string): readonly KeyRecord[] {
    return this.#statements.listKeys.all(principal).map(readKey);
  }

  /** Fails with DIRECTORY_UNKNOWN where one is given and not there. */
  checkPlaces(station: string | null, partner: string | null): void {
    if (station !== null && this.#statements.findStation.get(station) === undefined)
      throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'station' });
    if (partner !== null && this.#statements.findPartner.get(partner) === undefined)
      throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'partner' });
  }

  #change<T extends object>(change: Change, action: string, object: string, work: () => T): T {
    try {
      return this.audit.record(change, action, object, () => {
        const result = work();
        return { result, detail: Object.fromEntries(Object.entries(result)) };
      });
    } finally {
      this.#cache.clear();
    }
  }

  #put(record: PrincipalRecord): PrincipalRecord {
    const { id, kind, role, station, partner, state, createdMs, changedMs } = record;
    checkName('the role', role);
    const attributes = writeAttributes(record.attributes);
    this.checkPlaces(station, partner);
    this.#statements.putPrincipal.run(id, kind, role, station, partner, attributes, state, createdMs, changedMs);
    this.#statements.addVersion.run(id, changedMs, kind, role, station, partner, attributes, state);
    return record;
  }

  #changeable(id: string): PrincipalRecord {
    const found = this.#needed(id);
    if (found.state === 'revoked') throw new BoltsealError('DIRECTORY_REVOKED');
    return found;
  }

  #needed(id: string): PrincipalRecord {
    const found = this.find(id);
    if (found === null) throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'principal' });
    return found;
  }
}

function onlyPrincipal({ id, kind, role, station, partner, attributes }: PrincipalRecord): Principal {
  return { id, kind, role, station, partner, attributes };
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    dataVersion: sql('PRAGMA data_version'),
    findPrincipal: sql('SELECT * FROM principals WHERE id = ?'),
    listPrincipals: sql('SELECT * FROM principals WHERE id > ? ORDER BY id LIMIT ?'),
    listVersions: sql('SELECT * FROM principal_versions ORDER BY number'),
    countPeople: sql(
      "SELECT count(*) AS count FROM principals WHERE role = ? AND state = 'active' AND kind = 'staff' AND partner IS NULL",
    ),
    putPrincipal: sql(
      `INSERT INTO principals (id, kind, role, station, partner, attributes, state, created_ms, changed_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET role = excluded.role,
       station = excluded.station, partner = excluded.partner, attributes = excluded.attributes,
       state = excluded.state, changed_ms = excluded.changed_ms`,
    ),
    addVersion: sql(
      `INSERT INTO principal_versions (principal, from_ms, kind, role, station, partner, attributes, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    findStation: sql('SELECT 1 FROM stations WHERE id = ?'),
    findPartner: sql('SELECT 1 FROM partners WHERE id = ?'),
    findKey: sql('SELECT * FROM keys WHERE id = ? AND use = ? AND revoked_ms IS NULL'),
    anyKey: sql('SELECT * FROM keys WHERE id = ?'),
    listKeys: sql('SELECT * FROM keys WHERE principal = ? ORDER BY created_ms, id'),
    addKey: sql(
      `INSERT INTO keys (id, principal, use, spki, not_before_ms, not_after_ms, created_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    removeSessions: sql('DELETE FROM sessions WHERE principal = ?'),
    removeLinks: sql('DELETE FROM links WHERE principal = ?'),
    revokeKey: sql('UPDATE keys SET revoked_ms = ? WHERE id = ?'),
  };
}
