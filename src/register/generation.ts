import { CHUNK_BYTES, type ChunkWriter, type OpenFile, readChunk } from './chunked-files.ts';
import type { ControlSample } from './controls.ts';
import { VersionCounts } from './count-versions.ts';
import { IDS_PER_CHUNK, IdReader, resealChunk } from './ids.ts';
import type { LoadedRegister } from './image-memory.ts';
import { CONTROL_BIT, FIELD_SHIFT, SUBJECT_MASK } from './layout.ts';
import { LineBuilder, lineCountFor, mayKeepLines } from './lines.ts';
import { lineOf } from './lookup.ts';
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
import { type ClosingRule, hasBit, OldConfirming, OldIdentifying } from './old-versions.ts';
import type { AddOptions } from './port.ts';
import { type GenerationWriter, openGeneration } from './store.ts';
import type { SubjectRegistry } from './subject-registry.ts';
import { Untouched } from './untouched.ts';

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
  /** For tests: everything is merged, even what is untouched. */
  readonly remakes: boolean;
  /** Entries of erased.bin that this generation knows of, and subjects of the old one that it does not have any more. */
  readonly erased: { readonly entries: number; readonly subjects: readonly number[] };
  /** Fingerprints of rows, and under which meaning they were made. */
  readonly rowPrints: { readonly check: string; readonly prints: Uint8Array } | null;
}

/**
 * Merges old and new versions and writes the next generation.
 *
 * The merge runs twice, first to count (the number of lines and the dictionary of periods must be known before the first record is written), then to write:
 * both streams are in order, so that a pass costs a fraction of a sort and nothing has to be kept. What a table leaves untouched is not merged at all.
 */
export function writeGeneration(
  writer: GenerationWriter,
  input: GenerationInput,
): { readonly manifest: RegisterManifest; readonly added: AddedTable } {
  const { key, options, subjects, novel, controls } = input;
  const customerId = input.fields.find(({ name }) => name === 'customerId')!.id;
  const counts = new VersionCounts(controls.thresholds, customerId, subjects.oldCount);
  const untouched = findUntouched(input);
  untouched?.survey(novel.identifying(), novel.confirming(), counts);
  counts.addIdentifying(mergeIdentifying(input, untouched));
  counts.addConfirming(mergeConfirming(input, untouched));
  const lineCount = untouched === null ? lineCountFor(counts.records) : input.old!.image.lineCount;
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
    untouched?.numberPeriods(counts);
    const overflow = writeTable(writer, input, counts, untouched, lineCount);
    writeConfirming(writer, input, counts, untouched);
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
      lines: lineCount,
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
      ...(input.erased.entries > 0 && {
        erased: {
          entries: input.erased.entries,
          subjects: (input.old?.manifest.erased?.subjects ?? 0) + input.erased.subjects.length,
        },
      }),
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

/** What need not be merged; null when everything must be: in a first table, in dated versions, when the lines have become too full. */
function findUntouched({ old, novel, closing, controls, remakes }: GenerationInput): Untouched | null {
  if (old === null || closing === null || remakes) return null;
  if (!mayKeepLines(old.image.lineCount, old.manifest.records + novel.identifyingCount)) return null;
  return new Untouched(old.image, closing, controls);
}

function mergeIdentifying(
  { old, novel, closing, controls }: GenerationInput,
  untouched: Untouched | null,
): VersionMerger {
  const only = untouched?.mergedLines ?? null;
  const before = old === null ? noVersions : new OldIdentifying(old.image, closing, controls.thresholds, only);
  return new VersionMerger(before, novel.identifying());
}

function mergeConfirming({ old, novel, closing }: GenerationInput, untouched: Untouched | null): VersionMerger {
  const only = untouched?.mergedSubjects ?? null;
  return new VersionMerger(old === null ? noVersions : new OldConfirming(old.image, closing, only), novel.confirming());
}

/** Writes lines and overflow; answers the number of records in the overflow. */
function writeTable(
  writer: GenerationWriter,
  input: GenerationInput,
  counts: VersionCounts,
  untouched: Untouched | null,
  lineCount: number,
): number {
  const lines = writer.create('lines.bin');
  const overflow = writer.create('overflow.bin');
  const table = new LineBuilder(lineCount, lines, overflow);
  const merged = mergeIdentifying(input, untouched);
  const nextControl = firstControls(counts);
  const ownerOf = (owner: number): number => {
    if (owner < CONTROL_BIT) return owner;
    const field = (owner >>> FIELD_SHIFT) & 7;
    const number = nextControl[field]!;
    nextControl[field] = number + 1;
    return ((owner & ~SUBJECT_MASK) | number) >>> 0;
  };
  /** The first line that has not been laid. */
  let next = 0;
  const copyTo = (end: number): void => {
    if (untouched === null) return;
    for (; next < end; next++) {
      if (!hasBit(untouched.mergedLines, next)) table.copyLine(input.old!.image.table, next, ownerOf, untouched);
    }
  };
  const { words } = merged;
  for (let end = merged.fill(); end > 0; end = merged.fill()) {
    for (let at = 0; at < end; at += VERSION_WORDS) {
      const owner = words[at + 2]!;
      const from = words[at + FROM]!;
      const hi = words[at]!;
      copyTo(lineOf(hi, lineCount));
      // A control has no period: in its place stands the sample that it belongs to, so that it can leave with it.
      const period = owner >= CONTROL_BIT ? from : counts.periods.numberOf(from, words[at + UNTIL]!);
      table.add(words[at + 1]!, hi, ownerOf(owner), period);
    }
  }
  copyTo(lineCount);
  table.finish();
  for (const name of ['lines.bin', 'overflow.bin'] as const) writer.finish(name);
  return table.overflowCount;
}

function writeConfirming(
  writer: GenerationWriter,
  input: GenerationInput,
  counts: VersionCounts,
  untouched: Untouched | null,
): void {
  const index = writer.create('confirm-index.bin');
  const entries = writer.create('confirm.bin');
  const fields = writer.create('confirm-fields.bin');
  const merged = mergeConfirming(input, untouched);
  const image = input.old?.image;
  let count = 0;
  let subject = 0;
  index.word(0);
  /** Ends the subjects up to `end`, those that are not merged with what they had. */
  const closeTo = (end: number): void => {
    for (; subject < end; subject++) {
      if (
        untouched !== null &&
        image !== undefined &&
        subject < image.subjectCount &&
        !hasBit(untouched.mergedSubjects, subject)
      ) {
        for (let entry = image.confirmIndex[subject]!; entry < image.confirmIndex[subject + 1]!; entry++) {
          entries.word(image.confirm[2 * entry]!);
          entries.word(untouched.periodOfEntry(entry, image.confirm[2 * entry + 1]!));
          fields.byte(image.confirmFields[entry]!);
          count++;
        }
      }
      index.word(count);
    }
  };
  const { words } = merged;
  for (let end = merged.fill(); end > 0; end = merged.fill()) {
    for (let at = 0; at < end; at += VERSION_WORDS) {
      closeTo(words[at]! >>> 3);
      entries.word(words[at + 1]!);
      entries.word(counts.periods.numberOf(words[at + FROM]!, words[at + UNTIL]!));
      fields.byte(8 + (words[at]! & 7));
      count++;
    }
  }
  closeTo(input.subjects.count);
  for (const name of ['confirm-index.bin', 'confirm.bin', 'confirm-fields.bin'] as const) writer.finish(name);
}

function writeBytes(writer: GenerationWriter, name: GenerationFile, bytes: Uint8Array): void {
  writer.create(name).write(bytes);
  writer.finish(name);
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Full chunks of the old generation are copied as they are (checked on the way), those with erased subjects sealed anew without them; then come the chunks sealed now. */
function writeIds(writer: GenerationWriter, input: GenerationInput): void {
  const { home, key, subjects, sealedIds } = input;
  const out = writer.create('ids.bin');
  const fullChunks = Math.floor(subjects.oldCount / IDS_PER_CHUNK);
  if (fullChunks > 0) {
    const generation = openGeneration(home, key, ['ids.bin']);
    try {
      const file = generation.open('ids.bin');
      const reader = new IdReader(key, file, subjects.oldCount);
      const copier = new IdCopier(file, out);
      for (const [chunk, erased] of byChunk(input.erased.subjects)) {
        if (chunk >= fullChunks) continue;
        copier.copyTo(reader.chunkOffset(chunk));
        const ids = reader.readChunk(chunk).map((id, i) => (erased.has(chunk * IDS_PER_CHUNK + i) ? noBytes : id));
        out.write(resealChunk(key, saltOf(input.uuid), chunk, ids));
        copier.skipTo(reader.chunkOffset(chunk + 1));
      }
      copier.copyTo(reader.chunkOffset(fullChunks));
    } finally {
      generation.close();
    }
  }
  for (const chunk of sealedIds) out.write(chunk);
  writer.finish('ids.bin');
}

const noBytes = new Uint8Array(0);

/** Subjects by the chunk that their id is in, in order. */
function byChunk(subjects: readonly number[]): ReadonlyMap<number, ReadonlySet<number>> {
  const chunks = new Map<number, Set<number>>();
  for (const subject of subjects) {
    const chunk = Math.floor(subject / IDS_PER_CHUNK);
    const known = chunks.get(chunk);
    if (known === undefined) chunks.set(chunk, new Set([subject]));
    else known.add(subject);
  }
  return chunks;
}

/** Copies the bytes of a file in order, piece by piece, each checked. */
class IdCopier {
  readonly #file: OpenFile;
  readonly #out: ChunkWriter;
  readonly #buffer: Uint8Array;
  #piece = -1;
  #at = 0;

  constructor(file: OpenFile, out: ChunkWriter) {
    this.#file = file;
    this.#out = out;
    this.#buffer = new Uint8Array(Math.min(CHUNK_BYTES, file.stored.bytes));
  }

  copyTo(end: number): void {
    while (this.#at < end) {
      const piece = Math.floor(this.#at / CHUNK_BYTES);
      if (piece !== this.#piece) readChunk(this.#file, piece, this.#buffer);
      this.#piece = piece;
      const until = Math.min(end, (piece + 1) * CHUNK_BYTES);
      this.#out.write(this.#buffer.subarray(this.#at - piece * CHUNK_BYTES, until - piece * CHUNK_BYTES));
      this.#at = until;
    }
  }

  skipTo(at: number): void {
    this.#at = at;
  }
}

/** The salt of ids that a generation seals. */
export function saltOf(uuid: string): Uint8Array {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
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
