import type { FieldName } from '../../src/core/fields/field.ts';
import type { DumpPart, Encoding, InferredColumn } from '../../src/dump/port.ts';
import type { RegisterImage } from '../../src/register/layout.ts';
import { CONTROL_BIT } from '../../src/register/layout.ts';
import { Arena } from '../../src/scan/arena.ts';
import { loadResident } from '../../src/scan/image.ts';
import { orInto, ThreadMarks } from '../../src/scan/marks.ts';
import { type PartCounts, type RowStates, ScanPool } from '../../src/scan/pool.ts';
import { verifyPlan } from './check-world.ts';
import { bitsOf, readCounters } from './rig.ts';
import { columnsOf, testKey, type World, type WorldText } from './world.ts';

/** A part that hands out its bytes in chunks of changing size. */
export function partOf(text: WorldText, bytes: Uint8Array, encoding: Encoding): DumpPart {
  const fieldAt = new Map<number, FieldName>(columnsOf(text).fields.map(({ index, field }) => [index, field]));
  const columns = text.columns.map(
    (_, index): InferredColumn => ({
      index,
      name: null,
      field: fieldAt.get(index) ?? null,
      kind: 'text',
      confidence: 1,
      reason: 'the test says so',
    }),
  );
  return {
    table: 0,
    name: 'made-up',
    format: 'delimited',
    containers: [],
    encoding,
    foundEncoding: encoding,
    encodingConfidence: 1,
    dialect: text.dialect,
    columns,
    headerRows: 0,
    sizeBytes: bytes.length,
    head: [],
    readings: [],
    plainFile: null,
    isContinuation: false,
    async *open() {
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 3) % 200_003) {
        yield bytes.subarray(at, at + size);
      }
    },
  };
}

/** Keeps the states of rows in memory. */
class StatesInMemory implements RowStates {
  readonly #states = new Map<number, Uint8Array>();

  load(sequence: number, into: Uint8Array): void {
    into.set(this.#states.get(sequence)!);
  }

  save(sequence: number, states: Uint8Array): void {
    this.#states.set(sequence, states.slice());
  }
}

/** Scans a dump with threads, in one or more passes; everything that can be compared, in one plain value. */
export async function scanWithThreads(
  {
    world,
    bytes,
    home,
    threads,
    passes,
  }: { world: World; bytes: Uint8Array; home: string; threads: number; passes: number },
  image: RegisterImage,
): Promise<{ result: unknown; blocks: number; exactRows: number }> {
  const { dump, region } = world;
  const arena = new Arena();
  const pool = new ScanPool(arena, threads, { keepsRowStates: passes > 1 });
  try {
    const plan = verifyPlan(dump, region);
    const part = partOf(dump, bytes, dump.encoding);
    const rowStates = new StatesInMemory();
    const before = arena.usedBytes;
    const words = Math.ceil(image.subjectCount / 32) + 1;
    const marks = { touched: new Uint32Array(words), strong: new Uint32Array(words) };
    let controls: number[] = [];
    let seen: { records: number[]; confirm: number[] } | null = null;
    let counts: PartCounts | undefined;
    for (let pass = 0; pass < passes; pass++) {
      arena.release(before);
      const bound = (number: number): number => Math.floor((image.subjectCount * number) / passes);
      const range = passes === 1 ? undefined : { from: bound(pass), to: bound(pass + 1) };
      const resident = loadResident(arena, home, testKey, range);
      const threadMarks = new ThreadMarks(arena, threads, resident.sizes);
      counts = await pool.scan({
        part,
        plan,
        image: resident.addresses,
        marks: threadMarks.addresses,
        pass: { isFirst: pass === 0, isLast: pass === passes - 1 },
        wantsSamples: true,
        onRead() {},
        ...(passes > 1 && { rowStates }),
      });
      const found = threadMarks.merge();
      orInto(marks.touched, found.touched);
      orInto(marks.strong, found.strong);
      const everything = (bits: Uint32Array): number[] => bitsOf(bits, bits.length * 32);
      if (pass === 0) controls = everything(found.controlSeen);
      if (passes === 1) {
        const records = everything(found.recordSeen).filter((record) => image.table[4 * record + 2]! < CONTROL_BIT);
        seen = { records, confirm: everything(found.confirmSeen) };
      }
    }
    const { distinct } = await pool.countDistinct();
    const { counters, fields } = readCounters(counts!.counters, plan);
    const everything = (bits: Uint32Array): number[] => bitsOf(bits, bits.length * 32);
    return {
      result: {
        counters,
        fields: [...fields].sort(),
        rejected: [...counts!.rejected].sort(),
        distinct,
        touched: everything(marks.touched),
        strong: everything(marks.strong),
        controls,
        ...seen,
      },
      blocks: counts!.blocks,
      exactRows: counts!.exactRows,
    };
  } finally {
    await pool.close();
  }
}
