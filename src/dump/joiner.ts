import type { ErrorCode } from '../core/errors.ts';
import { findJoinable } from './joined-rows.ts';
import type { JoiningOutlet, Outlet } from './outlet.ts';
import { type RejectReason, type TableDescription, TOLD_TABLES } from './port.ts';

/** Larger inputs are told by themselves, and at once. */
export const SMALL_BYTES = 65_536;
/** Most bytes that one input's rows may become while they are held back. */
const MOST_UNIT_BYTES = 1_048_576;
/** What is held back goes out when it is so much. */
const SEND_BYTES = 524_288;
/** Or comes from so many inputs. */
export const MOST_HELD_UNITS = 4096;
const MOST_HELD_FAILURES = 256;
/** Kinds of tables that are held back together. */
const MOST_KINDS = 16;
/** Their tables have numbers from here on, which no other has. */
const FIRST_NUMBER = 0x80000000;

/** Which outlet hears of what, and from when on. */
export interface JoinerOptions {
  /** Units before this one are told before they are read: one of them has brought another process down. Infinity: nothing is ever joined. */
  readonly fromUnit: number;
}

/** The rows of tables that mean the same, whatever their files were called. */
interface Kind {
  readonly description: TableDescription;
  bytes: Uint8Array;
  length: number;
  tables: number;
  /** Bytes of the files that are not among `bytes`, less those that are added. */
  leftOutBytes: number;
  readonly rejected: Map<RejectReason, number>;
}

/** An input that is being read and has not been told. */
interface HeldUnit {
  readonly name: string;
  readonly unit: number;
  table: TableDescription | null;
  readonly rejected: (readonly [table: number, reason: RejectReason, count: number])[];
}

/**
 * An outlet before another one that joins small tables. A dump may be ten million files of three rows: to tell each of them, and to scan each as a part of its own, takes many times as long
 * as its rows do. Once so many tables have been told that no report shows any more, rows of those that mean the same to the scanner go on as one table.
 *
 * What is held back is not told at all until it goes out with all that belongs to it: whatever brings the process down meanwhile, the next one begins at the last input that was told of as
 * done, and tells each (`fromUnit`) before it reads it.
 */
export class Joiner implements Outlet {
  readonly #outlet: JoiningOutlet;
  readonly #fromUnit: number;
  readonly #kinds = new Map<string, Kind>();
  #numbers = 0;
  readonly #rows = new Uint8Array(MOST_UNIT_BYTES);
  #rowsLength = 0;
  #told = 0;
  #held: HeldUnit | null = null;
  #heldUnits = 0;
  #heldBytes = 0;
  readonly #failures: (readonly [string, ErrorCode, Readonly<Record<string, string | number>>])[] = [];
  /** Units that are over. */
  #done = 0;
  /** Whether the other side has last heard of something that is over. */
  #isStale = false;

  constructor(outlet: JoiningOutlet, { fromUnit }: JoinerOptions) {
    this.#outlet = outlet;
    this.#fromUnit = fromUnit;
  }

  /** Whether the input at hand is held back. */
  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** `isSmall`: all of the input is in memory, and no more than SMALL_BYTES. */
  at(name: string, unit: number | null, isSmall = false): void {
    this.#settle();
    if (unit === null || !isSmall || this.#told < TOLD_TABLES || unit < this.#fromUnit) {
      this.flush();
      this.#outlet.at(name, unit);
      this.#isStale = true;
      if (unit !== null) this.#done = unit + 1;
      return;
    }
    if (this.#kinds.size >= MOST_KINDS) {
      this.flush();
      this.#kinds.clear();
    }
    if (this.#isStale) this.#tellDone();
    this.#held = { name, unit, table: null, rejected: [] };
    this.#rowsLength = 0;
    this.#done = unit + 1;
    this.#heldUnits++;
  }

  table(description: TableDescription): void {
    if (this.#held !== null) {
      if (this.#held.table === null && description.plainFile === null && description.readings.length === 0) {
        this.#held.table = description;
        return;
      }
      this.#tellHeld();
    }
    this.#told++;
    this.#outlet.table(description);
  }

  rows(table: number, bytes: Uint8Array): void {
    if (this.#held !== null && this.#rowsLength + bytes.length > this.#rows.length) this.#tellHeld();
    if (this.#held === null) {
      this.#outlet.rows(table, bytes);
      return;
    }
    this.#rows.set(bytes, this.#rowsLength);
    this.#rowsLength += bytes.length;
  }

  rejected(table: number, reason: RejectReason, count: number): void {
    if (this.#held === null) this.#outlet.rejected(table, reason, count);
    else this.#held.rejected.push([table, reason, count]);
  }

  failure(name: string, code: ErrorCode, parameters: Readonly<Record<string, string | number>>): void {
    if (this.#held === null && this.#heldUnits === 0) this.#outlet.failure(name, code, parameters);
    else this.#failures.push([name, code, parameters]);
  }

  incomplete(): void {
    this.#outlet.incomplete();
  }

  looked(bytes: number, isWhole: boolean): void {
    this.#outlet.looked(bytes, isWhole);
  }

  read(bytesOnDisk: number): void {
    this.#outlet.read(bytesOnDisk);
  }

  /** Tells everything that is held back: at the end, and before anything that is told by itself. */
  flush(): void {
    this.#settle();
    if (this.#heldUnits === 0 && this.#failures.length === 0) return;
    for (const kind of this.#kinds.values()) {
      const { description, bytes, length, tables, leftOutBytes, rejected } = kind;
      if (tables === 0) continue;
      this.#outlet.joined(description, tables, leftOutBytes);
      for (const [reason, count] of rejected) this.#outlet.rejected(description.table, reason, count);
      if (length > 0) this.#outlet.rows(description.table, bytes.subarray(0, length));
      Object.assign(kind, { length: 0, tables: 0, leftOutBytes: 0 });
      rejected.clear();
    }
    for (const failure of this.#failures.splice(0)) this.#outlet.failure(...failure);
    this.#tellDone();
  }

  #tellDone(): void {
    this.#outlet.done(this.#done);
    this.#isStale = false;
    this.#heldUnits = 0;
    this.#heldBytes = 0;
  }

  /** The input at hand is over. */
  #settle(): void {
    const held = this.#held;
    if (held === null) return;
    if (held.table !== null && !this.#join(held, held.table)) this.#tellHeld();
    else if (held.table === null && held.rejected.length > 0) this.#tellHeld();
    this.#held = null;
    const isMuch = this.#heldBytes >= SEND_BYTES || this.#failures.length >= MOST_HELD_FAILURES;
    if (isMuch || this.#heldUnits >= MOST_HELD_UNITS) this.flush();
  }

  /** Tells the input at hand by itself, and what comes of it from now on. */
  #tellHeld(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    // Those before it are done, and it is not.
    this.#done = held.unit;
    this.#heldUnits--;
    this.flush();
    this.#outlet.at(held.name, held.unit);
    this.#done = held.unit + 1;
    this.#isStale = true;
    if (held.table !== null) {
      this.#told++;
      this.#outlet.table(held.table);
      if (this.#rowsLength > 0) this.#outlet.rows(held.table.table, this.#rows.subarray(0, this.#rowsLength));
    }
    for (const rejected of held.rejected) this.#outlet.rejected(...rejected);
  }

  #join({ rejected }: HeldUnit, table: TableDescription): boolean {
    const bytes = this.#rows.subarray(0, this.#rowsLength);
    const found = findJoinable(bytes, table.dialect, table.encoding, table.headerRows);
    if (found === null) return false;
    const kind = this.#kindOf(table);
    const length = bytes.length - found.from + (found.lacksEnd ? 1 : 0);
    if (kind.length + length > kind.bytes.length) {
      const wider = new Uint8Array(Math.max(2 * kind.bytes.length, kind.length + length));
      wider.set(kind.bytes.subarray(0, kind.length));
      kind.bytes = wider;
    }
    kind.bytes.set(bytes.subarray(found.from), kind.length);
    kind.length += length;
    if (found.lacksEnd) kind.bytes[kind.length - 1] = table.dialect.newline.charCodeAt(0);
    kind.tables++;
    kind.leftOutBytes += bytes.length - length;
    for (const [, reason, count] of rejected) kind.rejected.set(reason, (kind.rejected.get(reason) ?? 0) + count);
    this.#heldBytes += length;
    return true;
  }

  #kindOf(table: TableDescription): Kind {
    const key = meaningOf(table);
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const kind: Kind = {
      description: { ...table, table: FIRST_NUMBER + this.#numbers++, headerRows: 0, head: [] },
      bytes: new Uint8Array(4096),
      length: 0,
      tables: 0,
      leftOutBytes: 0,
      rejected: new Map(),
    };
    this.#kinds.set(key, kind);
    return kind;
  }
}

/** What the scanner goes by. */
function meaningOf({ encoding, dialect, columns }: TableDescription): string {
  const fields = columns.flatMap(({ index, field }) => (field === null ? [] : `${index} ${field}`));
  return JSON.stringify([encoding, dialect.separator, dialect.quote, dialect.newline, columns.length, ...fields]);
}
