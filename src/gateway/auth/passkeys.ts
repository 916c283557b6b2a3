import { randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { BoltsealError } from '../../core/errors.ts';
import type { Directory } from '../directory/directory.ts';
import type { Change, DirectoryStore } from '../directory/port.ts';
import { Pending } from './pending.ts';

const CHALLENGE_TTL_MS = 5 * 60_000;
const MOST_CHALLENGES = 10_000;
/** No principal has this id. */
const SIGN_IN = '';

/** Passkeys of staff (WebAuthn): with user verification, for this host alone. */
export class Passkeys {
  readonly #directory: Directory;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #origin: string;
  readonly #host: string;
  /** Challenges that were given, with the principal that adds a passkey, or SIGN_IN. */
  readonly #challenges = new Pending<string>(CHALLENGE_TTL_MS, MOST_CHALLENGES);

  /** `publicOrigin`: where browsers see the gateway, `https://gate.example`. */
  constructor(store: DirectoryStore, directory: Directory, publicOrigin: string) {
    this.#directory = directory;
    this.#statements = prepare(store);
    this.#origin = publicOrigin;
    this.#host = new URL(publicOrigin).hostname;
  }

  /** What a browser needs to make a passkey for a principal. */
  async beginAdding(principal: string, nowMs: number): Promise<object> {
    const challenge = this.#challenge(principal, nowMs);
    return generateRegistrationOptions({
      rpName: 'Boltseal',
      rpID: this.#host,
      userName: principal,
      challenge: Buffer.from(challenge, 'base64url'),
      attestationType: 'none',
      excludeCredentials: this.#statements.listOf.all(principal).map(({ id }) => ({ id: String(id) })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      // EdDSA, ES256, RS256.
      supportedAlgorithmIDs: [-8, -7, -257],
    });
  }

  /** Fails with SIGNIN_FAILED. */
  async add(response: unknown, change: Change): Promise<string> {
    const made = await this.#attempt(() =>
      verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: (challenge) => this.#challenges.take(challenge, change.nowMs) === change.actor,
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        requireUserVerification: true,
        supportedAlgorithmIDs: [-8, -7, -257],
      }),
    );
    if (made.registrationInfo === undefined) throw failed();
    const { id, publicKey, counter } = made.registrationInfo.credential;
    return this.#directory.audit.carryOut(() =>
      this.#directory.audit.record(change, 'passkey made', id, () => {
        if (this.#statements.find.get(id) !== undefined) throw failed();
        this.#statements.add.run(id, change.actor, publicKey, counter, change.nowMs);
        return { result: id, detail: { principal: change.actor } };
      }),
    );
  }

  /** What a browser needs to sign in with any passkey of this host. */
  async beginSignIn(nowMs: number): Promise<object> {
    const challenge = this.#challenge(SIGN_IN, nowMs);
    return generateAuthenticationOptions({
      rpID: this.#host,
      challenge: Buffer.from(challenge, 'base64url'),
      userVerification: 'required',
    });
  }

  /** Id of the principal whose passkey answered. Fails with SIGNIN_FAILED. */
  async signIn(response: unknown, nowMs: number): Promise<string> {
    const id = typeof response === 'object' && response !== null && 'id' in response ? String(response.id) : '';
    const row = this.#statements.find.get(id);
    if (row === undefined || row.revoked_ms !== null) throw failed();
    const checked = await this.#attempt(() =>
      verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: (challenge) => this.#challenges.take(challenge, nowMs) === SIGN_IN,
        expectedOrigin: this.#origin,
        expectedRPID: this.#host,
        requireUserVerification: true,
        credential: {
          id,
          publicKey: new Uint8Array(row.public_key as Uint8Array),
          // A counter that goes back, which the library refuses, is a passkey that was copied.
          counter: Number(row.counter),
        },
      }),
    );
    // What is not signed by the passkey writes nothing: a counter that somebody made up would lock its owner out.
    const principal = checked.verified ? this.#directory.findActive(String(row.principal)) : null;
    if (principal === null) throw failed();
    // It may have been revoked, or have answered with a later counter, while this answer was checked.
    const counted = this.#statements.count.run(checked.authenticationInfo.newCounter, id);
    if (counted.changes === 0) throw failed();
    return principal.id;
  }

  /** All that a principal ever had, the oldest first; milliseconds since 1970. */
  list(
    principal: string,
  ): readonly { readonly id: string; readonly createdMs: number; readonly revokedMs: number | null }[] {
    return this.#statements.listAll.all(principal).map((row) => ({
      id: String(row.id),
      createdMs: Number(row.created_ms),
      revokedMs: row.revoked_ms === null ? null : Number(row.revoked_ms),
    }));
  }

  /** Makes `alongside` one change with it. Fails with DIRECTORY_UNKNOWN when the principal has no such passkey. */
  async revoke(id: string, principal: string, change: Change, alongside: () => void): Promise<void> {
    await this.#directory.audit.carryOut(() =>
      this.#directory.audit.record(change, 'passkey revoked', id, () => {
        if (this.#statements.revoke.run(change.nowMs, id, principal).changes === 0)
          throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'passkey' });
        alongside();
        return { result: null, detail: { principal } };
      }),
    );
  }

  #challenge(principal: string, nowMs: number): string {
    const challenge = randomBytes(32).toString('base64url');
    this.#challenges.put(challenge, principal, nowMs);
    return challenge;
  }

  /** The library throws for whatever is not right, in words that quote it. */
  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      throw failed();
    }
  }
}

function failed(): BoltsealError {
  return new BoltsealError('SIGNIN_FAILED', { problem: 'the passkey is not known here, or its answer is not right' });
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    find: sql('SELECT * FROM passkeys WHERE id = ?'),
    listOf: sql('SELECT id FROM passkeys WHERE principal = ? AND revoked_ms IS NULL'),
    listAll: sql('SELECT id, created_ms, revoked_ms FROM passkeys WHERE principal = ? ORDER BY created_ms, id'),
    add: sql('INSERT INTO passkeys (id, principal, public_key, counter, created_ms) VALUES (?, ?, ?, ?, ?)'),
    count: sql(
      `UPDATE passkeys SET counter = ?1 WHERE id = ?2 AND revoked_ms IS NULL
       AND (counter < ?1 OR (counter = 0 AND ?1 = 0))`,
    ),
    revoke: sql('UPDATE passkeys SET revoked_ms = ? WHERE id = ? AND principal = ? AND revoked_ms IS NULL'),
  };
}
