import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { LedgerFigures, LedgerReading, Principal, ToldDecision } from '../port.ts';
import type { CountedUse } from './budgets.ts';
import { longestWindowMs } from './rules.ts';

/** A mark is written at most so often; what stands behind it in the ledger is counted again at a start. */
const MARK_EVERY_MS = 5000;
const AT_A_TIME = 256;

/** Everything in front of it in the ledger is in the journal, durably. */
interface Mark {
  readonly shard: string;
  readonly index: number;
}

/**
 * Remembers up to which entry of the ledger the journal is on the disk: what `onSync` of the journal wants. An entry is noted in the journal in the turn in which the ledger has acknowledged it,
 * so a sync covers all that was acknowledged when the one before it began.
 */
export function markJournal(
  folder: string,
  figures: () => Pick<LedgerFigures, 'shard' | 'entries'>,
  nowMs: () => number,
) {
  let seen: Mark | null = null;
  let written = '';
  let writtenMs = Number.NEGATIVE_INFINITY;
  return (): (() => void) => {
    const covered = seen;
    const { shard, entries } = figures();
    seen = { shard, index: entries };
    return () => {
      const text = JSON.stringify(covered);
      if (covered === null || text === written || nowMs() < writtenMs + MARK_EVERY_MS) return;
      written = text;
      writtenMs = nowMs();
      // An older mark is as true: then more is counted again.
      writeMark(folder, text).catch(() => undefined);
    };
  };
}

/**
 * Every use that the ledger has behind the mark, and that a window may still count: a power cut takes what the journal has not synced, and the ledger has it. Without a mark all that is published.
 * `principalOf` gives who somebody is now. Exports have caps of their own. Fails with LEDGER_*.
 */
export async function* usesBehindMark(
  folder: string,
  ledger: Pick<LedgerReading, 'shards' | 'decisions' | 'decision'>,
  { principalOf, personOf, nowMs }: RecountOptions,
): AsyncGenerator<CountedUse> {
  const mark = readMark(folder);
  for (const { shard, size } of ledger.shards()) {
    if (mark !== null && shard < mark.shard) continue;
    for (let from = mark?.shard === shard ? mark.index : 0; from < size; from += AT_A_TIME) {
      const to = Math.min(size, from + AT_A_TIME);
      for (const { index } of ledger.decisions(shard, from, to)) {
        const use = useOf(ledger.decision(shard, index), principalOf, personOf);
        if (use !== null && use.atMs + longestWindowMs > nowMs) yield use;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export interface RecountOptions {
  /** Null: there is none. */
  readonly principalOf: (id: string) => Principal | null;
  readonly personOf: (subject: string) => number;
  readonly nowMs: number;
}

function useOf(
  told: ToldDecision | null,
  principalOf: RecountOptions['principalOf'],
  personOf: RecountOptions['personOf'],
): CountedUse | null {
  if (told === null) return null;
  const { subject, principal: id, purpose, basis, decision, timeMs } = told;
  if (subject === null || id === null || purpose === null || timeMs === null) return null;
  const isGiven = decision === 'allow' || decision === 'mask';
  const principal = principalOf(id);
  if (!isGiven || principal === null || basis?.startsWith('export ') === true) return null;
  const { role, station, partner } = principal;
  const weight = basis?.startsWith('exception: ') === true ? 2 : 1;
  return { atMs: timeMs, principal: id, role, station, partner, purpose, weight, people: [personOf(subject)] };
}

function readMark(folder: string): Mark | null {
  try {
    const { shard, index } = JSON.parse(readFileSync(path.join(folder, 'mark'), 'utf8'));
    return typeof shard === 'string' && Number.isSafeInteger(index) && index >= 0 ? { shard, index } : null;
  } catch {
    // None yet, or torn: then everything is counted again.
    return null;
  }
}

async function writeMark(folder: string, text: string): Promise<void> {
  const file = path.join(folder, 'mark');
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
