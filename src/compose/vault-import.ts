import { createHash, randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import type { TableSource, VaultImportRequest } from '../cli/services.ts';
import { type ParcelStatus, parcelStatuses, type VaultField, vaultFields } from '../contract/api/words.ts';
import { BoltsealError } from '../core/errors.ts';
import { canonicalSubject, canonicalTrackingNumber } from '../core/fields/canonical.ts';
import { trimmedCell } from '../core/fields/no-value.ts';
import { fitsUtf8 } from '../core/text.ts';
import type { resolveColumn } from '../dump/columns.ts';
import type { DumpPart } from '../dump/port.ts';
import type { ParcelChange, SubjectChange, Vault, VaultKeeping, WriteSummary } from '../vault/port.ts';
import type { Steps, VaultImportSummary } from '../vault/service-port.ts';
import { openTable } from './register.ts';

/** Rows of one transaction: a sync of the disk for each would be what takes the time. */
const BATCH_ROWS = 1000;
const MOST_VALUE_BYTES = 8192;

/** Whether the columns of a table hold what is wanted, and where. */
type Columns<T> = Readonly<Record<string, number | null>> & { readonly take: (cells: readonly string[]) => T | null };

interface Importer<T> {
  columnsOf(part: DumpPart, resolve: typeof resolveColumn): Columns<T>;
  write(changes: readonly T[], rows: number): Promise<WriteSummary>;
}

/**
 * Reads a table of customers or parcels into the vault. What was read is durable batch by batch, together with how far it was read: run again after a crash, it goes on where it ended.
 * Fails with DUMP_*, POSTGRES_*, USAGE_COLUMN, VAULT_*.
 */
export async function importTable(
  vault: Vault & VaultKeeping,
  region: string,
  request: VaultImportRequest,
  steps: Steps,
): Promise<VaultImportSummary> {
  const started = performance.now();
  const { resolveColumn } = await import('../dump/columns.ts');
  const rejected = new Map<string, number>();
  const reject = (reason: string, count = 1): void => {
    rejected.set(reason, (rejected.get(reason) ?? 0) + count);
  };
  const source = sourceOf(request);
  const before = await vault.importedRows(source);
  const counts = { made: 0, changed: 0, same: 0 };
  const table = await openTable(request, region, (bytes) => steps.advance(bytes));
  steps.begin('reading the table', table.sizeBytes, 'bytes');
  const onRead = (bytes: number): void => steps.advance(bytes);
  const run = async <T>({ columnsOf, write }: Importer<T>): Promise<VaultImportSummary> => {
    let seen = 0;
    let pending: T[] = [];
    let columns: Columns<T> | null = null;
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return;
      const summary = await write(pending, seen);
      counts.made += summary.made;
      counts.changed += summary.changed;
      counts.same += summary.same;
      if (summary.erased !== undefined) reject('erased', summary.erased);
      pending = [];
    };
    let missing: unknown = null;
    for await (const part of table.parts) {
      let found: Columns<T>;
      try {
        found = columnsOf(part, resolveColumn);
      } catch (error) {
        // A database's dump has other tables too.
        missing ??= error;
        continue;
      }
      columns ??= found;
      for await (const rows of readRows(part, onRead, reject)) {
        for (const cells of rows) {
          if (seen++ < before) continue;
          const change = found.take(cells);
          if (change !== null) pending.push(change);
          if (pending.length >= BATCH_ROWS) await flush();
        }
      }
    }
    if (columns === null) throw missing ?? new BoltsealError('VAULT_IMPORT', { field: 'anything' });
    await flush();
    // Done: the same table may come again, with what has changed.
    await vault.importSubjects([], source, 0);
    steps.end();
    return {
      rows: Math.max(0, seen - before),
      before: Math.min(before, seen),
      ...counts,
      rejected,
      columns: Object.entries(columns).flatMap(([holds, at]) =>
        typeof at === 'number' ? [{ column: String(at + 1), holds }] : [],
      ),
      seconds: (performance.now() - started) / 1000,
    };
  };
  return request.parcels === null
    ? run(subjectImporter(vault, request, source, reject))
    : run(parcelImporter(vault, request, source, reject));
}

function subjectImporter(
  vault: VaultKeeping,
  { id, atMs, admitsErased }: VaultImportRequest,
  source: Uint8Array,
  reject: (reason: string) => void,
): Importer<SubjectChange> {
  return {
    columnsOf(part, resolve) {
      const idAt = resolve(part.columns, id, part.name);
      const places = vaultFields.flatMap((field) => {
        const column = part.columns.find((candidate) => candidate.field === field && candidate.index !== idAt);
        return column === undefined ? [] : [[field, column.index] as const];
      });
      if (places.length === 0) throw new BoltsealError('VAULT_IMPORT', { field: 'any field of the vault' });
      return {
        id: idAt,
        ...Object.fromEntries(places),
        take(cells: readonly string[]) {
          const subject = readCell(cells[idAt], reject);
          if (typeof subject !== 'string' || canonicalSubject(subject) === null) {
            reject('no-id');
            return null;
          }
          const fields: Partial<Record<VaultField, string | null>> = {};
          for (const [field, at] of places) {
            const value = readCell(cells[at], reject);
            if (value !== undefined) fields[field] = value;
          }
          return { id: subject, atMs, fields };
        },
      } as unknown as Columns<SubjectChange>;
    },
    write: (changes, rows) => vault.importSubjects(changes, source, rows, admitsErased),
  };
}

function parcelImporter(
  vault: VaultKeeping,
  { atMs, parcels }: VaultImportRequest,
  source: Uint8Array,
  reject: (reason: string) => void,
): Importer<ParcelChange> {
  const given = parcels ?? { recipient: null, sender: null, station: null, status: null };
  return {
    columnsOf(part, resolve) {
      const place = (column: string | null): number | null =>
        column === null ? null : resolve(part.columns, column, part.name);
      const number = part.columns.find(({ field }) => field === 'trackingNumber')?.index;
      if (number === undefined) throw new BoltsealError('VAULT_IMPORT', { field: 'trackingNumber' });
      const at = {
        recipient: place(given.recipient),
        sender: place(given.sender),
        station: place(given.station),
        status: place(given.status),
      };
      const cellOf = (cells: readonly string[], index: number | null): string | null =>
        index === null ? null : (readCell(cells[index], reject) ?? null);
      const partyOf = (cells: readonly string[], index: number | null): string | null => {
        const id = cellOf(cells, index);
        if (id === null || canonicalSubject(id) !== null) return id;
        reject('no-id');
        return null;
      };
      return {
        trackingNumber: number,
        ...at,
        take(cells: readonly string[]) {
          const trackingNumber = readCell(cells[number], reject);
          if (typeof trackingNumber !== 'string' || canonicalTrackingNumber(trackingNumber) === null) {
            reject('no-tracking-number');
            return null;
          }
          const [recipient, sender] = [at.recipient, at.sender].map((index) => partyOf(cells, index));
          const station = cellOf(cells, at.station);
          const word = cellOf(cells, at.status);
          const status = word === null ? null : statusOf(word);
          if (word !== null && status === null) reject('unknown-status');
          const parties = {
            ...(recipient === null || recipient === undefined ? {} : { recipient }),
            ...(sender === null || sender === undefined ? {} : { sender }),
          };
          return {
            trackingNumber,
            atMs,
            parties,
            ...(status === null ? {} : { status }),
            ...(station === null ? {} : { station }),
          };
        },
      } as unknown as Columns<ParcelChange>;
    },
    write: (changes, rows) => vault.importParcels(changes, source, rows),
  };
}

/** Null: empty, so that the value is taken away. Undefined: more than a value has, so that nothing is said of it. */
function readCell(cell: string | undefined, reject: (reason: string) => void): string | null | undefined {
  const value = cell === undefined ? null : trimmedCell(cell);
  if (value === null || fitsUtf8(value, MOST_VALUE_BYTES)) return value;
  reject('too-long-value');
  return undefined;
}

function statusOf(word: string): ParcelStatus | null {
  const name = word.toLowerCase().replace(/[ _]+/g, '-');
  return parcelStatuses.find((status) => status === name) ?? null;
}

/** Names a table so that the same one is known again: files by place, size and time of change. A query is never known again: its rows come in any order. */
function sourceOf({ source, id, parcels, map }: VaultImportRequest): Uint8Array {
  const files = filesOf(source);
  if (files === null) return randomBytes(16);
  return createHash('sha256')
    .update(JSON.stringify([files, id, parcels, map]))
    .digest()
    .subarray(0, 16);
}

function filesOf(source: TableSource): readonly unknown[] | null {
  if (source.kind === 'postgres' || source.paths.includes('-')) return null;
  try {
    return source.paths.map((file) => {
      const { size, mtimeNs } = statSync(file, { bigint: true });
      return [path.resolve(file), String(size), String(mtimeNs)];
    });
  } catch {
    // Whoever opens it says why it cannot be.
    return null;
  }
}

/** The rows of a part as text, some at a time. */
async function* readRows(
  part: DumpPart,
  onRead: (bytes: number) => void,
  reject: (reason: string, count: number) => void,
): AsyncGenerator<readonly (readonly string[])[], void> {
  const { readPartBytes } = await import('../disclosures/import/tables.ts');
  const { TextRows } = await import('../disclosures/import/text-rows.ts');
  let rows: (readonly string[])[] = [];
  const taker = { row: (cells: readonly string[]) => void rows.push(cells), reject };
  const cutter = new TextRows(part.dialect, part.columns.length, part.headerRows, taker);
  for await (const chunk of readPartBytes(part, onRead)) {
    cutter.push(chunk);
    yield rows;
    rows = [];
  }
  cutter.finish();
  yield rows;
}
