import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import type { CountedUse } from './budgets.ts';
import { openIfThere, readPeople } from './people-file.ts';
import { longestWindowMs } from './rules.ts';

const DAY_MS = 86_400_000;
const name = /^(\d{4}-\d{2}-\d{2})\.(uses|people)$/;

/**
 * What budgets have counted, one line of JSON for each use, in one file a day; days that only months look at are made shorter (`compaction.ts`), and those that no window reaches any more are removed.
 *
 * A line is written to the system before the answer leaves, so that no kill of the process loses it, and reaches the disk within a second: what a power cut takes of that is counted again from the ledger (`recount.ts`).
 * People stand in it as keyed hashes. A last line that a crash cut off is passed over, and ended before the next is written.
 */
export class BudgetJournal {
  readonly #folder: string;
  readonly #onSync: () => () => void;
  #day = '';
  #descriptor: number | null = null;
  #isDirty = false;
  #noted: CountedUse[] = [];
  #writing: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;

  /** `onSync` is called before each sync; what it gives, when all that was noted before is on the disk. */
  constructor(folder: string, onSync: () => () => void = () => () => undefined) {
    this.#folder = folder;
    this.#onSync = onSync;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw writeError(cause);
    }
    this.#timer = setInterval(() => this.#syncSoon(), 1000).unref();
  }

  /** Resolves when the system has the line. All that is noted in one step of the event loop, as after each group of the ledger, is one write. Rejects with GATEWAY_BUDGETS_WRITE. */
  note(use: CountedUse): Promise<void> {
    this.#noted.push(use);
    this.#writing ??= new Promise((resolve, reject) => {
      process.nextTick(() => {
        try {
          this.#write();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#writing;
  }

  /** Every use that still counts, oldest day first, also of days that are made shorter meanwhile; removes days that are over. */
  async *read(nowMs: number): AsyncGenerator<CountedUse> {
    for (const file of readdirSync(this.#folder).sort()) {
      const [, day, ending] = name.exec(file) ?? [];
      if (day === undefined) continue;
      const full = path.join(this.#folder, file);
      if (isOver(day, nowMs)) rmSync(full, { force: true });
      else yield* ending === 'people' ? readPeople(full) : readUses(full);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#write();
    if (this.#descriptor !== null) fdatasyncSync(this.#descriptor);
    this.#end();
  }

  #write(): void {
    this.#writing = null;
    const uses = this.#noted;
    if (uses.length === 0) return;
    this.#noted = [];
    let text = '';
    let lastMs = 0;
    for (const { atMs, principal, role, station, partner, purpose, weight, people } of uses) {
      text += `${JSON.stringify([atMs, principal, role, station, partner, purpose, weight, people])}\n`;
      lastMs = Math.max(lastMs, atMs);
    }
    try {
      // Of the last one's day: files go when nothing in them counts any more.
      const descriptor = this.#descriptorOf(lastMs);
      const bytes = Buffer.from(text);
      // A full disk writes a part: the rest would be read as a line of its own.
      if (writeSync(descriptor, bytes) !== bytes.length) throw Object.assign(new Error('short'), { code: 'ENOSPC' });
      this.#isDirty = true;
    } catch (cause) {
      // What was written of the lines is ended before the next one, which would otherwise be lost with it; whole lines among it count too much after the next start.
      this.#end();
      throw writeError(cause);
    }
  }

  #end(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #descriptorOf(atMs: number): number {
    const day = new Date(atMs).toISOString().slice(0, 10);
    if (this.#descriptor !== null && day === this.#day) return this.#descriptor;
    // The syncs from now on are of the new file, and the mark says of the old one too that it is on the disk.
    if (this.#descriptor !== null) fdatasyncSync(this.#descriptor);
    this.#end();
    this.#descriptor = openSync(path.join(this.#folder, `${day}.uses`), 'a', 0o600);
    this.#day = day;
    // Whatever a crash left of a last line ends here.
    writeSync(this.#descriptor, '\n');
    return this.#descriptor;
  }

  #syncSoon(): void {
    // After a write that failed: what is in the file is synced when it is open again.
    if (this.#isDirty && this.#descriptor === null) return;
    const onSynced = this.#onSync();
    if (!this.#isDirty || this.#descriptor === null) {
      onSynced();
      return;
    }
    this.#isDirty = false;
    fdatasync(this.#descriptor, (error) => {
      // A disk that fails shows in the ledger, which ends the process.
      if (error === null) onSynced();
    });
  }
}

/** Whether no window reaches that day (YYYY-MM-DD) any more. */
export function isOver(day: string, nowMs: number): boolean {
  return Date.parse(day) + DAY_MS + longestWindowMs <= nowMs;
}

/** The uses of one day's file (`.uses`), or of the shorter one that has just taken its place; none when both are gone. */
export async function* readUses(file: string): AsyncGenerator<CountedUse> {
  const handle = await openIfThere(file);
  if (handle === null) return yield* readPeople(file.replace(/\.uses$/, '.people'));
  try {
    for await (const line of handle.readLines()) {
      const use = parseUse(line);
      if (use !== null) yield use;
    }
  } finally {
    await handle.close();
  }
}

/** Null for a line that was cut off. */
function parseUse(line: string): CountedUse | null {
  if (!line.startsWith('[') || !line.endsWith(']]')) return null;
  try {
    const [atMs, principal, role, station, partner, purpose, weight, people] = JSON.parse(line);
    return { atMs, principal, role, station, partner, purpose, weight, people };
  } catch {
    return null;
  }
}

function writeError(cause: unknown): BoltsealError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'unknown';
  return new BoltsealError('GATEWAY_BUDGETS_WRITE', { reason: code }, { cause });
}
