import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { dirname, join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { defaultLimits } from '../reader.ts';
import type { ReaderRequest } from './reader-request.ts';

/*
 * Node compiles the reading process's 170 files anew at each start (half a second of processor time) unless the process may write where Node keeps what it has compiled. A process that
 * reads hostile files may not: what it left there would run in the next one. So compiled code is made once, by a run over files of our own, and kept in one file that no reading process can
 * write; each gets a copy, which is thrown away with it.
 */

/** What runs the reading process under its permissions. */
export type CommandOf = (inputs: readonly string[], scratchPath: string) => { command: string; args: string[] };

/** What Node's cache holds, by path within it, and what it was made for. */
interface CompiledCode {
  readonly stamp: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const WARM_UP_MILLISECONDS = 20_000;

/**
 * Puts compiled code into `folder`, which is empty, for a reading process that has it as NODE_COMPILE_CACHE and may write there. False when this process has no such cache of its own,
 * or no compiled code can be had: then the reading process compiles, and is slower. Never fails.
 */
export function provideCompiledCode(projectFolder: string, folder: string, commandOf: CommandOf): boolean {
  const ownCache = getCompileCacheDir();
  if (ownCache === undefined) return false;
  const project = createHash('sha256').update(projectFolder).digest('hex').slice(0, 16);
  const kept = join(dirname(ownCache), `reading-${project}`);
  try {
    const stamp = stampOf(projectFolder);
    let code = readKept(kept);
    if (code?.stamp !== stamp) {
      code = { stamp, files: compile(folder, commandOf) };
      const written = `${kept}-${process.pid}`;
      writeFileSync(written, serialize(code), { mode: 0o600, flag: 'wx' });
      renameSync(written, kept);
    }
    for (const path of new Set([...code.files.keys()].map(dirname))) mkdirSync(join(folder, path), { recursive: true });
    for (const [path, bytes] of code.files) writeFileSync(join(folder, path), bytes);
    return code.files.size > 0;
  } catch {
    return false;
  }
}

/** What is kept; null when there is nothing, or a file that others can write: their compiled code would run as ours. */
function readKept(path: string): CompiledCode | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const { uid, mode } = fstatSync(descriptor);
    // Windows knows neither; there the file has the rights of its folder.
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return null;
    return deserialize(readFileSync(descriptor)) as CompiledCode;
  } catch {
    return null;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Changes with Node and whenever files of the program are replaced. Files that are changed in place go unnoticed and are compiled at each start: Node checks each file's compiled code
 * against its source by itself.
 */
function stampOf(projectFolder: string): string {
  const folders = ['src/core', 'src/dump'].flatMap((folder) => {
    const path = join(projectFolder, folder);
    const inner = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [path, ...inner.map(({ name }) => join(path, name))];
  });
  const times = [...folders, join(projectFolder, 'package-lock.json')].map((path) => statSync(path).mtimeMs);
  return [process.version, process.arch, ...times].join(' ');
}

/** Lets the reading process read files of ours and takes what Node has compiled for that: functions that have run are compiled with the rest. `folder` is empty again behind it. */
function compile(folder: string, commandOf: CommandOf): CompiledCode['files'] {
  const scratchPath = join(folder, 'scratch');
  const cache = join(folder, 'cache');
  for (const path of [scratchPath, cache]) mkdirSync(path);
  const inputs = sampleFiles.map(([name, text]) => {
    const path = join(scratchPath, name);
    writeFileSync(path, text);
    return path;
  });
  const options = { region: 'CN', map: [], passwords: [] };
  const request: ReaderRequest = {
    inputs,
    options,
    limits: defaultLimits,
    scratchPath,
    folders: {},
    skipUnits: 0,
    joinFrom: null,
    skipNames: [],
    hasFit: false,
    inspectMilliseconds: null,
  };
  const requestPath = join(scratchPath, 'request');
  writeFileSync(requestPath, JSON.stringify(request));
  const descriptor = openSync(requestPath, 'r');
  try {
    const { command, args } = commandOf(inputs, folder);
    spawnSync(command, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'ignore', descriptor],
      env: { PATH: process.env.PATH ?? '', TMPDIR: scratchPath, NODE_COMPILE_CACHE: cache },
      timeout: WARM_UP_MILLISECONDS,
    });
  } finally {
    closeSync(descriptor);
  }
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path.slice(cache.length + 1), readFileSync(path));
  }
  for (const path of [scratchPath, cache]) rmSync(path, { recursive: true });
  return files;
}

/** Their reading takes the ways that most files take. */
const sampleFiles: readonly (readonly [string, string])[] = [
  ['people.csv', rows((row) => `${row},Ann Example,1380013${row},ann${row}@example.org\n`, 'id,name,phone,email\n')],
  ['people.json', rows((row) => `{"name":"Ann ${row}","phone":"1380013${row}","at":{"city":"杭州"}}\n`)],
  ['people.sql', rows((row) => `INSERT INTO people VALUES (${row},'Ann ''${row}','1380013${row}',NULL);\n`)],
  ['people.txt', rows((row) => `ann${row}@example.org:secret${row}\n`)],
];

function rows(write: (row: number) => string, header = ''): string {
  return header + Array.from({ length: 200 }, (_, row) => write(8000 + row)).join('');
}
