import { BoltsealError } from '../core/errors.ts';
import { entryKinds } from '../core/ledger-entry/kinds.ts';
import type { EntryOpening } from '../core/ledger-entry/opening.ts';
import type { LedgerReading } from '../gateway/port.ts';
import { nodeFiles } from '../ledger/files/node-files.ts';
import type { OpenLedger } from '../ledger/service/open-ledger.ts';
import type { LedgerSettings } from '../ledger/service/settings.ts';
import { isDropped, listShards } from '../ledger/shards.ts';

/** Reads back what a ledger that is open has published. */
export function makeLedgerReading(
  { ledgerFolder }: LedgerSettings,
  { ledger, identity, prover }: Pick<OpenLedger, 'ledger' | 'identity' | 'prover'>,
): LedgerReading {
  return {
    log: identity.origin,
    figures() {
      const { shard, size, published, freeBytes, withheld } = ledger.status();
      return { shard, entries: size, published: published.size, freeBytes, isWithheld: withheld !== null };
    },
    async publish() {
      await ledger.checkpoint();
    },
    shards: () =>
      listShards(nodeFiles, ledgerFolder)
        .filter((shard) => !isDropped(shard))
        .map(({ name }) => ({ shard: name, size: prover.sizeOf(name) })),
    *decisions(shard, from, to) {
      for (const { index, opening } of prover.read(shard, { from, to })) {
        if (opening?.kind !== entryKinds.disclosure) continue;
        const texts = textsOf(opening);
        const subject = texts.get('subject');
        if (subject !== undefined) yield { index, subject, basis: texts.get('basis') ?? '' };
      }
    },
    decision(shard, index) {
      const opening = tell(shard, index);
      if (opening?.kind !== entryKinds.disclosure) return null;
      const texts = textsOf(opening);
      const text = (name: string): string | null => texts.get(name) ?? null;
      const time = texts.get('time');
      return {
        subject: text('subject'),
        principal: text('principal'),
        fields: text('fields'),
        purpose: text('purpose'),
        basis: text('basis'),
        decision: text('decision'),
        timeMs: time === undefined ? null : Number(time),
      };
    },
  };

  function tell(shard: string, index: number): EntryOpening | null {
    try {
      return prover.tell(shard, index);
    } catch (error) {
      // Dropped since it was looked up, or not published yet.
      const gone = ['LEDGER_DROPPED', 'LEDGER_SHARD', 'LEDGER_INDEX'];
      if (error instanceof BoltsealError && gone.includes(error.code)) return null;
      throw error;
    }
  }
}

function textsOf({ fields }: EntryOpening): ReadonlyMap<string, string> {
  return new Map(
    fields.flatMap((told) =>
      'value' in told ? [[told.field.name, Buffer.from(told.value).toString('utf8')] as const] : [],
    ),
  );
}
