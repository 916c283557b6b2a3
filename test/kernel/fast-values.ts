import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { deriveKey, fingerprintContext } from '../../src/core/fingerprint/keys.ts';
import { AddedRowsCollector } from '../../src/scan/added-rows.ts';
import { BlockScanner } from '../../src/scan/block-scanner.ts';
import { ThreadMarks } from '../../src/scan/marks.ts';
import type { AddedRows } from '../../src/scan/messages.ts';
import { makePlan, type ScanPlan } from '../../src/scan/plan.ts';
import { Rig } from '../scan/rig.ts';

const registerKey = new Uint8Array(32).fill(7);
const rig = new Rig(4_000_000);
/** A separator and a row end that no cell of these tests has. */
const separator = '\x1f';

/** What the scanner makes of cells of one field: their fingerprints ("lo hi"; null: no value), and how many rows took the exact path. */
export interface FastValues {
  readonly values: readonly (string | null)[];
  readonly exactRows: number;
}

/** Sends cells through the kernel as one column of a customer table. Cells must hold neither U+001F nor LF, and not end with CR where they stand last. */
export function scanCells(field: FieldName, region: string, cells: readonly string[]): FastValues {
  const values: (string | null)[] = [];
  let exactRows = 0;
  for (let from = 0; from < cells.length; ) {
    // As many as the rig holds.
    let bytes = 0;
    let to = from;
    while (to < cells.length && bytes < 3_000_000) bytes += Buffer.byteLength(cells[to++]!) + 40;
    const part = scanPart(field, region, cells.slice(from, to));
    values.push(...part.values);
    exactRows += part.exactRows;
    from = to;
  }
  return { values, exactRows };
}

function scanPart(field: FieldName, region: string, cells: readonly string[]): FastValues {
  const plan = makePlan({
    mode: 'add',
    registerKey,
    region,
    encoding: 'utf-8',
    dialect: { separator, quote: null, newline: '\n' },
    columns: 3,
    fields:
      field === 'customerId'
        ? [{ index: 1, field }]
        : [
            { index: 0, field: 'customerId' },
            { index: 1, field },
          ],
    times: [{ index: 2, time: 'created' }],
  });
  // The number of a row is its creation time: rows of the exact path come out behind the others.
  const rows = cells.map((cell, row) => `id-${row}${separator}${cell}${separator}${timeOf(row)}`);
  const { added, exactRows } = scanAdd(plan, Buffer.from(`${rows.join('\n')}\n`));
  const values = Array.from<string | null>({ length: cells.length }).fill(null);
  if (field === 'customerId') {
    for (let out = 0; out < added.rows; out++) {
      values[rowOf(added.created[out]!)] = `${added.idLo[out]} ${added.idHi[out]}`;
      const id = Buffer.from(added.idBytes).toString('utf8', added.idOffsets[out], added.idOffsets[out + 1]);
      if (expectedValue(field, region, id) !== `${added.idLo[out]} ${added.idHi[out]}`)
        throw new Error('an id is not its text');
    }
    return { values, exactRows };
  }
  const { id, role } = fieldByName(field);
  added.novelRow.forEach((out, i) => {
    if (added.novelField[i] !== id) return;
    const hi = role === 'identifying' ? added.novelHi[i]! : 0;
    values[rowOf(added.created[out]!)] = `${added.novelLo[i]} ${hi}`;
  });
  return { values, exactRows };
}

/** Scans a customer table against no register. */
function scanAdd(plan: ScanPlan, bytes: Uint8Array): { added: AddedRows; exactRows: number } {
  const before = rig.arena.usedBytes;
  const marks = new ThreadMarks(rig.arena, 1, { subjects: 0, records: 0, confirming: 0, controls: 0 });
  rig.writeContext(plan, undefined, marks, { isFirst: true, isLast: true });
  const { memory } = rig.arena;
  const collector = new AddedRowsCollector(rig.kernel, memory, rig.context, new Uint8Array(32));
  const scanner = new BlockScanner(rig.kernel, memory, rig.context, plan, () => collector.drain());
  scanner.scan(rig.place(bytes, bytes.length % 37), bytes.length);
  rig.arena.release(before);
  return { added: collector.take(new Map()), exactRows: scanner.exact.rows };
}

function timeOf(row: number): string {
  return new Date((86_400 + row) * 1000).toISOString().slice(0, 19);
}

function rowOf(created: number): number {
  return created - 86_400;
}

const keyAt = new Map<FieldName, number>();
const known = new Map<string, string>();
const input = rig.arena.allocate(2048);

/** Address of a field's key as the kernel wants it: each word in four lanes. */
function keyOf(field: FieldName): number {
  let at = keyAt.get(field);
  if (at === undefined) {
    at = rig.arena.allocate(128);
    keyAt.set(field, at);
    const key = deriveKey(registerKey, fingerprintContext(fieldByName(field)));
    const words = new DataView(key.buffer, key.byteOffset, 32);
    for (let i = 0; i < 32; i++) rig.arena.words(at, 32)[i] = words.getUint32((i >> 2) * 4, true);
  }
  return at;
}

/** The fingerprint that the definition gives ("lo hi"; confirming: hi 0), or null. Hashed by the kernel, which blake3.test.ts holds to BLAKE3: ten times as fast. */
export function expectedValue(field: FieldName, region: string, cell: string): string | null {
  const entry = fieldByName(field);
  const normalised = entry.normalise(cell, { region });
  if (normalised === null) return null;
  const name = `${field} ${normalised}`;
  let value = known.get(name);
  if (value === undefined) {
    const bytes = Buffer.from(normalised);
    rig.arena.bytes(input, bytes.length).set(bytes);
    const hash = BigInt.asUintN(64, rig.kernel.hashOne(rig.context, keyOf(field), input, bytes.length));
    value = `${hash & 0xffffffffn} ${entry.role === 'identifying' ? hash >> 32n : 0}`;
    known.set(name, value);
  }
  return value;
}
