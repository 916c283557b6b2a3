/*
 * The process that reads what is hostile. It runs under Node's permission model (host.ts says with what), has no network, and says what it finds over a pipe.
 */
import { readFileSync, writeSync } from 'node:fs';
import { BoltsealError } from '../../core/errors.ts';
import { stackFrames } from '../../core/stack-frames.ts';
import type { JoiningOutlet } from '../outlet.ts';
import { frameHeader, MESSAGE, type ReaderMessage } from './frames.ts';
import { closeNetwork } from './no-network.ts';
import { FRAMES_FD, REQUEST_FD, type ReaderRequest } from './reader-request.ts';

/** Bytes from disk are told in steps of this. */
const READ_STEP_BYTES = 1_048_576;
const PENDING_BYTES = 65_536;

process.on('uncaughtException', (error) => {
  // With BOLTSEAL_DEBUG=1 standard error is that of the user, to whom Node would show the message, which may quote the dump.
  process.stderr.write(`${stackFrames(error).join('\n')}\n`);
  process.exit(1);
});
closeNetwork();
// Loaded behind that: `closeNetwork` says why.
const { Walk } = await import('../walk.ts');
const request = JSON.parse(readFileSync(REQUEST_FD, 'utf8')) as ReaderRequest;
const isInspection = request.inspectMilliseconds !== null;
let unreadBytes = 0;
/** What is about to be written. */
const pending = new Uint8Array(PENDING_BYTES);
let pendingBytes = 0;

const outlet: JoiningOutlet = {
  at(name, unit) {
    send({ type: 'at', name, unit });
    // Whatever comes now may break this process: what it was at must have been told.
    flush();
  },
  table: (description) => send({ type: 'table', description }),
  rows(table, bytes) {
    if (isInspection) return;
    write(frameHeader(table, bytes.length));
    write(bytes);
  },
  joined: (description, tables, leftOutBytes) => send({ type: 'joined', description, tables, leftOutBytes }),
  done(units) {
    send({ type: 'done', units });
    flush();
  },
  rejected: (table, reason, count) => send({ type: 'rejected', table, reason, count }),
  failure: (name, code, parameters) => send({ type: 'failure', name, code, parameters }),
  incomplete: () => send({ type: 'incomplete' }),
  looked: (bytes, isWhole) => send({ type: 'looked', bytes, isWhole }),
  read(bytes) {
    unreadBytes += bytes;
    if (unreadBytes < READ_STEP_BYTES) return;
    send({ type: 'read', bytes: unreadBytes });
    unreadBytes = 0;
  },
};

function send(message: ReaderMessage): void {
  const text = Buffer.from(JSON.stringify(message), 'utf8');
  write(frameHeader(MESSAGE, text.length));
  write(text);
  // It may be ended at any time, and shows what has been told.
  if (isInspection) flush();
}

/** Writes in pieces of some size: a folder may have millions of small tables, and each piece wakes the other side. */
function write(bytes: Uint8Array): void {
  if (pendingBytes + bytes.length > pending.length) flush();
  if (bytes.length > pending.length) writeOut(bytes);
  else {
    pending.set(bytes, pendingBytes);
    pendingBytes += bytes.length;
  }
}

function flush(): void {
  writeOut(pending.subarray(0, pendingBytes));
  pendingBytes = 0;
}

/** Writes all bytes; waits while the pipe is full, which is what bounds memory. */
function writeOut(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(FRAMES_FD, bytes, done, bytes.length - done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Nobody listens any more.
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const walk = new Walk(
  {
    region: request.options.region,
    passwords: request.options.passwords,
    scratchPath: request.scratchPath,
    limits: request.limits,
    options: request.options,
    skipUnits: request.skipUnits,
    skipNames: new Set(request.skipNames),
    joinFrom: request.joinFrom,
    folders: request.folders,
    hasFit: request.hasFit,
    stdin: process.stdin,
    inspectMilliseconds: request.inspectMilliseconds,
  },
  outlet,
);
let failure: BoltsealError | null = null;
try {
  await walk.run(request.inputs);
} catch (error) {
  if (!(error instanceof BoltsealError)) throw error;
  failure = error;
}
if (unreadBytes > 0) send({ type: 'read', bytes: unreadBytes });
send({ type: 'end', error: failure === null ? null : { code: failure.code, parameters: failure.parameters } });
flush();
process.exit(0);
