import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillRun } from './canaries/drill-result.ts';
import type {
  AddRequest,
  AddResult,
  AttributeRequest,
  AttributeResult,
  CanariesDrillRequest,
  CanariesDrillResult,
  CanariesMakeRequest,
  CanariesMakeResult,
  CanariesStatus,
  DisclosuresImportRequest,
  DisclosuresImportResult,
  PrincipalsImportRequest,
  PrincipalsImportResult,
  Progress,
  ReadingHints,
  Services,
  VerifyRequest,
  VerifyResult,
} from './cli/services.ts';
import { createLedgerService } from './compose/ledger.ts';
import { emptyCanaries } from './contract/canaries.ts';
import type { CanarySettings } from './contract/config.ts';
import type { Verification } from './contract/verification.ts';
import { BoltsealError } from './core/errors.ts';
import type { resolveColumn } from './dump/columns.ts';
import type { ReadingOptions } from './dump/options.ts';
import type { Dump, DumpPart, InferredColumn } from './dump/port.ts';
import { createHome, openHome } from './home/home.ts';
import { readErrorReason } from './home/system-errors.ts';
import { readVersion } from './home/version.ts';
import type { RegisterImage } from './register/layout.ts';
import type { TablePart } from './scan/add-table.ts';
import type { TimeColumn } from './scan/plan.ts';

/**
 * Builds the services of the command line from the domain: the only place that names concrete stores. Each loads what it needs when it is asked for: all of it together takes longer
 * to load than `inspect` has to answer.
 */
export function createServices(): Services {
  return {
    async initialise({ home, region }) {
      const { createKeyFile } = await import('./register/key-file.ts');
      const { paths } = await createHome(home, region, createKeyFile);
      return { keyPath: paths.key, configPath: paths.config };
    },
    register: {
      add: addToRegister,
      async status(folder) {
        const { paths, config } = await openHome(folder);
        const { readOverview } = await import('./register/status.ts');
        const key = await readKey(paths.key);
        const overview = readOverview(folder, key);
        const canaries = await countCanaries(folder, key);
        return { region: config.region, ...overview, subjects: overview.subjects - canaries };
      },
    },
    async inspect({ home, inputs, region, map, hints }) {
      const { inspectDump } = await import('./dump/inspect.ts');
      return inspectDump(inputs, { region: region ?? (await regionOf(home)), map, ...asOptions(hints) });
    },
    verify: { run: verify },
    attribute: { run: attributeDump },
    canaries: { make: exportCanaries, drill: drillCanaries, list: listCanaries },
    disclosures: {
      import: addDisclosures,
      importPrincipals: addPrincipals,
      async status(folder) {
        const { paths } = await openHome(folder);
        const { readOverview } = await import('./disclosures/status.ts');
        return readOverview(folder, await readKey(paths.key));
      },
    },
    ledger: createLedgerService(),
  };
}

async function readKey(path: string): Promise<Uint8Array> {
  const { readKeyFile } = await import('./register/key-file.ts');
  return readKeyFile(path);
}

async function lockHome(folder: string): Promise<{ release(): void }> {
  const { acquireHomeLock } = await import('./register/lock.ts');
  return acquireHomeLock(folder);
}

/** Threads that scan: one a processor. */
function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), 16));
}

/** The region of a home; that of most users where there is none. */
async function regionOf(folder: string): Promise<string> {
  try {
    return (await openHome(folder)).config.region;
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'HOME_NONE') return 'CN';
    throw error;
  }
}

function asOptions({ separator, encoding, header, passwords }: ReadingHints): Omit<ReadingOptions, 'region' | 'map'> {
  return {
    passwords,
    ...(separator === null ? {} : { separator }),
    ...(encoding === null ? {} : { encoding }),
    ...(header === null ? {} : { header }),
  };
}

async function addToRegister(request: AddRequest, progress: Progress): Promise<AddResult> {
  const started = performance.now();
  const { paths, config } = await openHome(request.home);
  const { addTable } = await import('./scan/add-table.ts');
  const { resolveColumn } = await import('./dump/columns.ts');
  const { systemChance } = await import('./canaries/chance.ts');
  const { readCanaries } = await import('./canaries/marker.ts');
  const { allCanaries, CanaryStock, canStock } = await import('./canaries/stock.ts');
  const key = await readKey(paths.key);
  const lock = await lockHome(request.home);
  let columns: readonly InferredColumn[] = [];
  const stockOf = (settings: CanarySettings) => (image: RegisterImage | null) =>
    new CanaryStock({
      home: request.home,
      registerKey: key,
      region: config.region,
      settings,
      chance: systemChance,
      image,
    });
  try {
    const table = await openTable(request, config.region, (bytes) => progress.advance(bytes));
    progress.begin('reading the table', table.sizeBytes, 'bytes');
    const parts = async function* (): AsyncGenerator<TablePart, void> {
      for await (const part of tableParts(table, request, resolveColumn)) {
        if (columns.length === 0) ({ columns } = part);
        yield part;
      }
    };
    const summary = await addTable({
      home: request.home,
      key,
      region: config.region,
      parts: parts(),
      mode: request.mode,
      asOfSeconds: request.asOfSeconds,
      exclusive: request.exclusive,
      threads: defaultThreads(),
      kept: allCanaries(readCanaries(request.home) ?? emptyCanaries),
      ...(canStock(config.canaries) ? { companions: stockOf(config.canaries) } : {}),
      onRead(bytes, part) {
        if (table.isCountedByScanner || part.plainFile !== null) progress.advance(bytes);
      },
      onStep: () => undefined,
    });
    progress.end();
    return {
      columns,
      rows: summary.rows,
      rejected: summary.rejected,
      newSubjects: summary.subjectsAdded,
      goneSubjects: summary.subjectsClosed,
      newVersions: summary.versionsAdded,
      closedVersions: summary.versionsClosed,
      subjects: summary.manifest.subjects - (await countCanaries(request.home, key)),
      versions: summary.manifest.versions,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    lock.release();
  }
}

type ResolveColumn = typeof resolveColumn;

/** A customer table that is about to be read. */
interface OpenTable {
  readonly sizeBytes: number | null;
  /** Whether nobody else counts the bytes that are read. */
  readonly isCountedByScanner: boolean;
  readonly parts: AsyncIterable<DumpPart> | Iterable<DumpPart>;
}

async function openTable(
  { source, map }: AddRequest,
  region: string,
  onRead: (bytes: number) => void,
): Promise<OpenTable> {
  if (source.kind === 'postgres') {
    const { openPostgresTable } = await import('./store/postgres-table.ts');
    const part = await openPostgresTable(source.url, source.query, { region, map });
    return { sizeBytes: null, isCountedByScanner: true, parts: [part] };
  }
  const { openDump } = await import('./dump/open-dump.ts');
  const dump = await openDump(source.paths, { region, map, ...asOptions(source.hints) });
  return { sizeBytes: dump.sizeBytes, isCountedByScanner: false, parts: wholeParts(dump, onRead) };
}

/** A customer table is read whole or not at all: what could not be read of it fails it. */
async function* wholeParts(dump: Dump, onRead: (bytes: number) => void): AsyncGenerator<DumpPart, void> {
  const reading = dump.open(onRead);
  try {
    yield* reading.parts();
    const [failure] = reading.failures;
    if (failure !== undefined) throw new BoltsealError(failure.code, failure.parameters);
  } finally {
    await reading.close();
  }
}

/** The parts that have the id: a database's dump has other tables too. */
async function* tableParts(
  { parts }: OpenTable,
  request: AddRequest,
  resolveColumn: ResolveColumn,
): AsyncGenerator<TablePart, void> {
  let found = false;
  let missing: unknown = null;
  for await (const part of parts) {
    try {
      resolveColumn(part.columns, request.id, part.name);
    } catch (error) {
      missing ??= error;
      continue;
    }
    found = true;
    yield tablePart(part, request, resolveColumn);
  }
  if (!found && missing !== null) throw missing;
}

/** The meaning of a table's columns: the id and the times are what the user says they are, whatever they look like. */
function tablePart(part: DumpPart, request: AddRequest, resolveColumn: ResolveColumn): TablePart {
  const at = (column: string): number => resolveColumn(part.columns, column, part.name);
  const id = at(request.id);
  const times: { index: number; time: TimeColumn }[] = [];
  if (request.created !== null) times.push({ index: at(request.created), time: 'created' });
  if (request.validFrom !== null) times.push({ index: at(request.validFrom), time: 'validFrom' });
  if (request.validTo !== null) times.push({ index: at(request.validTo), time: 'validUntil' });
  const isTime = new Set(times.map(({ index }) => index));
  const columns = part.columns.map((column) => {
    if (column.index === id) {
      return { ...column, field: 'customerId' as const, kind: null, confidence: 1, reason: 'given by --id' };
    }
    const isOther = column.field === 'customerId' || isTime.has(column.index);
    return isOther ? { ...column, field: null, kind: 'text' as const, reason: 'not the id' } : column;
  });
  return { part, columns, times };
}

async function verify(request: VerifyRequest, progress: Progress): Promise<VerifyResult> {
  const { paths, config } = await openHome(request.home);
  const key = await readKey(paths.key);
  const { openDump } = await import('./dump/open-dump.ts');
  const { verifyDump } = await import('./verify/verify.ts');
  const { readCanaries } = await import('./canaries/marker.ts');
  const { renderTerminal } = await import('./verify/report/terminal.ts');
  const { renderHtml } = await import('./verify/report/html.ts');
  const dump = await openDump(request.inputs, {
    region: config.region,
    map: request.map,
    ...asOptions(request.hints),
  });
  const { affected } = request;
  const verification = await verifyDump({
    home: request.home,
    key,
    region: config.region,
    version: readVersion(),
    dump,
    threads: request.threads ?? defaultThreads(),
    memoryBytes: request.memoryBytes,
    onRead: (bytes) => progress.advance(bytes),
    onPasses: (passes) => {
      const size = dump.sizeBytes;
      progress.begin('reading the dump', size === null ? null : size * passes, 'bytes');
    },
    readCanaries: () => readCanaries(request.home),
    keepsEvidence: request.keepsEvidence,
    writeAffected: affected === null ? null : (text) => affected.write(text),
  });
  progress.end();
  return {
    verification,
    renderTerminal: ({ columns, colour }) => renderTerminal(verification, { width: columns, color: colour }),
    renderHtml: () => renderHtml(verification),
  };
}

/** Canaries that the register has. */
async function countCanaries(home: string, registerKey: Uint8Array): Promise<number> {
  const { readCanaries } = await import('./canaries/marker.ts');
  const { countIds } = await import('./register/find-ids.ts');
  const { allCanaries } = await import('./canaries/stock.ts');
  const canaries = allCanaries(readCanaries(home) ?? emptyCanaries);
  return canaries.length === 0 ? 0 : countIds(home, registerKey, canaries);
}

async function exportCanaries(request: CanariesMakeRequest): Promise<CanariesMakeResult> {
  const { home, recipient, count, columns, now, output } = request;
  const { paths, config } = await openHome(home);
  const { systemChance } = await import('./canaries/chance.ts');
  const { writeCsv } = await import('./canaries/csv.ts');
  const { makeCanaries, settleCanaries } = await import('./canaries/make.ts');
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    const { region, canaries: settings } = config;
    const chance = systemChance;
    const made = makeCanaries({ home, registerKey, region, settings, recipient, count, columns, now, chance });
    output.write(writeCsv(made.batch));
    output.commit();
    settleCanaries(home, made.batch.id);
    const { batch, isResumed, unregistered } = made;
    return { batch: batch.id, count: batch.canaries.length, columns: batch.columns, isResumed, unregistered };
  } finally {
    lock.release();
  }
}

async function listCanaries(home: string): Promise<CanariesStatus> {
  const { paths } = await openHome(home);
  const { readCanaries } = await import('./canaries/marker.ts');
  const { countIds } = await import('./register/find-ids.ts');
  const key = await readKey(paths.key);
  const { batches, stock } = readCanaries(home) ?? emptyCanaries;
  const statuses = batches.map((batch) => ({
    id: batch.id,
    recipient: batch.for,
    madeAt: batch.madeAt,
    columns: batch.columns,
    count: batch.canaries.length,
    registered: countIds(home, key, batch.canaries),
    isExported: batch.exported,
  }));
  return { batches: statuses, stock: stock.length === 0 ? 0 : countIds(home, key, stock) };
}

async function drillCanaries({ home, output }: CanariesDrillRequest, progress: Progress): Promise<CanariesDrillResult> {
  const { paths, config } = await openHome(home);
  const { systemChance } = await import('./canaries/chance.ts');
  const { writeDrillDumps } = await import('./canaries/drill.ts');
  const { countDrill } = await import('./canaries/drill-result.ts');
  const { readCanaries } = await import('./canaries/marker.ts');
  const { openDump } = await import('./dump/open-dump.ts');
  const { verifyDump } = await import('./verify/verify.ts');
  const key = await readKey(paths.key);
  const list = readCanaries(home) ?? emptyCanaries;
  const { batches } = list;
  if (batches.length === 0) throw new BoltsealError('CANARIES_NONE', { path: home });
  const dumps = writeDrillDumps(batches, config.region, config.canaries, systemChance);
  output?.write(dumps[0]?.text ?? '');
  const folder = await mkdtemp(join(tmpdir(), 'boltseal-drill-'));
  try {
    const runs: DrillRun[] = [];
    progress.begin('verifying the drill', dumps.length, 'rows');
    for (const { shape, fileName, text } of dumps) {
      const path = join(folder, fileName);
      await writeFile(path, text, { mode: 0o600 });
      const dump = await openDump([path], { region: config.region, map: [], passwords: [] });
      await verifyDump({
        home,
        key,
        region: config.region,
        version: readVersion(),
        dump,
        threads: defaultThreads(),
        memoryBytes: null,
        onRead: () => undefined,
        onPasses: () => undefined,
        readCanaries: () => list,
        onCanaries: (sightings) => runs.push({ shape, sightings }),
        keepsEvidence: false,
        writeAffected: null,
      });
      progress.advance(1);
    }
    progress.end();
    return { shapes: dumps.map(({ shape }) => shape), recipients: countDrill(runs) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addDisclosures(
  { home, inputs, words }: DisclosuresImportRequest,
  progress: Progress,
): Promise<DisclosuresImportResult> {
  const started = performance.now();
  const { paths, config } = await openHome(home);
  const { importDisclosures } = await import('./disclosures/import/import-disclosures.ts');
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    progress.begin('reading the logs', null, 'bytes');
    const summary = await importDisclosures({
      home,
      registerKey,
      region: config.region,
      inputs,
      words,
      stdin: process.stdin,
      onRead: (bytes) => progress.advance(bytes),
    });
    progress.end();
    return { ...summary, seconds: (performance.now() - started) / 1000 };
  } finally {
    lock.release();
  }
}

async function addPrincipals(
  { home, inputs, principal, at }: PrincipalsImportRequest,
  progress: Progress,
): Promise<PrincipalsImportResult> {
  const { paths, config } = await openHome(home);
  const { importPrincipals } = await import('./disclosures/import/import-principals.ts');
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    progress.begin('reading the principals', null, 'bytes');
    const summary = await importPrincipals({
      home,
      registerKey,
      region: config.region,
      inputs,
      principalColumn: principal,
      atColumn: at,
      stdin: process.stdin,
      onRead: (bytes) => progress.advance(bytes),
    });
    progress.end();
    return summary;
  } finally {
    lock.release();
  }
}

async function attributeDump(request: AttributeRequest, progress: Progress): Promise<AttributeResult> {
  const { paths } = await openHome(request.home);
  const { attribute } = await import('./attribute/attribute.ts');
  const { readLedger } = await import('./attribute/read-ledger.ts');
  const { renderAttributionHtml } = await import('./attribute/report/html.ts');
  const { renderAttributionTerminal } = await import('./attribute/report/terminal.ts');
  const { usableSubjects } = await import('./attribute/usable-subjects.ts');
  const { openDisclosures } = await import('./disclosures/reader.ts');
  const { readEvidence } = await import('./verify/evidence-file.ts');
  const key = await readKey(paths.key);
  const { verification, id } = await readVerification(request.verification);
  const { facts, subjects } = readEvidence(request.home, key, id);
  const dump = usableSubjects(subjects);
  const reader = openDisclosures(request.home, key);
  const threads = request.threads ?? defaultThreads();
  progress.begin(
    'reading the disclosures',
    reader.segments().reduce((sum, { rows }) => sum + rows, 0),
    'rows',
  );
  const ledger = await readLedger({
    reader,
    source: reader.source,
    dump,
    registered: facts.registered,
    threads,
    onRead: (rows) => progress.advance(rows),
  });
  const attribution = attribute({
    version: readVersion(),
    dump: {
      id,
      createdAt: facts.createdAt,
      name: verification.file.name,
      subjects: dump,
      copyShape: copyShape(facts.copy),
      shareOfRegister: subjects.subject.length / Math.max(1, facts.registered),
      canaries: facts.canaries ?? null,
    },
    principals: reader.principals(),
    ledger,
    threads,
    now: Date.now(),
  });
  progress.end();
  return {
    attribution,
    renderTerminal: ({ columns, colour }) => renderAttributionTerminal(attribution, { width: columns, color: colour }),
    renderHtml: () => renderAttributionHtml(attribution),
  };
}

/** A verification and its id in this home; '' when it has none, which no evidence file answers to. */
async function readVerification(path: string): Promise<{ readonly verification: Verification; readonly id: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new BoltsealError('VERIFICATION_READ', { path, reason: readErrorReason(cause) }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const { parseVerification } = await import('./contract/validate.ts');
  const verification = parseVerification(json);
  const id = verification.id ?? '';
  return { verification, id };
}

function copyShape(copy: unknown): string | null {
  if (typeof copy !== 'object' || copy === null || !('shape' in copy)) return null;
  return typeof copy.shape === 'string' ? copy.shape : null;
}
