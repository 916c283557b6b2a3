import { BoltsealError } from '../core/errors.ts';
import type { FieldName } from '../core/fields/field.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import { controlsContext, deriveKey } from '../core/fingerprint/keys.ts';
import type { DumpPart, InferredColumn } from '../dump/port.ts';
import { type AddSummary, RegisterBuilder } from '../register/builder.ts';
import { CONTROL_BIT, FIELD_SHIFT, type RegisterImage, SUBJECT_MASK } from '../register/layout.ts';
import { findRecords, forEachRecord } from '../register/lookup.ts';
import { setBit } from '../register/old-versions.ts';
import type { AddMode, CompanionSource, FingerprintedBlock, SeenBits } from '../register/port.ts';
import { readCurrent } from '../register/store.ts';
import { Arena } from './arena.ts';
import { beginComparison, type RowComparison } from './compare-rows.ts';
import { createEmptyAddresses, loadResidentByThreads } from './image.ts';
import { hasBit, orInto, ThreadMarks } from './marks.ts';
import type { AddedRows } from './messages.ts';
import { makePlan, type TimeColumn } from './plan.ts';
import { ScanPool } from './pool.ts';

/** A customer table and what is to be done with it. */
export interface AddTableRequest {
  readonly home: string;
  readonly key: Uint8Array;
  readonly region: string;
  /** The table's parts, in order; each is read before the next is asked for. */
  readonly parts: AsyncIterable<TablePart> | Iterable<TablePart>;
  readonly mode: AddMode;
  readonly asOfSeconds: number;
  readonly exclusive: readonly FieldName[];
  readonly threads: number;
  /** Whether new subjects may have ids of who was erased; otherwise their rows are rejected. */
  readonly admitsErased?: boolean;
  /** Fingerprints of ids whose subjects stay as they are, whatever the table has of them. */
  readonly kept?: readonly KeptId[];
  /** Who goes in among the new subjects; `commit` is called before the register changes. */
  readonly companions?: (image: RegisterImage | null) => CompanionSource & { commit(): void };
  /** Bytes of a part were read. */
  onRead(bytes: number, part: DumpPart): void;
  /** A step of the merge begins. */
  onStep(step: string): void;
}

/** The fingerprint of a subject's id. */
export interface KeptId {
  readonly idLo: number;
  readonly idHi: number;
}

/** One file of a table with the meaning of its columns; customerId stands on exactly one. */
export interface TablePart {
  readonly part: DumpPart;
  readonly columns: readonly InferredColumn[];
  readonly times: readonly { readonly index: number; readonly time: TimeColumn }[];
}

/** Fields whose values get control neighbours. */
const CONTROLLED: readonly FieldName[] = ['phone', 'nationalId'];

/**
 * Extends the register of `home` by a table. The home's lock must be held.
 * Fails with DUMP_*, REGISTER_*, KEY_UNUSABLE and MEMORY_TOO_SMALL; the register is then as it was.
 */
export async function addTable(request: AddTableRequest): Promise<AddSummary> {
  const { home, key, mode, parts } = request;
  const arena = new Arena();
  const pool = new ScanPool(arena, request.threads);
  try {
    const old = readCurrent(home) === null ? null : await loadResidentByThreads(arena, pool, home, key);
    const addresses = old?.addresses ?? createEmptyAddresses(arena);
    const isSnapshot = mode === 'snapshot';
    const none = { subjects: 0, records: 0, confirming: 0, controls: 0 };
    const marks = new ThreadMarks(
      arena,
      request.threads,
      old === null ? none : { ...old.sizes, subjects: isSnapshot ? old.sizes.subjects : 0 },
    );
    const seen: { -readonly [K in keyof SeenBits]: SeenBits[K] } = {
      records: new Uint32Array(0),
      confirm: new Uint32Array(0),
      rows: null,
    };
    if (old !== null) {
      seen.records = new Uint32Array(Math.ceil(old.sizes.records / 32) + 1);
      seen.confirm = new Uint32Array(Math.ceil(old.sizes.confirming / 32) + 1);
    }
    const companions = request.companions?.(old?.loaded.image ?? null) ?? null;
    const builder = new RegisterBuilder({
      home,
      key,
      old: old?.loaded ?? null,
      options: {
        mode,
        asOfSeconds: request.asOfSeconds,
        exclusive: request.exclusive,
        admitsErased: request.admitsErased ?? false,
      },
      fields,
      seen: old === null ? null : seen,
      companions,
      onStep: request.onStep,
    });
    let sequence = 0;
    let comparison: RowComparison | null = null;
    for await (const { part, columns, times } of parts) {
      builder.expectFields(columns.flatMap(({ field }) => (field === null ? [] : [field])));
      const bare = makePlan({
        mode: 'add',
        registerKey: key,
        region: request.region,
        encoding: part.encoding,
        dialect: part.dialect,
        columns: part.columns.length,
        fields: columns.flatMap(({ index, field }) => (field === null ? [] : [{ index, field }])),
        times,
        isHistory: mode === 'history',
        controlsKey: deriveKey(key, controlsContext),
      });
      if (bare.idColumn === -1)
        throw new BoltsealError('USAGE_OPTION', { problem: 'the id column was not found', command: 'register' });
      if (isSnapshot) comparison ??= beginComparison(home, key, bare, arena, builder);
      const plan = comparison?.planOf(bare) ?? bare;
      const base = sequence;
      const hasCreated = times.some(({ time }) => time === 'created');
      const counts = await pool.scan({
        part,
        plan,
        image: { ...addresses, prints: comparison?.prints ?? null },
        marks: marks.addresses,
        pass: { isFirst: true, isLast: true },
        wantsSamples: false,
        onRead: (bytes) => request.onRead(bytes, part),
        onStart: () => showThresholds(pool, builder),
        onAdded: (number, rows) => {
          builder.addBlock(asBlock(base + number, rows, plan.isHistory, hasCreated));
          showThresholds(pool, builder);
        },
      });
      sequence += counts.blocks;
      const tooLong = counts.rejected.get('too-long');
      if (tooLong !== undefined) {
        builder.addBlock(emptyBlock(sequence++, new Map([['too-long', tooLong]])));
      }
    }
    await pool.close();
    const merged = marks.merge();
    orInto(seen.records, merged.recordSeen.subarray(0, seen.records.length));
    orInto(seen.confirm, merged.confirmSeen.subarray(0, seen.confirm.length));
    if (comparison !== null) seen.rows = merged.touched;
    companions?.commit();
    if (old !== null) keepSubjects(old.loaded.image, seen, builder, request.kept ?? []);
    return builder.finish();
  } finally {
    await pool.close();
  }
}

/** Marks all values of these subjects as seen: what was seen is not closed. */
function keepSubjects(image: RegisterImage, seen: SeenBits, builder: RegisterBuilder, ids: readonly KeptId[]): void {
  const kept = new Uint32Array(Math.ceil(image.subjectCount / 32) + 1);
  const { table, confirmIndex } = image;
  let isAny = false;
  for (const { idLo, idHi } of ids) {
    const { first, count } = findRecords(image, idLo, idHi);
    for (let record = first; record < first + count; record++) {
      const owner = table[4 * record + 2]!;
      if (owner >= CONTROL_BIT || owner >>> FIELD_SHIFT !== fieldByName('customerId').id) continue;
      const subject = owner & SUBJECT_MASK;
      isAny = true;
      setBit(kept, subject);
      builder.keepRowPrint(subject);
      for (let entry = confirmIndex[subject]!; entry < confirmIndex[subject + 1]!; entry++) setBit(seen.confirm, entry);
    }
  }
  if (!isAny) return;
  forEachRecord(image, (_lo, _hi, record) => {
    const owner = table[4 * record + 2]!;
    if (owner < CONTROL_BIT && hasBit(kept, owner & SUBJECT_MASK)) setBit(seen.records, record);
  });
}

/** Values above the threshold need no controls: it falls while the table is read, and the threads look at it for every value. */
function showThresholds(pool: ScanPool, builder: RegisterBuilder): void {
  for (const name of CONTROLLED) {
    const { id } = fieldByName(name);
    pool.setSampleThreshold(id, builder.controlThreshold(id));
  }
}

function asBlock(sequence: number, rows: AddedRows, isHistory: boolean, hasCreated: boolean): FingerprintedBlock {
  return {
    rows: rows.rows,
    sequence,
    subject: rows.subject,
    idLo: rows.idLo,
    idHi: rows.idHi,
    idBytes: rows.idBytes,
    idOffsets: rows.idOffsets,
    created: hasCreated ? rows.created : null,
    validFrom: isHistory ? rows.validFrom : null,
    validUntil: isHistory ? rows.validUntil : null,
    prints: rows.prints.length === 0 ? null : rows.prints,
    unchanged: rows.unchanged,
    novel: {
      count: rows.novelRow.length,
      row: rows.novelRow,
      field: rows.novelField,
      lo: rows.novelLo,
      hi: rows.novelHi,
    },
    controls: rows.controls,
    rejected: rows.rejected,
  };
}

function emptyBlock(sequence: number, rejected: FingerprintedBlock['rejected']): FingerprintedBlock {
  const none = new Uint32Array(0);
  return {
    rows: 0,
    sequence,
    subject: none,
    idLo: none,
    idHi: none,
    idBytes: new Uint8Array(0),
    idOffsets: new Uint32Array(1),
    created: null,
    validFrom: null,
    validUntil: null,
    prints: null,
    unchanged: 0,
    novel: { count: 0, row: none, field: new Uint8Array(0), lo: none, hi: none },
    controls: [],
    rejected,
  };
}
