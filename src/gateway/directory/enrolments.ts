import { timingSafeEqual } from 'node:crypto';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import { groupSigns, hashSecret, makeSigns, readSigns } from './codes.ts';
import type { Directory } from './directory.ts';
import { isAdministrator } from './duties.ts';
import { readPublicKey } from './keys.ts';
import { type Change, type DirectoryStore, HOME_ACTOR, type Page } from './port.ts';
import { checkName, writeAttributes } from './rows.ts';

/** Wrong tries of a code before it is worth nothing. The secret has 60 bits. */
const MOST_ATTEMPTS = 5;
const ID_SIGNS = 4;
const SECRET_SIGNS = 12;

/** What a device may say of itself. Anything else could be what a policy asks for. */
const deviceAttributeNames: readonly string[] = ['app', 'build', 'model', 'os', 'serial', 'vendor'];

type Attributes = Readonly<Record<string, string>>;

export interface NewEnrolment {
  readonly role: string;
  readonly station: string | null;
  readonly partner: string | null;
  readonly attributes: Attributes;
  /** Null: one is made up. */
  readonly principal: string | null;
  readonly approval: 'automatic' | 'administrator';
  readonly ttlSeconds: number;
}

export interface Enrolment extends Omit<NewEnrolment, 'ttlSeconds' | 'principal'> {
  readonly id: string;
  readonly principal: string;
  readonly state: 'open' | 'waiting' | 'approved' | 'locked';
  readonly createdMs: number;
  readonly createdBy: string;
  readonly expiresMs: number;
  /** What the device brought; null before. */
  readonly claimed: { readonly atMs: number; readonly keyId: string; readonly attributes: Attributes } | null;
}

export interface Claim {
  readonly code: string;
  /** SubjectPublicKeyInfo in DER of the key that the claim is signed with. */
  readonly spki: Uint8Array;
  readonly attributes: Attributes;
}

/** How a device becomes a principal: an administrator makes a code that works once, the device brings its key, and an administrator approves unless the code does. */
export class Enrolments {
  readonly #directory: Directory;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(store: DirectoryStore, directory: Directory) {
    this.#directory = directory;
    this.#statements = prepare(store);
  }

  /** The code is nowhere but in the answer. Fails with DIRECTORY_VALUE, DIRECTORY_UNKNOWN, DIRECTORY_EXISTS. */
  async make(given: NewEnrolment, change: Change): Promise<{ readonly enrolment: Enrolment; readonly code: string }> {
    const id = this.#freeId();
    const secret = makeSigns(SECRET_SIGNS);
    const principal = given.principal ?? `device-${makeSigns(8).toLowerCase()}`;
    checkName('the id', principal);
    checkName('the role', given.role);
    const { role, station, partner, approval } = given;
    const expiresMs = change.nowMs + given.ttlSeconds * 1000;
    const enrolment = await this.#carryOut(() =>
      this.#record(change, 'enrolment made', id, () => {
        if (this.#directory.find(principal) !== null)
          throw new BoltsealError('DIRECTORY_EXISTS', { what: 'principal' });
        this.#directory.checkPlaces(station, partner);
        const attributes = writeAttributes(given.attributes);
        const { actor, nowMs } = change;
        const who = [role, station, partner, attributes, approval, principal] as const;
        this.#statements.add.run(id, hashSecret(secret), ...who, nowMs, actor, expiresMs);
      }),
    );
    return { enrolment, code: groupSigns(id + secret) };
  }

  /**
   * A device brings its key; with the same code and key again it hears how far it is. The signature of the claim was checked with that key.
   * Fails with ENROLMENT_CODE, whatever is wrong with the code, and with DIRECTORY_KEY, DIRECTORY_VALUE.
   */
  async claim({ code, spki, attributes }: Claim, nowMs: number): Promise<Enrolment> {
    const { id: keyId } = readPublicKey('signature', spki);
    const deviceAttributes = writeAttributes(attributes);
    if (Object.keys(attributes).some((name) => !deviceAttributeNames.includes(name)))
      throw new BoltsealError('DIRECTORY_VALUE', { what: 'an attribute' });
    const signs = readSigns(code);
    const id = signs.slice(0, ID_SIGNS);
    const row = this.#statements.find.get(id);
    if (row === undefined) throw wrongCode();
    const enrolment = readEnrolment(row);
    const isRight = timingSafeEqual(hashSecret(signs.slice(ID_SIGNS)), row.secret_hash as Uint8Array);
    if (enrolment.claimed !== null && isRight && enrolment.claimed.keyId === keyId) return enrolment;
    if (enrolment.state !== 'open' || nowMs >= enrolment.expiresMs) throw wrongCode();
    const change = { actor: '(enrolment)', nowMs };
    if (!isRight) {
      // Counted before anything is waited for: many tries at once are as many tries.
      this.#record(change, 'enrolment code wrong', id, () => this.#statements.countAttempt.run(MOST_ATTEMPTS, id));
      throw wrongCode();
    }
    if (this.#directory.findKey(keyId) !== null)
      throw new BoltsealError('DIRECTORY_KEY', { problem: 'it is known already' });
    return this.#carryOut(() => {
      // Another claim of the same code may have come first.
      if (readEnrolment(this.#statements.find.get(id) ?? row).state !== 'open') throw wrongCode();
      const waiting = this.#record(change, 'enrolment claimed', id, () => {
        this.#statements.claim.run(nowMs, keyId, spki, deviceAttributes, id);
      });
      // Whoever made the code may have been revoked since: then one who is still an administrator approves.
      if (enrolment.approval !== 'automatic' || !this.#mayApprove(enrolment.createdBy)) return waiting;
      return this.#approve(id, { actor: enrolment.createdBy, nowMs });
    });
  }

  /** The device becomes a principal with its key. Fails with DIRECTORY_UNKNOWN, ENROLMENT_STATE, and as `Directory.addPrincipal` and `addKey`. */
  approve(id: string, change: Change): Promise<Enrolment> {
    return this.#carryOut(() => this.#approve(id, change));
  }

  #approve(id: string, change: Change): Enrolment {
    const row = this.#statements.find.get(id);
    if (row === undefined) throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'enrolment' });
    const { principal, role, station, partner, attributes, state, claimed } = readEnrolment(row);
    if (state !== 'waiting' || claimed === null) throw new BoltsealError('ENROLMENT_STATE');
    return this.#record(change, 'enrolment approved', id, () => {
      // What the administrator wrote counts more than what the device says of itself.
      const both = { ...claimed.attributes, ...attributes };
      this.#directory.addPrincipal({ id: principal, kind: 'device', role, station, partner, attributes: both }, change);
      const times = { notBeforeMs: change.nowMs, notAfterMs: null };
      this.#directory.addKey({ principal, use: 'signature', spki: row.spki as Uint8Array, ...times }, change);
      this.#statements.approve.run(id);
    });
  }

  /** The code is worth nothing from now on; a device that was approved stays. Fails with DIRECTORY_UNKNOWN. */
  async remove(id: string, change: Change): Promise<void> {
    await this.#carryOut(() =>
      this.#directory.audit.record(change, 'enrolment removed', id, () => {
        if (this.#statements.remove.run(id).changes === 0)
          throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'enrolment' });
        return { result: null, detail: {} };
      }),
    );
  }

  list({ after, limit }: Page): readonly Enrolment[] {
    return this.#statements.list.all(after ?? '', limit).map(readEnrolment);
  }

  #carryOut<T>(work: () => T): Promise<T> {
    return this.#directory.audit.carryOut(work);
  }

  /** What is done at the home itself has no principal. */
  #mayApprove(actor: string): boolean {
    if (actor === HOME_ACTOR) return true;
    const principal = this.#directory.findActive(actor);
    return principal !== null && isAdministrator(principal);
  }

  #record(change: Change, action: string, id: string, work: () => unknown): Enrolment {
    return this.#directory.audit.record(change, action, id, () => {
      work();
      const result = readEnrolment(this.#statements.find.get(id)!);
      return { result, detail: { ...result } };
    });
  }

  #freeId(): string {
    for (;;) {
      const id = makeSigns(ID_SIGNS);
      if (this.#statements.find.get(id) === undefined) return id;
    }
  }
}

function readEnrolment(row: Record<string, SQLOutputValue>): Enrolment {
  const parse = (value: SQLOutputValue | undefined) => JSON.parse(String(value)) as Attributes;
  const textOrNull = (value: SQLOutputValue | undefined) => (typeof value === 'string' ? value : null);
  const isClaimed = row.claimed_ms !== null;
  return {
    id: String(row.id),
    principal: String(row.principal),
    role: String(row.role),
    station: textOrNull(row.station),
    partner: textOrNull(row.partner),
    attributes: parse(row.attributes),
    approval: row.approval === 'automatic' ? 'automatic' : 'administrator',
    state: String(row.state) as Enrolment['state'],
    createdMs: Number(row.created_ms),
    createdBy: String(row.created_by),
    expiresMs: Number(row.expires_ms),
    claimed: isClaimed
      ? { atMs: Number(row.claimed_ms), keyId: String(row.key_id), attributes: parse(row.device_attributes) }
      : null,
  };
}

/** One refusal for all: which of its parts is wrong would help to guess. */
function wrongCode(): BoltsealError {
  return new BoltsealError('ENROLMENT_CODE', { attempts: MOST_ATTEMPTS });
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    find: sql('SELECT * FROM enrolments WHERE id = ?'),
    list: sql('SELECT * FROM enrolments WHERE id > ? ORDER BY id LIMIT ?'),
    add: sql(
      `INSERT INTO enrolments (id, secret_hash, role, station, partner, attributes, approval, principal, state,
       attempts, created_ms, created_by, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, ?, ?, ?)`,
    ),
    countAttempt: sql(
      `UPDATE enrolments SET attempts = attempts + 1,
       state = CASE WHEN attempts + 1 >= ? THEN 'locked' ELSE state END WHERE id = ?`,
    ),
    claim: sql(
      `UPDATE enrolments SET state = 'waiting', claimed_ms = ?, key_id = ?, spki = ?, device_attributes = ?
       WHERE id = ?`,
    ),
    approve: sql("UPDATE enrolments SET state = 'approved' WHERE id = ?"),
    remove: sql('DELETE FROM enrolments WHERE id = ?'),
  };
}
