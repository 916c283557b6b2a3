import type { FieldContext } from '../core/fields/field.ts';
import { makeNeighbours } from '../core/fields/neighbours.ts';
import { fieldByName } from '../core/fields/registry.ts';
import {
  controlsContext,
  deriveKey,
  type Fingerprint,
  fingerprint,
  fingerprintContext,
} from '../core/fingerprint/keys.ts';
import { readRows } from '../dump/exact-rows.ts';
import { type CellReadings, canonicalDialect, type DumpPart, type InferredColumn } from '../dump/port.ts';
import { RowEncoder } from '../dump/row-encoder.ts';
import { CONTROL_BIT, type RegisterImage } from '../register/layout.ts';
import { findRecords } from '../register/lookup.ts';

/** What came of cells that were recognised in pictures and could be read otherwise. */
export interface Corrections {
  /** Cells of identifying columns that could be read otherwise and were not found as they stood. */
  doubtful: number;
  /** Other readings that were looked up. */
  tried: number;
  /** Cells for which exactly one other reading belongs to a customer: it was taken. */
  corrected: number;
  /** Customers that as many values taken at random would hit; null when that cannot be estimated. */
  expectedByChance: number | null;
}

/** Values that are looked up beside each doubtful one to see how often a value that nobody wrote belongs to a customer. */
const PROBES = 32;

/** Whether a fingerprint belongs to a customer. */
export type CustomerTest = (wanted: Fingerprint) => boolean;

/** Asks a register, or the part of it that is in memory. */
export function customersOf(image: RegisterImage): CustomerTest {
  return ({ lo, hi }) => {
    const { first, count } = findRecords(image, lo, hi);
    for (let record = first; record < first + count; record++) {
      if ((image.table[4 * record + 2]! & CONTROL_BIT) === 0) return true;
    }
    return false;
  };
}

/** Fingerprints that are kept until all parts of a register have been asked. A screenshot has some thousand; cells beyond are taken as they were seen. */
const MOST_ASKED = 2_000_000;

/** Collects what is asked, looks it up in one part of a register after another, and then answers. */
export class DeferredCustomers {
  readonly #asked = new Map<bigint, Fingerprint>();
  readonly #customers = new Set<bigint>();

  /** Remembers the question; the answer is always no. */
  readonly ask: CustomerTest = (wanted) => {
    if (this.#asked.size < MOST_ASKED) this.#asked.set(numberOf(wanted), wanted);
    return false;
  };

  /** What the parts of the register said that were looked at. */
  readonly answer: CustomerTest = (wanted) => this.#customers.has(numberOf(wanted));

  lookUp(image: RegisterImage): void {
    const isCustomers = customersOf(image);
    for (const [number, wanted] of this.#asked) if (isCustomers(wanted)) this.#customers.add(number);
  }
}

function numberOf({ lo, hi }: Fingerprint): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/**
 * Takes recognised cells as the register knows them: where the value as seen belongs to nobody and exactly one of its other readings belongs to a customer, that one stands in the row.
 * Nothing is invented: every reading comes from what recognition saw, and how many hits chance alone would give is counted beside it.
 */
export class CellCorrector {
  readonly #test: CustomerTest;
  readonly #registerKey: Uint8Array;
  readonly #context: FieldContext;
  readonly #result: Corrections = { doubtful: 0, tried: 0, corrected: 0, expectedByChance: 0 };
  #probes = 0;
  #probeHits = 0;

  constructor(test: CustomerTest, registerKey: Uint8Array, context: FieldContext) {
    this.#test = test;
    this.#registerKey = registerKey;
    this.#context = context;
  }

  /** The part with corrected cells, in canonical form; itself when nothing of it is in doubt. */
  correct(part: DumpPart): DumpPart {
    if (part.readings.length === 0 || part.isContinuation) return part;
    const byRow = new Map<number, CellReadings[]>();
    for (const reading of part.readings) {
      const known = byRow.get(reading.row);
      if (known === undefined) byRow.set(reading.row, [reading]);
      else known.push(reading);
    }
    return { ...part, dialect: canonicalDialect, open: () => this.#rewrite(part, byRow) };
  }

  /** What was done so far; null when nothing was in doubt. */
  get result(): Corrections | null {
    const { tried, doubtful } = this.#result;
    if (doubtful === 0) return null;
    if (tried === 0) return { ...this.#result, expectedByChance: 0 };
    return { ...this.#result, expectedByChance: this.#probes === 0 ? null : (tried * this.#probeHits) / this.#probes };
  }

  async *#rewrite(part: DumpPart, byRow: ReadonlyMap<number, readonly CellReadings[]>): AsyncGenerator<Uint8Array> {
    const encoder = new RowEncoder({ onRow: () => true, onTooLong: () => undefined });
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let number = 0;
    for await (const row of readRows(part.open(), part.dialect)) {
      if (!('cells' in row)) continue;
      const readings = byRow.get(number++) ?? [];
      row.cells.forEach((cell, index) => {
        const reading = readings.find(({ column }) => column === index);
        const column = part.columns[index];
        const seen = reading === undefined ? '' : decoder.decode(cell);
        const value = reading === undefined || column === undefined ? null : this.#choose(seen, reading, column);
        if (value === null) encoder.bytes(cell, 0, cell.length);
        else encoder.text(value);
      });
      encoder.end();
    }
    yield encoder.peek();
  }

  /** The reading to take instead of what was seen, or null. */
  #choose(seen: string, { alternatives }: CellReadings, { field }: InferredColumn): string | null {
    if (field === null) return null;
    const entry = fieldByName(field);
    if (entry.role !== 'identifying') return null;
    const key = deriveKey(this.#registerKey, fingerprintContext(entry));
    const find = (value: string): 'customer' | 'none' | null => {
      const normalised = entry.normalise(value, this.#context);
      return normalised === null ? null : this.#isCustomers(key, normalised) ? 'customer' : 'none';
    };
    if (find(seen) === 'customer') return null;
    this.#result.doubtful++;
    const hits: string[] = [];
    for (const alternative of alternatives) {
      const found = find(alternative);
      if (found === null) continue;
      this.#result.tried++;
      this.#probe(key, field, alternative);
      if (found === 'customer') hits.push(alternative);
    }
    const [only] = hits;
    if (only === undefined || hits.length > 1) return null;
    this.#result.corrected++;
    return only;
  }

  /** Looks up values just beside one: how often they belong to customers is how often a wrong reading would. */
  #probe(key: Uint8Array, field: Parameters<typeof makeNeighbours>[0], value: string): void {
    const normalised = fieldByName(field).normalise(value, this.#context);
    if (normalised === null) return;
    const seed = deriveKey(this.#registerKey, controlsContext);
    for (const neighbour of makeNeighbours(field, normalised, seed, PROBES) ?? []) {
      this.#probes++;
      if (this.#isCustomers(key, neighbour)) this.#probeHits++;
    }
  }

  #isCustomers(key: Uint8Array, normalised: string): boolean {
    return this.#test(fingerprint(key, normalised));
  }
}
