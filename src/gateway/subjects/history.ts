import type { SeenByBody } from '../../contract/api/subjects.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { LedgerReading } from '../port.ts';
import type { DisclosureHistory } from '../routes/subjects.ts';
import type { SeenIndex, SeenPlace } from './seen.ts';

const PAGE = 100;
/** Entries that are opened in one turn: each reads its bundle. */
const AT_A_TIME = 8;

/** Who saw a person's data, from the ledger's own entries: only that person's are opened, and each is checked against the ledger. */
export function createHistory(seen: SeenIndex, ledger: LedgerReading): DisclosureHistory {
  return {
    async of(subject, before) {
      const behind = before === null ? null : parsePlace(before);
      // What was answered before the question is part of the answer.
      await ledger.publish();
      await seen.catchUp();
      const places = seen.find(subject, behind, PAGE + 1);
      const disclosures: SeenByBody['disclosures'] = [];
      for (const [i, place] of places.slice(0, PAGE).entries()) {
        const row = tell(ledger, subject, place);
        if (row !== null) disclosures.push(row);
        if (i % AT_A_TIME === AT_A_TIME - 1) await new Promise((resolve) => setImmediate(resolve));
      }
      const last = places[PAGE - 1];
      return places.length > PAGE && last !== undefined
        ? { disclosures, next: `${last.shard}.${last.index}` }
        : { disclosures };
    },
  };
}

function tell(
  { decision, log }: LedgerReading,
  subject: string,
  { shard, index }: SeenPlace,
): SeenByBody['disclosures'][number] | null {
  const told = decision(shard, index);
  // A row that does not fit its entry, after a backup was brought back, says nothing.
  if (told === null || told.subject !== subject || told.timeMs === null) return null;
  return {
    at: new Date(told.timeMs).toISOString(),
    principal: told.principal ?? '(erased)',
    purpose: told.purpose ?? '',
    basis: told.basis ?? '',
    fields: told.fields ?? '',
    decision: told.decision ?? '',
    log,
    shard,
    index,
  };
}

/** The place that a text such as `2026h2.17` names. Fails with GATEWAY_REQUEST. */
export function parsePlace(text: string): SeenPlace {
  const [, shard, index] = /^([0-9]{4}h[12])\.([0-9]{1,15})$/.exec(text) ?? [];
  if (shard === undefined || index === undefined)
    throw new BoltsealError('GATEWAY_REQUEST', { place: '/before', problem: 'is no `next` of an answer' });
  return { shard, index: Number(index) };
}
