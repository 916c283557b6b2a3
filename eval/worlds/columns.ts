import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DayReads } from './traffic.ts';

/** All reads of a world in the order of their times. */
export interface Columns {
  readonly count: number;
  readonly time: Uint32Array;
  readonly principal: Uint32Array;
  readonly subject: Uint32Array;
  readonly access: Uint8Array;
}

const names = ['time', 'principal', 'subject', 'access'] as const;

/** Appends days to the four column files of a world's folder (host byte order: they never leave the machine that made them). */
export function openColumns(directory: string): { add: (day: DayReads) => void; close: () => void } {
  const files = names.map((name) => openSync(join(directory, `${name}.column`), 'w'));
  return {
    add(day) {
      names.forEach((name, i) => {
        writeAll(files[i] as number, new Uint8Array(day[name].buffer, 0, day[name].byteLength));
      });
    },
    close() {
      files.forEach(closeSync);
    },
  };
}

/** Writes all bytes to an open file. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at);
}

/** Reads the columns back, 13 bytes a read. */
export function readColumns(directory: string): Columns {
  const words = (name: string) => {
    const bytes = readFileSync(join(directory, `${name}.column`));
    return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  };
  const access = new Uint8Array(readFileSync(join(directory, 'access.column')));
  return {
    count: access.length,
    time: words('time'),
    principal: words('principal'),
    subject: words('subject'),
    access,
  };
}

/** Positions of reads grouped by a key: those of key k are order[starts[k]] to before order[starts[k + 1]], by time. */
export interface Grouped {
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
}

/** Groups reads by a column of numbers below `limit`. */
export function groupBy(keys: Uint32Array, limit: number): Grouped {
  const starts = new Uint32Array(limit + 1);
  for (const key of keys) starts[key + 1]!++;
  for (let k = 0; k < limit; k++) starts[k + 1]! += starts[k] as number;
  const next = starts.slice(0, limit);
  const order = new Uint32Array(keys.length);
  for (let i = 0; i < keys.length; i++) order[next[keys[i] as number]!++] = i;
  return { starts, order };
}
