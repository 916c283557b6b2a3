import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { importFromLedger } from '../disclosures/import/import-ledger.ts';
import { openHome } from '../home/home.ts';
import { nodeFiles } from '../ledger/files/node-files.ts';
import { WholeFileWriter } from '../ledger/files/whole-files.ts';
import type { ColumnsSummary } from '../ledger/service/port.ts';
import type { LedgerCursor } from '../ledger/service/read-disclosures.ts';
import type { LedgerSettings } from '../ledger/service/settings.ts';

/*
 * The ledger's disclosures in the columns that `attribute` reads. Columns are derived: they can be made from the ledger again, and adding what is there already changes nothing. So the cursor
 * that says how far they were fed is written after them, and a crash between the two costs reading some entries twice.
 */

const cursorName = 'columns.json';

/** Adds what was published since the last time, or, with `isAll`, everything that columns lack. Fails with HOME_LOCKED, LEDGER_*, DISCLOSURES_*, REGISTER_*. */
export async function feedColumns(
  home: string,
  settings: LedgerSettings,
  { isAll, onEntries }: { readonly isAll: boolean; readonly onEntries: (count: number) => void },
): Promise<ColumnsSummary> {
  const { publishedCursor, readDisclosures } = await import('../ledger/service/read-disclosures.ts');
  return withColumns(home, (input, { importFromLedger: importAll }) => {
    const from = isAll ? {} : readCursor(settings);
    const to = publishedCursor(settings);
    let entries = 0;
    const counted = function* () {
      for (const disclosure of readDisclosures(settings, { from, to }, onEntries)) {
        entries++;
        yield disclosure;
      }
    };
    const { added, rejected } = importAll(input, counted());
    const bytes = Buffer.from(`${JSON.stringify(to)}\n`);
    new WholeFileWriter(nodeFiles, settings.ledgerFolder).write([{ path: cursorFile(settings), bytes }]);
    return { entries, added, left: [...rejected.values()].reduce((sum, count) => sum + count, 0) };
  });
}

/** Disclosures that columns were never fed with. */
export async function countUnfed(settings: LedgerSettings): Promise<number> {
  const { publishedCursor, readDisclosures } = await import('../ledger/service/read-disclosures.ts');
  const range = { from: readCursor(settings), to: publishedCursor(settings) };
  let unfed = 0;
  for (const _ of readDisclosures(settings, range, () => undefined)) unfed++;
  return unfed;
}

/** Removes all rows of a subject, of the ledger and of imported logs. */
export function removeFromColumns(home: string, subject: string): Promise<number> {
  return withColumns(home, (input, { removeSubjectRows }) => removeSubjectRows(input, subject));
}

type ImportModule = typeof import('../disclosures/import/import-ledger.ts');

async function withColumns<T>(
  home: string,
  work: (input: Parameters<typeof importFromLedger>[0], module: ImportModule) => T,
): Promise<T> {
  const { paths, config } = await openHome(home);
  const { readKeyFile } = await import('../register/key-file.ts');
  const { acquireHomeLock } = await import('../register/lock.ts');
  const module = await import('../disclosures/import/import-ledger.ts');
  const registerKey = await readKeyFile(paths.key);
  const lock = acquireHomeLock(home);
  try {
    return work({ home, registerKey, region: config.region }, module);
  } finally {
    lock.release();
  }
}

function cursorFile({ ledgerFolder }: LedgerSettings): string {
  return path.join(ledgerFolder, cursorName);
}

/** Whatever cannot be read is read as "nothing was fed": feeding again changes nothing. */
function readCursor(settings: LedgerSettings): LedgerCursor {
  try {
    const value: unknown = JSON.parse(readFileSync(cursorFile(settings), 'utf8'));
    const isCursor = typeof value === 'object' && value !== null && Object.values(value).every(Number.isSafeInteger);
    return isCursor ? (value as LedgerCursor) : {};
  } catch {
    return {};
  }
}
