import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { ConnectionOptions } from 'node:tls';
import { BoltsealError } from '../core/errors.ts';

/** Where a database is and how to get in. */
export interface Target {
  /** A name, an address, or the folder of a Unix-domain socket. */
  readonly host: string;
  readonly port: number;
  readonly login: { readonly user?: string; readonly pass?: string; readonly database?: string };
  readonly sslMode: string;
  /** A PEM file; null: the certificates that Node brings along. */
  readonly rootCertificate: string | null;
  readonly connectSeconds: number;
  /** Run-time parameters for the server. */
  readonly settings: Readonly<Record<string, string>>;
}

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const CONNECT_SECONDS = 15;

/** What holds where the URL says nothing. */
export interface TargetDefaults {
  /** By the host; PGSSLMODE or `prefer` without it. */
  readonly sslMode?: (host: string) => string;
  readonly connectSeconds?: number;
}

/**
 * Reads a URL as libpq does (PostgreSQL 18 documentation, section 32.1.1.2), with one host, and `host`, `sslmode`, `sslrootcert` and `connect_timeout` of its parameters; others are
 * settings for the server. What it leaves out comes from PGHOST, PGPORT and PGSSLMODE, and in the driver from PGUSER, PGPASSWORD and PGDATABASE.
 * Fails with POSTGRES_URL, which repeats nothing of the URL: a misplaced sign makes a part of the password look like the host.
 */
export function readTarget(text: string, defaults: TargetDefaults = {}): Target {
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) throw badUrl('it has another form');
  if (url.hash !== '' || /@/.test(url.pathname + url.search)) {
    throw badUrl('signs such as / ? # @ in a user name or password must be written as %2F %3F %23 %40');
  }
  const {
    host: folder,
    sslmode,
    sslrootcert,
    connect_timeout: wait,
    ...settings
  } = Object.fromEntries(url.searchParams);
  const [user, pass, name, database] = [url.username, url.password, url.hostname, url.pathname.slice(1)].map(decode);
  const host = name?.replace(/^\[|\]$/g, '') || folder || process.env.PGHOST || 'localhost';
  if (host.includes(',')) throw badUrl('it has more than one host');
  const sslMode = sslmode ?? defaults.sslMode?.(host) ?? process.env.PGSSLMODE ?? 'prefer';
  if (!SSL_MODES.includes(sslMode)) throw badUrl(`sslmode must be one of ${SSL_MODES.join(', ')}`);
  const port = Number(url.port || (process.env.PGPORT ?? 5432));
  const connectSeconds = Number(wait ?? defaults.connectSeconds ?? CONNECT_SECONDS);
  if (!Number.isInteger(port) || !(connectSeconds > 0)) throw badUrl('its port or connect_timeout is no number');
  return {
    host,
    port,
    login: { ...(user ? { user } : {}), ...(pass ? { pass } : {}), ...(database ? { database } : {}) },
    sslMode,
    rootCertificate: sslrootcert === undefined || sslrootcert === 'system' ? null : sslrootcert,
    connectSeconds,
    settings,
  };
}

/** What `sslmode` asks for (PostgreSQL 18 documentation, table 32.1): with a root certificate, `require` means `verify-ca`. Fails with POSTGRES_URL. */
export function tlsOptions({ host, sslMode, rootCertificate }: Target): false | 'prefer' | ConnectionOptions {
  if (sslMode === 'disable' || host.startsWith('/')) return false;
  if (sslMode === 'allow' || sslMode === 'prefer') return 'prefer';
  if (sslMode === 'require' && rootCertificate === null) return { rejectUnauthorized: false };
  const ca = rootCertificate === null ? {} : { ca: readCertificate(rootCertificate) };
  const anyName = sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined };
  return { rejectUnauthorized: true, host, ...ca, ...anyName };
}

/** Whether nobody else's cable lies between here and there. */
export function isLoopback(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Host, port and database: all of a target that may be shown. */
export function placeOf({ host, port, login }: Target): string {
  return `${host}:${port}/${login.database ?? process.env.PGDATABASE ?? login.user ?? ''}`;
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw badUrl(`the file of sslrootcert cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badUrl('a % must be followed by two hexadecimal digits');
  }
}

function badUrl(problem: string): BoltsealError {
  return new BoltsealError('POSTGRES_URL', { problem });
}
