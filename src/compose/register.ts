import type { AddRequest, AddResult, Progress } from '../cli/services.ts';
import { emptyCanaries } from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import type { resolveColumn } from '../dump/columns.ts';
import type { Dump, DumpPart, InferredColumn } from '../dump/port.ts';
import { openHome } from '../home/home.ts';
import type { RegisterImage } from '../register/layout.ts';
import type { TablePart } from '../scan/add-table.ts';
import type { TimeColumn } from '../scan/plan.ts';
import { countCanaries } from './canaries.ts';
import { asOptions, defaultThreads, lockHome, readKey } from './shared.ts';

/** Reads a table of customers into the register: all of it, or nothing. */
export async function addToRegister(request: AddRequest, progress: Progress): Promise<AddResult> {
  const started = performance.now();
  const { paths, config } = await openHome(request.home);
  const { addTable } = await import('../scan/add-table.ts');
  const { peopleIn } = await import('../register/manifest.ts');
  const { resolveColumn } = await import('../dump/columns.ts');
  const { systemChance } = await import('../canaries/chance.ts');
  const { readCanaries } = await import('../canaries/marker.ts');
  const { allCanaries, CanaryStock, canStock } = await import('../canaries/stock.ts');
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
    const kept = allCanaries(readCanaries(request.home) ?? emptyCanaries);
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
      admitsErased: request.admitsErased,
      threads: defaultThreads(),
      kept,
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
      subjects: peopleIn(summary.manifest) - (await countCanaries(request.home, key)),
      versions: summary.manifest.versions,
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    lock.release();
  }
}

type ResolveColumn = typeof resolveColumn;

/** A table of the company's own that is about to be read. */
export interface OpenTable {
  readonly sizeBytes: number | null;
  /** Whether nobody else counts the bytes that are read. */
  readonly isCountedByScanner: boolean;
  readonly parts: AsyncIterable<DumpPart> | Iterable<DumpPart>;
}

/** Opens a table of the company's own, of files or from a database; what could not be read of it fails it. */
export async function openTable(
  { source, map }: Pick<AddRequest, 'source' | 'map'>,
  region: string,
  onRead: (bytes: number) => void,
): Promise<OpenTable> {
  if (source.kind === 'postgres') {
    const { openPostgresTable } = await import('../store/postgres-table.ts');
    const part = await openPostgresTable(source.url, source.query, { region, map });
    return { sizeBytes: null, isCountedByScanner: true, parts: [part] };
  }
  const { openDump } = await import('../dump/open-dump.ts');
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
