import { hash, randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import type { Directory } from '../directory/directory.ts';
import { ADMINISTRATOR } from '../directory/duties.ts';
import { type Change, type DirectoryStore, HOME_ACTOR } from '../directory/port.ts';

/** How long a link works. */
export const LINK_TTL_MS = 15 * 60_000;

/** Links that sign somebody in once: for a first start, and for who has lost every key. */
export class Links {
  readonly #directory: Directory;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(store: DirectoryStore, directory: Directory) {
    this.#directory = directory;
    this.#statements = prepare(store);
  }

  /** The token of a link for a member of staff; older links of theirs work no more. Fails with DIRECTORY_UNKNOWN. */
  make(principal: string, change: Change): Promise<string> {
    const token = makeToken();
    return this.#directory.audit.carryOut(() => this.#make(principal, token, change));
  }

  #make(principal: string, token: string, change: Change): string {
    if (this.#directory.findActive(principal)?.kind !== 'staff')
      throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'principal' });
    return this.#directory.audit.record(change, 'link made', principal, () => {
      this.#statements.removeOthers.run(principal, change.nowMs);
      this.#statements.add.run(hashToken(token), principal, change.nowMs + LINK_TTL_MS);
      return { result: token, detail: { expiresMs: change.nowMs + LINK_TTL_MS } };
    });
  }

  /** The principal whose link it is, once. Rejects with SIGNIN_FAILED; with LEDGER_* when the link was made at the home and the ledger does not take that: then it was not used. */
  async redeem(token: string, nowMs: number): Promise<string> {
    await this.#directory.enterLate();
    const tokenHash = hashToken(token);
    const row = this.#statements.find.get(tokenHash, nowMs);
    const principal = row === undefined ? null : this.#directory.findActive(String(row.principal));
    if (principal === null || this.#statements.take.run(tokenHash).changes === 0)
      throw new BoltsealError('SIGNIN_FAILED', { problem: 'the link was used, has expired, or is another one' });
    return principal.id;
  }

  /**
   * For a first start: a link for an administrator when there is none who has a key or a passkey, null otherwise. The administrator is made when there is none at all.
   * With OpenID Connect administrators come from there: then it is not asked.
   */
  async makeFirst(nowMs: number): Promise<string | null> {
    if (Number(this.#statements.countAble.get(nowMs)?.count) > 0) return null;
    const change = { actor: HOME_ACTOR, nowMs };
    const token = makeToken();
    return this.#directory.audit.carryOut(() => {
      const row = this.#statements.findAdministrator.get();
      const id = row === undefined ? this.#makeAdministrator(change) : String(row.id);
      return this.#make(id, token, change);
    });
  }

  #makeAdministrator(change: Change): string {
    let number = 1;
    while (this.#directory.find(`administrator-${number}`) !== null) number++;
    const id = `administrator-${number}`;
    const staff = { kind: 'staff', role: ADMINISTRATOR, station: null, partner: null, attributes: {} } as const;
    this.#directory.addPrincipal({ ...staff, id }, change);
    return id;
  }
}

function makeToken(): string {
  return randomBytes(32).toString('base64url');
}

function hashToken(token: string): Uint8Array {
  return hash('sha256', `boltseal link ${token}`, 'buffer');
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  const administrators = `SELECT id FROM principals WHERE role = '${ADMINISTRATOR}' AND state = 'active' AND partner IS NULL`;
  return {
    add: sql('INSERT INTO links (token_hash, principal, expires_ms) VALUES (?, ?, ?)'),
    removeOthers: sql('DELETE FROM links WHERE principal = ? OR expires_ms <= ?'),
    find: sql('SELECT principal FROM links WHERE token_hash = ? AND expires_ms > ?'),
    take: sql('DELETE FROM links WHERE token_hash = ?'),
    findAdministrator: sql(`${administrators} AND kind = 'staff' ORDER BY id LIMIT 1`),
    countAble: sql(
      `SELECT count(*) AS count FROM (${administrators}) AS a WHERE
       EXISTS (SELECT 1 FROM passkeys WHERE principal = a.id AND revoked_ms IS NULL) OR
       EXISTS (SELECT 1 FROM keys WHERE principal = a.id AND revoked_ms IS NULL AND coalesce(not_after_ms, ?1 + 1) > ?1)`,
    ),
  };
}
