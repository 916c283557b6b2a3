import type { FastifyInstance } from 'fastify';
import { createAuthenticator } from './auth/authenticator.ts';
import { proveByCertificate } from './auth/certificate.ts';
import { Links } from './auth/links.ts';
import { MOST_NONCES, Nonces, readBootId } from './auth/nonces.ts';
import { Oidc, type OidcOptions } from './auth/oidc.ts';
import { Passkeys } from './auth/passkeys.ts';
import { defaultSessionLimits, proveBySession, type SessionLimits, Sessions } from './auth/sessions.ts';
import type { AuditListener } from './directory/audit.ts';
import { Directory } from './directory/directory.ts';
import { Enrolments } from './directory/enrolments.ts';
import { Places } from './directory/places.ts';
import type { DirectoryStore } from './directory/port.ts';
import type { Authenticator } from './port.ts';
import { enrolmentRoutes } from './routes/enrolments.ts';
import { principalRoutes } from './routes/principals.ts';
import { sessionRoutes, signInUrl } from './routes/sessions.ts';
import { stationRoutes } from './routes/stations.ts';

export interface IdentityOptions {
  readonly store: DirectoryStore;
  /** Folder of the nonces; made when it is not there. */
  readonly noncesFolder: string;
  /** How far the clocks of devices may be off, either way. */
  readonly skewSeconds: number;
  /** Hosts with port that the gateway answers for; null: whatever requests say. */
  readonly authorities: ReadonlySet<string> | null;
  /** Where browsers see the gateway: `https://gate.example`. */
  readonly publicOrigin: string;
  /** Null: staff have links and passkeys. */
  readonly oidc: OidcOptions | null;
  readonly sessionLimits?: SessionLimits;
  /** Told of each change of the directory when it is durable. */
  readonly onChange: AuditListener;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Everything about who asks, over one open database. */
export interface Identity {
  readonly directory: Directory;
  readonly places: Places;
  readonly authenticator: Authenticator;
  /** For a first start: what an administrator opens to come in; null when there is one who has a key or a passkey, or an identity provider. */
  makeFirstLink(): string | null;
  /** Adds `/v1/principals`, `/v1/stations`, `/v1/partners`, `/v1/enrolments`, `/v1/audit`, `/v1/session`, `/v1/passkeys` and `/sign-in`. */
  addRoutes(app: FastifyInstance): void;
  /** Puts nonces on the disk; the database is closed by whoever opened it. */
  close(): void;
}

/** Puts together who may ask and how it is proved. Fails with what the file system fails with. */
export function createIdentity(options: IdentityOptions): Identity {
  const { store, skewSeconds, authorities, publicOrigin, now } = options;
  const directory = new Directory(store, options.onChange);
  const places = new Places(store, directory.audit);
  const enrolments = new Enrolments(store, directory);
  const sessions = new Sessions(store, options.sessionLimits ?? defaultSessionLimits);
  const links = new Links(store, directory);
  const passkeys = new Passkeys(store, directory, publicOrigin);
  const oidc = options.oidc === null ? null : new Oidc(options.oidc, directory);
  const nonces = new Nonces({
    folder: options.noncesFolder,
    skewSeconds,
    most: MOST_NONCES,
    nowMs: now(),
    boot: readBootId(),
  });
  const signatures = { nonces, skewSeconds, authorities };
  const proofs = [proveByCertificate(directory), proveBySession(sessions, directory, publicOrigin)];
  return {
    directory,
    places,
    authenticator: createAuthenticator({ ...signatures, keys: directory, proofs, now }),
    makeFirstLink() {
      const token = oidc === null ? links.makeFirst(now()) : null;
      return token === null ? null : signInUrl(publicOrigin, token);
    },
    addRoutes(app) {
      principalRoutes(app, { directory, nowMs: now });
      stationRoutes(app, { places, nowMs: now });
      enrolmentRoutes(app, { enrolments, signatures, nowMs: now });
      sessionRoutes(app, { directory, sessions, links, passkeys, oidc, publicOrigin, nowMs: now });
    },
    close: () => nonces.close(),
  };
}
