import { BoltsealError } from '../../../src/core/errors.ts';
import type { AdministrationEntry, GovernanceLog, PoliciesEntry } from '../../../src/gateway/port.ts';

/** A ledger of what governs, in memory; `refuses` makes it take nothing, `onWrite` is called before each entry is durable. */
export class GovernanceInMemory implements GovernanceLog {
  readonly entries: AdministrationEntry[] = [];
  readonly policiesEntries: PoliciesEntry[] = [];
  refuses = false;
  onWrite: () => void | Promise<void> = () => undefined;

  async administration(entries: readonly AdministrationEntry[]) {
    const first = this.entries.length;
    await this.#take();
    this.entries.push(...entries);
    return entries.map((_, i) => ({ shard: '2026h2', index: first + i }));
  }

  async policies(entry: PoliciesEntry) {
    await this.#take();
    this.policiesEntries.push(entry);
    return { shard: '2026h2', index: this.policiesEntries.length };
  }

  async #take(): Promise<void> {
    if (this.refuses) throw new BoltsealError('LEDGER_BUSY', { retryAfterMs: 10 });
    await this.onWrite();
  }
}
