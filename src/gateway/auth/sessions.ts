import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import type { DirectoryStore } from '../directory/port.ts';
import type { IncomingRequest, Principal } from '../port.ts';
import type { Proof } from './authenticator.ts';
import { readCookie } from './cookies.ts';

export const SESSION_COOKIE = '__Host-boltseal';
export const CSRF_HEADER = 'x-boltseal-csrf';

/** How staff signed in. */
export type SignInMethod = 'oidc' | 'passkey' | 'link';

export interface SessionLimits {
  /** Ends when nothing is asked for so long. */
  readonly idleMs: number;
  /** Ends so long after it began. */
  readonly wholeMs: number;
}

export const defaultSessionLimits: SessionLimits = { idleMs: 30 * 60_000, wholeMs: 12 * 3_600_000 };

/** When a session was last used is written down at most so often. */
const SEEN_EVERY_MS = 60_000;

/** Sessions of staff: random tokens of 256 bits in a cookie, here as hashes alone. Nothing is cached: one that was ended, by whichever process, is over with the next request. */
export class Sessions {
  readonly #limits: SessionLimits;
  readonly #statements: ReturnType<typeof prepare>;

  constructor(store: DirectoryStore, limits: SessionLimits) {
    this.#limits = limits;
    this.#statements = prepare(store);
  }

  /** How long the cookie lives. */
  get wholeSeconds(): number {
    return this.#limits.wholeMs / 1000;
  }

  /** A new session of a principal that is active; the token goes into the cookie and nowhere else. */
  open(principal: string, by: SignInMethod, nowMs: number): string {
    this.#statements.removeEnded.run(nowMs, nowMs - this.#limits.idleMs);
    const token = randomBytes(32).toString('base64url');
    this.#statements.add.run(hashToken(token), principal, by, nowMs, nowMs, nowMs + this.#limits.wholeMs);
    return token;
  }

  /** Id of the principal, and until when at most; null when there is no such session, or it has ended. */
  find(token: string, nowMs: number): { readonly principal: string; readonly endsMs: number } | null {
    const tokenHash = hashToken(token);
    const row = this.#statements.find.get(tokenHash);
    if (row === undefined) return null;
    const seenMs = Number(row.seen_ms);
    const endsMs = Number(row.ends_ms);
    if (nowMs >= endsMs || nowMs >= seenMs + this.#limits.idleMs) return null;
    if (nowMs >= seenMs + SEEN_EVERY_MS) this.#statements.see.run(nowMs, tokenHash);
    return { principal: String(row.principal), endsMs };
  }

  close(token: string): void {
    this.#statements.remove.run(hashToken(token));
  }

  /** Ends all sessions of a principal but the one with this token, where one is given. */
  closeOthers(principal: string, token: string | null): void {
    this.#statements.removeOthers.run(principal, hashToken(token ?? ''));
  }
}

/** Says whose session a request belongs to. */
export interface SessionOwners {
  /** Null: there is none, or it is not active. */
  findActive(id: string): Principal | null;
}

/**
 * Staff in a browser. What changes something needs the session's own token in a header besides, which no other site can know, and must come from this site's pages.
 * Fails with AUTH_SESSION and AUTH_CSRF.
 */
export function proveBySession(sessions: Sessions, owners: SessionOwners, publicOrigin: string): Proof {
  return (request, nowMs) => {
    const token = readCookie(request.headers, SESSION_COOKIE);
    if (token === null) return null;
    const session = sessions.find(token, nowMs);
    const principal = session === null ? null : owners.findActive(session.principal);
    if (principal === null) throw new BoltsealError('AUTH_SESSION');
    if (!isReading(request.method)) checkOrigin(request, token, publicOrigin);
    return { principal, by: 'session', signature: null };
  };
}

/** The token that a page of ours sends along: derived from the session's, so that nothing more is kept. */
export function csrfTokenOf(token: string): string {
  return hash('sha256', `boltseal csrf ${token}`, 'base64url');
}

function isReading(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function checkOrigin({ headers }: IncomingRequest, token: string, publicOrigin: string): void {
  const [given = '', second] = headers.get(CSRF_HEADER) ?? [];
  const origin = headers.get('origin')?.[0] ?? publicOrigin;
  const site = headers.get('sec-fetch-site')?.[0] ?? 'same-origin';
  const isOurs = origin === publicOrigin && (site === 'same-origin' || site === 'none');
  if (second !== undefined || !isOurs || !isEqual(given, csrfTokenOf(token))) throw new BoltsealError('AUTH_CSRF');
}

function isEqual(given: string, expected: string): boolean {
  const a = hash('sha256', given, 'buffer');
  return timingSafeEqual(a, hash('sha256', expected, 'buffer'));
}

function hashToken(token: string): Uint8Array {
  return hash('sha256', `boltseal session ${token}`, 'buffer');
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    add: sql(
      'INSERT INTO sessions (token_hash, principal, by, created_ms, seen_ms, ends_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    find: sql('SELECT principal, seen_ms, ends_ms FROM sessions WHERE token_hash = ?'),
    see: sql('UPDATE sessions SET seen_ms = ? WHERE token_hash = ?'),
    remove: sql('DELETE FROM sessions WHERE token_hash = ?'),
    removeOthers: sql('DELETE FROM sessions WHERE principal = ? AND token_hash <> ?'),
    removeEnded: sql('DELETE FROM sessions WHERE ends_ms <= ? OR seen_ms <= ?'),
  };
}
