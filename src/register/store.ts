import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { ChunkWriter, type OpenFile, readFailure, type StoredFile, writeDurably } from './chunked-files.ts';
import { decodeManifest, encodeManifest, type GenerationFile, type RegisterManifest } from './manifest.ts';

/*
 * The generations of a register on disk (docs/spec/register.md).
 *
 * A generation is never changed once its directory has its final name. CURRENT is replaced by rename alone, so that it always names a whole generation.
 */

const currentPattern = /^gen-([1-9][0-9]{0,14})\n$/;
const generationPattern = /^gen-[0-9]+(\.partial)?$/;

/** Hears of each step of a change on disk, for progress and for crash tests. */
export type StepListener = (step: string) => void;

/** An opened generation; its files stay readable until `close`, even when a newer generation replaces it. */
export interface OpenGeneration {
  readonly manifest: RegisterManifest;
  open(name: GenerationFile): OpenFile;
  close(): void;
}

/** The folder of the register in a home. */
export function registerFolder(home: string): string {
  return path.join(home, 'register');
}

/**
 * Opens the current generation with the files named.
 *
 * Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_READ, REGISTER_FORMAT or KEY_UNUSABLE.
 */
export function openGeneration(
  home: string,
  registerKey: Uint8Array,
  names: readonly GenerationFile[] = [],
): OpenGeneration {
  for (let generation = readCurrent(home); ; ) {
    if (generation === null) throw new BoltsealError('REGISTER_NONE', { path: registerFolder(home) });
    try {
      return openFiles(home, generation, registerKey, names);
    } catch (error) {
      // A writer may have replaced and removed the generation between two steps of ours: then CURRENT names another one.
      const now = readCurrent(home);
      if (!(error instanceof BoltsealError) || error.code !== 'REGISTER_DAMAGED' || now === generation) throw error;
      generation = now;
    }
  }
}

function openFiles(
  home: string,
  generation: number,
  registerKey: Uint8Array,
  names: readonly GenerationFile[],
): OpenGeneration {
  const folder = path.join(registerFolder(home), `gen-${generation}`);
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(path.join(folder, 'manifest.json'));
  } catch (error) {
    throw readFailure('manifest.json', error);
  }
  const manifest = decodeManifest(registerKey, bytes);
  const files = new Map<GenerationFile, OpenFile>();
  const close = (): void => {
    for (const { fd } of files.values()) fs.closeSync(fd);
    files.clear();
  };
  try {
    for (const name of names) {
      const stored = manifest.files[name];
      if (stored === undefined) throw new BoltsealError('REGISTER_DAMAGED', { file: name });
      const fd = fs.openSync(path.join(folder, name), 'r');
      files.set(name, { name, fd, stored });
      if (fs.fstatSync(fd).size !== stored.bytes) throw new BoltsealError('REGISTER_DAMAGED', { file: name });
    }
  } catch (error) {
    const name = names[files.size];
    close();
    throw name === undefined ? error : readFailure(name, error);
  }
  return {
    manifest,
    open: (name) => {
      const file = files.get(name);
      if (file === undefined) throw new Error(`${name} was not opened`);
      return file;
    },
    close,
  };
}

/** The number of the current generation, or null where there is no register. */
export function readCurrent(home: string): number | null {
  let text: string;
  try {
    text = fs.readFileSync(path.join(registerFolder(home), 'CURRENT'), 'latin1');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw readFailure('CURRENT', error);
  }
  const number = currentPattern.exec(text)?.[1];
  if (number === undefined) throw new BoltsealError('REGISTER_DAMAGED', { file: 'CURRENT' });
  return Number(number);
}

/** Removes what crashed additions have left: everything but the current generation. Only under the home's lock. */
export function removeLeftovers(home: string): void {
  const folder = registerFolder(home);
  if (!fs.existsSync(folder)) return;
  const current = readCurrent(home);
  for (const entry of fs.readdirSync(folder)) {
    if (entry === `gen-${current}` || entry === 'CURRENT') continue;
    if (generationPattern.test(entry) || entry === 'CURRENT.tmp') {
      fs.rmSync(path.join(folder, entry), { recursive: true, force: true });
    }
  }
}

/** Writes one generation. Everything that fails on disk becomes REGISTER_WRITE and leaves the register as it was. */
export class GenerationWriter {
  readonly generation: number;
  readonly #home: string;
  readonly #partial: string;
  readonly #onStep: StepListener;
  readonly #open = new Map<GenerationFile, ChunkWriter>();
  readonly #files: Partial<Record<GenerationFile, StoredFile>> = {};

  /** Begins the generation after `previous`, the one that CURRENT names now (null: none). */
  constructor(home: string, previous: number | null, onStep: StepListener = () => {}) {
    this.#home = home;
    this.#onStep = onStep;
    this.generation = (previous ?? 0) + 1;
    this.#partial = path.join(registerFolder(home), `gen-${this.generation}.partial`);
  }

  /** Runs `write` and commits the generation whose manifest it returns. */
  run(
    registerKey: Uint8Array,
    write: (writer: GenerationWriter) => (files: RegisterManifest['files']) => RegisterManifest,
  ): RegisterManifest {
    try {
      removeLeftovers(this.#home);
      fs.mkdirSync(this.#partial, { recursive: true, mode: 0o700 });
      this.#step('begun');
      const manifest = write(this)(this.#files as RegisterManifest['files']);
      this.#commit(encodeManifest(registerKey, manifest));
      return manifest;
    } catch (error) {
      this.#abandon();
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (error instanceof BoltsealError || code === undefined || syscall === undefined) throw error;
      throw new BoltsealError('REGISTER_WRITE', { reason: code }, { cause: error });
    }
  }

  create(name: GenerationFile): ChunkWriter {
    const writer = new ChunkWriter(path.join(this.#partial, name));
    this.#open.set(name, writer);
    return writer;
  }

  /** Finishes a file: from here on it is on the disk whatever happens. */
  finish(name: GenerationFile): void {
    this.#files[name] = this.#open.get(name)!.finish();
    this.#open.delete(name);
    this.#step(name);
  }

  /*
   * A crash before the last rename leaves CURRENT naming the old generation, which nobody has touched; after it, CURRENT names the new one, of which
   * every byte and every name was on the disk before. What is left over either way is removed by the next addition.
   */
  #commit(manifest: Uint8Array): void {
    const folder = registerFolder(this.#home);
    const name = `gen-${this.generation}`;
    writeDurably(path.join(this.#partial, 'manifest.json'), manifest);
    this.#step('manifest.json');
    // The names of the files must be durable before the directory gets its final name.
    syncFolder(this.#partial);
    fs.renameSync(this.#partial, path.join(folder, name));
    this.#step('renamed');
    // The directory's final name must be durable before CURRENT may name it.
    syncFolder(folder);
    syncFolder(this.#home);
    writeDurably(path.join(folder, 'CURRENT.tmp'), Buffer.from(`${name}\n`));
    this.#step('CURRENT.tmp');
    fs.renameSync(path.join(folder, 'CURRENT.tmp'), path.join(folder, 'CURRENT'));
    this.#step('CURRENT');
    // Until here a crash may still bring back the old CURRENT: the old generation is removed only afterwards.
    syncFolder(folder);
    this.#step('committed');
    try {
      removeLeftovers(this.#home);
    } catch {
      // The addition has succeeded; the next one tries again.
    }
    this.#step('removed');
  }

  #abandon(): void {
    for (const writer of this.#open.values()) writer.abandon();
    try {
      removeLeftovers(this.#home);
    } catch {
      // The first error is the one to report; leftovers are removed by the next addition.
    }
  }

  #step(name: string): void {
    this.#onStep(name);
  }
}

/** Brings the names in a folder to the disk. */
export function syncFolder(folder: string): void {
  // Windows has no handle of a directory to sync; its renames are journalled.
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
