import { randomFillSync, randomUUID } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';
import type { FieldName } from '../core/fields/field.ts';
import { deriveKey, rowFillerContext } from '../core/fingerprint/keys.ts';
import type { RejectReason } from '../dump/port.ts';
import { BlockQueue } from './block-queue.ts';
import { ControlSample } from './controls.ts';
import { type Erasures, readErasures } from './erasures.ts';
import { type GenerationInput, saltOf, writeGeneration } from './generation.ts';
import { Guests } from './guests.ts';
import { IDS_PER_CHUNK, IdReader, IdSealer } from './ids.ts';
import type { LoadedRegister } from './image-memory.ts';
import { NONE, STILL_CURRENT } from './layout.ts';
import { checkFieldVersions, type RegisterField, type RegisterManifest } from './manifest.ts';
import { NovelVersions } from './novel-versions.ts';
import { type ClosingRule, setBit } from './old-versions.ts';
import type { AddOptions, CompanionSource, FingerprintedBlock, NovelValues, SeenBits } from './port.ts';
import { ROW_PRINT_BYTES, RowPrints, readRowPrints } from './row-prints.ts';
import { GenerationWriter, openGeneration, readCurrent, type StepListener } from './store.ts';
import { SubjectRegistry } from './subject-registry.ts';

/** Field ids from here on are confirming (core/fields/field.ts). */
const FIRST_CONFIRMING = 8;

/** What a builder works on. The home's lock must be held from before `old` is loaded until `finish` returns. */
export interface BuilderInput {
  readonly home: string;
  readonly key: Uint8Array;
  /** The whole register as it is, or null when there is none yet. */
  readonly old: LoadedRegister | null;
  readonly options: AddOptions;
  readonly fields: readonly RegisterField[];
  /** Filled by the scanner until `finish` is called; null when nothing is compared (history, or no old register). */
  readonly seen: SeenBits | null;
  /** Who goes in among the new subjects. They are in the register and in no figure of the summary. */
  readonly companions?: CompanionSource | null;
  /** Hears of each step of `finish`. */
  readonly onStep?: StepListener;
  /** For tests: nothing of the old register is taken over untouched. */
  readonly remakes?: boolean;
  /** For tests: size of the sample that has controls. */
  readonly samplesPerField?: number;
}

/** What an addition changed. */
export interface AddSummary {
  /** Rows with a usable id. */
  readonly rows: number;
  readonly rejected: ReadonlyMap<RejectReason | 'erased', number>;
  readonly subjectsAdded: number;
  /** Subjects that had a current id before a snapshot and have none any more. */
  readonly subjectsClosed: number;
  readonly versionsAdded: number;
  readonly versionsClosed: number;
  /** The register as a whole, after the addition. */
  readonly manifest: RegisterManifest;
}

/** Extends a register by one table: takes its blocks, then writes the next generation. */
export class RegisterBuilder {
  readonly #input: BuilderInput;
  readonly #uuid = randomUUID();
  readonly #customerId: number;
  readonly #isHistory: boolean;
  readonly #subjects: SubjectRegistry;
  readonly #sealer: IdSealer;
  readonly #controls: ControlSample;
  readonly #novel: NovelVersions;
  readonly #queue = new BlockQueue((block) => this.#process(block));
  /** Delta: old subjects that occur in the table, one bit each. */
  readonly #touched: Uint32Array | null;
  readonly #rejected = new Map<RejectReason | 'erased', number>();
  readonly #erased: { readonly entries: number; readonly subjects: readonly number[] };
  /** Who may not come in; null: everybody may. */
  readonly #barred: Erasures | null;
  /** Fingerprints of rows; null when the next generation has none. */
  #rowPrints: { readonly check: string; readonly prints: RowPrints } | null = null;
  readonly #rowFields = new Uint8Array(16);
  /** Fields that have a column in the table: only their values can be closed by it. */
  readonly #expected = new Set<FieldName>(['customerId']);
  #rows = 0;
  #earliest: number;
  #latest: number;
  readonly #guests: Guests | null;
  /** Rows of the block at hand whose subjects may not come in. */
  readonly #barredRows = new Set<number>();
  /** The subject of each row of the block at hand. */
  #resolved = new Uint32Array(0);

  /** Fails with REGISTER_TIME_ORDER, REGISTER_FIELD_VERSION, REGISTER_DAMAGED (ids). */
  constructor(input: BuilderInput) {
    const { old, options } = input;
    this.#input = input;
    this.#customerId = input.fields.find(({ name }) => name === 'customerId')!.id;
    this.#isHistory = options.mode === 'history';
    if (old !== null) {
      if (old.range.from > 0 || old.range.to < old.manifest.subjects)
        throw new Error('only a whole register is extended');
      checkFieldVersions(old.manifest, input.fields);
      checkTimeOrder(options, old.manifest);
    }
    const erasures = readErasures(input.home, input.key);
    this.#erased = old?.erased ?? { entries: erasures.ids.length, subjects: [] };
    if (this.#erased.entries !== erasures.ids.length) throw new Error('somebody was erased while the lock was held');
    this.#barred = options.admitsErased === true || erasures.ids.length === 0 ? null : erasures;
    this.#subjects = new SubjectRegistry(old?.image.created ?? new Uint32Array(0));
    this.#sealer = this.#resumeIds();
    this.#controls = new ControlSample(input.samplesPerField);
    if (old !== null) this.#controls.resume(old.image, old.manifest.controls);
    this.#novel = new NovelVersions(this.#isHistory ? null : options.asOfSeconds);
    const { companions = null } = input;
    this.#guests =
      companions === null
        ? null
        : new Guests({
            source: companions,
            subjects: this.#subjects,
            sealer: this.#sealer,
            novel: this.#novel,
            controls: this.#controls,
            customerIdField: this.#customerId,
          });
    this.#touched = options.mode === 'delta' ? new Uint32Array((this.#subjects.oldCount + 31) >>> 5) : null;
    this.#earliest = Math.min(options.asOfSeconds, old?.manifest.earliestSeconds ?? STILL_CURRENT);
    this.#latest = Math.max(options.asOfSeconds, old?.manifest.latestSeconds ?? 0);
    if (options.mode !== 'snapshot') this.#carryRowPrints();
  }

  /** Values of this identifying field need control neighbours only while the high half of their fingerprint is below this: it falls as the sample fills. */
  controlThreshold(field: number): number {
    return this.#controls.thresholds[field]!;
  }

  /** The table has columns of these fields: values of theirs that are not in it are no longer current. */
  expectFields(names: readonly FieldName[]): void {
    for (const name of names) this.#expected.add(name);
  }

  /**
   * Snapshot: the blocks bring fingerprints of rows, made under the meaning that `check` stands for, in which there are columns of these fields. `old`: those of the register that were made under
   * the same meaning, with which the rows are compared; null: none.
   */
  expectRowPrints(check: string, names: readonly FieldName[], old: Uint8Array | null): void {
    this.#beginRowPrints(check, old);
    for (const { name, id } of this.#input.fields) if (names.includes(name)) this.#rowFields[id] = 1;
  }

  /** What the register says of the row of this subject stays, whatever the table has of it. */
  keepRowPrint(subject: number): void {
    this.#rowPrints?.prints.keep(subject);
  }

  /** Takes the next block, in any order; keeps nothing of it that it does not copy. Fails with REGISTER_TOO_BIG. */
  addBlock(block: FingerprintedBlock): void {
    this.#queue.push(block);
  }

  /**
   * Merges the table with the register and writes the next generation. Every sequence from 0 on must have been added.
   *
   * Fails with REGISTER_EMPTY_TABLE, REGISTER_TOO_BIG, REGISTER_DAMAGED (ids) or REGISTER_WRITE; the register is then as it was.
   */
  finish(): AddSummary {
    const { home, key, old, options, fields, onStep } = this.#input;
    if (this.#queue.waiting > 0) throw new Error('a block is missing');
    const previous = old?.manifest.generation ?? null;
    if (readCurrent(home) !== previous) throw new Error('the register is another one than that which was loaded');
    if (options.mode === 'snapshot' && this.#rows === 0 && this.#subjects.oldCount > 0) {
      throw new BoltsealError('REGISTER_EMPTY_TABLE', { subjects: this.#subjects.oldCount });
    }
    this.#guests?.finish(this.#earliest);
    const guests = this.#guests?.count ?? 0;
    this.#controls.finish((lo, hi, field, sampleHi) => this.#novel.addControl(lo, hi, field, sampleHi));
    this.#novel.sort();
    const { manifest, added } = writeGeneration(new GenerationWriter(home, previous, onStep), {
      home,
      key,
      old,
      options,
      fields,
      uuid: this.#uuid,
      rows: this.#rows + guests,
      earliestSeconds: this.#earliest,
      latestSeconds: this.#latest,
      subjects: this.#subjects,
      novel: this.#novel,
      closing: this.#closingRule(),
      controls: this.#controls,
      sealedIds: this.#sealer.finish(),
      erased: this.#erased,
      remakes: this.#input.remakes ?? false,
      rowPrints: this.#finishRowPrints(),
    });
    const { subjectsAdded, subjectsClosed, versionsAdded, versionsClosed } = added;
    return {
      rows: this.#rows,
      rejected: this.#rejected,
      subjectsAdded: subjectsAdded - guests,
      subjectsClosed,
      versionsAdded: versionsAdded - (this.#guests?.versions ?? 0),
      versionsClosed,
      manifest,
    };
  }

  #process(block: FingerprintedBlock): void {
    this.#rows += block.rows + block.unchanged;
    for (const [reason, count] of block.rejected) this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + count);
    this.#barredRows.clear();
    this.#resolveRows(block);
    if (this.#isHistory) this.#addIntervals(block);
    this.#addValues(block);
    this.#guests?.takeValues(block.novel);
    const barred = this.#barredSamples(block.novel);
    for (const control of block.controls)
      if (!barred.has(nameOf(control.field, control.sampleHi))) this.#controls.add(control);
  }

  /** Finds or makes the subject of each row; the id of a new subject is itself a value. */
  #resolveRows(block: FingerprintedBlock): void {
    const { rows, subject, idLo, idHi, idBytes, idOffsets, created, validFrom, prints } = block;
    const rowPrints = this.#rowPrints?.prints;
    if (this.#resolved.length < rows) this.#resolved = new Uint32Array(rows);
    const subjects = this.#subjects;
    if (subjects.oldCount === 0) subjects.warm(idLo, idHi, rows);
    for (let row = 0; row < rows; row++) {
      let number = subject[row]!;
      if (number === NONE) {
        const lo = idLo[row]!;
        const hi = idHi[row]!;
        if (this.#barred?.has(lo, hi)) {
          this.#bar(row);
          continue;
        }
        const count = subjects.count;
        number = subjects.findOrAdd(lo, hi);
        if (number === count) {
          this.#sealer.add(idBytes, idOffsets[row]!, idOffsets[row + 1]!);
          subjects.setCreated(number, 0);
          if (!this.#isHistory) this.#novel.addIdentifying(lo, hi, number, this.#customerId, 0, 0);
          this.#guests?.invite(row, { createdSeconds: created?.[row] ?? 0, fromSeconds: validFrom?.[row] ?? 0 });
        }
      } else if (this.#touched !== null) {
        setBit(this.#touched, number);
      }
      this.#resolved[row] = number;
      rowPrints?.add(number, prints?.[2 * row] ?? 0, prints?.[2 * row + 1] ?? 0);
      if (created !== null && created[row] !== 0) subjects.setCreated(number, created[row]!);
    }
  }

  #bar(row: number): void {
    this.#barredRows.add(row);
    this.#rows--;
    this.#rejected.set('erased', (this.#rejected.get('erased') ?? 0) + 1);
  }

  /** Values of rows that did not come in: no controls are made from them. */
  #barredSamples({ count, row: rows, field: fields, hi: his }: NovelValues): ReadonlySet<string> {
    const names = new Set<string>();
    if (this.#barredRows.size === 0) return names;
    for (let i = 0; i < count; i++) if (this.#barredRows.has(rows[i]!)) names.add(nameOf(fields[i]!, his[i]!));
    return names;
  }

  /** History: the id is current in every interval of its subject, and times may be later than the table's own. */
  #addIntervals({ rows, idLo, idHi, validFrom, validUntil }: FingerprintedBlock): void {
    for (let row = 0; row < rows; row++) {
      if (this.#barredRows.has(row)) continue;
      const from = validFrom![row]!;
      const until = validUntil![row]!;
      this.#novel.addIdentifying(idLo[row]!, idHi[row]!, this.#resolved[row]!, this.#customerId, from, until);
      this.#earliest = Math.min(this.#earliest, from);
      this.#latest = Math.max(this.#latest, from, until === STILL_CURRENT ? 0 : until);
    }
  }

  #addValues({ novel, subject, idLo, idHi, validFrom, validUntil }: FingerprintedBlock): void {
    const { count, row: rows, field: fields, lo: los, hi: his } = novel;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (this.#barredRows.has(row)) continue;
      const field = fields[i]!;
      const lo = los[i]!;
      const from = validFrom === null ? 0 : validFrom[row]!;
      const until = validUntil === null ? 0 : validUntil[row]!;
      const number = this.#resolved[row]!;
      if (field >= FIRST_CONFIRMING) {
        this.#novel.addConfirming(lo, number, field, from, until);
        continue;
      }
      const hi = his[i]!;
      // The row's own id: added above, once for each new subject instead of once for each of its rows.
      const isAdded = field === this.#customerId && lo === idLo[row] && hi === idHi[row];
      if (isAdded && (this.#isHistory || subject[row] === NONE)) continue;
      this.#novel.addIdentifying(lo, hi, number, field, from, until);
    }
  }

  #closingRule(): ClosingRule | null {
    if (this.#isHistory) return null;
    const { options, fields, seen } = this.#input;
    const closable = new Uint8Array(16);
    for (const { name, id } of fields) if (this.#expected.has(name)) closable[id] = 1;
    return {
      atSeconds: options.asOfSeconds,
      fields: closable,
      rowFields: this.#rowFields,
      touched: this.#touched,
      customerIdField: this.#customerId,
      seen,
    };
  }

  /** A table that is no snapshot says nothing of the rows of subjects that it does not have. */
  #carryRowPrints(): void {
    const { home, key, old } = this.#input;
    const check = old?.manifest.rowCheck;
    if (check === undefined) return;
    const prints = readRowPrints(home, key, null, (byteLength) => new Uint8Array(byteLength));
    this.#beginRowPrints(check, prints);
  }

  #beginRowPrints(check: string, old: Uint8Array | null): void {
    // A row of who was erased must neither be known nor kept.
    if (old !== null)
      for (const subject of this.#erased.subjects) randomFillSync(old, ROW_PRINT_BYTES * subject, ROW_PRINT_BYTES);
    const fillerKey = deriveKey(this.#input.key, rowFillerContext(check));
    this.#rowPrints = { check, prints: new RowPrints(old, this.#subjects.oldCount, fillerKey) };
  }

  #finishRowPrints(): GenerationInput['rowPrints'] {
    if (this.#rowPrints === null) return null;
    const { check, prints } = this.#rowPrints;
    const { options, seen } = this.#input;
    const none = new Uint32Array((this.#subjects.oldCount + 31) >>> 5);
    const unchanged = options.mode === 'snapshot' ? (seen?.rows ?? none) : null;
    return { check, prints: prints.finish(this.#subjects.count, unchanged) };
  }

  /** Goes on with the last chunk of sealed ids when it is not full. */
  #resumeIds(): IdSealer {
    const { home, key } = this.#input;
    const subjects = this.#subjects.oldCount;
    const firstChunk = Math.floor(subjects / IDS_PER_CHUNK);
    const sealer = new IdSealer(key, saltOf(this.#uuid), firstChunk);
    const erased = new Set(this.#erased.subjects);
    if (subjects % IDS_PER_CHUNK === 0) return sealer;
    const generation = openGeneration(home, key, ['ids.bin']);
    try {
      const reader = new IdReader(key, generation.open('ids.bin'), subjects);
      for (const [i, id] of reader.readChunk(firstChunk).entries())
        sealer.add(id, 0, erased.has(firstChunk * IDS_PER_CHUNK + i) ? 0 : id.length);
    } finally {
      generation.close();
    }
    return sealer;
  }
}

function nameOf(field: number, hi: number): string {
  return `${field} ${hi}`;
}

function checkTimeOrder({ mode, asOfSeconds }: AddOptions, { latestSeconds }: RegisterManifest): void {
  if (mode === 'history' || asOfSeconds > latestSeconds) return;
  throw new BoltsealError('REGISTER_TIME_ORDER', { asOf: toIso(asOfSeconds), latest: toIso(latestSeconds) });
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
