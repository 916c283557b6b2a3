import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { BoltsealError } from '../../core/errors.ts';
import { STDIN } from '../input.ts';
import { provideCompiledCode } from './compiled-code.ts';
import { type Frame, readFrames } from './frames.ts';
import { FramesPipe } from './frames-pipe.ts';
import { FRAMES_FD, REQUEST_FD, type ReaderRequest } from './reader-request.ts';

/** A process whose pipe is closed has so long to end by itself. */
const EXIT_MS = 5000;

/** Bounds of a reading process. */
export interface ProcessLimits {
  /** Resident memory. */
  readonly memoryBytes: number;
  /** Longest time without a word from it while it is waited for. */
  readonly silenceSeconds: number;
  /** Another program, for tests. */
  readonly program?: string;
}

export const defaultProcessLimits: ProcessLimits = { memoryBytes: 2_000_000_000, silenceSeconds: 120 };

/** V8's heap; buffers and WebAssembly memories come on top. */
const HEAP_MB = 768;
/** Where V8 begins to collect garbage: a decompressor's output is garbage at once, and with a heap that begins small all of it is marked again and again. */
const INITIAL_HEAP_MB = 128;
const WATCH_MILLISECONDS = 200;

const projectFolder = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)));
const ownProgram = fileURLToPath(new URL('./reader-process.ts', import.meta.url));

/** Why a reading process ended before its end. */
export type ProcessEnd = 'crashed' | 'silent' | 'memory';

/** One run of the reading process. */
export class ReaderProcess {
  readonly #child: ChildProcess;
  readonly #scratchPath: string;
  /** Links to folders; the process cannot write here, for it could write through them. Null where there are none. */
  readonly #linksPath: string | null;
  /** For compiled code. */
  readonly #codePath: string;
  /** Null where the system has none: then Node's own is read. */
  readonly #pipe: FramesPipe | null;
  readonly #frames: AsyncGenerator<Frame, void>;
  readonly #watch: NodeJS.Timeout;
  #waitingSince: number | null = null;
  #end: ProcessEnd | null = null;
  #exitReason = 'no reason given';
  readonly #exited: Promise<void>;

  /** `stdin`: what the process gets instead of this process's standard input. Fails with DUMP_SCRATCH. */
  constructor(
    request: Omit<ReaderRequest, 'scratchPath' | 'folders'>,
    limits: ProcessLimits,
    stdin: AsyncIterable<Uint8Array> | null,
  ) {
    this.#scratchPath = makeScratch(tmpdir());
    this.#codePath = makeCodeFolder(this.#scratchPath);
    this.#linksPath = request.inputs.some(isFolder) ? makeScratch(tmpdir()) : null;
    const folders = this.#linksPath === null ? {} : linkFolders(request.inputs, this.#linksPath);
    const { program = ownProgram } = limits;
    const hasCompiledCode =
      program === ownProgram &&
      provideCompiledCode(projectFolder, this.#codePath, (inputs, path) => commandLine(inputs, [path], null, program));
    const { command, args } = commandLine(
      request.inputs,
      [this.#scratchPath, this.#codePath],
      this.#linksPath,
      program,
    );
    const input = !request.inputs.includes(STDIN) ? 'ignore' : stdin === null ? 'inherit' : 'pipe';
    this.#pipe = FramesPipe.open(this.#scratchPath);
    this.#child = spawn(command, args, {
      stdio: [input, 'ignore', debugging() ? 'inherit' : 'ignore', this.#pipe?.writable ?? 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        TMPDIR: this.#scratchPath,
        ...(hasCompiledCode ? { NODE_COMPILE_CACHE: this.#codePath } : {}),
        ...(debugging() ? { BOLTSEAL_DEBUG: '1' } : {}),
      },
      detached: false,
    });
    this.#exited = new Promise((done) => {
      this.#child.once('error', (error) => {
        this.#exitReason = (error as NodeJS.ErrnoException).code ?? error.name;
        done();
      });
      this.#child.once('exit', (code, signal) => {
        this.#exitReason = signal ?? `exit ${code ?? 'unknown'}`;
        done();
      });
    });
    if (stdin !== null && this.#child.stdin !== null) pipeline(stdin, this.#child.stdin).catch(() => undefined);
    const asked = this.#child.stdio[REQUEST_FD] as Writable;
    // A process that ends before it has read its request is told by its exit.
    asked.on('error', () => undefined);
    asked.end(JSON.stringify({ ...request, scratchPath: this.#scratchPath, folders } satisfies ReaderRequest));
    // The process has its own by now; with this one, the pipe would never end.
    if (this.#pipe !== null) closeSync(this.#pipe.writable);
    this.#frames = readFrames(this.#pipe ?? (this.#child.stdio[FRAMES_FD] as Readable));
    this.#watch = setInterval(() => this.#look(limits), WATCH_MILLISECONDS);
    this.#watch.unref();
  }

  /** The next frame, or null when the process has ended. Never fails: `end` says why it ended. */
  async next(): Promise<Frame | null> {
    this.#waitingSince = performance.now();
    try {
      const next = await this.#frames.next();
      return next.done === true ? null : next.value;
    } catch {
      // A pipe that breaks, or frames that are none: the process is not to be trusted any more.
      this.#kill('crashed');
      return null;
    } finally {
      this.#waitingSince = null;
    }
  }

  /** After `next` gave null without an end message: why, and how the system puts it. */
  async reason(): Promise<{ end: ProcessEnd; detail: string }> {
    // Hostile: a process that was taken over may close its pipe and live on.
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_MS);
    await this.#exited;
    clearTimeout(timer);
    return { end: this.#end ?? 'crashed', detail: this.#exitReason };
  }

  /** Ends the process, whatever it is doing: `next` gives what is on its way, then null. */
  end(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends the process, whatever it is doing, and removes its scratch folder. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#child.kill('SIGKILL');
    await this.#exited;
    await this.#frames.return?.();
    this.#pipe?.close();
    for (const path of [this.#scratchPath, this.#codePath, this.#linksPath]) {
      if (path !== null) rmSync(path, { recursive: true, force: true });
    }
  }

  #look({ memoryBytes, silenceSeconds }: ProcessLimits): void {
    if (this.#waitingSince !== null && performance.now() - this.#waitingSince > silenceSeconds * 1000) {
      this.#kill('silent');
    }
    const { pid } = this.#child;
    if (pid !== undefined && residentBytes(pid) > memoryBytes) this.#kill('memory');
  }

  #kill(end: ProcessEnd): void {
    this.#end ??= end;
    this.#child.kill('SIGKILL');
  }
}

function debugging(): boolean {
  return process.env.BOLTSEAL_DEBUG === '1';
}

const SCRATCH_PREFIX = 'boltseal-read-';

/** A folder within `parent` for this process alone (mode 0700). Fails with DUMP_SCRATCH. */
function makeScratch(parent: string): string {
  try {
    removeOrphans(parent);
    return realpathSync(mkdtempSync(join(parent, `${SCRATCH_PREFIX}${process.pid}-`)));
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new BoltsealError('DUMP_SCRATCH', { path: parent, reason }, { cause });
  }
}

/** Compiled code is 300 small files: a tenth of a second on a disk, three milliseconds in memory, where Linux has that as a folder. */
function makeCodeFolder(scratchPath: string): string {
  try {
    if (process.platform === 'linux') return makeScratch('/dev/shm');
  } catch {
    // There is no such folder, or it cannot be written.
  }
  const path = join(scratchPath, 'compiled');
  mkdirSync(path);
  return path;
}

/** Unpacked files of processes that were killed must not stay: they are somebody's data in the clear. */
function removeOrphans(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(SCRATCH_PREFIX) ? Number.parseInt(name.slice(SCRATCH_PREFIX.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's: theirs to remove.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Links to inputs that are folders. Node refuses to open a folder whose content it was told to allow when it was told of another path too that begins with the
 * folder's or lies in it (`part` and `part-2`; `/tmp` and the scratch folder), and judges links by their own place.
 */
function linkFolders(inputs: readonly string[], linksPath: string): Record<string, string> {
  const links: Record<string, string> = Object.create(null);
  for (const [index, input] of inputs.entries()) {
    if (!isFolder(input)) continue;
    const link = join(linksPath, `folder-${index}`);
    symlinkSync(resolve(input), link, 'junction');
    links[input] = link;
  }
  return links;
}

function isFolder(path: string): boolean {
  return path !== STDIN && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Node with its permission model: reading the inputs and the program itself, writing the scratch folders; no child processes, no native addons; and where the system can, no network. */
function commandLine(
  inputs: readonly string[],
  scratchPaths: readonly string[],
  linksPath: string | null,
  program: string,
): { command: string; args: string[] } {
  const readable = inputs.filter((input) => input !== STDIN).map((input) => resolve(input));
  const args = [
    '--permission',
    ...[projectFolder, ...scratchPaths, ...(linksPath === null ? [] : [linksPath])].map(
      (folder) => `--allow-fs-read=${folder}/*`,
    ),
    // What is in a folder; of a file also the log that holds the last rows of a SQLite database.
    ...readable
      .flatMap((path) => (isFolder(path) ? [join(path, '*')] : [path, `${path}-wal`]))
      .map((allowed) => `--allow-fs-read=${allowed}`),
    ...scratchPaths.map((folder) => `--allow-fs-write=${folder}/*`),
    '--allow-worker',
    `--max-old-space-size=${HEAP_MB}`,
    `--initial-old-space-size=${INITIAL_HEAP_MB}`,
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    program,
  ];
  const wrapper = networkWrapper();
  return wrapper === null
    ? { command: process.execPath, args }
    : { command: wrapper[0]!, args: [...wrapper.slice(1), process.execPath, ...args] };
}

let wrapperFound: readonly string[] | null | undefined;

/** A command that runs another one without any network interface, or null where the system has none or forbids it. */
function networkWrapper(): readonly string[] | null {
  if (wrapperFound === undefined) {
    wrapperFound = null;
    if (process.platform === 'linux') {
      const wrapper = process.getuid?.() === 0 ? ['unshare', '-n', '--'] : ['unshare', '-rn', '--'];
      const tried = spawnSync(wrapper[0]!, [...wrapper.slice(1), 'true'], { stdio: 'ignore', timeout: 2000 });
      if (tried.status === 0) wrapperFound = wrapper;
    }
  }
  return wrapperFound;
}

/** Resident memory of a process; 0 where the system does not tell it this way, and V8's own limit has to do. */
function residentBytes(pid: number): number {
  try {
    // Not `statm`, which counts pages: their size differs between machines.
    const kibibytes = /^VmRSS:\s{1,20}(\d{1,15}) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
