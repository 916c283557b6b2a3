import type { ReadingOptions } from '../options.ts';
import type { ReadLimits } from '../reader.ts';

/** What the reading process is asked for, as JSON over a pipe: passwords must not stand among its arguments. */
export interface ReaderRequest {
  readonly inputs: readonly string[];
  readonly options: ReadingOptions;
  readonly limits: ReadLimits;
  readonly scratchPath: string;
  /** By path: a link to each input that is a folder. */
  readonly folders: Readonly<Record<string, string>>;
  readonly skipUnits: number;
  /** Units before this one are told before they are read; null: all of them, and no tables are joined. */
  readonly joinFrom: number | null;
  readonly skipNames: readonly string[];
  /** A table with the columns that the user named was told by a process before. */
  readonly hasFit: boolean;
  /** Only the start of each table is wanted, and so long at most, from when the process is ready; null: everything. */
  readonly inspectMilliseconds: number | null;
}

/** File descriptors of the reading process. */
export const FRAMES_FD = 3;
export const REQUEST_FD = 4;
