import { availableParallelism } from 'node:os';
import type {
  AddRequest,
  AddResult,
  Progress,
  ReadingHints,
  Services,
  VerifyRequest,
  VerifyResult,
} from './cli/services.ts';
import { resolveColumn } from './dump/columns.ts';
import { openDump } from './dump/open-dump.ts';
import type { DumpPart } from './dump/port.ts';
import { createHome, openHome } from './home/home.ts';
import { readVersion } from './home/version.ts';
import { createKeyFile, readKeyFile } from './register/key-file.ts';
import { acquireHomeLock } from './register/lock.ts';
import { readOverview } from './register/status.ts';
import { addTable, type TablePart } from './scan/add-table.ts';
import type { TimeColumn } from './scan/plan.ts';
import { renderHtml } from './verify/report/html.ts';
import { renderTerminal } from './verify/report/terminal.ts';
import { verifyDump } from './verify/verify.ts';

/** Builds the services of the command line from the domain: the only place that names concrete stores. */
export function createServices(): Services {
  return {
    async initialise({ home, region }) {
      const { paths } = await createHome(home, region, createKeyFile);
      return { keyPath: paths.key, configPath: paths.config };
    },
    register: {
      add: addToRegister,
      async status(folder) {
        const { paths, config } = await openHome(folder);
        return { region: config.region, ...readOverview(folder, readKeyFile(paths.key)) };
      },
    },
    verify: { run: verify },
  };
}

/** Threads that scan: one a processor. */
function defaultThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), 16));
}

function asOptions({ separator, encoding, header }: ReadingHints): {
  separator?: string;
  encoding?: NonNullable<ReadingHints['encoding']>;
  header?: boolean;
} {
  return {
    ...(separator === null ? {} : { separator }),
    ...(encoding === null ? {} : { encoding }),
    ...(header === null ? {} : { header }),
  };
}

/** Bytes that reading all parts takes from disk, null when that is not known. */
function sizeOf(parts: readonly DumpPart[]): number | null {
  return parts.reduce<number | null>(
    (sum, { sizeBytes }) => (sum === null || sizeBytes === null ? null : sum + sizeBytes),
    0,
  );
}

async function addToRegister(request: AddRequest, progress: Progress): Promise<AddResult> {
  const started = performance.now();
  const { paths, config } = await openHome(request.home);
  const key = readKeyFile(paths.key);
  const lock = acquireHomeLock(request.home);
  try {
    const parts = await openTable(request, config.region);
    const table = parts.map((part) => tablePart(part, request));
    progress.begin('reading the table', sizeOf(parts), 'bytes');
    const summary = await addTable({
      home: request.home,
      key,
      region: config.region,
      parts: table,
      mode: request.mode,
      asOfSeconds: request.asOfSeconds,
      exclusive: request.exclusive,
      threads: defaultThreads(),
      onRead: (bytes) => progress.advance(bytes),
      onStep: () => undefined,
    });
    progress.end();
    return {
      columns: table[0]?.columns ?? [],
      rows: summary.rows,
      rejected: summary.rejected,
      newSubjects: summary.subjectsAdded,
      goneSubjects: summary.subjectsClosed,
      newVersions: summary.versionsAdded,
      closedVersions: summary.versionsClosed,
      subjects: summary.manifest.subjects,
      versions: summary.manifest.versions,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    lock.release();
  }
}

async function openTable({ source, map }: AddRequest, region: string): Promise<readonly DumpPart[]> {
  if (source.kind === 'postgres') {
    const { openPostgresTable } = await import('./store/postgres-table.ts');
    return [await openPostgresTable(source.url, source.query, { region, map })];
  }
  return openDump(source.paths, { region, map, ...asOptions(source.hints) });
}

/** The meaning of a table's columns: the id and the times are what the user says they are, whatever they look like. */
function tablePart(part: DumpPart, request: AddRequest): TablePart {
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
  const key = readKeyFile(paths.key);
  const parts = await openDump(request.inputs, {
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
    parts,
    threads: request.threads ?? defaultThreads(),
    memoryBytes: request.memoryBytes,
    onRead: (bytes) => progress.advance(bytes),
    onPasses: (passes) => {
      const size = sizeOf(parts);
      progress.begin('reading the dump', size === null ? null : size * passes, 'bytes');
    },
    writeAffected: affected === null ? null : (text) => affected.write(text),
  });
  progress.end();
  return {
    verification,
    renderTerminal: ({ columns, colour }) => renderTerminal(verification, { width: columns, color: colour }),
    renderHtml: () => renderHtml(verification),
  };
}
