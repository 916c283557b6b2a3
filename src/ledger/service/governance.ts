import type { EntryOpening } from '../../core/ledger-entry/opening.ts';
import { nodeFiles } from '../files/node-files.ts';
import { isDropped, listShards } from '../shards.ts';
import { type Prover, withProver } from './prover.ts';
import type { LedgerSettings } from './settings.ts';

/** Where an entry stands that says which policies hold, and which. */
export interface StatedPolicies {
  readonly shard: string;
  readonly index: number;
  /** SHA-256 of their text, in hexadecimal. */
  readonly policies: string;
}

/** A change of who may do what, as its entry has it (docs/spec/ledger-entry.md); null where it was erased. */
export interface AdministrationInLedger {
  readonly shard: string;
  readonly index: number;
  readonly action: string | null;
  /** Hash of the row, in hexadecimal. */
  readonly record: string | null;
}

/**
 * Which policies decided an entry: those of the nearest entry in front of it that says so, in its log or one before; null where none does.
 * `shard` null: the newest. Fails with LEDGER_*.
 */
export function findPolicies(
  settings: LedgerSettings,
  { shard, index }: { readonly shard: string | null; readonly index: number },
): StatedPolicies | null {
  return withProver(settings, (prover) => {
    const names = shardsOf(settings).reverse();
    const start = shard === null ? 0 : names.indexOf(shard);
    for (const [i, name] of names.entries()) {
      if (start < 0 || i < start) continue;
      const range = { newestFirst: true, ...(i === start ? { to: index } : {}) };
      for (const { index: at, opening } of prover.readKind(name, 'policies', range)) {
        const policies = valueIn(opening, 'policies');
        if (policies !== null) return { shard: name, index: at, policies: policies.toString('hex') };
      }
    }
    return null;
  });
}

/** Every entry of administration that is published, oldest first, and how far each shard is. Fails with LEDGER_*. */
export function readAdministration(settings: LedgerSettings): {
  readonly entries: readonly AdministrationInLedger[];
  readonly sizes: ReadonlyMap<string, number>;
} {
  return withProver(settings, (prover) => {
    const shards = shardsOf(settings);
    const sizes = new Map(shards.map((shard) => [shard, prover.sizeOf(shard)]));
    return { entries: shards.flatMap((shard) => [...administrationOf(prover, shard, sizes.get(shard) ?? 0)]), sizes };
  });
}

function* administrationOf(prover: Prover, shard: string, to: number): Generator<AdministrationInLedger> {
  for (const { index, opening } of prover.readKind(shard, 'administration', { to })) {
    const [action, record] = [valueIn(opening, 'action'), valueIn(opening, 'record')];
    yield {
      shard,
      index,
      action: action === null ? null : action.toString('utf8'),
      record: record === null ? null : record.toString('hex'),
    };
  }
}

function shardsOf({ ledgerFolder }: LedgerSettings): string[] {
  return listShards(nodeFiles, ledgerFolder)
    .filter((shard) => !isDropped(shard))
    .map(({ name }) => name);
}

function valueIn(opening: EntryOpening | null, name: string): Buffer | null {
  const told = opening?.fields.find(({ field }) => field.name === name);
  return told !== undefined && 'value' in told ? Buffer.from(told.value) : null;
}
