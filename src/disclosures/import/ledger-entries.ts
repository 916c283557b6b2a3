import fs from 'node:fs';
import path from 'node:path';
import type { DisclosureReject } from '../../contract/disclosures.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import type { EntryOpening } from '../../core/ledger-entry/opening.ts';
import type { OpenedEntry } from '../../ledger/read-entries.ts';
import { writeDurably } from '../../register/chunked-files.ts';
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
    const sink = new DisclosureSink(writer, { zoneSeconds: 0, urls: [], fields: null });
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

/** Takes what an opening says, unless it was refused; false when something of it was erased. */
function takeOpening(sink: DisclosureSink, { fields }: EntryOpening): boolean {
  const said = new Map(
    fields.flatMap((field) =>
      'value' in field ? [[field.field.name, Buffer.from(field.value).toString('utf8')] as const] : [],
    ),
  );
  const [principal, subject, names, time] = (['principal', 'subject', 'fields', 'time'] as const).map((name) =>
    said.get(name),
  );
  if (principal === undefined || subject === undefined || names === undefined || time === undefined) return false;
  if (said.get('decision') === 'deny') return true;
  sink.take(
    Math.floor(Number(time) / 1000),
    principal,
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
