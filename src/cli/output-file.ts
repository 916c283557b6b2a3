import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { readErrorReason } from '../home/system-errors.ts';
import { usageError } from './arguments.ts';
import type { TextSink } from './services.ts';

/** A file that appears under its name only when it is complete. */
export interface OutputFile extends TextSink {
  /** Puts the file in its place. */
  commit(): void;
  /** Leaves everything as it was; does nothing after `commit`. */
  discard(): void;
}

const flushChars = 1 << 16;

/**
 * Opens an output next to its final place, readable by its owner alone: results name people. What is no regular file (a pipe, /dev/null) is written directly.
 * Fails with OUTPUT_WRITE, here as well as in `write` and `commit`.
 */
export function openOutputFile(path: string): OutputFile {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new BoltsealError('OUTPUT_WRITE', { path, reason: readErrorReason(error) }, { cause: error });
    }
  };
  const { target, direct } = guard(() => findTarget(path));
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.part`);
  const descriptor = guard(() => (direct ? openSync(target, 'w') : openSync(temporary, 'wx', 0o600)));
  let buffered = '';
  let finished = false;
  const flush = (): void => {
    const bytes = Buffer.from(buffered);
    for (let start = 0; start < bytes.length; ) start += writeSync(descriptor, bytes, start);
    buffered = '';
  };
  return {
    write(text) {
      buffered += text;
      if (buffered.length >= flushChars) guard(flush);
    },
    commit() {
      guard(() => {
        flush();
        if (!direct) {
          fsyncSync(descriptor);
          renameSync(temporary, target);
        }
        finished = true;
        closeSync(descriptor);
      });
    },
    discard() {
      if (finished) return;
      finished = true;
      closeSync(descriptor);
      // Whoever else removed it has done the work.
      if (!direct) rmSync(temporary, { force: true });
    },
  };
}

/** Follows links, so that renaming replaces the file and not the link; finds out whether there is something that must not be replaced. */
function findTarget(path: string): { target: string; direct: boolean } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { target: path, direct: false };
  if (found.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
  return found.isFile() ? { target: realpathSync(path), direct: false } : { target: path, direct: true };
}

/** Whether writing to one would destroy the other: the same path, or another name of the same file. Relative paths start at `folder`; `-` is like no file but itself. */
export function isSameFile(folder: string, one: string, other: string): boolean {
  if (one === '-' || other === '-') return one === other;
  const [from, to] = [resolve(folder, one), resolve(folder, other)];
  if (from === to) return true;
  const [a, b] = [statIfPossible(from), statIfPossible(to)];
  return a !== null && b !== null && a.isFile() && a.dev === b.dev && a.ino === b.ino;
}

/**
 * Refuses an output that would change what is to be read: one of the inputs itself, or a file in a folder that is one, which would be read as a part of it. Relative paths start at `folder`.
 * Fails with USAGE_OPTION.
 */
export function checkOutput(
  command: string,
  option: string,
  path: string,
  inputs: readonly string[],
  folder: string,
): void {
  if (path === '-') return;
  for (const input of inputs.filter((one) => one !== '-')) {
    if (isSameFile(folder, input, path)) throw usageError(command, `--${option} would overwrite what is to be read`);
    if (liesWithin(resolve(folder, input), dirname(resolve(folder, path))))
      throw usageError(command, `--${option} would lie in the folder that is to be read: name a place outside of it`);
  }
}

/** Whether a folder is another one or below it, by their real names. */
function liesWithin(outer: string, inner: string): boolean {
  const [from, to] = [realPathIfPossible(outer), realPathIfPossible(inner)];
  return from !== null && to !== null && (from === to || to.startsWith(from.endsWith(sep) ? from : from + sep));
}

/** Null as in `statIfPossible`. */
function realPathIfPossible(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** Null when there is no such file or it cannot be asked: opening it will then say why. */
function statIfPossible(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}
