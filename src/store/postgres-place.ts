import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { PostgresConfig } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { isLoopback, placeOf, readTarget, type Target } from './postgres-url.ts';

/** A request waits for it: a host that does not answer must not hold it for longer. */
const CONNECT_SECONDS = 5;

/**
 * The database that a configuration names, with its password; `folder` is where relative files are looked for. Beyond this machine certificate and name of the server are checked, unless the URL says otherwise.
 * Fails with POSTGRES_URL, for a URL with a password too, and with POSTGRES_PASSWORD.
 */
export function readPlace(config: PostgresConfig, folder: string): Target {
  const target = readTarget(config.url, {
    sslMode: (host) => (isLoopback(host) ? 'prefer' : 'verify-full'),
    connectSeconds: CONNECT_SECONDS,
  });
  if (target.login.pass !== undefined)
    throw new BoltsealError('POSTGRES_URL', { problem: 'a password does not belong into the configuration' });
  const pass = readPassword(config, folder, placeOf(target));
  return pass === null ? target : { ...target, login: { ...target.login, pass } };
}

function readPassword(
  { passwordFile, passwordVariable }: PostgresConfig,
  folder: string,
  place: string,
): string | null {
  const fail = (problem: string): BoltsealError => new BoltsealError('POSTGRES_PASSWORD', { place, problem });
  if (passwordVariable !== undefined) {
    const password = process.env[passwordVariable];
    if (!password) throw fail(`the variable ${passwordVariable} is not set`);
    return password;
  }
  if (passwordFile === undefined) return null;
  let text: string;
  try {
    text = readFileSync(path.resolve(folder, passwordFile), 'utf8');
  } catch (error) {
    throw fail(`the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw fail('the file is empty');
  return password;
}
