import { setImmediate } from 'node:timers/promises';
import { BoltsealError } from '../../core/errors.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import type { Row } from '../keys/key-database.ts';
import { openContent } from './pending-content.ts';
import type { ErasingLog, OpeningsShelf } from './port.ts';

/*
 * Steps of an erasure of a person and of the drop of a shard, as their table in the store of keys has them: each is what is durably done, and each can be done again. docs/design/ledger.md,
 * "What erasing does" and "How a shard is dropped", says why in this order. Where the order differs is why they are two classes: a drop has nothing to list, and no person to take out.
 */
export const BEGUN = 1;
export const RETIRED = 2;
export const LISTED = 3;
export const ANNOUNCED = 4;
export const DESTROYED = 5;
export const DONE = 6;

/** Files that are looked through before others get their turn. */
export const FILES_AT_A_TIME = 32;

/** Looks at every file of openings; null: one that should be there is missing. Others get their turn on the way. */
export async function eachFile(
  shelves: readonly OpeningsShelf[],
  look: (shelf: OpeningsShelf, bundle: number, file: Uint8Array | null) => void,
): Promise<void> {
  let files = 0;
  for (const shelf of shelves) {
    for (const bundle of shelf.bundles()) {
      look(shelf, bundle, shelf.read(bundle));
      if (++files % FILES_AT_A_TIME === 0) await setImmediate();
    }
  }
}

/** Null where a file is damaged: that must not keep anybody from being erased, nor a shard from being dropped, since with the keys it is unreadable. */
export function unlessDamaged<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'LEDGER_DAMAGED') return null;
    throw error;
  }
}

/**
 * Appends the entry of a row of the table: the log says it before it happens, so that in no state of any crash something lacks of which the log says nothing. `isAgain`: a start goes on with it; requests are
 * known for minutes, and it must not be announced twice.
 */
export async function announce(
  { secrets, log }: { readonly secrets: Parameters<typeof openContent>[0]; readonly log: ErasingLog },
  { request, content: sealed }: Row,
  isAgain: boolean,
): Promise<EntryPlace> {
  const content = openContent(secrets, request as Uint8Array, sealed as Uint8Array);
  return (isAgain ? log.find(content) : null) ?? (await log.append(content));
}
