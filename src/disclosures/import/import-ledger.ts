import type { DisclosureReject } from '../../contract/disclosures.ts';
import { disclosuresKey } from '../sealed.ts';
import { DisclosureWriter } from '../writer.ts';
import { readRules } from './read-rules.ts';
import { DisclosureSink } from './sink.ts';

/** A disclosure as the ledger has it. */
export interface LedgerDisclosure {
  readonly timeMs: number;
  readonly principal: string;
  readonly subject: string;
  /** Names with commas between them. */
  readonly fields: string;
  readonly purpose: string;
}

/** Whose disclosures. The home's lock must be held. */
export interface ColumnsInput {
  readonly home: string;
  readonly registerKey: Uint8Array;
  readonly region: string;
}

/** What came of it. */
export interface LedgerImport {
  /** Disclosures that were not there before. */
  readonly added: number;
  /** What columns cannot hold, by reason. */
  readonly rejected: ReadonlyMap<DisclosureReject, number>;
}

/** Adds disclosures of the ledger; those that are there already count once. All or none. Fails with DISCLOSURES_*, KEY_UNUSABLE, REGISTER_*. */
export function importFromLedger(input: ColumnsInput, disclosures: Iterable<LedgerDisclosure>): LedgerImport {
  return withWriter(input, (writer) => {
    const words = { format: null, map: new Map(), fields: [], urls: [], tables: [], logPrefix: null, zone: null };
    const sink = new DisclosureSink(writer, readRules(words, input.region));
    for (const { timeMs, principal, subject, fields, purpose } of disclosures) {
      const seconds = Math.floor(timeMs / 1000);
      sink.take(seconds, principal, subject, sink.fields.maskOfText(fields), purpose);
    }
    return { added: writer.commit().added, rejected: sink.rejected };
  });
}

/** Removes every disclosure of a subject, wherever it came from; gives how many there were. Fails as `importFromLedger`. */
export function removeSubjectRows(input: ColumnsInput, subject: string): number {
  return withWriter(input, (writer) => {
    const number = writer.subjects.numberOf(subject);
    const removed = number === null ? 0 : writer.removeSubject(number);
    if (removed > 0) writer.commit();
    else writer.abandon();
    return removed;
  });
}

function withWriter<T>({ home, registerKey }: ColumnsInput, work: (writer: DisclosureWriter) => T): T {
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  try {
    return work(writer);
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
