import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDigest } from '../../../src/core/http-signature/content-digest.ts';
import { planSignature } from '../../../src/core/http-signature/profile.ts';
import { type AuthenticatorOptions, createAuthenticator } from '../../../src/gateway/auth/authenticator.ts';
import { Nonces } from '../../../src/gateway/auth/nonces.ts';
import { Directory } from '../../../src/gateway/directory/directory.ts';
import { jwkThumbprint } from '../../../src/gateway/directory/keys.ts';
import { directoryMigrations } from '../../../src/gateway/directory/migrations.ts';
import { Places } from '../../../src/gateway/directory/places.ts';
import type { AuditEntry } from '../../../src/gateway/directory/port.ts';
import type { Authenticator, IncomingRequest } from '../../../src/gateway/port.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

/** 2026-11-22, noon UTC. */
export const START_MS = Date.UTC(2026, 10, 22, 12);

export interface TestScope {
  after(work: () => void): void;
}

const endings = new WeakMap<TestScope, (() => void)[]>();

/** Does it after the test, the last first. */
export function atEnd(t: TestScope, work: () => void): void {
  const known = endings.get(t);
  if (known !== undefined) {
    known.push(work);
    return;
  }
  const works = [work];
  endings.set(t, works);
  t.after(() => {
    for (const one of works.reverse()) one();
  });
}

/** A folder that is gone after the test. */
export function makeFolder(t: TestScope): string {
  const folder = mkdtempSync(join(tmpdir(), 'boltseal-auth-'));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openDirectory(file: string) {
  const database = openSqlite(file, { migrations: directoryMigrations, durability: 'normal' });
  const store = { database, transact: <T>(work: () => T) => inTransaction(database, work) };
  const heard: AuditEntry[] = [];
  const directory = new Directory(store, (entry) => heard.push(entry));
  return { database, store, heard, directory, places: new Places(store, directory.audit) };
}

export interface World extends ReturnType<typeof openDirectory> {
  readonly folder: string;
  readonly clock: { nowMs: number };
  readonly authenticator: Authenticator;
  readonly nonces: Nonces;
  /** A device `scanner-1` at `st-1`. */
  readonly device: Device;
}

export interface Device {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export const change = { actor: 'test', nowMs: START_MS };

/** A gateway's directory and authenticator with one scanner. */
export function makeWorld(
  t: TestScope,
  options: Partial<AuthenticatorOptions> & { readonly most?: number } = {},
): World {
  const folder = makeFolder(t);
  const opened = openDirectory(join(folder, 'directory.sqlite'));
  const { directory, places } = opened;
  const clock = { nowMs: START_MS };
  const nonces = new Nonces({
    folder: join(folder, 'nonces'),
    skewSeconds: 30,
    most: options.most ?? 1000,
    nowMs: START_MS,
    boot: 'boot-1',
  });
  atEnd(t, () => {
    nonces.close();
    opened.database.close();
  });
  places.putPartner({ id: 'p-1', attributes: {} }, change);
  places.putStation({ id: 'st-1', partner: 'p-1', attributes: {} }, change);
  addScanner(directory, 'scanner-1');
  const authenticator = createAuthenticator({
    keys: directory,
    nonces,
    skewSeconds: 30,
    authorities: new Set(['gate.example']),
    proofs: [],
    now: () => clock.nowMs,
    ...options,
  });
  return { ...opened, folder, clock, authenticator, nonces, device: addKeyOf(directory, 'scanner-1') };
}

export function addScanner(directory: Directory, id: string): void {
  directory.addPrincipal(
    { id, kind: 'device', role: 'scanner', station: 'st-1', partner: 'p-1', attributes: { model: 'm3' } },
    change,
  );
}

export function addKeyOf(directory: Directory, principal: string): Device {
  const device = makeKey();
  const spki = device.publicKey.export({ format: 'der', type: 'spki' });
  directory.addKey({ principal, use: 'signature', spki, notBeforeMs: START_MS - 1000, notAfterMs: null }, change);
  return device;
}

export function makeKey(): Device {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, publicKey, keyId: jwkThumbprint(publicKey) };
}

export interface Unsigned {
  readonly method?: string;
  readonly target?: string;
  readonly authority?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly createdMs?: number;
  readonly nonce?: string;
}

/** A request as the client signs it. */
export function signRequest(device: Device, given: Unsigned = {}): IncomingRequest {
  const body = Buffer.from(given.body ?? '');
  const { method = 'POST', target = '/v1/disclosures?x=1', authority = 'gate.example' } = given;
  const headers = new Map<string, readonly string[]>([['host', [authority]]]);
  for (const [name, value] of Object.entries(given.headers ?? {})) headers.set(name, [value]);
  if (body.length > 0) {
    const digest = createHash('sha256').update(body).digest();
    headers.set('content-digest', [writeDigest('sha-256', digest)]).set('content-type', ['application/json']);
  }
  const request = { method, target, authority, scheme: 'https' as const, headers, body, certificate: null };
  const plan = planSignature(request, {
    keyId: device.keyId,
    createdSeconds: Math.floor((given.createdMs ?? START_MS) / 1000),
    nonce: given.nonce ?? randomBytes(18).toString('base64url'),
  });
  if (plan === null) throw new Error('not signable');
  const fields = plan.fields(sign(null, Buffer.from(plan.base), device.privateKey));
  for (const [name, value] of Object.entries(fields)) headers.set(name, [value]);
  return request;
}

/** The same request with other headers; undefined takes one away. */
export function withHeaders(
  request: IncomingRequest,
  changed: Readonly<Record<string, readonly string[] | undefined>>,
): IncomingRequest {
  const headers = new Map(request.headers);
  for (const [name, values] of Object.entries(changed)) {
    if (values === undefined) headers.delete(name);
    else headers.set(name, values);
  }
  return { ...request, headers };
}
