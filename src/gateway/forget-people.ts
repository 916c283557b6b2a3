import type { GatewayConfig } from '../contract/config.ts';
import type { Vault } from '../vault/port.ts';
import { forgetSubject } from './context/forget.ts';
import { keyedHash } from './context/keyed-hash.ts';
import { migrations as contextMigrations } from './context/migrations.ts';
import { createContextState } from './context/state.ts';
import type { DatabaseOpener } from './policy/tool.ts';
import { forgetSeenQuery, seenMigrations } from './subjects/seen.ts';
import { numberHolder } from './virtual-numbers/holder.ts';
import { createLocalNumbers, virtualNumberMigrations } from './virtual-numbers/local.ts';

const REST_SECONDS = 30 * 86_400;

/** A home's gateway that is not running. */
export interface RestingGateway {
  readonly home: string;
  readonly openDatabase: DatabaseOpener;
  readonly keyFor: (duty: string) => Uint8Array;
  readonly virtualNumbers: GatewayConfig['virtualNumbers'];
}

/**
 * Takes away what a gateway keeps of people who are erased by a command: tickets, tours and movements of their parcels, who saw them, their virtual numbers.
 * To be called while nobody serves the home, and before the vault, which alone knows whose parcels these are. Fails with STORE_*, VAULT_*, GATEWAY_VIRTUAL_NUMBERS.
 */
export async function forgetPeople(
  { home, openDatabase, keyFor, virtualNumbers }: RestingGateway,
  vault: Pick<Vault, 'parcelsOf'>,
  subjects: readonly string[],
): Promise<void> {
  const context = await openDatabase(home, 'context', contextMigrations);
  const seen = await openDatabase(home, 'seen', seenMigrations);
  const given = await openDatabase(home, 'virtual-numbers', virtualNumberMigrations);
  try {
    const state = context === null ? null : createContextState(context.database, keyFor('context'), context.transact);
    const hash = keyedHash(keyFor('seen'));
    const { pool = [], restSeconds = REST_SECONDS } = virtualNumbers ?? {};
    const holderOf = numberHolder(keyFor('virtual numbers'));
    const numbers = given === null ? null : createLocalNumbers(given, { pool, restSeconds, holderOf });
    for (const subject of subjects) {
      const trackingNumbers = await vault.parcelsOf(subject, Number.MAX_SAFE_INTEGER);
      if (state !== null) forgetSubject(state, subject, trackingNumbers);
      seen?.database.prepare(forgetSeenQuery).run(hash('subject', subject));
      await numbers?.forget(subject, trackingNumbers, Date.now());
    }
  } finally {
    for (const database of [context, seen, given]) database?.close();
  }
}
