import { hash } from 'node:crypto';
import path from 'node:path';
import { BoltsealError, type ErrorCode } from '../../core/errors.ts';
import type { Directory } from '../directory/directory.ts';
import type { Change } from '../directory/port.ts';
import type { GatewayStores, OpenDatabase } from '../stores.ts';
import { CountingBudgets } from './budgets.ts';
import { compactJournals } from './compaction.ts';
import { BudgetJournal } from './journal.ts';
import { markJournal, usesBehindMark } from './recount.ts';
import type { BudgetRule } from './rules.ts';

/** The budgets of a gateway, open until `close`. */
export interface OpenBudgets {
  readonly budgets: CountingBudgets;
  rules(): { readonly source: 'configuration' | 'changed'; readonly rules: readonly BudgetRule[] };
  /** Takes other rules, or with null those of the configuration again; durable, in the audit and in force when it resolves. Rejects with LEDGER_*, DIRECTORY_CHANGED; then nothing has changed. */
  change(rules: readonly BudgetRule[] | null, change: Change): Promise<void>;
  /** To be called now and then: forgets who left, and makes old journals shorter. */
  sweep(): void;
  close(): void;
}

export interface BudgetsOptions {
  /** What holds where nobody changed it. */
  readonly configured: readonly BudgetRule[];
  readonly directory: Directory;
  readonly directoryStore: OpenDatabase;
  readonly nowMs: () => number;
  readonly onTrouble: (what: string, code: ErrorCode | null) => void;
}

/** Counts what the journal has, and from the ledger what a power cut took of it. Rejects with GATEWAY_BUDGETS_WRITE, LEDGER_*. */
export async function openBudgets(
  stores: Pick<GatewayStores, 'folder' | 'keyFor' | 'reading'>,
  { configured, directory, directoryStore, nowMs, onTrouble }: BudgetsOptions,
): Promise<OpenBudgets> {
  const folder = path.join(stores.folder, 'budgets');
  const { reading } = stores;
  const { database } = directoryStore;
  const find = database.prepare("SELECT value FROM settings WHERE name = 'budgets'");
  const put = database.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES ('budgets', ?)");
  const remove = database.prepare("DELETE FROM settings WHERE name = 'budgets'");
  const changed = (): readonly BudgetRule[] | null => {
    const row = find.get();
    return row === undefined ? null : (JSON.parse(String(row.value)) as BudgetRule[]);
  };
  const journal = new BudgetJournal(
    folder,
    markJournal(folder, () => reading.figures(), nowMs),
  );
  const key = Buffer.from(stores.keyFor('budgets')).toString('latin1');
  // The key fills a block with the rest of it, so that nobody without it can begin the hash (as the ledger's fingerprints of requests).
  const personOf = (subject: string): number =>
    hash('sha256', Buffer.from(`${key.padEnd(64, '\0')}${subject}`, 'utf8'), 'buffer').readUIntBE(0, 6);
  const budgets = new CountingBudgets({
    rules: changed() ?? configured,
    personOf,
    note: (use) => journal.note(use),
  });
  const startMs = nowMs();
  for await (const use of journal.read(startMs)) budgets.recount(use, startMs);
  await publishIfPossible();
  const principalOf = (id: string) => directory.find(id);
  for await (const use of usesBehindMark(folder, reading, { principalOf, personOf, nowMs: startMs })) {
    budgets.recount(use, startMs);
    await journal.note(use);
  }
  let isCompacting = false;
  const compact = (): void => {
    if (isCompacting) return;
    isCompacting = true;
    compactJournals(folder, nowMs())
      .catch((error: unknown) =>
        onTrouble('making journals of budgets shorter', error instanceof BoltsealError ? error.code : null),
      )
      .finally(() => {
        isCompacting = false;
      });
  };
  compact();
  return {
    budgets,
    rules: () => ({ source: changed() === null ? 'configuration' : 'changed', rules: budgets.rules }),
    async change(rules, by) {
      await directory.audit.carryOut(() =>
        directory.audit.record(by, 'budgets changed', 'budgets', () => {
          if (rules === null) remove.run();
          else put.run(JSON.stringify(rules));
          return { result: null, detail: { rules } };
        }),
      );
      const atMs = nowMs();
      await budgets.changeRules(rules ?? configured, () => journal.read(atMs), atMs);
    },
    sweep() {
      budgets.sweep(nowMs());
      compact();
    },
    close: () => journal.close(),
  };

  /** The ledger is read as far as it is published. */
  async function publishIfPossible(): Promise<void> {
    try {
      await reading.publish();
    } catch (error) {
      const code = error instanceof BoltsealError ? error.code : null;
      onTrouble('counting again what the ledger has', code);
    }
  }
}
