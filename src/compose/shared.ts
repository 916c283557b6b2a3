import { availableParallelism } from 'node:os';
import type { ReadingHints } from '../cli/services.ts';
import { BoltsealError } from '../core/errors.ts';
import type { ReadingOptions } from '../dump/options.ts';
import { openHome } from '../home/home.ts';

/** Key of the register and of the records beside it. Fails as `readKeyFile`. */
export async function readKey(path: string): Promise<Uint8Array> {
  const { readKeyFile } = await import('../register/key-file.ts');
  return readKeyFile(path);
}

/** Takes the lock of a home that is about to be changed. Fails with HOME_LOCKED. */
export async function lockHome(folder: string): Promise<{ release(): void }> {
  const { acquireHomeLock } = await import('../register/lock.ts');
  return acquireHomeLock(folder);
}

/** Threads that scan: one a processor, at most 16. */
export function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), 16));
}

/** The region of a home; that of most users where there is none. */
export async function regionOf(folder: string): Promise<string> {
  try {
    return (await openHome(folder)).config.region;
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'HOME_NONE') return 'CN';
    throw error;
  }
}

/** What the reader of dumps is told of the files. */
export function asOptions({
  separator,
  encoding,
  header,
  passwords,
}: ReadingHints): Omit<ReadingOptions, 'region' | 'map'> {
  return {
    passwords,
    ...(separator === null ? {} : { separator }),
    ...(encoding === null ? {} : { encoding }),
    ...(header === null ? {} : { header }),
  };
}
