import { emptyCanaries } from '../contract/canaries.ts';
import { verificationFormat } from '../contract/formats.ts';
import type { Verification } from '../contract/verification.ts';
import type { FieldName } from '../core/fields/field.ts';
import { fieldByName, fields } from '../core/fields/registry.ts';
import { describeFailure } from '../dump/inspect.ts';
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
import { checkFieldVersions, peopleIn, type RegisterManifest } from '../register/manifest.ts';
import { Arena } from '../scan/arena.ts';
import { ScanPool } from '../scan/pool.ts';
import { writeAffected } from './affected.ts';
import { boundsOf, CanaryFinder, summariseCanaries, weighCanaries } from './canaries.ts';
import { countSubjects } from './census.ts';
import { lift } from './controls.ts';
import { toCopyJson } from './copy-json.ts';
import { dateCopy } from './dating/date-copy.ts';
import { writeEvidence } from './evidence-file.ts';
import type { FieldFindings, Findings } from './findings.ts';
import { headcount, reachThresholds } from './headcount.ts';
import type { VerifyDumpRequest } from './request.ts';
import { countPasses, type ScanResult, scanPasses } from './scan-passes.ts';
import type { TableTally } from './tables.ts';
import { conclude } from './verdict.ts';

/**
 * Holds a dump against the register: whose it is, how much of it, and who is in it.
 * Fails with DUMP_*, REGISTER_*, KEY_UNUSABLE, MEMORY_OPTION, MEMORY_TOO_SMALL, SCRATCH_WRITE, EVIDENCE_WRITE, CANARIES_*.
 */
export async function verifyDump(request: VerifyDumpRequest): Promise<Verification> {
  const started = performance.now();
  const manifest = readManifest(request.home, request.key);
  checkFieldVersions(manifest, fields);
  const canaries = new CanaryFinder(request.readCanaries?.() ?? emptyCanaries);
  const passes = countPasses(manifest, request);
  request.onPasses(passes);
  const arena = new Arena();
  const pool = new ScanPool(arena, request.threads, { keepsRowStates: passes > 1 });
  try {
    const scan = await scanPasses(request, manifest, arena, pool, passes, canaries);
    const { distinct, error } = scan.distinct;
    const dumpFields = fields.map(({ name }) => name).filter((name) => scan.tables.fields.has(name));
    const findings: Findings = {
      rows: { ...sumRows(scan.tables), distinct, distinctError: error },
      fields: sumFields(scan.tables, dumpFields, manifest),
      subjects: countSubjects(scan.marks, scan.created, peopleIn(manifest) - canaries.registered),
      controls: scan.controls.findings(manifest, new Set(dumpFields)),
    };
    if (request.writeAffected !== null && scan.subjectFields !== null) {
      writeAffected(request.home, request.key, scan.marks, scan.subjectFields, dumpFields, request.writeAffected);
    }
    return assemble(request, manifest, findings, scan, canaries, { started, passes });
  } finally {
    await pool.close();
  }
}

function counter({ counters }: TableTally, offset: number): number {
  return counters[offset / 8] ?? 0;
}

function sumRows(counts: TableTally): Omit<Findings['rows'], 'distinct' | 'distinctError'> {
  const strong = counter(counts, COUNTER_STRONG);
  const weak = counter(counts, COUNTER_WEAK);
  const chimera = counter(counts, COUNTER_CHIMERA);
  return {
    read: counter(counts, COUNTER_ROWS),
    rejected: counts.rejected,
    identifiable: counter(counts, COUNTER_IDENTIFIABLE),
    multiple: counter(counts, COUNTER_MULTIPLE),
    matched: strong + weak + chimera,
    strong,
    weak,
    chimera,
  };
}

function sumFields(
  counts: TableTally,
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

function assemble(
  request: VerifyDumpRequest,
  manifest: RegisterManifest,
  findings: Findings,
  scan: ScanResult,
  canaryFinder: CanaryFinder,
  { started, passes }: { readonly started: number; readonly passes: number },
): Verification {
  const file = scan.tables.whole(request.dump.sizeBytes);
  const { read, rejected: _rejected, ...rows } = findings.rows;
  const controls = lift(findings.controls);
  const band = headcount(findings, controls);
  const sightings = canaryFinder.sightings();
  request.onCanaries?.(sightings);
  const canaries = summariseCanaries(sightings, read);
  const verdict = weighCanaries(conclude(findings, controls), canaries);
  const { registered, touched, strong, byMonth } = findings.subjects;
  const { exactRows } = scan.tables;
  const iso = (at: number): string | null =>
    manifest.adds.length === 0 ? null : new Date(at * 1000).toISOString().replace('.000', '');
  const createdAt = new Date().toISOString();
  // A file that is not ours was not copied from us at any time.
  const dating = performance.now();
  const copy = verdict.kind === 'not-ours' ? null : toCopyJson(dateCopy(scan.copyEvidence, boundsOf(sightings, read)));
  const facts = { createdAt, registered, copy, canaries };
  const id =
    scan.subjectEvidence === null ? null : writeEvidence(request.home, request.key, facts, scan.subjectEvidence);
  const evidenceSeconds = scan.evidenceSeconds + (performance.now() - dating) / 1000;
  return {
    format: verificationFormat,
    id,
    createdAt,
    version: request.version,
    file,
    parts: scan.tables.parts(),
    partsOmitted: scan.tables.omitted,
    failures: scan.failures.map(describeFailure),
    failuresOmitted: scan.failureCount - scan.failures.length,
    rows,
    subjects: {
      registered,
      matched: touched,
      strong,
      ...band,
      thresholds: [...reachThresholds(findings, band)],
      byMonth: [...byMonth],
    },
    fields: Object.fromEntries(findings.fields),
    controls,
    verdict,
    copy,
    canaries,
    corrections: scan.corrections,
    samples: scan.samples.map(({ kind, cells }) => ({ kind, cells: [...cells] })),
    register: {
      subjects: registered,
      versions: manifest.versions,
      region: request.region,
      from: iso(manifest.earliestSeconds),
      until: iso(manifest.latestSeconds),
    },
    timing: {
      seconds: (performance.now() - started) / 1000,
      loadSeconds: scan.loadSeconds,
      scanSeconds: scan.scanSeconds,
      evidenceSeconds,
      bytesPerSecond: scan.scanSeconds > 0 ? (file.bytes * passes) / scan.scanSeconds : 0,
      threads: request.threads,
      passes,
      fastRows: Math.max(0, read - exactRows),
      exactRows,
    },
  };
}
