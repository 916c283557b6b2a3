import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { FieldName } from '../../src/core/fields/field.ts';
import { type AddSummary, RegisterBuilder } from '../../src/register/builder.ts';
import { openIds } from '../../src/register/ids.ts';
import type { LoadedRegister, SubjectRange } from '../../src/register/image-memory.ts';
import {
  CONTROL_BIT,
  FIELD_SHIFT,
  NONE,
  PADDING_OWNER,
  type RegisterImage,
  STILL_CURRENT,
  SUBJECT_MASK,
} from '../../src/register/layout.ts';
import { loadRegister } from '../../src/register/load.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { forEachRecord } from '../../src/register/lookup.ts';
import type { RegisterField } from '../../src/register/manifest.ts';
import type { AddMode, ControlNeighbours, FingerprintedBlock, SeenBits } from '../../src/register/port.ts';
import { readCurrent, type StepListener } from '../../src/register/store.ts';

/*
 * A naive register in maps, a naive scanner that makes blocks for the builder as the real one does, and a reader that turns an image back into maps.
 */

export const phone: RegisterField = { name: 'phone', id: 0, role: 'identifying', version: 1 };
export const email: RegisterField = { name: 'email', id: 1, role: 'identifying', version: 1 };
export const customerId: RegisterField = { name: 'customerId', id: 5, role: 'identifying', version: 1 };
export const name: RegisterField = { name: 'name', id: 8, role: 'confirming', version: 1 };
export const address: RegisterField = { name: 'address', id: 9, role: 'confirming', version: 1 };
export const fields: readonly RegisterField[] = [phone, email, customerId, name, address];
export const testKey = new Uint8Array(32).fill(7);

/** One value: the field and the fingerprint's halves (confirming: `hi` 0). */
export interface Value {
  readonly field: RegisterField;
  readonly lo: number;
  readonly hi: number;
}

export interface Row {
  readonly id: string;
  readonly idValue: { readonly lo: number; readonly hi: number };
  readonly values: readonly Value[];
  readonly created?: number;
  readonly from?: number;
  readonly until?: number;
}

export interface Table {
  readonly mode: AddMode;
  readonly asOf: number;
  readonly fields: readonly FieldName[];
  readonly rows: readonly Row[];
}

/** A synthetic id with a fingerprint of its own. */
export function idOf(number: number): Pick<Row, 'id' | 'idValue'> {
  const hi = (Math.imul(number + 1, 0x9e3779b1) >>> 0) & 0xffff0000;
  return { id: `C${number}`, idValue: { lo: number, hi: hi >>> 0 } };
}

/** In memory where that is possible: an addition syncs a dozen files, and these tests make hundreds of additions. */
const temporary = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function newHome(): string {
  const home = mkdtempSync(join(temporary, 'boltseal-register-'));
  after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

export const newMemory = (_: string, byteLength: number): Uint8Array => new Uint8Array(byteLength);

export function load(home: string, subjectRange?: SubjectRange): LoadedRegister {
  return loadRegister(home, testKey, newMemory, subjectRange === undefined ? {} : { subjectRange });
}

export interface AddSettings {
  readonly rowsPerBlock?: number;
  /** Turns the order in which blocks arrive. */
  readonly shuffle?: (blocks: FingerprintedBlock[]) => FingerprintedBlock[];
  readonly samplesPerField?: number;
  /** Fields whose values get control neighbours. */
  readonly controlled?: readonly RegisterField[];
  /** Makes their neighbours, in place of `neighboursOf`. */
  readonly neighbours?: (value: Value) => ControlNeighbours;
  readonly onStep?: StepListener;
  /** Everything is merged, even what is untouched. */
  readonly remakes?: boolean;
  /** The rows have prints, made under the meaning that this stands for. */
  readonly rowCheck?: string;
  readonly admitsErased?: boolean;
}

/** Adds a table as the scanner and the command would. */
export function addTable(home: string, table: Table, settings: AddSettings = {}): AddSummary {
  const lock = acquireHomeLock(home);
  try {
    const old = readCurrent(home) === null ? null : load(home);
    const seen =
      old === null || table.mode === 'history'
        ? null
        : {
            records: new Uint32Array((old.image.entryCount + 31) >>> 5),
            confirm: new Uint32Array((old.manifest.confirming + 31) >>> 5),
            rows: null,
          };
    const builder = new RegisterBuilder({
      home,
      key: testKey,
      old,
      options: {
        mode: table.mode,
        asOfSeconds: table.asOf,
        exclusive: [],
        ...(settings.admitsErased !== undefined && { admitsErased: settings.admitsErased }),
      },
      fields,
      seen,
      ...(settings.onStep && { onStep: settings.onStep }),
      ...(settings.remakes !== undefined && { remakes: settings.remakes }),
      ...(settings.samplesPerField !== undefined && { samplesPerField: settings.samplesPerField }),
    });
    builder.expectFields(table.fields);
    if (settings.rowCheck !== undefined && table.mode === 'snapshot')
      builder.expectRowPrints(settings.rowCheck, table.fields, null);
    const perBlock = settings.rowsPerBlock ?? 3;
    const blocks: FingerprintedBlock[] = [];
    for (let at = 0; at === 0 || at < table.rows.length; at += perBlock) {
      const rows = table.rows.slice(at, at + perBlock);
      blocks.push(scan(rows, blocks.length, table.mode, old?.image ?? null, seen, settings));
    }
    for (const block of settings.shuffle?.(blocks) ?? blocks) {
      builder.addBlock(block);
      // Arrays are valid only during the call.
      for (const array of [block.subject, block.idLo, block.idHi, block.idBytes, block.novel.lo]) array.fill(0x55);
    }
    return builder.finish();
  } finally {
    lock.release();
  }
}

function scan(
  rows: readonly Row[],
  sequence: number,
  mode: AddMode,
  old: RegisterImage | null,
  seen: SeenBits | null,
  { controlled = [], neighbours = neighboursOf }: AddSettings,
): FingerprintedBlock {
  const novel: { row: number; value: Value }[] = [];
  const controls: ControlNeighbours[] = [];
  const ids: Buffer[] = [];
  const subject = rows.map(({ idValue }) => (old === null ? NONE : findSubject(old, idValue)));
  rows.forEach((row, r) => {
    ids.push(subject[r] === NONE ? Buffer.from(row.id) : Buffer.alloc(0));
    for (const value of [{ field: customerId, ...row.idValue }, ...row.values]) {
      if (mode === 'history' || old === null || !markSeen(old, seen!, subject[r]!, value))
        novel.push({ row: r, value });
      if (controlled.includes(value.field)) controls.push(neighbours(value));
    }
  });
  const isHistory = mode === 'history';
  const offsets = [0];
  for (const id of ids) offsets.push(offsets.at(-1)! + id.length);
  return {
    rows: rows.length,
    sequence,
    subject: Uint32Array.from(subject),
    idLo: Uint32Array.from(rows, ({ idValue }) => idValue.lo),
    idHi: Uint32Array.from(rows, ({ idValue }) => idValue.hi),
    idBytes: new Uint8Array(Buffer.concat(ids)),
    idOffsets: Uint32Array.from(offsets),
    created: Uint32Array.from(rows, ({ created }) => created ?? 0),
    validFrom: isHistory ? Uint32Array.from(rows, ({ from }) => from!) : null,
    validUntil: isHistory ? Uint32Array.from(rows, ({ until }) => until!) : null,
    prints: null,
    unchanged: 0,
    novel: {
      count: novel.length,
      row: Uint32Array.from(novel, ({ row }) => row),
      field: Uint8Array.from(novel, ({ value }) => value.field.id),
      lo: Uint32Array.from(novel, ({ value }) => value.lo),
      hi: Uint32Array.from(novel, ({ value }) => value.hi),
    },
    controls,
    rejected: new Map([['no-id', 1]]),
  };
}

/** Two neighbours of a value, made up; some of them will be customers' values. */
export function neighboursOf({ field, lo, hi }: Value): ControlNeighbours {
  return { field: field.id, sampleHi: hi, neighbours: Uint32Array.of(lo ^ 1, hi, lo, (hi ^ 0x10000) >>> 0) };
}

function findSubject(image: RegisterImage, id: { lo: number; hi: number }): number {
  let subject = NONE;
  forEachRecord(image, (lo, hi, record) => {
    const owner = image.table[4 * record + 2]!;
    if (lo === id.lo && hi === id.hi && owner < CONTROL_BIT && owner >>> FIELD_SHIFT === customerId.id) {
      subject = owner & SUBJECT_MASK;
    }
  });
  return subject;
}

function markSeen(image: RegisterImage, seen: SeenBits, subject: number, { field, lo, hi }: Value): boolean {
  if (subject === NONE) return false;
  let found = false;
  if (field.role === 'confirming') {
    for (let entry = image.confirmIndex[subject]!; entry < image.confirmIndex[subject + 1]!; entry++) {
      if (image.confirm[2 * entry] !== lo || image.confirmFields[entry] !== field.id) continue;
      if (image.confirm[2 * entry + 1]! >= image.currentPeriods) continue;
      seen.confirm[entry >>> 5]! |= 1 << (entry & 31);
      found = true;
    }
    return found;
  }
  const owner = ((field.id << FIELD_SHIFT) | subject) >>> 0;
  forEachRecord(image, (otherLo, otherHi, record) => {
    if (otherLo !== lo || otherHi !== hi || image.table[4 * record + 2] !== owner) return;
    if (image.table[4 * record + 3]! >= image.currentPeriods) return;
    seen.records[record >>> 5]! |= 1 << (record & 31);
    found = true;
  });
  return found;
}

type Interval = [from: number, until: number];

/** What a register should hold, in maps. */
export class Model {
  readonly ids: string[] = [];
  readonly created: number[] = [];
  /** "subject field hi lo" → intervals, ascending. */
  readonly versions = new Map<string, Interval[]>();

  add({ mode, asOf, fields: closable, rows }: Table): void {
    const present = new Set<string>();
    const touched = new Set<number>();
    for (const row of rows) {
      let subject = this.ids.indexOf(row.id);
      if (subject < 0) {
        subject = this.ids.push(row.id) - 1;
        this.created.push(0);
      }
      touched.add(subject);
      const known = this.created[subject]!;
      if (known === 0 || (row.created && row.created < known)) this.created[subject] = row.created ?? 0;
      for (const { field, lo, hi } of [{ field: customerId, ...row.idValue }, ...row.values]) {
        const key = `${subject} ${field.name} ${hi} ${lo}`;
        present.add(key);
        const intervals = this.versions.get(key) ?? [];
        if (mode === 'history') this.versions.set(key, unite([...intervals, [row.from!, row.until!]]));
        else if (intervals.at(-1)?.[1] !== STILL_CURRENT) this.versions.set(key, [...intervals, [asOf, STILL_CURRENT]]);
      }
    }
    if (mode === 'history') return;
    for (const [key, intervals] of this.versions) {
      const [subject, field] = key.split(' ') as [string, FieldName];
      const last = intervals.at(-1)!;
      if (last[1] !== STILL_CURRENT || present.has(key)) continue;
      if (field !== 'customerId' && !closable.includes(field)) continue;
      if (mode === 'delta' && (field === 'customerId' || !touched.has(Number(subject)))) continue;
      last[1] = asOf;
    }
  }
}

function unite(intervals: Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const [from, until] of intervals.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else result.push([from, until]);
  }
  return result;
}

/** Reads an image (whole or part) back into the model's form and checks everything that the layout promises. */
export function readImage({ image, range }: LoadedRegister): {
  versions: Model['versions'];
  controls: Set<string>;
  /** Records that only say that a value is common in the whole. */
  padding: number;
} {
  const versions: Model['versions'] = new Map();
  const controls = new Set<string>();
  const byId = new Map(fields.map((field) => [field.id, field]));
  const put = (subject: number, field: number, hi: number, lo: number, period: number): number => {
    const key = `${subject} ${byId.get(field)!.name} ${hi} ${lo}`;
    const interval: Interval = [image.periods[2 * period]!, image.periods[2 * period + 1]!];
    assert.ok(interval[0] < interval[1]);
    assert.equal(interval[1] === STILL_CURRENT, period < image.currentPeriods);
    versions.set(key, [...(versions.get(key) ?? []), interval]);
    return interval[0];
  };
  let last: number[] = [];
  let records = 0;
  let padding = 0;
  forEachRecord(image, (lo, hi, record) => {
    assert.equal(lo, image.table[4 * record]);
    records++;
    const owner = image.table[4 * record + 2]!;
    const period = image.table[4 * record + 3]!;
    if (owner === PADDING_OWNER) {
      padding++;
      return;
    }
    let from = period;
    if (owner >= CONTROL_BIT)
      controls.add(`${(owner >>> FIELD_SHIFT) & 7} ${hi} ${lo} ${period} #${owner & SUBJECT_MASK}`);
    else from = put(owner & SUBJECT_MASK, owner >>> FIELD_SHIFT, hi, lo, period);
    const key = [hi, lo, owner, from];
    assert.ok(isAscending(last, key), 'records are in the order of fingerprint, subjectField, from');
    last = key;
  });
  assert.equal(records, countRecords(image));
  assert.equal(image.confirmIndex.length, range.to - range.from + 1);
  for (let subject = range.from; subject < range.to; subject++) {
    last = [];
    for (
      let entry = image.confirmIndex[subject - range.from]!;
      entry < image.confirmIndex[subject - range.from + 1]!;
      entry++
    ) {
      const from = put(
        subject,
        image.confirmFields[entry]!,
        0,
        image.confirm[2 * entry]!,
        image.confirm[2 * entry + 1]!,
      );
      const key = [image.confirmFields[entry]!, image.confirm[2 * entry]!, from];
      assert.ok(isAscending(last, key), 'confirming entries are in the order of field, fingerprint, from');
      last = key;
    }
  }
  assert.equal(image.confirmIndex[range.to - range.from], image.confirmFields.length);
  return { versions, controls, padding };
}

/** Strictly ascending, word by word. */
function isAscending(before: readonly number[], after: readonly number[]): boolean {
  if (before.length === 0) return true;
  const at = before.findIndex((word, i) => word !== after[i]);
  return at >= 0 && before[at]! < after[at]!;
}

export function readAllIds(home: string): string[] {
  const reader = openIds(home, testKey);
  try {
    return [...reader];
  } finally {
    reader.close();
  }
}

/** The same order of keys, to compare maps of versions. */
export function sorted(versions: Model['versions']): [string, Interval[]][] {
  return [...versions].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Records of an image, by what the heads of its lines say. */
export function countRecords({ table, lineCount }: RegisterImage): number {
  let count = 0;
  for (let line = 0; line < lineCount; line++) count += table[32 * line]! + table[32 * line + 1]!;
  return count;
}
