import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServices, openGatewayStores } from '../../../src/compose.ts';
import { writeDigest } from '../../../src/core/http-signature/content-digest.ts';
import { planSignature } from '../../../src/core/http-signature/profile.ts';
import { type AssembledGateway, assembleGateway } from '../../../src/gateway/assemble.ts';
import { jwkThumbprint } from '../../../src/gateway/directory/keys.ts';
import type { NewPrincipal } from '../../../src/gateway/directory/port.ts';
import { serve } from '../../../src/gateway/server.ts';
import { settingsOf } from '../../../src/gateway/settings.ts';
import type { GatewayStores } from '../../../src/gateway/stores.ts';

/*
 * A home with a gateway on it, as a company would have: made by the product's own services, asked over HTTP.
 */

export interface Device {
  readonly principal: string;
  readonly keyId: string;
  readonly privateKey: ReturnType<typeof generateKeyPairSync>['privateKey'];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says; tests look at it.
  json(): any;
}

/** A new home in a folder that goes with the test. */
export async function makeHome(t: { after(work: () => void): void }): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'boltseal-gateway-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const home = join(folder, 'home');
  await createServices().initialise({ home, region: 'CN' });
  return home;
}

/** Works on a home while nothing serves it. */
export async function withGateway<T>(
  home: string,
  work: (gateway: AssembledGateway, stores: GatewayStores) => Promise<T> | T,
): Promise<T> {
  const stores = await openGatewayStores(home, { onFailure: () => undefined });
  try {
    const gateway = await assembleGateway(stores, {
      ...settingsOf(stores.config, 'http://localhost'),
      version: '0.0.0',
      onFault: () => undefined,
    });
    try {
      return await work(gateway, stores);
    } finally {
      gateway.close();
    }
  } finally {
    await stores.close();
  }
}

/** Makes a principal with a key of its own. */
export function addDevice({ directory }: AssembledGateway, principal: NewPrincipal): Device {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const change = { actor: 'test', nowMs: Date.now() };
  directory.addPrincipal(principal, change);
  directory.addKey(
    {
      principal: principal.id,
      use: 'signature',
      spki: publicKey.export({ format: 'der', type: 'spki' }),
      notBeforeMs: Date.now() - 1000,
      notAfterMs: null,
    },
    change,
  );
  return { principal: principal.id, keyId: jwkThumbprint(publicKey), privateKey };
}

/** A gateway that listens, with what it notes and logs. */
export async function startGateway(
  home: string,
): Promise<{ address: string; notes: string[]; logs: string[]; stop(): Promise<void> }> {
  const notes: string[] = [];
  const logs: string[] = [];
  let stop: () => void = () => undefined;
  let ended: Promise<void> = Promise.resolve();
  const address = await new Promise<string>((resolve, reject) => {
    ended = serve({
      home,
      version: '0.0.0',
      host: '127.0.0.1',
      port: 0,
      tls: null,
      allowsPlain: false,
      onListening: ({ address: listening }) => resolve(listening),
      note: (text) => notes.push(text),
      log: (lines) => logs.push(lines),
      untilStopped: new Promise((done) => {
        stop = done;
      }),
    });
    ended.catch(reject);
  });
  return {
    address,
    notes,
    logs,
    async stop() {
      stop();
      await ended;
    },
  };
}

/** Headers that sign a request. */
export function signedHeaders(
  device: Device,
  method: string,
  url: URL,
  body: string,
  more: Record<string, string> = {},
): Record<string, string> {
  const headers = new Map<string, readonly string[]>([['host', [url.host]]]);
  const bytes = Buffer.from(body);
  const own: Record<string, string> = { ...more };
  if (bytes.length > 0) {
    own['content-type'] ??= 'application/json';
    own['content-digest'] = writeDigest('sha-256', createHash('sha256').update(bytes).digest());
  }
  for (const [name, value] of Object.entries(own)) headers.set(name, [value]);
  const message = {
    method,
    target: url.pathname + url.search,
    authority: url.host,
    scheme: 'http' as const,
    headers,
    body: bytes,
    certificate: null,
  };
  const plan = planSignature(message, {
    keyId: device.keyId,
    createdSeconds: Math.floor(Date.now() / 1000),
    nonce: randomBytes(18).toString('base64url'),
  });
  if (plan === null) throw new Error('not signable');
  return { ...own, ...plan.fields(sign(null, Buffer.from(plan.base), device.privateKey)) };
}

/** Asks a gateway as a device. */
export async function ask(
  address: string,
  device: Device,
  method: string,
  path: string,
  body: unknown = null,
  more: Record<string, string> = {},
): Promise<Answer> {
  const url = new URL(path, address);
  const text = body === null ? '' : JSON.stringify(body);
  const headers = signedHeaders(device, method, url, text, more);
  const answer = await fetch(url, { method, headers, ...(text === '' ? {} : { body: text }) });
  const got = await answer.text();
  return { status: answer.status, headers: answer.headers, text: got, json: () => JSON.parse(got) };
}
