import { BoltsealError } from '../core/errors.ts';
import type { DumpFailure, DumpPart } from '../dump/port.ts';
import type { SubjectRange } from '../register/image-memory.ts';
import { imageFiles, type RegisterManifest } from '../register/manifest.ts';
import type { Arena } from '../scan/arena.ts';
import { loadResident, loadResidentByThreads } from '../scan/image.ts';
import { orInto, ThreadMarks } from '../scan/marks.ts';
import type { SampleRow } from '../scan/messages.ts';
import { makePlan, type ScanPlan } from '../scan/plan.ts';
import type { ScanPool } from '../scan/pool.ts';
import type { CanaryFinder } from './canaries.ts';
import { ControlCensus, SubjectFields, type SubjectMarks } from './census.ts';
import { CellCorrector, type Corrections, customersOf, DeferredCustomers } from './corrections.ts';
import type { CopyEvidence } from './dating/copy-evidence.ts';
import { CopyEvidenceGatherer } from './dating/evidence.ts';
import type { VerifyDumpRequest } from './request.ts';
import { PartStates, ScratchFile } from './row-states.ts';
import { type SubjectEvidence, SubjectEvidenceGatherer } from './subject-evidence.ts';
import { TableTally } from './tables.ts';

/** More than this of a register does not fit beside the rest into one WebAssembly memory. */
const MOST_IMAGE_BYTES = 3_600_000_000;

/** What all passes over a dump came to. */
export interface ScanResult {
  readonly tables: TableTally;
  readonly failures: readonly DumpFailure[];
  readonly failureCount: number;
  readonly corrections: Corrections | null;
  readonly copyEvidence: CopyEvidence;
  readonly subjectEvidence: SubjectEvidence | null;
  readonly samples: readonly SampleRow[];
  /** Different rows, and the relative standard error of their number. */
  readonly distinct: { readonly distinct: number; readonly error: number };
  readonly marks: SubjectMarks;
  readonly controls: ControlCensus;
  readonly subjectFields: SubjectFields | null;
  readonly created: Uint32Array;
  readonly loadSeconds: number;
  readonly scanSeconds: number;
  readonly evidenceSeconds: number;
}

/** Bytes of the register's image in memory. */
function imageBytes({ files }: RegisterManifest): number {
  return imageFiles.reduce((sum, name) => sum + files[name].bytes, 0);
}

/** How often the dump must be read so that the register's parts fit into memory. Fails with MEMORY_OPTION and DUMP_READ_ONCE. */
export function countPasses(manifest: RegisterManifest, { memoryBytes, dump }: VerifyDumpRequest): number {
  const limit = Math.min(memoryBytes ?? MOST_IMAGE_BYTES, MOST_IMAGE_BYTES);
  // Times and creation times are held whole in every pass.
  const fixed = manifest.files['periods.bin'].bytes + manifest.files['created.bin'].bytes;
  const divisible = imageBytes(manifest) - fixed;
  if (fixed + divisible <= limit) return 1;
  const passes = limit > fixed ? Math.ceil(divisible / (limit - fixed)) : Number.POSITIVE_INFINITY;
  if (passes > MOST_PASSES) {
    const neededMb = Math.ceil((fixed + divisible / MOST_PASSES) / 1e6);
    throw new BoltsealError('MEMORY_OPTION', { neededMb });
  }
  if (!dump.reopenable) throw new BoltsealError('DUMP_READ_ONCE', { path: '-' });
  return passes;
}

/** With more passes than this the dump is read more often than anyone would wait for. */
const MOST_PASSES = 64;

/** Reads the dump as often as it takes and marks what was found. Fails with DUMP_*, REGISTER_*, MEMORY_TOO_SMALL, SCRATCH_WRITE. */
export async function scanPasses(
  request: VerifyDumpRequest,
  manifest: RegisterManifest,
  arena: Arena,
  pool: ScanPool,
  passes: number,
  canaries: CanaryFinder,
): Promise<ScanResult> {
  const scratch = passes === 1 ? null : new ScratchFile(request.home);
  let states = new StretchStates(scratch);
  const deferred = new DeferredCustomers();
  let isAnswered = false;
  const controls = new ControlCensus();
  const copyEvidence = new CopyEvidenceGatherer(manifest);
  const subjectEvidence = request.keepsEvidence ? new SubjectEvidenceGatherer(manifest) : null;
  const subjectFields = request.writeAffected === null ? null : new SubjectFields(manifest.subjects);
  let samples: readonly SampleRow[] = [];
  let tables = new TableTally();
  let corrections: Corrections | null = null;
  let failures: { failures: readonly DumpFailure[]; failureCount: number } = { failures: [], failureCount: 0 };
  let created: Uint32Array = new Uint32Array(0);
  const subjectWords = Math.ceil(manifest.subjects / 32) + 1;
  const marks = { touched: new Uint32Array(subjectWords), strong: new Uint32Array(subjectWords) };
  let distinct = { distinct: 0, error: 0 };
  let loadSeconds = 0;
  let evidenceSeconds = 0;
  const bound = (number: number): number => Math.floor((manifest.subjects * number) / passes);
  const rangeOf = (pass: number): SubjectRange => ({ from: bound(pass), to: bound(pass + 1) });
  const before = arena.usedBytes;
  const started = performance.now();
  try {
    for (let pass = 0; pass < passes; pass++) {
      // The reading process starts while the register is loaded.
      const reading = request.dump.open(request.onRead);
      try {
        arena.release(before);
        const loading = performance.now();
        const range = passes === 1 ? undefined : rangeOf(pass);
        const resident =
          range === undefined
            ? await loadResidentByThreads(arena, pool, request.home, request.key)
            : loadResident(arena, request.home, request.key, range);
        if (resident.loaded.manifest.uuid !== manifest.uuid) throw new BoltsealError('REGISTER_CHANGED');
        const threadMarks = new ThreadMarks(arena, request.threads, resident.sizes, {
          keepsConfirming: request.writeAffected !== null || manifest.subjects <= MOST_DATED_BY_ALL,
        });
        tables = new TableTally();
        const isLast = pass === passes - 1;
        const samplesFound: SampleRow[] = [];
        // In passes a reading may belong to a customer whom another pass has: which one is right has to be known before the first.
        const later = isAnswered ? deferred.answer : deferred.ask;
        const test = passes === 1 ? customersOf(resident.loaded.image) : later;
        const corrector = new CellCorrector(test, request.key, { region: request.region });
        let isAsking = false;
        states.begin();
        const parts = reading.parts()[Symbol.asyncIterator]();
        let next = await parts.next();
        // Until the reading process has found something, nothing can be scanned.
        loadSeconds += (performance.now() - loading) / 1000;
        for (; next.done !== true; next = await parts.next()) {
          const found = next.value;
          const part = corrector.correct(found);
          if (passes > 1 && !isAnswered && part !== found) {
            isAsking = true;
            for await (const _ of part.open());
          }
          if (isAsking) continue;
          const plan = planOf(request, part);
          let partBytes = 0;
          const rowStates = states.next(part.name);
          const counts = await pool.scan({
            part,
            plan,
            image: resident.addresses,
            marks: threadMarks.addresses,
            pass: { isFirst: pass === 0, isLast },
            wantsSamples: isLast && samplesFound.length < MAX_SAMPLES,
            onRead: (bytes) => {
              partBytes += bytes;
              if (part.plainFile !== null) request.onRead(bytes);
            },
            ...(rowStates === null ? {} : { rowStates }),
          });
          rowStates?.checkBlocks(counts.blocks);
          samplesFound.push(...counts.samples);
          tables.add(part, plan, counts, partBytes);
        }
        if (isAsking) {
          for (let part = 0; part < passes; part++) {
            arena.release(before);
            deferred.lookUp(loadResident(arena, request.home, request.key, rangeOf(part)).loaded.image);
          }
          // From the beginning, now that it is known how pictures are to be read: nothing has been gathered yet.
          isAnswered = true;
          states = new StretchStates(scratch);
          pass = -1;
          continue;
        }
        states.end();
        tables.finish(reading);
        checkRead(tables, reading);
        failures = reading;
        samples = samplesFound;
        corrections = corrector.result;
        const merged = threadMarks.merge();
        const planted = canaries.gather(resident, merged);
        orInto(marks.touched, merged.touched);
        orInto(marks.strong, merged.strong);
        controls.gather(resident, merged);
        const gathering = performance.now();
        // One after the other: together they save a tenth of a second, and the memory that each takes for a while adds up (65 MB with ten million people in the dump).
        if (isLast) distinct = await pool.countDistinct();
        await copyEvidence.gather(resident, merged, pool, planted);
        await subjectEvidence?.gather(resident, merged, pool, isLast ? pool.spentMemory : null);
        evidenceSeconds += (performance.now() - gathering) / 1000;
        subjectFields?.gather(resident, merged);
        // A view: the image of the last pass stays until the pool is closed, and a copy would be 40 MB for ten million subjects.
        created = resident.loaded.image.created;
      } finally {
        await reading.close();
      }
    }
  } finally {
    scratch?.close();
  }
  const scanSeconds = (performance.now() - started) / 1000 - loadSeconds - evidenceSeconds;
  return {
    tables,
    failures: failures.failures,
    failureCount: failures.failureCount,
    corrections,
    copyEvidence: copyEvidence.finish(),
    subjectEvidence: subjectEvidence?.finish() ?? null,
    samples,
    distinct,
    marks,
    controls,
    subjectFields,
    created,
    loadSeconds,
    scanSeconds,
    evidenceSeconds,
  };
}

/** Larger registers are dated by identifying values alone: marks of confirming ones cost a miss of the cache each, and there are people enough. */
const MOST_DATED_BY_ALL = 2_000_000;

/** Samples come from the first tables that have any. */
const MAX_SAMPLES = 40;

/** Where not even one table could be read, the first failure is what the user has to know. */
function checkRead(tables: TableTally, { failures }: { readonly failures: readonly DumpFailure[] }): void {
  const [first] = failures;
  if (first !== undefined && tables.isEmpty) throw new BoltsealError(first.code, first.parameters);
}

/** States of rows between passes, by stretch: every pass has to find the same ones. */
class StretchStates {
  readonly #scratch: ScratchFile | null;
  readonly #states: PartStates[] = [];
  #at = 0;
  #name = '';

  constructor(scratch: ScratchFile | null) {
    this.#scratch = scratch;
  }

  begin(): void {
    this.#at = 0;
  }

  /** The states of the next stretch; null when there is one pass only. */
  next(name: string): PartStates | null {
    if (this.#scratch === null) return null;
    this.#name = name;
    const states = this.#states[this.#at] ?? new PartStates(this.#scratch, name);
    this.#states[this.#at++] = states;
    return states;
  }

  /** Fails with DUMP_CHANGED when the pass before had more stretches. */
  end(): void {
    if (this.#at < this.#states.length) throw new BoltsealError('DUMP_CHANGED', { path: this.#name });
  }
}

function planOf(request: VerifyDumpRequest, part: DumpPart): ScanPlan {
  return makePlan({
    mode: 'verify',
    registerKey: request.key,
    region: request.region,
    encoding: part.encoding,
    dialect: part.dialect,
    columns: part.columns.length,
    fields: part.columns.flatMap(({ index, field }) => (field === null ? [] : [{ index, field }])),
  });
}
