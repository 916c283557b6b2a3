import { CHUNK_BYTES, readChunk } from './chunked-files.ts';
import type { ControlSample } from './controls.ts';
import { countVersions, type VersionCounts } from './count-versions.ts';
import { IDS_PER_CHUNK, IdReader } from './ids.ts';
import type { LoadedRegister } from './image-memory.ts';
import { CONTROL_BIT, FIELD_SHIFT } from './layout.ts';
import { LineBuilder, lineCountFor } from './lines.ts';
import {
  type AddedTable,
  type ControlCount,
  type FieldCount,
  type GenerationFile,
  REGISTER_FORMAT,
  type RegisterField,
  type RegisterManifest,
} from './manifest.ts';
import { FROM, noVersions, UNTIL, VERSION_WORDS, VersionMerger } from './merge.ts';
import type { NovelVersions } from './novel-versions.ts';
import { type ClosingRule, OldConfirming, OldIdentifying } from './old-versions.ts';
import type { AddOptions } from './port.ts';
import { type GenerationWriter, openGeneration } from './store.ts';
import type { SubjectRegistry } from './subject-registry.ts';

/** Everything that the next generation is made from. */
export interface GenerationInput {
  readonly home: string;
  readonly key: Uint8Array;
  readonly old: LoadedRegister | null;
  readonly options: AddOptions;
  readonly fields: readonly RegisterField[];
  readonly uuid: string;
  readonly rows: number;
  readonly earliestSeconds: number;
  readonly latestSeconds: number;
  readonly subjects: SubjectRegistry;
  /** Sorted. */
  readonly novel: NovelVersions;
  readonly closing: ClosingRule | null;
  /** Finished. */
  readonly controls: ControlSample;
  /** Chunks of ids after the full chunks of the old generation. */
  readonly sealedIds: readonly Uint8Array[];
  /** Fingerprints of rows, and under which meaning they were made. */
  readonly rowPrints: { readonly check: string; readonly prints: Uint8Array } | null;
}

/**
 * Merges old and new versions and writes the next generation.
 *
 * The merge runs twice, first to count (the number of lines and the dictionary of periods must be known before the first record is written), then to write:
 * both streams are in order, so that a pass costs a fraction of a sort and nothing has to be kept.
 */
export function writeGeneration(
  writer: GenerationWriter,
  input: GenerationInput,
): { readonly manifest: RegisterManifest; readonly added: AddedTable } {
  const { key, options, subjects } = input;
  const counts = countVersions({
    identifying: mergeIdentifying(input),
    confirming: mergeConfirming(input),
    thresholds: input.controls.thresholds,
    customerIdField: input.fields.find(({ name }) => name === 'customerId')!.id,
    oldSubjects: subjects.oldCount,
  });
  const added: AddedTable = {
    mode: options.mode,
    asOfSeconds: options.asOfSeconds,
    rows: input.rows,
    subjectsAdded: subjects.count - subjects.oldCount,
    subjectsClosed: options.mode === 'snapshot' ? counts.subjectsClosed : 0,
    versionsAdded: counts.versionsAdded,
    versionsClosed: counts.versionsClosed,
  };
  const manifest = writer.run(key, () => {
    const periods = counts.periods.assignNumbers();
    const overflow = writeTable(writer, input, counts);
    writeConfirming(writer, input, counts);
    writeBytes(writer, 'periods.bin', bytesOf(periods));
    writeBytes(writer, 'created.bin', bytesOf(subjects.created));
    writeIds(writer, input);
    if (input.rowPrints !== null) writeBytes(writer, 'rows.bin', input.rowPrints.prints);
    return (files) => ({
      format: REGISTER_FORMAT,
      generation: writer.generation,
      uuid: input.uuid,
      subjects: subjects.count,
      versions: counts.records - counts.controls.reduce((sum, count) => sum + count, 0) + counts.confirming,
      lines: lineCountFor(counts.records),
      records: counts.records,
      overflow,
      confirming: counts.confirming,
      periods: counts.periods.count,
      currentPeriods: counts.periods.currentCount,
      fields: countFields(input, counts),
      exclusive: [...new Set([...(input.old?.manifest.exclusive ?? []), ...options.exclusive])].sort(),
      controls: countControls(input, counts),
      earliestSeconds: input.earliestSeconds,
      latestSeconds: input.latestSeconds,
      ...(input.rowPrints !== null && { rowCheck: input.rowPrints.check }),
      adds: listAdds(input.old?.manifest.adds ?? [], added, options.joinsLast ?? false),
      files,
    });
  });
  return { manifest, added };
}

/** The tables added, in their order. */
function listAdds(adds: readonly AddedTable[], added: AddedTable, joinsLast: boolean): AddedTable[] {
  const place = joinsLast ? adds.findLastIndex(({ subjectsAdded }) => subjectsAdded > 0) : -1;
  const last = adds[place];
  if (last === undefined) return [...adds, added];
  const joined = {
    ...last,
    rows: last.rows + added.rows,
    subjectsAdded: last.subjectsAdded + added.subjectsAdded,
    versionsAdded: last.versionsAdded + added.versionsAdded,
  };
  return adds.with(place, joined);
}

function mergeIdentifying({ old, novel, closing, controls }: GenerationInput): VersionMerger {
  const before = old === null ? noVersions : new OldIdentifying(old.image, closing, controls.thresholds);
  return new VersionMerger(before, novel.identifying());
}

function mergeConfirming({ old, novel, closing }: GenerationInput): VersionMerger {
  return new VersionMerger(old === null ? noVersions : new OldConfirming(old.image, closing), novel.confirming());
}

/** Writes lines and overflow; answers the number of records in the overflow. */
function writeTable(writer: GenerationWriter, input: GenerationInput, counts: VersionCounts): number {
  const lines = writer.create('lines.bin');
  const overflow = writer.create('overflow.bin');
  const table = new LineBuilder(lineCountFor(counts.records), lines, overflow);
  const merged = mergeIdentifying(input);
  const nextControl = firstControls(counts);
  const { words } = merged;
  for (let end = merged.fill(); end > 0; end = merged.fill()) {
    for (let at = 0; at < end; at += VERSION_WORDS) {
      const owner = words[at + 2]!;
      const from = words[at + FROM]!;
      const lo = words[at + 1]!;
      const hi = words[at]!;
      if (owner < CONTROL_BIT) table.add(lo, hi, owner, counts.periods.numberOf(from, words[at + UNTIL]!));
      else {
        const field = (owner >>> FIELD_SHIFT) & 7;
        // A control has no period: here stands the sample that it belongs to, so that it can leave with it.
        table.add(lo, hi, owner + nextControl[field]!, from);
        nextControl[field] = nextControl[field]! + 1;
      }
    }
  }
  table.finish();
  for (const name of ['lines.bin', 'overflow.bin'] as const) writer.finish(name);
  return table.overflowCount;
}

function writeConfirming(writer: GenerationWriter, input: GenerationInput, counts: VersionCounts): void {
  const index = writer.create('confirm-index.bin');
  const entries = writer.create('confirm.bin');
  const fields = writer.create('confirm-fields.bin');
  const merged = mergeConfirming(input);
  let count = 0;
  let subject = 0;
  index.word(0);
  const { words } = merged;
  for (let end = merged.fill(); end > 0; end = merged.fill()) {
    for (let at = 0; at < end; at += VERSION_WORDS) {
      const owner = words[at]! >>> 3;
      for (; subject < owner; subject++) index.word(count);
      entries.word(words[at + 1]!);
      entries.word(counts.periods.numberOf(words[at + FROM]!, words[at + UNTIL]!));
      fields.byte(8 + (words[at]! & 7));
      count++;
    }
  }
  for (; subject < input.subjects.count; subject++) index.word(count);
  for (const name of ['confirm-index.bin', 'confirm.bin', 'confirm-fields.bin'] as const) writer.finish(name);
}

function writeBytes(writer: GenerationWriter, name: GenerationFile, bytes: Uint8Array): void {
  writer.create(name).write(bytes);
  writer.finish(name);
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Full chunks of the old generation are copied as they are (checked on the way), then come the chunks sealed now. */
function writeIds(writer: GenerationWriter, { home, key, subjects, sealedIds }: GenerationInput): void {
  const out = writer.create('ids.bin');
  const fullChunks = Math.floor(subjects.oldCount / IDS_PER_CHUNK);
  if (fullChunks > 0) {
    const generation = openGeneration(home, key, ['ids.bin']);
    try {
      const file = generation.open('ids.bin');
      const end = new IdReader(key, file, subjects.oldCount).chunkOffset(fullChunks);
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, file.stored.bytes));
      for (let at = 0; at < end; at += CHUNK_BYTES) {
        const size = readChunk(file, at / CHUNK_BYTES, buffer);
        out.write(buffer.subarray(0, Math.min(size, end - at)));
      }
    } finally {
      generation.close();
    }
  }
  for (const chunk of sealedIds) out.write(chunk);
  writer.finish('ids.bin');
}

function countFields({ fields, old }: GenerationInput, counts: VersionCounts): FieldCount[] {
  const result: FieldCount[] = [];
  for (let id = 0; id < counts.versions.length; id++) {
    const versions = counts.versions[id]!;
    // A field that this program does not know any more keeps what the old manifest says of it.
    const field = fields.find((known) => known.id === id) ?? old?.manifest.fields.find((known) => known.id === id);
    if (versions === 0 || field === undefined) continue;
    result.push({ name: field.name, id, version: field.version, versions, current: counts.current[id]! });
  }
  return result;
}

function countControls({ fields, controls }: GenerationInput, counts: VersionCounts): ControlCount[] {
  const first = firstControls(counts);
  return controls.fields.flatMap((id) => {
    const field = fields.find((known) => known.id === id);
    if (field === undefined) return [];
    return [
      {
        field: field.name,
        id,
        threshold: controls.thresholds[id]!,
        sampled: counts.sampled[id]!,
        first: first[id]!,
        controls: counts.controls[id]!,
      },
    ];
  });
}

/** Controls are numbered field by field: the number of each field's first. */
function firstControls({ controls }: VersionCounts): Uint32Array {
  const first = new Uint32Array(controls.length);
  for (let field = 1; field < first.length; field++) first[field] = first[field - 1]! + controls[field - 1]!;
  return first;
}
