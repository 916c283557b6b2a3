import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Config, configFormat, isConfig } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { readErrorReason } from './system-errors.ts';

/** Where everything of one company stands on disk. */
export interface HomePaths {
  /** Absolute. */
  readonly folder: string;
  readonly config: string;
  readonly key: string;
  readonly register: string;
}

/** An opened home. */
export interface Home {
  readonly paths: HomePaths;
  readonly config: Config;
}

/** What decides where the home is, the first of them that is not empty: `--home`, BOLTSEAL_HOME, the user's own folder. */
export interface HomeSources {
  readonly option: string | undefined;
  readonly environment: string | undefined;
  readonly userFolder: string;
}

/** The absolute folder of the home; `.boltseal` in the user's folder when nothing else was said. */
export function resolveHomeFolder(sources: HomeSources): string {
  return resolve(sources.option || sources.environment || join(sources.userFolder, '.boltseal'));
}

/** The files of a home in this folder; nothing is read. */
export function homePaths(folder: string): HomePaths {
  return {
    folder,
    config: join(folder, 'config.json'),
    key: join(folder, 'keys', 'register.key'),
    register: join(folder, 'register'),
  };
}

/**
 * Makes a home: folder 0700, key through `createKey` (which makes the file with mode 0600), configuration. The folder may exist if it is empty.
 * config.json is written last and makes the folder a home; what was begun is removed when a step fails.
 * Fails with HOME_EXISTS, HOME_NOT_EMPTY, HOME_WRITE, and with what `createKey` fails with.
 */
export async function createHome(
  folder: string,
  region: string,
  createKey: (path: string) => Promise<void> | void,
): Promise<Home> {
  const paths = homePaths(folder);
  const config: Config = { format: configFormat, region };
  await prepareFolder(folder);
  try {
    await createKey(paths.key);
    writeDurably(paths.config, `${JSON.stringify(config, null, 2)}\n`);
    // A register is soon worth more than the key that a power cut would take.
    for (const path of [join(folder, 'keys'), folder]) syncFolder(path);
  } catch (error) {
    // Only what this call made: it is the one that made the folder of keys.
    await rm(join(folder, 'keys'), { recursive: true, force: true });
    await rm(paths.config, { force: true });
    throw error instanceof BoltsealError ? error : homeWriteError(folder, error);
  }
  return { paths, config };
}

/** Reads the configuration of a home. Fails with HOME_NONE or HOME_CONFIG. */
export async function openHome(folder: string): Promise<Home> {
  const paths = homePaths(folder);
  let text: string;
  try {
    text = await readFile(paths.config, 'utf8');
  } catch (error) {
    const reason = readErrorReason(error);
    if (reason === 'ENOENT' || reason === 'ENOTDIR') throw new BoltsealError('HOME_NONE', { path: folder });
    throw new BoltsealError(
      'HOME_CONFIG',
      { path: paths.config, problem: `it cannot be read (${reason})` },
      { cause: error },
    );
  }
  return { paths, config: parseConfig(paths.config, text) };
}

function parseConfig(path: string, text: string): Config {
  const refuse = (problem: string): never => {
    throw new BoltsealError('HOME_CONFIG', { path, problem });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('it is no JSON');
  }
  if (isConfig(value)) return value;
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (format !== configFormat) return refuse(`"format" must be "${configFormat}"`);
  if (typeof value === 'object' && value !== null && 'canaries' in value && isConfig({ ...value, canaries: {} }))
    return refuse('"canaries" is not as docs/spec/canaries.md shows');
  if (typeof value === 'object' && value !== null && 'gateway' in value && isConfig({ ...value, gateway: {} }))
    return refuse('"gateway" is not as docs/operations.md shows');
  if (typeof value === 'object' && value !== null && 'ledger' in value && isConfig({ ...value, ledger: {} }))
    return refuse('"ledger" is not as docs/operations.md shows');
  if (typeof value === 'object' && value !== null && 'vault' in value && isConfig({ ...value, vault: {} }))
    return refuse('"vault" is not as docs/operations.md shows');
  return refuse(
    'it must have exactly "format" and "region", the latter two capital letters, and "canaries", "ledger", "vault" and "gateway" where there are any',
  );
}

/** Makes the folder, and in it that of the keys: of several calls at once one gets past this. */
async function prepareFolder(folder: string): Promise<void> {
  let entries: string[];
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    entries = await readdir(folder);
    if (entries.length === 0) await chmod(folder, 0o700);
  } catch (error) {
    throw homeWriteError(folder, error);
  }
  if (entries.includes('config.json')) throw new BoltsealError('HOME_EXISTS', { path: folder });
  if (entries.length > 0) throw new BoltsealError('HOME_NOT_EMPTY', { path: folder });
  try {
    await mkdir(join(folder, 'keys'), { mode: 0o700 });
  } catch (error) {
    if (readErrorReason(error) === 'EEXIST') throw new BoltsealError('HOME_NOT_EMPTY', { path: folder });
    throw homeWriteError(folder, error);
  }
}

function homeWriteError(path: string, error: unknown): BoltsealError {
  return new BoltsealError('HOME_WRITE', { path, reason: readErrorReason(error) }, { cause: error });
}

function syncFolder(path: string): void {
  // Windows has no handle of a directory to sync; its renames are journalled.
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
