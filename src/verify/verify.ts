import { type Verification, verificationFormat } from '../contract/verification.ts';
import { BoltsealError } from '../core/errors.ts';
import type { FieldName } from '../core/fields/field.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import type { DumpPart, RejectReason } from '../dump/port.ts';
import {
  COUNTER_CHIMERA,
  COUNTER_FIELDS,
  COUNTER_IDENTIFIABLE,
  COUNTER_MULTIPLE,
  COUNTER_ROWS,
  COUNTER_STRONG,
  COUNTER_WEAK,
} from '../kernel/layout.ts';
import { readManifest } from '../register/load.ts';
import { checkFieldVersions, type RegisterManifest } from '../register/manifest.ts';
import { Arena } from '../scan/arena.ts';
import { loadResident } from '../scan/image.ts';
import { orInto, ThreadMarks } from '../scan/marks.ts';
import type { SampleRow } from '../scan/messages.ts';
import { makePlan, type ScanPlan } from '../scan/plan.ts';
import { type PartCounts, ScanPool } from '../scan/pool.ts';
import { writeAffected } from './affected.ts';
import { ControlCensus, countSubjects, SubjectFields, type SubjectMarks } from './census.ts';
import { lift } from './controls.ts';
import type { FieldFindings, Findings } from './findings.ts';
import { headcount } from './headcount.ts';
import { PartStates, ScratchFile } from './row-states.ts';
import { conclude } from './verdict.ts';

/** A dump and the home whose register it is held against. */
export interface VerifyDumpRequest {
  readonly home: string;
  readonly key: Uint8Array;
  readonly region: string;
  readonly version: string;
  readonly parts: readonly DumpPart[];
  readonly threads: number;
  /** Most memory for the register; null: as much as it takes. */
  readonly memoryBytes: number | null;
  /** Bytes of the dump taken from disk, over all passes. */
  onRead(bytes: number): void;
  /** How often the dump will be read. */
  onPasses(passes: number): void;
  /** Receives the CSV of affected subjects, or null. */
  readonly writeAffected: ((text: string) => void) | null;
}

/** More than this of a register does not fit beside the rest into one WebAssembly memory. */
const MOST_IMAGE_BYTES = 3_600_000_000;

/**
 * Holds a dump against the register: whose it is, how much of it, and who is in it.
 * Fails with DUMP_*, REGISTER_*, KEY_UNUSABLE, MEMORY_OPTION, MEMORY_TOO_SMALL, SCRATCH_WRITE.
 */
export async function verifyDump(request: VerifyDumpRequest): Promise<Verification> {
  const started = performance.now();
  const manifest = readManifest(request.home, request.key);
  checkFieldVersions(manifest, fields);
  const passes = countPasses(manifest, request);
  request.onPasses(passes);
  const arena = new Arena();
  const pool = new ScanPool(arena, request.threads, { keepsRowStates: passes > 1 });
  try {
    const scan = await scanPasses(request, manifest, arena, pool, passes);
    const { distinct, error } = await pool.countDistinct();
    const plans = request.parts.map((part) => planOf(request, part));
    const dumpFields = fieldsOf(plans);
    const findings: Findings = {
      rows: { ...sumRows(scan.counts), distinct, distinctError: error },
      fields: sumFields(scan.counts, dumpFields, manifest),
      subjects: countSubjects(scan.marks, scan.created, manifest.subjects),
      controls: scan.controls.findings(manifest, new Set(dumpFields)),
    };
    if (request.writeAffected !== null && scan.subjectFields !== null) {
      writeAffected(request.home, request.key, scan.marks, scan.subjectFields, dumpFields, request.writeAffected);
    }
    return assemble(request, manifest, findings, scan, { started, passes });
  } finally {
    await pool.close();
  }
}

interface ScanResult {
  readonly counts: readonly PartCounts[];
  readonly samples: readonly SampleRow[];
  readonly marks: SubjectMarks;
  readonly controls: ControlCensus;
  readonly subjectFields: SubjectFields | null;
  readonly created: Uint32Array;
  readonly loadSeconds: number;
  readonly scanSeconds: number;
  readonly partBytes: readonly number[];
}

/** Bytes of the register's image in memory. */
function imageBytes(manifest: RegisterManifest): number {
  return Object.entries(manifest.files).reduce((sum, [name, { bytes }]) => (name === 'ids.bin' ? sum : sum + bytes), 0);
}

function countPasses(manifest: RegisterManifest, { memoryBytes, parts }: VerifyDumpRequest): number {
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
  const once = parts.find(({ reopenable }) => !reopenable);
  if (once !== undefined) throw new BoltsealError('DUMP_READ_ONCE', { path: once.name });
  return passes;
}

/** With more passes than this the dump is read more often than anyone would wait for. */
const MOST_PASSES = 64;

async function scanPasses(
  request: VerifyDumpRequest,
  manifest: RegisterManifest,
  arena: Arena,
  pool: ScanPool,
  passes: number,
): Promise<ScanResult> {
  const { parts } = request;
  const scratch = passes === 1 ? null : new ScratchFile(request.home);
  const states = scratch === null ? [] : parts.map((part) => new PartStates(scratch, part.name));
  const controls = new ControlCensus();
  const subjectFields = request.writeAffected === null ? null : new SubjectFields(manifest.subjects);
  const partBytes = parts.map(() => 0);
  const samples: SampleRow[] = [];
  let counts: PartCounts[] = [];
  let created: Uint32Array = new Uint32Array(0);
  const subjectWords = Math.ceil(manifest.subjects / 32) + 1;
  const marks = { touched: new Uint32Array(subjectWords), strong: new Uint32Array(subjectWords) };
  let loadSeconds = 0;
  const before = arena.usedBytes;
  const started = performance.now();
  try {
    for (let pass = 0; pass < passes; pass++) {
      arena.release(before);
      const loading = performance.now();
      const bound = (number: number): number => Math.floor((manifest.subjects * number) / passes);
      const range = passes === 1 ? undefined : { from: bound(pass), to: bound(pass + 1) };
      const resident = loadResident(arena, request.home, request.key, range);
      if (resident.loaded.manifest.uuid !== manifest.uuid) throw new BoltsealError('REGISTER_CHANGED');
      const threadMarks = new ThreadMarks(arena, request.threads, resident.sizes);
      loadSeconds += (performance.now() - loading) / 1000;
      counts = [];
      for (const [index, part] of parts.entries()) {
        const rowStates = states[index];
        const partCounts = await pool.scan({
          part,
          plan: planOf(request, part),
          image: resident.addresses,
          marks: threadMarks.addresses,
          pass: { isFirst: pass === 0, isLast: pass === passes - 1 },
          wantsSamples: pass === passes - 1,
          onRead: (bytes) => {
            if (pass === 0) partBytes[index] = partBytes[index]! + bytes;
            request.onRead(bytes);
          },
          ...(rowStates === undefined ? {} : { rowStates }),
        });
        rowStates?.checkBlocks(partCounts.blocks);
        counts.push(partCounts);
        samples.push(...partCounts.samples);
      }
      const found = threadMarks.merge();
      orInto(marks.touched, found.touched);
      orInto(marks.strong, found.strong);
      controls.gather(resident, found);
      subjectFields?.gather(resident, found);
      // The image goes with the next pass; creation times stay.
      created = resident.loaded.image.created.slice();
    }
  } finally {
    scratch?.close();
  }
  const scanSeconds = (performance.now() - started) / 1000 - loadSeconds;
  return { counts, samples, marks, controls, subjectFields, created, loadSeconds, scanSeconds, partBytes };
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

function fieldsOf(plans: readonly ScanPlan[]): FieldName[] {
  const found = new Set(plans.flatMap(({ active }) => active.flatMap(({ field }) => (field === null ? [] : [field]))));
  return fields.map(({ name }) => name).filter((name) => found.has(name));
}

function counter(counts: readonly PartCounts[], offset: number): number {
  return counts.reduce((sum, { counters }) => sum + (counters[offset / 8] ?? 0), 0);
}

function sumRejected(counts: readonly PartCounts[]): Map<RejectReason, number> {
  const rejected = new Map<RejectReason, number>();
  for (const part of counts) {
    for (const [reason, count] of part.rejected) rejected.set(reason, (rejected.get(reason) ?? 0) + count);
  }
  return rejected;
}

function sumRows(counts: readonly PartCounts[]): Omit<Findings['rows'], 'distinct' | 'distinctError'> {
  const strong = counter(counts, COUNTER_STRONG);
  const weak = counter(counts, COUNTER_WEAK);
  const chimera = counter(counts, COUNTER_CHIMERA);
  return {
    read: counter(counts, COUNTER_ROWS),
    rejected: sumRejected(counts),
    identifiable: counter(counts, COUNTER_IDENTIFIABLE),
    multiple: counter(counts, COUNTER_MULTIPLE),
    matched: strong + weak + chimera,
    strong,
    weak,
    chimera,
  };
}

function sumFields(
  counts: readonly PartCounts[],
  dumpFields: readonly FieldName[],
  manifest: RegisterManifest,
): Map<FieldName, FieldFindings> {
  return new Map(
    dumpFields.map((name) => {
      const field = fieldByName(name);
      const at = COUNTER_FIELDS + field.id * 24;
      const matched = counter(counts, at + 8);
      const current = counter(counts, at + 16);
      const exclusive = field.exclusive || manifest.exclusive.includes(name);
      return [name, { exclusive, rows: counter(counts, at), matched, current, stale: matched - current }];
    }),
  );
}

function fileOf(part: DumpPart, counts: PartCounts, bytes: number): Verification['file'] {
  const rejected = Object.fromEntries(counts.rejected);
  return {
    name: part.name,
    bytes: part.sizeBytes ?? bytes,
    rows: counter([counts], COUNTER_ROWS),
    rejectedRows: [...counts.rejected.values()].reduce((sum, count) => sum + count, 0),
    rejected,
    format: part.format,
    encoding: part.encoding,
    separator: part.dialect.separator,
    columns: part.columns.map(({ index, name, field, kind, confidence, reason }) => ({
      index,
      name,
      field,
      kind,
      confidence,
      reason,
    })),
  };
}

/** The sum of all parts, with the shape of the largest. */
function wholeOf(files: readonly Verification['file'][]): Verification['file'] {
  const [first] = files;
  if (first === undefined) throw new BoltsealError('INTERNAL', { kind: 'a verification without a file' });
  if (files.length === 1) return first;
  const largest = files.reduce((best, file) => (file.rows > best.rows ? file : best));
  const rejected: Record<string, number> = {};
  for (const file of files) {
    for (const [reason, count] of Object.entries(file.rejected)) rejected[reason] = (rejected[reason] ?? 0) + count;
  }
  const sum = (key: 'bytes' | 'rows' | 'rejectedRows'): number => files.reduce((total, file) => total + file[key], 0);
  return {
    ...largest,
    name: `${files.length} files`,
    bytes: sum('bytes'),
    rows: sum('rows'),
    rejectedRows: sum('rejectedRows'),
    rejected,
  };
}

function assemble(
  request: VerifyDumpRequest,
  manifest: RegisterManifest,
  findings: Findings,
  scan: ScanResult,
  { started, passes }: { readonly started: number; readonly passes: number },
): Verification {
  const files = request.parts.map((part, index) => fileOf(part, scan.counts[index]!, scan.partBytes[index]!));
  const file = wholeOf(files);
  const { read, rejected: _rejected, ...rows } = findings.rows;
  const controls = lift(findings.controls);
  const { registered, touched, strong, byMonth } = findings.subjects;
  const seconds = (performance.now() - started) / 1000;
  const exactRows = scan.counts.reduce((sum, part) => sum + part.exactRows, 0);
  const iso = (at: number): string | null =>
    manifest.adds.length === 0 ? null : new Date(at * 1000).toISOString().replace('.000', '');
  return {
    format: verificationFormat,
    createdAt: new Date().toISOString(),
    version: request.version,
    file,
    parts: files,
    rows,
    subjects: { registered, matched: touched, strong, ...headcount(findings, controls), byMonth: [...byMonth] },
    fields: Object.fromEntries(findings.fields),
    controls,
    verdict: conclude(findings, controls),
    samples: scan.samples.map(({ kind, cells }) => ({ kind, cells: [...cells] })),
    register: {
      subjects: manifest.subjects,
      versions: manifest.versions,
      region: request.region,
      from: iso(manifest.earliestSeconds),
      until: iso(manifest.latestSeconds),
    },
    timing: {
      seconds,
      loadSeconds: scan.loadSeconds,
      scanSeconds: scan.scanSeconds,
      bytesPerSecond: scan.scanSeconds > 0 ? (file.bytes * passes) / scan.scanSeconds : 0,
      threads: request.threads,
      passes,
      fastRows: Math.max(0, read - exactRows),
      exactRows,
    },
  };
}
