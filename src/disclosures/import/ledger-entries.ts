import fs from 'node:fs';
import path from 'node:path';
import type { DisclosureReject } from '../../contract/disclosures.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import type { EntryOpening } from '../../core/ledger-entry/opening.ts';
import type { OpenedEntry } from '../../ledger/read-entries.ts';
import { writeDurably } from '../../register/chunked-files.ts';
import { Batch } from '../batch.ts';
import { erasedPrincipal } from '../principals.ts';
import { disclosuresKey } from '../sealed.ts';
import { disclosuresFolder } from '../store.ts';
import { DisclosureWriter } from '../writer.ts';
import { DisclosureSink } from './sink.ts';

/** A shard of the ledger, as it is read for the columns. */
export interface LedgerShard {
  readonly name: string;
  /** Of its published checkpoint. */
  readonly size: number;
  read(from: number, to: number): Iterable<OpenedEntry>;
}

/** What to copy from where. The home's lock must be held until it returns. */
export interface LedgerCopyRequest {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly shards: readonly LedgerShard[];
  /** From the first entries on: whatever the columns lack is added, so that `added` of a check is 0. */
  readonly fromStart?: boolean;
  /** Whether it is only counted what would be added. */
  readonly isCheck?: boolean;
}

/** What a copy found. */
export interface LedgerCopySummary {
  /** Disclosures that were read. */
  readonly read: number;
  /** Those that the columns did not have. */
  readonly added: number;
  /** Entries of which too much was erased. */
  readonly erased: number;
  readonly rejected: ReadonlyMap<DisclosureReject, number>;
}

const cursorName = 'ledger.json';
const ledgerRules = { zoneSeconds: 0, urls: [], fields: null } as const;

/**
 * Adds the ledger's accepted disclosures to the columns, from where the last copy ended. Disclosures are a set: what a crash makes it copy twice counts once, and columns that
 * were lost are made again.
 *
 * Fails with DISCLOSURES_*, LEDGER_DAMAGED, KEY_UNUSABLE and, where there is a register, REGISTER_*; then the columns are as they were.
 */
export function copyLedger(request: LedgerCopyRequest): LedgerCopySummary {
  const { home, registerKey, shards, fromStart = false, isCheck = false } = request;
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  try {
    // Whatever removes the columns removes their place in the ledger with them.
    const isEmpty = writer.manifest.segments.length === 0;
    const copied = fromStart || isEmpty ? {} : readCursor(home);
    const sink = new DisclosureSink(writer, ledgerRules);
    let erased = 0;
    for (const { name, size, read } of shards) {
      for (const { opening } of read(Math.min(copied[name] ?? 0, size), size)) {
        if (opening === null) erased++;
        else if (opening.kind === entryKinds.disclosure && !takeOpening(sink, opening)) erased++;
      }
    }
    if (isCheck) {
      const missing = writer.countAdded();
      writer.abandon();
      return { read: sink.taken, added: missing, erased, rejected: sink.rejected };
    }
    const { added } = writer.commit();
    writeCursor(home, Object.fromEntries(shards.map(({ name, size }) => [name, size])));
    return { read: sink.taken, added, erased, rejected: sink.rejected };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/**
 * Removes the rows of a shard's accepted disclosures, which are about to be dropped; gives how many there were. A row that an imported log has too is one row, and gone. Locks and failures
 * as of `copyLedger`.
 */
export function removeLedgerRows(home: string, registerKey: Uint8Array, { size, read }: LedgerShard): number {
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  try {
    const batch = new Batch();
    let removed = 0;
    const sink = new DisclosureSink(
      {
        principals: writer.principals,
        subjects: writer.subjects,
        purposeNumber: (text) => writer.purposeNumber(text),
        add(...row) {
          batch.add(...row);
          if (batch.isFull) removed += writer.removeRows(batch.takeSorted());
        },
      },
      ledgerRules,
    );
    for (const { opening } of read(0, size)) if (opening?.kind === entryKinds.disclosure) takeOpening(sink, opening);
    removed += writer.removeRows(batch.takeSorted());
    if (removed > 0) writer.commit();
    else writer.abandon();
    return removed;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Takes what an opening says, unless it was refused; a principal that was erased as `erasedPrincipal`. False when something else of it was erased. */
function takeOpening(sink: DisclosureSink, { fields }: EntryOpening): boolean {
  const said = new Map(
    fields.flatMap((field) =>
      'value' in field ? [[field.field.name, Buffer.from(field.value).toString('utf8')] as const] : [],
    ),
  );
  const [principal, subject, names, time] = (['principal', 'subject', 'fields', 'time'] as const).map((name) =>
    said.get(name),
  );
  if (subject === undefined || names === undefined || time === undefined) return false;
  if (said.get('decision') === 'deny') return true;
  sink.take(
    Math.floor(Number(time) / 1000),
    principal ?? erasedPrincipal,
    subject,
    sink.fields.maskOfText(names),
    said.get('purpose') ?? '',
  );
  return true;
}

/** Sizes up to which shards were copied. An unreadable one means from the start: that is slow, and right. */
function readCursor(home: string): Readonly<Record<string, number>> {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(path.join(disclosuresFolder(home), cursorName), 'utf8'));
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter(([, size]) => Number.isSafeInteger(size) && size >= 0));
  } catch {
    return {};
  }
}

/** Behind the commit: after a crash between them, or where it cannot be written, the next copy begins further back and finds what is there. */
function writeCursor(home: string, sizes: Readonly<Record<string, number>>): void {
  const file = path.join(disclosuresFolder(home), cursorName);
  try {
    fs.rmSync(`${file}.new`, { force: true });
    writeDurably(`${file}.new`, Buffer.from(JSON.stringify(sizes)));
    fs.renameSync(`${file}.new`, file);
  } catch {
    // The disclosures count already: to report a failure would be wrong.
  }
}
