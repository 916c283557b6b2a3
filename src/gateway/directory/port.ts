import type { DatabaseSync } from 'node:sqlite';
import type { PrincipalKind } from '../../contract/api/words.ts';
import type { Principal } from '../port.ts';

/*
 * Who may ask: principals with their keys, and the stations and partners that they work for.
 */

/** An open database, and how several statements become one change of it. */
export interface DirectoryStore {
  readonly database: DatabaseSync;
  transact<T>(work: () => T): T;
}

/** `suspended` is taken back one day, `revoked` never. */
export type PrincipalState = 'active' | 'suspended' | 'revoked';

export interface PrincipalRecord extends Principal {
  readonly state: PrincipalState;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  readonly changedMs: number;
}

/** What was true of a principal from a time on. */
export interface PrincipalVersion extends Principal {
  readonly state: PrincipalState;
  /** Milliseconds since 1970. */
  readonly fromMs: number;
}

export interface NewPrincipal {
  readonly id: string;
  readonly kind: PrincipalKind;
  readonly role: string;
  readonly station: string | null;
  readonly partner: string | null;
  readonly attributes: Readonly<Record<string, string>>;
}

export type PrincipalPatch = Partial<Omit<NewPrincipal, 'id' | 'kind'>>;

/** `signature`: Ed25519, by its RFC 7638 thumbprint; `certificate`: the key of a client certificate, by SHA-256 of its SubjectPublicKeyInfo. */
export type KeyUse = 'signature' | 'certificate';

export interface KeyRecord {
  /** 43 letters of base64url. */
  readonly id: string;
  readonly principal: string;
  readonly use: KeyUse;
  /** Milliseconds since 1970; `notAfterMs` null: until it is revoked. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number | null;
  readonly createdMs: number;
  readonly revokedMs: number | null;
}

export interface NewKey {
  readonly principal: string;
  readonly use: KeyUse;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number | null;
}

export interface Partner {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Station {
  readonly id: string;
  readonly partner: string | null;
  readonly attributes: Readonly<Record<string, string>>;
}

/** One change of the directory. No row of it is ever changed or taken away. */
export interface AuditEntry {
  /** From 1, one more each. */
  readonly number: number;
  readonly timeMs: number;
  /** Id of the principal that did it, or what did: `(home)` for a command on the home, `(sign-in)` for what identity providers say. */
  readonly actor: string;
  /** Such as `principal made`, `key revoked`. */
  readonly action: string;
  /** Id of what was changed. */
  readonly object: string;
  /** What it is from now on; no secret. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Of the request that asked for it; null or absent: there is none. */
  readonly signature?: Uint8Array | null;
}

/** What commands on the home itself stand under. No principal has this id. */
export const HOME_ACTOR = '(home)';

/** Who changes something, and when. */
export interface Change {
  readonly actor: string;
  readonly nowMs: number;
  /** Of the request that asks for it (RFC 9421). */
  readonly signature?: Uint8Array | null;
}

/** A part of a list, in the order of ids. */
export interface Page {
  /** Null: from the beginning. */
  readonly after: string | null;
  readonly limit: number;
}
