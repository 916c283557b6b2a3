import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
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
import { defaultLimits } from '../reader.ts';
import type { ReaderRequest } from './reader-request.ts';

/*
 * Node compiles the reading process's 170 files anew at each start (half a second of processor time) unless it may write where it keeps what it has compiled. A process that reads
 * hostile files may not: what it left there would run in the next one. So the folder is filled by a run over a file of our own, and each reading process gets a copy that is thrown away with it.
 */

/** Starts the reading process under its permissions; answers what runs it. */
export type CommandOf = (inputs: readonly string[], scratchPath: string) => { command: string; args: string[] };

const FOLDER_IN_SCRATCH = 'compiled';
const STAMP = 'stamp';
const WARM_UP_MILLISECONDS = 20_000;

/**
 * Puts compiled code into a scratch folder, for a reading process that may write there. Answers the value of NODE_COMPILE_CACHE; null when this process has no such folder itself, or
 * it cannot be had: then the reading process compiles, and is slower. Never fails.
 */
export function provideCompiledCode(projectFolder: string, scratchPath: string, commandOf: CommandOf): string | null {
  const ownCache = getCompileCacheDir();
  if (ownCache === undefined) return null;
  const path = createHash('sha256').update(projectFolder).digest('hex').slice(0, 16);
  const trusted = join(dirname(ownCache), `reading-${path}`);
  const copy = join(scratchPath, FOLDER_IN_SCRATCH);
  try {
    const stamp = stampOf(projectFolder);
    if (readStamp(trusted) !== stamp) fill(trusted, stamp, scratchPath, commandOf);
    cpSync(trusted, copy, { recursive: true });
    return copy;
  } catch {
    return null;
  }
}

/** What the folder was filled for; null when it is not there, or not this user's alone: somebody else's compiled code would run as ours. */
function readStamp(trusted: string): string | null {
  try {
    const { uid, mode } = lstatSync(trusted);
    // Windows knows neither; there the folder has the rights of the one in which it lies.
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o077) !== 0)) return null;
    return readFileSync(join(trusted, STAMP), 'utf8');
  } catch {
    return null;
  }
}

/** Changes with Node and the sources. Node checks each file's compiled code against its source by itself; this is for knowing when to fill the folder anew. */
function stampOf(projectFolder: string): string {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  const sources = ['core', 'dump'].flatMap((folder) => {
    const path = join(projectFolder, 'src', folder);
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name));
  });
  for (const path of [...sources.sort(), join(projectFolder, 'package-lock.json')]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`\n${path} ${size} ${mtimeMs}`);
  }
  return hash.digest('hex');
}

/** Lets the reading process read a file of ours and keeps what Node has compiled for that. Fails where it cannot write. */
function fill(trusted: string, stamp: string, scratchPath: string, commandOf: CommandOf): void {
  const made = mkdtempSync(`${trusted}-`);
  try {
    warmUp(made, scratchPath, commandOf);
    // Last: without it nobody uses the folder. Also when nothing was compiled, so that it is not tried at every start.
    writeFileSync(join(made, STAMP), stamp);
    rmSync(trusted, { recursive: true, force: true });
    renameSync(made, trusted);
  } finally {
    // There only after a failure, or when another process was faster.
    rmSync(made, { recursive: true, force: true });
  }
}

function warmUp(into: string, scratchPath: string, commandOf: CommandOf): void {
  const scratch = join(scratchPath, 'warm-up');
  const cache = join(scratch, FOLDER_IN_SCRATCH);
  mkdirSync(cache, { recursive: true });
  const inputs = sampleFiles.map(([name, text]) => {
    const path = join(scratch, name);
    writeFileSync(path, text);
    return path;
  });
  const request: ReaderRequest = {
    inputs,
    options: { region: 'CN', map: [], passwords: [] },
    limits: defaultLimits,
    scratchPath: scratch,
    skipUnits: 0,
    skipNames: [],
    inspectMilliseconds: null,
  };
  const requestPath = join(scratch, 'request');
  writeFileSync(requestPath, JSON.stringify(request));
  const descriptor = openSync(requestPath, 'r');
  try {
    const { command, args } = commandOf(inputs, scratch);
    spawnSync(command, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'ignore', descriptor],
      env: { PATH: process.env.PATH ?? '', TMPDIR: scratch, NODE_COMPILE_CACHE: cache },
      timeout: WARM_UP_MILLISECONDS,
    });
  } finally {
    closeSync(descriptor);
  }
  cpSync(cache, into, { recursive: true });
  rmSync(scratch, { recursive: true, force: true });
}

/** Small files whose reading takes the ways that most files take: compiled code has those functions that have run. */
const sampleFiles: readonly (readonly [string, string])[] = [
  ['people.csv', rows((row) => `${row},Ann Example ${row},1380013${8000 + row},ann${row}@example.org\n`, 'id,name,phone,email\n')],
  ['people.json', rows((row) => `{"name":"Ann ${row}","phone":"1380013${8000 + row}","at":{"city":"杭州"}}\n`)],
  ['people.sql', rows((row) => `INSERT INTO people VALUES (${row},'Ann ''${row}','1380013${8000 + row}',NULL);\n`)],
  ['people.txt', rows((row) => `ann${row}@example.org:secret${row}\n`)],
];

function rows(write: (row: number) => string, header = ''): string {
  return header + Array.from({ length: 200 }, (_, row) => write(row)).join('');
}
