import assert from 'node:assert/strict';
import { fields } from '../../src/core/fields/registry.ts';
import { controlsContext, deriveKey } from '../../src/core/fingerprint/keys.ts';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import { CTX_OUT_TIMES, CTX_SAMPLE_THRESHOLD, ROWS } from '../../src/kernel/layout.ts';
import { type AddSummary, RegisterBuilder } from '../../src/register/builder.ts';
import { openIds } from '../../src/register/ids.ts';
import { CONTROL_BIT, FIELD_SHIFT, type RegisterImage, SUBJECT_MASK } from '../../src/register/layout.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { forEachRecord } from '../../src/register/lookup.ts';
import type { SeenBits } from '../../src/register/port.ts';
import { readCurrent } from '../../src/register/store.ts';
import { AddedRowsCollector } from '../../src/scan/added-rows.ts';
import { BlockScanner } from '../../src/scan/block-scanner.ts';
import { beginComparison } from '../../src/scan/compare-rows.ts';
import { loadResident } from '../../src/scan/image.ts';
import { orInto, ThreadMarks } from '../../src/scan/marks.ts';
import { makePlan, type ScanPlan } from '../../src/scan/plan.ts';
import { type MatchResult, matchReference } from '../../src/verify/reference.ts';
import { addNaively, load, newHome, readTable, removeHome } from './naive-add.ts';
import { bitsOf, type Rig, type Scanned } from './rig.ts';
import { cutWithKernel } from './rows-support.ts';
import { bytesOf, columnsOf, testKey, type World, type WorldTable, type WorldText } from './world.ts';

/* A made-up world held against the reference: each function throws where they differ. */

/** The plan of a dump. */
export function verifyPlan(dump: WorldText & { readonly encoding?: 'utf-8' | 'gb18030' }, region: string): ScanPlan {
  return makePlan({
    mode: 'verify',
    registerKey: testKey,
    region,
    encoding: dump.encoding ?? 'utf-8',
    dialect: dump.dialect,
    columns: dump.columns.length,
    fields: columnsOf(dump).fields,
  });
}

/** Makes the register of a world, naively; the caller removes it. */
export function buildRegister(world: World): string {
  const home = newHome();
  for (const table of world.tables) if (isTaken(home, table, world.region)) addNaively(home, table, world.region);
  if (readCurrent(home) === null) addNaively(home, fallback, world.region);
  return home;
}

/** A snapshot without usable rows, or one that is older than what is there, is refused: such tables are left out. */
function isTaken(home: string, table: WorldTable, region: string): boolean {
  if (readCurrent(home) === null || table.mode === 'history') return true;
  if (table.asOfSeconds <= load(home).manifest.latestSeconds) return false;
  return table.mode === 'delta' || readTable(table, region).rows.length > 0;
}

const fallback: WorldTable = {
  mode: 'snapshot',
  asOfSeconds: 1_800_000_000,
  dialect: { separator: ',', quote: null, newline: '\n' },
  columns: ['customerId', 'phone'],
  text: 'C-1,13800138001\n',
};

/** Everything that is compared of a result, in one plain value. */
export function plainResult(result: MatchResult): Readonly<Record<string, unknown>> {
  const sorted = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);
  return {
    counters: result.counters,
    fields: [...result.fields].sort(),
    kinds: result.kinds.map((kind) => (kind === 'rejected' ? 'none' : kind)),
    rejected: [...result.rejected].sort(),
    distinct: result.distinct,
    touched: sorted(result.touched),
    strong: sorted(result.strong),
    records: sorted(result.recordSeen),
    confirm: sorted(result.confirmSeen),
    controls: sorted(result.controlSeen),
  };
}

function plainScan(scanned: Scanned, image: RegisterImage): unknown {
  const { marks } = scanned;
  const everything = (bits: Uint32Array): number[] => bitsOf(bits, bits.length * 32);
  return {
    counters: scanned.counters,
    fields: [...scanned.fields].sort(),
    kinds: scanned.kinds,
    rejected: [...scanned.rejected].sort(),
    distinct: new Set(scanned.hashes).size,
    touched: everything(marks.touched),
    strong: everything(marks.strong),
    // The bits of controls' records mean nothing.
    records: bitsOf(marks.recordSeen, image.entryCount).filter((record) => image.table[4 * record + 2]! < CONTROL_BIT),
    confirm: everything(marks.confirmSeen),
    controls: everything(marks.controlSeen),
  };
}

/** The reference's answer for a dump in UTF-8. */
export function expectMatch(world: World, image: RegisterImage, bytes: Uint8Array = bytesOf(world.dump)): MatchResult {
  const { dump, region } = world;
  return matchReference(rowsOf(bytes, dump.dialect, dump.columns.length), verifyPlan(dump, region), image);
}

/** The scanner, in one pass and one block, and then in many blocks. */
export function checkVerify(rig: Rig, world: World, home: string): void {
  const { image } = load(home);
  const expected = plainResult(expectMatch(world, image));
  const bytes = bytesOf(world.dump);
  const plan = verifyPlan(world.dump, world.region);
  for (const cuts of [[bytes.length], cutsOf(rig, bytes, plan)]) {
    rig.arena.release(rig.baseBytes);
    const resident = loadResident(rig.arena, home, testKey);
    const scanned = rig.scan({ bytes, plan, image: resident, cuts });
    assert.deepEqual(plainScan(scanned, image), expected);
  }
}

/** Blocks as the feeder would cut them from a source that gives few bytes at a time. */
function cutsOf(rig: Rig, bytes: Uint8Array, plan: ScanPlan): number[] {
  const step = 1 + (bytes.length % 97);
  rig.arena.release(rig.baseBytes);
  const none = { subjects: 0, records: 0, confirming: 0, controls: 0 };
  rig.writeContext(plan, undefined, new ThreadMarks(rig.arena, 1, none), { isFirst: true, isLast: true });
  const cuts: number[] = [];
  let start = 0;
  for (let filled = step; filled < bytes.length; filled += step) {
    const cut = cutWithKernel(rig, bytes.subarray(start, filled), filled - start);
    if (cut > 0) {
      start += cut;
      cuts.push(start);
    }
  }
  if (start < bytes.length) cuts.push(bytes.length);
  return cuts;
}

/** The scanner in several passes over parts of the register. */
export function checkPasses(rig: Rig, world: World, home: string, passes: number): void {
  const { image, manifest } = load(home);
  const expected = expectMatch(world, image);
  const bytes = bytesOf(world.dump);
  const plan = verifyPlan(world.dump, world.region);
  const cuts = cutsOf(rig, bytes, plan);
  const states: Uint8Array[] = [];
  const words = Math.ceil(manifest.subjects / 32) + 1;
  const marks = { touched: new Uint32Array(words), strong: new Uint32Array(words) };
  const records = new Set<string>();
  const confirming = new Set<string>();
  let controls: number[] = [];
  let hashes: readonly string[] = [];
  let last: Scanned | undefined;
  for (let pass = 0; pass < passes; pass++) {
    rig.arena.release(rig.baseBytes);
    const bound = (number: number): number => Math.floor((manifest.subjects * number) / passes);
    const range = { from: bound(pass), to: bound(pass + 1) };
    const resident = loadResident(rig.arena, home, testKey, range);
    const info = { isFirst: pass === 0, isLast: pass === passes - 1 };
    last = rig.scan({ bytes, plan, image: resident, pass: info, states, cuts });
    if (pass === 0) {
      hashes = last.hashes;
      controls = bitsOf(last.marks.controlSeen, last.marks.controlSeen.length * 32);
    }
    orInto(marks.touched, last.marks.touched);
    orInto(marks.strong, last.marks.strong);
    const part = resident.loaded.image;
    for (const text of describeRecords(part, bitsOf(last.marks.recordSeen, part.entryCount))) records.add(text);
    for (const text of describeEntries(part, range.from, bitsOf(last.marks.confirmSeen, part.confirm.length / 2)))
      confirming.add(text);
  }
  const everything = (bits: Uint32Array): number[] => bitsOf(bits, bits.length * 32);
  const { records: _records, confirm: _confirm, ...rest } = plainResult(expected);
  assert.deepEqual(
    {
      counters: last!.counters,
      fields: [...last!.fields].sort(),
      kinds: last!.kinds,
      rejected: [...last!.rejected].sort(),
      distinct: new Set(hashes).size,
      touched: everything(marks.touched),
      strong: everything(marks.strong),
      controls,
      recordTexts: [...records].sort(),
      confirmTexts: [...confirming].sort(),
    },
    {
      ...rest,
      recordTexts: describeRecords(image, [...expected.recordSeen]).sort(),
      confirmTexts: describeEntries(image, 0, [...expected.confirmSeen]).sort(),
    },
  );
}

/** Records of customers by what they say, since each part of a register numbers its own. */
function describeRecords(image: RegisterImage, numbers: readonly number[]): string[] {
  const wanted = new Set(numbers);
  const found: string[] = [];
  forEachRecord(image, (lo, hi, record) => {
    const owner = image.table[4 * record + 2]!;
    if (wanted.has(record) && owner < CONTROL_BIT) found.push(`${owner} ${hi} ${lo} ${image.table[4 * record + 3]}`);
  });
  return found;
}

function describeEntries(image: RegisterImage, firstSubject: number, numbers: readonly number[]): string[] {
  return numbers.map((entry) => {
    let subject = 0;
    while (image.confirmIndex[subject + 1]! <= entry) subject++;
    return `${subject + firstSubject} ${image.confirmFields[entry]} ${image.confirm[2 * entry]} ${image.confirm[2 * entry + 1]}`;
  });
}

/** The plan of a customer table. */
export function addPlan(table: WorldTable, region: string): ScanPlan {
  const { fields: fieldColumns, times } = columnsOf(table);
  return makePlan({
    mode: 'add',
    registerKey: testKey,
    region,
    encoding: 'utf-8',
    dialect: table.dialect,
    columns: table.columns.length,
    fields: fieldColumns,
    times,
    isHistory: table.mode === 'history',
    controlsKey: deriveKey(testKey, controlsContext),
  });
}

/** Adds a table through the scanner, without threads; answers the summary and whether rows took the exact path. */
function addWithKernel(rig: Rig, home: string, table: WorldTable, region: string): Added {
  const lock = acquireHomeLock(home);
  try {
    rig.arena.release(rig.baseBytes);
    const old = readCurrent(home) === null ? null : loadResident(rig.arena, home, testKey);
    const sizes = old === null ? { subjects: 0, records: 0, confirming: 0, controls: 0 } : old.sizes;
    const marks = new ThreadMarks(rig.arena, 1, sizes);
    const merged = marks.merge();
    const seen: { -readonly [K in keyof SeenBits]: SeenBits[K] } = {
      records: merged.recordSeen,
      confirm: merged.confirmSeen,
      rows: null,
    };
    const { fields: fieldColumns } = columnsOf(table);
    const builder = new RegisterBuilder({
      home,
      key: testKey,
      old: old?.loaded ?? null,
      options: {
        mode: table.mode,
        asOfSeconds: table.asOfSeconds,
        exclusive: [],
      },
      fields,
      seen: old === null ? null : seen,
    });
    builder.expectFields(fieldColumns.map(({ field }) => field));
    const bare = addPlan(table, region);
    const comparison =
      table.mode === 'snapshot'
        ? beginComparison(home, testKey, bare, rig.arena, builder)
        : { prints: null, planOf: () => bare };
    if (table.mode === 'snapshot') seen.rows = merged.touched;
    const plan = comparison.planOf(bare);
    const image = old === null ? undefined : { ...old, addresses: { ...old.addresses, prints: comparison.prints } };
    rig.writeContext(plan, image, marks, { isFirst: true, isLast: true });
    for (const id of [0, 2]) rig.words()[CTX_SAMPLE_THRESHOLD / 4 + id] = builder.controlThreshold(id);
    const { memory } = rig.arena;
    const collector = new AddedRowsCollector(rig.kernel, memory, rig.context, plan.controlsKey!);
    const scanner = new BlockScanner(rig.kernel, memory, rig.context, plan, () => collector.drain());
    const bytes = bytesOf(table);
    // A pool's memory is new for every table: a column of times that this one does not have is all zero.
    rig.arena.bytes(rig.context + CTX_OUT_TIMES, 12 * ROWS).fill(0);
    scanner.scan(rig.place(bytes, bytes.length % 31), bytes.length);
    const rows = collector.take(scanner.exact.rejected);
    const isHistory = table.mode === 'history';
    builder.addBlock({
      ...rows,
      sequence: 0,
      prints: plan.printKey === null ? null : rows.prints,
      validFrom: isHistory ? rows.validFrom : null,
      validUntil: isHistory ? rows.validUntil : null,
      novel: {
        count: rows.novelRow.length,
        row: rows.novelRow,
        field: rows.novelField,
        lo: rows.novelLo,
        hi: rows.novelHi,
      },
    });
    return { summary: builder.finish(), exactRows: scanner.exact.rows, unchanged: rows.unchanged };
  } finally {
    lock.release();
  }
}

interface Added {
  readonly summary: AddSummary;
  readonly exactRows: number;
  /** Rows that were found to be those of the last snapshot. */
  readonly unchanged: number;
}

/** Adds every table of a world naively and by the kernel, and compares the registers after each. Answers how many rows were found unchanged. */
export function checkAdd(rig: Rig, world: Pick<World, 'region' | 'tables'>): number {
  const pair = new RegisterPair();
  let unchanged = 0;
  try {
    for (const table of world.tables) {
      if (!isTaken(pair.naive, table, world.region)) continue;
      const added = addWithKernel(rig, pair.fast, table, world.region);
      pair.compare(addNaively(pair.naive, table, world.region), added);
      unchanged += added.unchanged;
    }
  } finally {
    pair.remove();
  }
  return unchanged;
}

/** Two homes whose registers should be the same. */
export class RegisterPair {
  readonly naive = newHome();
  readonly fast = newHome();
  #sameOrder = true;

  /** After a table has been added to both. */
  compare(expected: AddSummary, { summary, exactRows }: Omit<Added, 'unchanged'>): void {
    // Rows of the exact path come behind the others, so that subjects may have other numbers.
    this.#sameOrder &&= exactRows === 0;
    const { manifest: _a, rejected, ...rest } = expected;
    const { manifest: _b, rejected: alsoRejected, ...also } = summary;
    assert.deepEqual({ ...also, rejected: [...alsoRejected].sort() }, { ...rest, rejected: [...rejected].sort() });
    assert.deepEqual(describeRegister(this.fast), describeRegister(this.naive));
    if (this.#sameOrder) assert.deepEqual(imageArrays(this.fast), imageArrays(this.naive));
  }

  remove(): void {
    removeHome(this.naive);
    removeHome(this.fast);
  }
}

function imageArrays(home: string): unknown {
  const { image, manifest } = load(home);
  const { uuid: _uuid, files: _files, rowCheck: _rowCheck, ...rest } = manifest;
  return { image, manifest: rest, ids: readIds(home) };
}

function readIds(home: string): string[] {
  const reader = openIds(home, testKey);
  try {
    return [...reader];
  } finally {
    reader.close();
  }
}

/** What a register holds, whatever its subjects' numbers. */
function describeRegister(home: string): string[] {
  const { image } = load(home);
  const ids = readIds(home);
  const period = (number: number): string => `${image.periods[2 * number]} ${image.periods[2 * number + 1]}`;
  const lines = ids.map((id, subject) => `${id} created ${image.created[subject]}`);
  forEachRecord(image, (lo, hi, record) => {
    const owner = image.table[4 * record + 2]!;
    const field = (owner >>> FIELD_SHIFT) & 7;
    const word = image.table[4 * record + 3]!;
    lines.push(
      owner >= CONTROL_BIT
        ? `control ${owner & SUBJECT_MASK} ${field} ${hi} ${lo} ${word}`
        : `${ids[owner & SUBJECT_MASK]} ${field} ${hi} ${lo} ${period(word)}`,
    );
  });
  for (let subject = 0; subject < image.subjectCount; subject++) {
    for (let entry = image.confirmIndex[subject]!; entry < image.confirmIndex[subject + 1]!; entry++) {
      lines.push(
        `${ids[subject]} ${image.confirmFields[entry]} ${image.confirm[2 * entry]} ${period(image.confirm[2 * entry + 1]!)}`,
      );
    }
  }
  return lines.sort();
}
