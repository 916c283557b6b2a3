import { appendFileSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { openGatewayStores } from '../compose.ts';
import { BoltsealError } from '../core/errors.ts';
import { stackFrames } from '../core/stack-frames.ts';
import { buildApp, defaultLimits, type TlsOptions } from './app.ts';
import { type AssembledGateway, assembleGateway } from './assemble.ts';
import type { ServeRequest } from './serve-request.ts';
import { settingsOf } from './settings.ts';

/** How long requests that are being answered may take when the gateway stops; then their connections are cut. */
const DRAIN_MS = 10_000;

/**
 * Opens the stores, builds the server, and listens until it is told to stop: then nothing new is taken, what was begun is answered, and everything is closed in order.
 * Rejects with GATEWAY_TLS, GATEWAY_LISTEN, and as the stores do; with the ledger's error when that fails meanwhile.
 */
export async function serve(request: ServeRequest): Promise<void> {
  const tls = readTls(request);
  const reserved = await reservePort(request);
  try {
    await serveAt({ ...request, port: reserved.port }, tls, reserved.release);
  } finally {
    await reserved.release();
  }
}

/** As `serve`, at a port that is known; `release` gives it free. */
async function serveAt(request: ServeRequest, tls: TlsOptions | null, release: () => Promise<void>): Promise<void> {
  let fail: (error: BoltsealError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Whoever waits hears of it below.
  failed.catch(() => undefined);
  let tellTrouble: AssembledGateway['onTrouble'] = () => undefined;
  const stores = await openGatewayStores(request.home, {
    onFailure: fail,
    onTrouble(what, code) {
      request.note(`${what}: ${code ?? 'INTERNAL'}; it is tried again\n`);
      tellTrouble(what, code);
    },
  });
  try {
    checkOrigin(request, stores.config.gateway?.publicOrigin);
    const gateway = await assembleGateway(stores, {
      ...settingsOf(stores.config, ownOrigin(request)),
      version: request.version,
      ...(request.log === undefined ? {} : { onLog: request.log }),
      ...ocsfWriter(request.home, stores.config.gateway?.ocsfFile),
      onFault: (error, id) => request.note(describeFault(error, id)),
    });
    tellTrouble = gateway.onTrouble;
    try {
      const app = await buildApp(gateway.services, defaultLimits, tls);
      try {
        await release();
        request.onListening({ address: await listen(app, request), firstLink: gateway.firstLink });
        await Promise.race([request.untilStopped, failed]);
      } finally {
        await closeApp(app);
      }
    } finally {
      gateway.close();
    }
  } finally {
    await stores.close();
  }
}

/**
 * A port that is asked for as 0 is known before anything is built: browsers name it, and sign-in compares. It is held until the server listens itself.
 * Fails with GATEWAY_LISTEN.
 */
async function reservePort({ host, port }: ServeRequest): Promise<{ port: number; release: () => Promise<void> }> {
  if (port !== 0) return { port, release: async () => undefined };
  const holder = createServer();
  await new Promise<void>((resolve, reject) => {
    holder.once('error', (cause) =>
      reject(new BoltsealError('GATEWAY_LISTEN', { host, port, reason: reasonOf(cause) }, { cause })),
    );
    holder.listen({ host, port }, resolve);
  });
  const release = (): Promise<void> => new Promise((resolve) => holder.close(() => resolve()));
  return { port: (holder.address() as AddressInfo).port, release };
}

/** Beyond this machine it must know its name: requests that were signed for another host are otherwise as good as its own. Fails with GATEWAY_ORIGIN. */
function checkOrigin({ host }: ServeRequest, publicOrigin: string | undefined): void {
  if (!isLoopback(host) && publicOrigin === undefined) throw new BoltsealError('GATEWAY_ORIGIN', { host });
}

/** Where browsers on this machine see it: passkeys need a name, and `localhost` is one. */
function ownOrigin({ host, port, tls }: ServeRequest): string {
  const name = isLoopback(host) ? 'localhost' : host;
  return `${tls === null ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function readTls({ host, tls, allowsPlain }: ServeRequest): TlsOptions | null {
  if (tls === null) {
    if (!isLoopback(host) && !allowsPlain) throw new BoltsealError('GATEWAY_TLS', { host });
    return null;
  }
  const read = (file: string): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch (cause) {
      throw new BoltsealError('GATEWAY_TLS_FILE', { path: file, reason: reasonOf(cause) }, { cause });
    }
  };
  const clients = tls.clients === null ? {} : { ca: read(tls.clients), requestCert: true, rejectUnauthorized: false };
  return { cert: read(tls.certificate), key: read(tls.key), minVersion: 'TLSv1.2', ...clients };
}

/** A name is loopback only when it says so: what it means may change behind our back. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

async function listen(app: FastifyInstance, { host, port, tls }: ServeRequest): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new BoltsealError('GATEWAY_LISTEN', { host, port, reason: reasonOf(cause) }, { cause });
  }
  const { port: listening } = app.server.address() as AddressInfo;
  return `${tls === null ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listening}`;
}

async function closeApp(app: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(timer);
  }
}

/** Opened for each writing, a few times a second, so that a collector may move the file away at any time. */
function ocsfWriter(home: string, file: string | undefined): { onOcsf?: (lines: string) => void } {
  if (file === undefined) return {};
  const path = resolve(home, file);
  return { onOcsf: (lines) => appendFileSync(path, lines, { mode: 0o600 }) };
}

/** Where a fault came from, without its message, which may carry a value. */
function describeFault(error: unknown, id: string): string {
  const code = error instanceof BoltsealError ? error.code : 'INTERNAL';
  return [`${id} ${code}`, ...stackFrames(error instanceof Error ? error : new Error(code)), ''].join('\n');
}

function reasonOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
