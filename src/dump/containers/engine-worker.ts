import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import {
  BATCHES_AHEAD,
  type EngineEvent,
  type EngineFailure,
  type EngineStart,
  type Segment,
} from './engine-messages.ts';

/** The thread of one archive: 7-Zip, compiled to WebAssembly, reads virtual files and writes into a file system that passes on what it is given. */

/** 7-Zip's memory: dictionaries of 1 GB and what it needs beside. */
const MEMORY_BYTES_MOST = 1_280 * 1_048_576;
const PAGE_BYTES = 65_536;
const BATCH_BYTES = 524_288;
const BATCH_EVENTS = 256;
/** A set has up to 10,000 volumes; most systems give a process 1,024 descriptors or fewer. */
const OPEN_FILES_MOST = 64;
/** With a password on trial, output is kept back until so much came without an error: wrong keys show within a few bytes, but for members that are not compressed. */
const TRIAL_BYTES = 4_194_304;
const DIRECTORY = 0o40_755;
const FILE = 0o100_644;
const ENOENT = 44;
const EROFS = 69;
const EIO = 29;

interface Node {
  mode: number;
  id: number;
  name: string;
  parent: Node;
  segments?: readonly Segment[];
  sizeBytes: number;
  node_ops: object;
  stream_ops: object;
}
interface Stream {
  node: Node;
  flags: number;
  position: number;
}
interface FileSystem {
  createNode(parent: Node | null, name: string, mode: number, device: number): Node;
  destroyNode(node: Node): void;
  getPath(node: Node): string;
  mkdir(path: string): void;
  mount(type: object, options: object, path: string): Node;
  ErrnoError: new (code: number) => Error;
}
interface SevenZip {
  FS: FileSystem;
  callMain(args: readonly string[]): number;
}

class WrongPassword extends Error {}
class NoPassword extends Error {}

const start = workerData as EngineStart;
const taken = new Int32Array(start.taken);
let batchesSent = 0;
let batch: EngineEvent[] = [];
let batchBytes = 0;

/** Sends what is there, and waits while the reader is too far behind. */
function flush(): void {
  if (batch.length === 0) return;
  const transfer = batch.flatMap((event) => (event.kind === 'data' ? [event.bytes.buffer] : []));
  parentPort?.postMessage(batch, transfer);
  batch = [];
  batchBytes = 0;
  batchesSent++;
  for (let seen = Atomics.load(taken, 0); batchesSent - seen >= BATCHES_AHEAD; seen = Atomics.load(taken, 0)) {
    Atomics.wait(taken, 0, seen);
  }
}

function send(event: EngineEvent): void {
  batch.push(event);
  if (event.kind === 'data') batchBytes += event.bytes.length;
  if (batchBytes >= BATCH_BYTES || batch.length >= BATCH_EVENTS) flush();
}

/** Members that were sent whole, over all attempts: a further attempt goes through them again in silence. */
let membersSent = 0;

/** One run of 7-Zip. `offered` is the password it gets when it asks; an attempt on trial throws WrongPassword and has sent nothing since it asked. */
class Attempt {
  readonly #offered: string | null;
  #onTrial: boolean;
  #held: EngineEvent[] | null = null;
  #heldBytes = 0;
  #members = 0;
  #isOpen = false;
  #isEnding = false;
  #path = '';
  #isAnnounced = false;
  #isWarning = false;
  #isAsked = false;
  failure: EngineFailure | null = null;

  constructor(offered: string | null, onTrial: boolean) {
    this.#offered = offered;
    this.#onTrial = onTrial;
  }

  /** 7-Zip asks for the password. */
  answerPassword(): string {
    if (this.#offered === null) throw new NoPassword();
    this.#isAsked = true;
    if (this.#onTrial) this.#held ??= [];
    return this.#offered;
  }

  open(path: string): void {
    this.close(null);
    this.#isOpen = true;
    this.#isEnding = false;
    this.#path = path;
    this.#isAnnounced = false;
  }

  write(bytes: Uint8Array): void {
    this.#announce();
    for (let at = 0; at < bytes.length; at += BATCH_BYTES) {
      // A copy in a buffer of its own: it changes threads.
      this.#emit({ kind: 'data', bytes: new Uint8Array(bytes.subarray(at, at + BATCH_BYTES)) });
    }
  }

  /** The file was closed; whether it was sound is said afterwards. */
  ending(): void {
    this.#isEnding = true;
  }

  link(path: string): void {
    this.open(path);
    this.close('DUMP_NOT_FILE');
  }

  /** Ends the open member, if there is one. */
  close(failure: EngineFailure | null): void {
    if (!this.#isOpen) return;
    this.#announce();
    this.#isOpen = false;
    this.#emit({ kind: 'end', failure });
    if (this.#members >= membersSent && this.#held === null) membersSent++;
    this.#members++;
    // A whole member with its checksum: the password is right.
    if (failure === null && this.#heldBytes > 0) this.#release();
  }

  /** A line that 7-Zip prints as an error. */
  report(line: string): void {
    if (line.startsWith('WARNING')) this.#isWarning = true;
    if (line === '' || line.startsWith('ERROR')) this.#isWarning = false;
    const failure = failureOf(line);
    if (failure === null || this.#isWarning) return;
    if (
      this.#held !== null &&
      this.#onTrial &&
      /wrong password|cannot open encrypted|crc failed|data error/i.test(line)
    ) {
      throw new WrongPassword();
    }
    const isOfMember = this.#isOpen && (this.#isEnding || line.endsWith(this.#path));
    if (isOfMember) this.close(this.#held === null || failure !== 'DUMP_CORRUPT' ? failure : 'DUMP_PASSWORD');
    else if (/^ERROR: .* : /.test(line) && failure !== 'DUMP_TRUNCATED') {
      const path = line.slice(line.indexOf(' : ') + 3);
      this.open(path);
      this.close(failure);
    } else this.failure ??= failure;
  }

  /** 7-Zip ended without a word. Headers that were decrypted with a wrong key make it do so, or want any amount of memory: no member has been opened then. */
  breakOff(failure: EngineFailure): void {
    const isHeader = this.#isAsked && this.#members === 0 && !this.#isOpen;
    if (this.#held !== null && this.#onTrial && (isHeader || failure === 'DUMP_CORRUPT')) throw new WrongPassword();
    if (isHeader) this.failure = 'DUMP_PASSWORD';
    else if (failure === 'DUMP_MEMORY') this.failure = failure;
    else this.failure ??= failure;
  }

  finish(): void {
    this.close(null);
    this.#release();
  }

  /** Sends the member's name with its first byte or its end: only then it is sure that the password was asked for, if there is one. */
  #announce(): void {
    if (!this.#isAnnounced) this.#emit({ kind: 'member', path: this.#path });
    this.#isAnnounced = true;
  }

  #emit(event: EngineEvent): void {
    if (this.#held !== null) {
      this.#held.push(event);
      if (event.kind === 'data') this.#heldBytes += event.bytes.length;
      if (this.#heldBytes >= TRIAL_BYTES) this.#release();
      return;
    }
    if (this.#members < membersSent) return;
    send(event);
  }

  #release(): void {
    const held = this.#held;
    this.#held = null;
    this.#heldBytes = 0;
    this.#onTrial = false;
    for (const event of held ?? []) {
      if (event.kind === 'end') membersSent++;
      send(event);
    }
  }
}

/** The messages of 7-Zip 24.09 (ExtractCallbackConsole.cpp, OpenCallback). */
function failureOf(line: string): EngineFailure | null {
  if (/wrong password|cannot open encrypted/i.test(line)) return 'DUMP_PASSWORD';
  if (/unexpected end|missing volume|cannot find volume|unavailable (data|start)/i.test(line)) return 'DUMP_TRUNCATED';
  if (/unsupported (method|feature)/i.test(line)) return 'DUMP_FORMAT';
  if (/allocate|out of memory|E_OUTOFMEMORY|not enough memory|memory limit/i.test(line)) return 'DUMP_MEMORY';
  if (/symbolic link|hard link|dangerous link/i.test(line)) return 'DUMP_NOT_FILE';
  if (
    /crc failed|data error|headers? error|is not archive|as archive|can ?not open|there are (some )?data after/i.test(
      line,
    )
  ) {
    return /data after/i.test(line) ? null : 'DUMP_CORRUPT';
  }
  return null;
}

const require = createRequire(import.meta.url);
// 7z-wasm asks for this while it loads, for a file system on disk that is never mounted; the permission model forbids it.
Object.defineProperty(process, 'binding', { value: () => ({ fs: {} }) });
const load = require('7z-wasm') as (options: object) => Promise<SevenZip>;
const wasmBinary = readFileSync(require.resolve('7z-wasm/7zz.wasm'));

const growMemory = WebAssembly.Memory.prototype.grow;
let memoryRefused = false;
WebAssembly.Memory.prototype.grow = function grow(this: WebAssembly.Memory, pages: number): number {
  if (this.buffer.byteLength + pages * PAGE_BYTES > MEMORY_BYTES_MOST) {
    memoryRefused = true;
    throw new RangeError('memory limit');
  }
  return growMemory.call(this, pages);
};

const descriptors = new Map<string, number>();

function readSegments(segments: readonly Segment[], into: Uint8Array, at: number): number {
  let filled = 0;
  let start = 0;
  for (const segment of segments) {
    const inside = at + filled - start;
    const length = segment.length;
    if (inside < length && filled < into.length) {
      const part = into.subarray(filled, filled + Math.min(into.length - filled, length - inside));
      if (segment instanceof Uint8Array) {
        part.set(segment.subarray(inside, inside + part.length));
        filled += part.length;
      } else {
        let descriptor = descriptors.get(segment.path);
        if (descriptor === undefined) {
          for (const [path, oldest] of descriptors) {
            if (descriptors.size < OPEN_FILES_MOST) break;
            closeSync(oldest);
            descriptors.delete(path);
          }
          descriptor = openSync(segment.path, 'r');
          descriptors.set(segment.path, descriptor);
        }
        const count = readSync(descriptor, part, 0, part.length, segment.from + inside);
        filled += count;
        if (count < part.length) return filled;
      }
    }
    start += length;
  }
  return filled;
}

/** Runs 7-Zip once. Throws WrongPassword and NoPassword. */
async function run(attempt: Attempt): Promise<void> {
  memoryRefused = false;
  let answer: number[] | null = null;
  let stop: Error | null = null;
  let line: number[] = [];
  /** Errors of ours must not be caught by 7-Zip: it would ask again. */
  const guard = <T>(work: () => T): T => {
    if (stop !== null) throw stop;
    try {
      return work();
    } catch (error) {
      stop = error instanceof Error ? error : new Error('stop');
      throw stop;
    }
  };
  const sevenZip = await load({
    wasmBinary,
    stdin: () => {
      answer ??= guard(() => [...Buffer.from(`${attempt.answerPassword()}\n`)]);
      return answer.shift() ?? null;
    },
    stdout: () => {},
    stderr: (code: number) => {
      if (code !== 10) {
        if (line.length < 8192) line.push(code & 0xff);
        return;
      }
      const text = Buffer.from(line).toString();
      line = [];
      guard(() => attempt.report(text));
    },
  });
  const { FS } = sevenZip;
  const fail = (code: number): never => {
    throw new FS.ErrnoError(code);
  };
  const attributes = (node: Node): object => ({
    dev: 1,
    ino: node.id,
    mode: node.mode,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: node.sizeBytes,
    atime: new Date(0),
    mtime: new Date(0),
    ctime: new Date(0),
    blksize: 4096,
    blocks: 0,
  });
  let closed: Node | null = null;
  const streamOps = {
    read: (stream: Stream, buffer: Int8Array, offset: number, length: number, position: number): number => {
      if (stream.node.segments === undefined) return fail(EIO);
      try {
        return readSegments(
          stream.node.segments,
          new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length),
          position,
        );
      } catch {
        return fail(EIO);
      }
    },
    write: (stream: Stream, buffer: Int8Array, offset: number, length: number, position: number): number => {
      // Members are written from front to back; anything else would be read wrongly.
      if (stream.node.segments !== undefined || position !== stream.node.sizeBytes) return fail(EIO);
      guard(() => attempt.write(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length)));
      stream.node.sizeBytes += length;
      return length;
    },
    llseek: (stream: Stream, offset: number, whence: number): number => {
      const base = whence === 1 ? stream.position : whence === 2 ? stream.node.sizeBytes : 0;
      return base + offset < 0 ? fail(28) : base + offset;
    },
    close: (stream: Stream): void => {
      if (stream.node.segments !== undefined || (stream.flags & 3) === 0) return;
      guard(() => attempt.ending());
      closed = stream.node;
    },
  };
  const memberPath = (parent: Node, name: string): string => `${FS.getPath(parent)}/${name}`.replace(/^\/out\/?/, '');
  const create = (parent: Node | null, name: string, mode: number): Node => {
    const node = FS.createNode(parent, name, mode, 0);
    node.node_ops = nodeOps;
    node.stream_ops = streamOps;
    node.sizeBytes = 0;
    return node;
  };
  const nodeOps = {
    getattr: attributes,
    setattr: (): void => {},
    lookup: (): Node => fail(ENOENT),
    mknod: (parent: Node, name: string, mode: number): Node => {
      // 7-Zip sets times and rights after it has closed a file: its node is needed until the next one.
      if (closed !== null) FS.destroyNode(closed);
      closed = null;
      if ((mode & 0o170_000) === 0o100_000) guard(() => attempt.open(memberPath(parent, name)));
      return create(parent, name, mode);
    },
    symlink: (parent: Node, name: string): Node => {
      guard(() => attempt.link(memberPath(parent, name)));
      return fail(EROFS);
    },
    rename: (): void => fail(EROFS),
    unlink: (): void => fail(EROFS),
    rmdir: (): void => fail(EROFS),
    readdir: (): string[] => ['.', '..'],
    readlink: (): string => fail(ENOENT),
  };
  FS.mkdir('/in');
  FS.mkdir('/out');
  FS.mount({ mount: () => create(null, '/', DIRECTORY) }, {}, '/out');
  FS.mount(
    {
      mount: () => {
        const root = create(null, '/', DIRECTORY);
        for (const { name, segments } of start.files) {
          const node = create(root, name, FILE);
          node.segments = segments;
          node.sizeBytes = segments.reduce((sum, segment) => sum + segment.length, 0);
        }
        return root;
      },
    },
    {},
    '/in',
  );
  let crashed = false;
  try {
    const first = start.files[0]?.name ?? '';
    sevenZip.callMain(['x', '-y', '-bd', '-bso0', '-bse2', '-aoa', `-t${start.type}`, '-o/out', `/in/${first}`]);
  } catch {
    crashed = true;
  }
  if (stop !== null) throw stop;
  if (line.length > 0) attempt.report(Buffer.from(line).toString());
  if (memoryRefused) attempt.breakOff('DUMP_MEMORY');
  else if (crashed) attempt.breakOff('DUMP_CORRUPT');
  attempt.finish();
}

async function extract(): Promise<EngineFailure | null> {
  const passwords: (string | null)[] = start.passwords.length === 0 ? [null] : [...start.passwords];
  for (const password of passwords) {
    const attempt = new Attempt(password, true);
    try {
      await run(attempt);
      if (attempt.failure !== 'DUMP_PASSWORD') return attempt.failure;
    } catch (error) {
      if (!(error instanceof WrongPassword) && !(error instanceof NoPassword)) throw error;
    }
  }
  // None opens it: what is not encrypted can be read all the same, and the others say why not.
  const attempt = new Attempt('-', false);
  await run(attempt);
  return attempt.failure;
}

const failure = await extract().catch((): EngineFailure => (memoryRefused ? 'DUMP_MEMORY' : 'DUMP_CORRUPT'));
send({ kind: 'done', failure });
flush();
for (const descriptor of descriptors.values()) closeSync(descriptor);
