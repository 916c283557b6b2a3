import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FieldName } from '../../src/core/fields/field.ts';
import { makeNeighbours } from '../../src/core/fields/neighbours.ts';
import { fieldByName, fields } from '../../src/core/fields/registry.ts';
import { controlsContext, deriveKey, fingerprint, fingerprintContext } from '../../src/core/fingerprint/keys.ts';
import { parseTimeSeconds } from '../../src/core/time.ts';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import type { RejectReason } from '../../src/dump/port.ts';
import { type AddSummary, RegisterBuilder } from '../../src/register/builder.ts';
import type { LoadedRegister, SubjectRange } from '../../src/register/image-memory.ts';
import { FIELD_SHIFT, NONE, STILL_CURRENT, SUBJECT_MASK } from '../../src/register/layout.ts';
import { loadRegister } from '../../src/register/load.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { findRecords } from '../../src/register/lookup.ts';
import type { ControlNeighbours, FingerprintedBlock, SeenBits } from '../../src/register/port.ts';
import { readCurrent } from '../../src/register/store.ts';
import { bytesOf, columnsOf, testKey, type WorldTable } from './world.ts';

/* Adding a customer table without the kernel: every cell is normalised and fingerprinted in TypeScript, and the blocks are put together by hand. */

/** In memory where that is possible: an addition syncs a dozen files. */
const temporary = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A new home; the caller removes it. */
export function newHome(): string {
  return mkdtempSync(join(temporary, 'boltseal-scan-'));
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true });
}

/** Loads a register into memory of its own. */
export function load(home: string, subjectRange?: SubjectRange): LoadedRegister {
  const allocate = (_name: string, byteLength: number): Uint8Array => new Uint8Array(byteLength);
  return loadRegister(home, testKey, allocate, subjectRange === undefined ? {} : { subjectRange });
}

interface NaiveValue {
  readonly field: FieldName;
  readonly id: number;
  readonly normalised: string;
  readonly lo: number;
  readonly hi: number;
}

interface NaiveRow {
  readonly id: NaiveValue;
  /** In the order of columns, the id among them. */
  readonly values: readonly NaiveValue[];
  readonly created: number;
  readonly from: number;
  readonly until: number;
}

const keys = new Map<FieldName, Uint8Array>();
const known = new Map<string, NaiveValue | null>();
const controlled: readonly FieldName[] = ['phone', 'nationalId'];

function fieldValue(field: FieldName, text: string, region: string): NaiveValue | null {
  const name = `${field} ${region} ${text}`;
  let value = known.get(name);
  if (value === undefined) {
    const entry = fieldByName(field);
    const normalised = entry.normalise(text, { region });
    let key = keys.get(field);
    if (key === undefined) {
      key = deriveKey(testKey, fingerprintContext(entry));
      keys.set(field, key);
    }
    value = normalised === null ? null : { field, id: entry.id, normalised, ...fingerprint(key, normalised) };
    known.set(name, value);
  }
  return value;
}

/** The usable rows of a table, and why the others are not. */
export function readTable(
  table: WorldTable,
  region: string,
): { rows: NaiveRow[]; rejected: Map<RejectReason, number> } {
  const rows: NaiveRow[] = [];
  const rejected = new Map<RejectReason, number>();
  const { fields: fieldColumns, times } = columnsOf(table);
  // Identifying columns come first, as in a plan.
  const ordered = [...fieldColumns].sort(
    (a, b) => Number(fieldByName(a.field).id >= 8) - Number(fieldByName(b.field).id >= 8),
  );
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const read = (cells: readonly Uint8Array[]): NaiveRow | RejectReason => {
    const texts = cells.map((cell) => decoder.decode(cell));
    const values = ordered.flatMap(({ index, field }) => fieldValue(field, texts[index]!, region) ?? []);
    const id = values.find(({ field }) => field === 'customerId');
    if (id === undefined) return 'no-id';
    const row = { created: 0, validFrom: 0, validUntil: STILL_CURRENT };
    for (const { index, time } of times) {
      const text = texts[index]!.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');
      if (text === '' && time !== 'validFrom') continue;
      const seconds = parseTimeSeconds(text);
      if (seconds === null) return 'bad-time';
      row[time] = seconds;
    }
    if (table.mode === 'history' && row.validFrom >= row.validUntil) return 'bad-interval';
    return { id, values, created: row.created, from: row.validFrom, until: row.validUntil };
  };
  for (const row of rowsOf(bytesOf(table), table.dialect, table.columns.length)) {
    const result = 'rejected' in row ? row.rejected : read(row.cells);
    if (typeof result === 'string') rejected.set(result, (rejected.get(result) ?? 0) + 1);
    else rows.push(result);
  }
  return { rows, rejected };
}

/** Extends the register of `home` by a table. */
export function addNaively(home: string, table: WorldTable, region: string): AddSummary {
  const lock = acquireHomeLock(home);
  try {
    const old = readCurrent(home) === null ? null : load(home);
    const { rows, rejected } = readTable(table, region);
    const words = (bits: number): Uint32Array => new Uint32Array(Math.ceil(bits / 32) + 1);
    const seen =
      old === null
        ? null
        : { records: words(old.image.entryCount), confirm: words(old.manifest.confirming), rows: null };
    const { fields: fieldColumns } = columnsOf(table);
    const builder = new RegisterBuilder({
      home,
      key: testKey,
      old,
      options: {
        mode: table.mode,
        asOfSeconds: table.asOfSeconds,
        exclusive: [],
      },
      fields,
      seen,
    });
    builder.expectFields(fieldColumns.map(({ field }) => field));
    builder.addBlock(makeBlock(rows, rejected, table, old, seen));
    return builder.finish();
  } finally {
    lock.release();
  }
}

function makeBlock(
  rows: readonly NaiveRow[],
  rejected: ReadonlyMap<RejectReason, number>,
  table: WorldTable,
  old: LoadedRegister | null,
  seen: SeenBits | null,
): FingerprintedBlock {
  const isHistory = table.mode === 'history';
  const subjects = rows.map(({ id }) => (old === null ? NONE : subjectOf(old, id)));
  const novel = rows.flatMap(({ values }, row) =>
    values
      .filter((value) => isHistory || old === null || !markCurrent(old, seen!, subjects[row]!, value))
      .map((value) => ({ row, value })),
  );
  const ids = rows.map(({ id }, row) => (subjects[row] === NONE ? Buffer.from(id.normalised) : Buffer.alloc(0)));
  const offsets = [0];
  for (const id of ids) offsets.push(offsets.at(-1)! + id.length);
  const words = <T>(items: readonly T[], of: (item: T) => number): Uint32Array => Uint32Array.from(items, of);
  return {
    rows: rows.length,
    sequence: 0,
    subject: Uint32Array.from(subjects),
    idLo: words(rows, ({ id }) => id.lo),
    idHi: words(rows, ({ id }) => id.hi),
    idBytes: new Uint8Array(Buffer.concat(ids)),
    idOffsets: Uint32Array.from(offsets),
    created: words(rows, ({ created }) => created),
    validFrom: isHistory ? words(rows, ({ from }) => from) : null,
    validUntil: isHistory ? words(rows, ({ until }) => until) : null,
    prints: null,
    unchanged: 0,
    novel: {
      count: novel.length,
      row: words(novel, ({ row }) => row),
      field: Uint8Array.from(novel, ({ value }) => value.id),
      lo: words(novel, ({ value }) => value.lo),
      hi: words(novel, ({ value }) => value.hi),
    },
    controls: rows.flatMap(({ values }) => values.flatMap(controlsOf)),
    rejected,
  };
}

function subjectOf({ image }: LoadedRegister, id: NaiveValue): number {
  const { first, count } = findRecords(image, id.lo, id.hi);
  return count === 0 ? NONE : image.table[4 * first + 2]! & SUBJECT_MASK;
}

/** Whether the subject has the value currently; then it is marked. */
function markCurrent({ image }: LoadedRegister, seen: SeenBits, subject: number, value: NaiveValue): boolean {
  if (subject === NONE) return false;
  if (fieldByName(value.field).role === 'confirming') {
    for (let entry = image.confirmIndex[subject]!; entry < image.confirmIndex[subject + 1]!; entry++) {
      if (image.confirm[2 * entry] !== value.lo || image.confirmFields[entry] !== value.id) continue;
      if (image.confirm[2 * entry + 1]! >= image.currentPeriods) continue;
      seen.confirm[entry >>> 5]! |= 1 << (entry & 31);
      return true;
    }
    return false;
  }
  const { first, count } = findRecords(image, value.lo, value.hi);
  for (let record = first; record < first + count; record++) {
    if (image.table[4 * record + 2] !== ((value.id << FIELD_SHIFT) | subject) >>> 0) continue;
    if (image.table[4 * record + 3]! >= image.currentPeriods) continue;
    seen.records[record >>> 5]! |= 1 << (record & 31);
    return true;
  }
  return false;
}

const controlsKey = deriveKey(testKey, controlsContext);

function controlsOf({ field, id, normalised, hi }: NaiveValue): ControlNeighbours[] {
  if (!controlled.includes(field)) return [];
  const neighbours = makeNeighbours(field, normalised, controlsKey, 4);
  if (neighbours === null) return [];
  const key = keys.get(field)!;
  const halves = neighbours.flatMap((neighbour) => {
    const print = fingerprint(key, neighbour);
    return [print.lo, print.hi];
  });
  return [{ field: id, sampleHi: hi, neighbours: Uint32Array.from(halves) }];
}
