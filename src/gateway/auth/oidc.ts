import { hash, randomBytes } from 'node:crypto';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { BoltsealError } from '../../core/errors.ts';
import type { Directory } from '../directory/directory.ts';
import { Pending } from './pending.ts';

/** How staff sign in with the company's identity provider (OpenID Connect Core 1.0, authorization code with PKCE). */
export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a public client. */
  readonly clientSecret: string | null;
  /** As the provider knows it: `https://gate.example/v1/session/oidc/callback`. */
  readonly redirectUri: string;
  readonly scope: string;
  /** Whose value, after `oidc:`, is the principal's id; `sub` never changes and is nobody's name. */
  readonly idClaim: string;
  /** A text, or a list of them, that `roles` gives roles for: the first of `roles` that is there counts. */
  readonly roleClaim: string;
  readonly roles: readonly (readonly [claimed: string, role: string])[];
  /** Attributes of the principal and the claims that they come from. */
  readonly attributes: Readonly<Record<string, string>>;
  /** A provider on this machine, for tests: without TLS. */
  readonly allowsPlain: boolean;
}

/** Ids of principals who come from the provider begin with it. */
export const PROVIDER_PREFIX = 'oidc:';

interface Begun {
  readonly nonce: string;
  readonly verifier: string;
  readonly browser: string;
}

const BEGUN_TTL_MS = 10 * 60_000;
const MOST_BEGUN = 10_000;
/** What is known of the provider (its keys are fetched as they change) is read anew after. */
const CONFIGURATION_TTL_MS = 3_600_000;

/** Sends browsers to the identity provider, and makes principals of what it says of those who come back. */
export class Oidc {
  readonly #options: OidcOptions;
  readonly #directory: Directory;
  readonly #begun = new Pending<Begun>(BEGUN_TTL_MS, MOST_BEGUN);
  #configuration: { readonly value: Promise<Configuration>; readonly atMs: number } | null = null;

  constructor(options: OidcOptions, directory: Directory) {
    this.#options = options;
    this.#directory = directory;
  }

  /** Where the browser goes, and what it must bring back in a cookie: nobody can have somebody else sign in as them. Rejects with SIGNIN_PROVIDER. */
  async begin(nowMs: number): Promise<{ readonly url: string; readonly browser: string }> {
    const configuration = await this.#provider(nowMs);
    const state = randomState();
    const begun = {
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      browser: randomBytes(32).toString('base64url'),
    };
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri,
      scope: this.#options.scope,
      state,
      nonce: begun.nonce,
      code_challenge: await calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: 'S256',
    });
    const browser = hash('sha256', begun.browser, 'base64url');
    this.#begun.put(state, { ...begun, browser }, nowMs);
    return { url: url.href, browser: begun.browser };
  }

  /** Id of the principal that the provider's answer stands for: `query` of the address it led to. Rejects with SIGNIN_FAILED, SIGNIN_PROVIDER, SIGNIN_ROLE. */
  async finish(query: string, browser: string | null, nowMs: number): Promise<string> {
    const state = new URLSearchParams(query).get('state') ?? '';
    const begun = this.#begun.take(state, nowMs);
    if (begun === null || browser === null || hash('sha256', browser, 'base64url') !== begun.browser)
      throw failed('it was not begun in this browser, or took too long');
    const configuration = await this.#provider(nowMs);
    const address = new URL(this.#options.redirectUri);
    address.search = query;
    let claims: Readonly<Record<string, unknown>> | undefined;
    try {
      const tokens = await authorizationCodeGrant(configuration, address, {
        expectedState: state,
        expectedNonce: begun.nonce,
        pkceCodeVerifier: begun.verifier,
        idTokenExpected: true,
      });
      claims = tokens.claims();
    } catch {
      // Its words quote what the provider sent.
      throw failed('the identity provider did not confirm it');
    }
    if (claims === undefined) throw failed('the identity provider did not say who you are');
    return this.#principalOf(claims, nowMs);
  }

  async #provider(nowMs: number): Promise<Configuration> {
    const { issuer, clientId, clientSecret, allowsPlain } = this.#options;
    if (this.#configuration === null || nowMs >= this.#configuration.atMs + CONFIGURATION_TTL_MS) {
      const value = discovery(
        new URL(issuer),
        clientId,
        clientSecret ?? undefined,
        clientSecret === null ? None() : undefined,
        {
          timeout: 10,
          // The signature of the ID token too, and not TLS alone: who stands between us and the provider makes nobody up.
          execute: [enableNonRepudiationChecks, ...(allowsPlain ? [allowInsecureRequests] : [])],
        },
      );
      this.#configuration = { value, atMs: nowMs };
    }
    try {
      return await this.#configuration.value;
    } catch {
      this.#configuration = null;
      throw new BoltsealError('SIGNIN_PROVIDER');
    }
  }

  #principalOf(claims: Readonly<Record<string, unknown>>, nowMs: number): Promise<string> {
    const { idClaim, roleClaim, roles, attributes: claimOf } = this.#options;
    const own = claims[idClaim];
    if (typeof own !== 'string' || !/^[A-Za-z0-9._:@/-]{1,120}$/.test(own))
      throw failed('the claim that names you is missing, or can be no id');
    const claimed = claims[roleClaim];
    const values: readonly unknown[] = Array.isArray(claimed) ? claimed : [claimed];
    const role = roles.find(([value]) => values.includes(value))?.[1];
    if (role === undefined) throw new BoltsealError('SIGNIN_ROLE');
    const attributes: Record<string, string> = {};
    for (const [name, claim] of Object.entries(claimOf)) {
      const value = claims[claim];
      if (typeof value === 'string' && value.length <= 256) attributes[name] = value;
    }
    return this.#directory.audit.carryOut(() => this.#write(`${PROVIDER_PREFIX}${own}`, role, attributes, nowMs));
  }

  /** The provider says who has which role; who may not come in any more is said here. */
  #write(id: string, role: string, attributes: Readonly<Record<string, string>>, nowMs: number): string {
    const change = { actor: '(sign-in)', nowMs };
    const known = this.#directory.find(id);
    if (known === null) {
      this.#directory.addPrincipal({ id, kind: 'staff', role, station: null, partner: null, attributes }, change);
      return id;
    }
    if (known.state !== 'active' || known.kind !== 'staff') throw failed('you may not come in here any more');
    const isSame = known.role === role && JSON.stringify(known.attributes) === JSON.stringify(attributes);
    if (!isSame) this.#directory.changePrincipal(id, { role, attributes }, change);
    return id;
  }
}

function failed(problem: string): BoltsealError {
  return new BoltsealError('SIGNIN_FAILED', { problem });
}
