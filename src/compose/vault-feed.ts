import type { VaultField } from '../contract/api/words.ts';
import { emptyCanaries } from '../contract/canaries.ts';
import type { FieldName } from '../core/fields/field.ts';
import { type DumpPart, canonicalDialect as dialect, type InferredColumn } from '../dump/port.ts';
import { openHome } from '../home/home.ts';
import type { AddMode } from '../register/port.ts';
import type { TimeColumn } from '../scan/plan.ts';
import type { ClosedValues, NewVersion, VaultKeeping } from '../vault/port.ts';
import type { FeedSummary } from '../vault/service-port.ts';
import { defaultThreads, lockHome, readKey } from './shared.ts';

/** Entries of the outbox that are in memory at once. */
const PAGE = 1000;
const fedFields = ['name', 'phone', 'email', 'address', 'nationalId', 'username', 'trackingNumber'] as const;

/**
 * Tells the register of every version that was written since the last time: first the versions, with their times, as a table of dated versions; then, as changes of now, what subjects have of the fields of
 * which something is no longer current, which closes it.
 *
 * The outbox is emptied when the register has all of it. Killed before that, the next call tells it again, which changes nothing in a register that has it already: the same intervals become one, and what is closed is closed.
 * Written anew, the register is without those who were erased, which is reason enough to write it. Fails with HOME_LOCKED, REGISTER_*, VAULT_*.
 */
export async function feedRegister(
  folder: string,
  vault: VaultKeeping,
  nowMs: () => number,
  threads = defaultThreads(),
): Promise<FeedSummary> {
  const hasNews = (await vault.news(0, 1)).next !== null;
  const { paths, config } = await openHome(folder);
  const { countWaiting } = await import('../register/status.ts');
  const { addTable } = await import('../scan/add-table.ts');
  const { readCanaries } = await import('../canaries/marker.ts');
  const { allCanaries } = await import('../canaries/stock.ts');
  const { readManifest } = await import('../register/load.ts');
  const { readCurrent } = await import('../register/store.ts');
  const key = await readKey(paths.key);
  const isFiled = readCurrent(folder) !== null;
  const waiting = isFiled ? countWaiting(folder, key, readManifest(folder, key)) : 0;
  if (!hasNews && waiting === 0) return { versions: 0, closed: 0, erased: 0 };
  const lock = await lockHome(folder);
  try {
    const kept = allCanaries(readCanaries(folder) ?? emptyCanaries);
    const latest = readCurrent(folder) === null ? 0 : readManifest(folder, key).latestSeconds;
    const atSeconds = Math.max(Math.floor(nowMs() / 1000), latest + 2);
    const add = (mode: AddMode, asOfSeconds: number, part: DumpPart, times: readonly TimeColumn[]): Promise<unknown> =>
      addTable({
        home: folder,
        key,
        region: config.region,
        parts: [
          {
            part,
            columns: part.columns,
            times: times.map((time, at) => ({ time, index: part.columns.length - times.length + at })),
          },
        ],
        mode,
        asOfSeconds,
        exclusive: [],
        // The vault is asked before somebody comes back.
        admitsErased: true,
        threads,
        kept,
        onRead: () => undefined,
        onStep: () => undefined,
      });
    const told = { versions: 0, closed: 0, until: 0, fields: new Set<VaultField>() };
    const versions = partOf('versions', ['customerId', ...fedFields, null, null], () =>
      versionRows(vault, atSeconds, told),
    );
    await add('history', atSeconds - 1, versions, ['validFrom', 'validUntil']);
    if (told.fields.size > 0) {
      const fields = fedFields.filter((field) => field !== 'trackingNumber' && told.fields.has(field)) as VaultField[];
      const changes = partOf('changes', ['customerId', ...fields], () => closedRows(vault, fields, told.until));
      await add('delta', atSeconds, changes, []);
    }
    await vault.fed(told.until);
    return { versions: told.versions, closed: told.closed, erased: waiting };
  } finally {
    lock.release();
  }
}

interface Told {
  versions: number;
  closed: number;
  until: number;
  readonly fields: Set<VaultField>;
}

/** One row for each version: id, its value in its column, from and until in seconds. */
async function* versionRows(vault: VaultKeeping, atSeconds: number, told: Told): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const { versions, closed, next } = await vault.news(told.until, PAGE);
    if (next === null) return;
    told.until = next;
    told.versions += versions.length;
    told.closed += closed.length;
    for (const { fields } of closed) for (const field of fields) told.fields.add(field);
    yield encodeRows(versions.map((version) => versionCells(version, atSeconds)));
  }
}

function versionCells({ subject, field, value, sinceMs, untilMs }: NewVersion, atSeconds: number): readonly string[] {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  // Times of the register are seconds, and none of ours lies in its future; a version that lived for less is one all the same.
  const from = Math.min(Math.max(1, seconds(sinceMs)), atSeconds - 1);
  const until = untilMs === null ? '' : String(Math.max(from + 1, Math.min(seconds(untilMs), atSeconds)));
  return [
    subject,
    ...fedFields.map((fed) => (fed === field ? value : '')),
    isoOf(from),
    until === '' ? '' : isoOf(Number(until)),
  ];
}

/** Bare numbers of early years could be anything; a date is a date. */
function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19);
}

/** What subjects have of these fields, for those of whom something was closed. */
async function* closedRows(
  vault: VaultKeeping,
  fields: readonly VaultField[],
  until: number,
): AsyncGenerator<Uint8Array, void> {
  for (let after = 0; after < until; ) {
    const { closed, next } = await vault.news(after, PAGE);
    if (next === null) return;
    after = next;
    yield encodeRows(closed.map((row) => closedCells(row, fields)));
  }
}

function closedCells({ subject, values }: ClosedValues, fields: readonly VaultField[]): readonly string[] {
  return [subject, ...fields.map((field) => values[field]?.value ?? '')];
}

/** Rows in the canonical dialect, with every cell in quotes that needs them. */
function encodeRows(rows: readonly (readonly string[])[]): Uint8Array {
  const encode = (cell: string): string =>
    /["\x1f\r\n]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell;
  return Buffer.from(rows.map((cells) => `${cells.map(encode).join(dialect.separator)}\n`).join(''), 'utf8');
}

/** A table that is made while it is read; null: a column of times. */
function partOf(
  name: string,
  fields: readonly (FieldName | null)[],
  open: () => AsyncGenerator<Uint8Array, void>,
): DumpPart {
  const columns: InferredColumn[] = fields.map((field, index) => ({
    index,
    name: field,
    field,
    kind: field === null ? 'date' : null,
    confidence: 1,
    reason: 'written by the vault',
  }));
  return {
    table: 0,
    name,
    format: 'vault',
    containers: [],
    encoding: 'utf-8',
    foundEncoding: 'utf-8',
    encodingConfidence: 1,
    dialect,
    columns,
    headerRows: 0,
    sizeBytes: null,
    plainFile: null,
    head: [],
    readings: [],
    isContinuation: false,
    open,
  };
}
