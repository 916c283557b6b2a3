import { hash } from 'node:crypto';
import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { fieldByName } from '../core/fields/registry.ts';
import type { GatewayServices } from './app.ts';
import { createAuthenticator } from './auth/authenticator.ts';
import { MOST_NONCES, Nonces, readBootId } from './auth/nonces.ts';
import { CountingBudgets } from './budgets/budgets.ts';
import { BudgetJournal } from './budgets/journal.ts';
import type { BudgetRule } from './budgets/rules.ts';
import { createBusinessContext } from './context/business-context.ts';
import { migrations as contextMigrations } from './context/migrations.ts';
import { createContextState } from './context/state.ts';
import { Directory } from './directory/directory.ts';
import { directoryMigrations } from './directory/migrations.ts';
import { Places } from './directory/places.ts';
import type { Forms } from './forms.ts';
import { readDefaultPolicies } from './policy/default-policies.ts';
import { createPolicyEngine } from './policy/engine.ts';
import type { GatewayStores } from './stores.ts';

const SWEEP_MS = 3_600_000;

/** What is set of a gateway. */
export interface GatewaySettings {
  readonly version: string;
  /** Of the IANA database: when a tour's day begins, and the hours that policies mean. */
  readonly timeZone: string;
  /** How far the clocks of devices may be off, either way. */
  readonly skewSeconds: number;
  /** Hosts with port that it answers for; null: whatever requests say. */
  readonly authorities: ReadonlySet<string> | null;
  readonly budgetRules: readonly BudgetRule[];
  readonly onFault: GatewayServices['onFault'];
}

/** The parts of a gateway that are open, and what ends them. */
export interface AssembledGateway {
  readonly services: GatewayServices;
  readonly directory: Directory;
  readonly places: Places;
  close(): void;
}

/** Puts the parts together over open stores. Fails with STORE_*, POLICY_INVALID, GATEWAY_BUDGETS_WRITE. */
export async function assembleGateway(stores: GatewayStores, settings: GatewaySettings): Promise<AssembledGateway> {
  const { folder, vault, log, ledger } = stores;
  const { skewSeconds, timeZone } = settings;
  const now = Date.now;
  const directoryStore = stores.openDatabase('directory', directoryMigrations);
  const directory = new Directory(directoryStore, () => undefined);
  const nonces = new Nonces({
    folder: path.join(folder, 'nonces'),
    skewSeconds,
    most: MOST_NONCES,
    nowMs: now(),
    boot: readBootId(),
  });
  const contextStore = stores.openDatabase('context', contextMigrations);
  const state = createContextState(contextStore.database, stores.keyFor('context'), contextStore.transact);
  const { budgets, journal } = await openBudgets(stores, settings.budgetRules, now());
  const sweeping = setInterval(() => budgets.sweep(now()), SWEEP_MS).unref();
  const policies = readDefaultPolicies();
  const services: GatewayServices = {
    version: settings.version,
    authenticator: createAuthenticator({
      keys: directory,
      nonces,
      skewSeconds,
      authorities: settings.authorities,
      proofs: [],
      now,
    }),
    disclosing: {
      vault,
      context: createBusinessContext(state, { timeZone }),
      policies: createPolicyEngine({ text: policies, version: hash('sha256', policies, 'hex').slice(0, 16), timeZone }),
      budgets,
      forms,
      log,
      nowMs: now,
    },
    ledger,
    onFault: settings.onFault,
  };
  return {
    services,
    directory,
    places: new Places(directoryStore, directory.audit),
    close() {
      clearInterval(sweeping);
      journal.close();
      nonces.close();
    },
  };
}

async function openBudgets(
  stores: GatewayStores,
  rules: readonly BudgetRule[],
  nowMs: number,
): Promise<{ budgets: CountingBudgets; journal: BudgetJournal }> {
  const journal = new BudgetJournal(path.join(stores.folder, 'budgets'));
  const key = Buffer.from(stores.keyFor('budgets')).toString('latin1');
  const budgets = new CountingBudgets({
    rules,
    // The key fills a block with the rest of it, so that nobody without it can begin the hash (as the ledger's fingerprints of requests).
    personOf: (subject) =>
      hash('sha256', Buffer.from(`${key.padEnd(64, '\0')}${subject}`, 'utf8'), 'buffer').readUIntBE(0, 6),
    note: (use) => journal.note(use),
  });
  for await (const use of journal.read(nowMs)) budgets.recount(use, nowMs);
  return { budgets, journal };
}

const forms: Forms = {
  shape(form, { field, value }) {
    if (form === 'clear') return value;
    if (form === 'masked') return fieldByName(field).mask(value);
    throw new BoltsealError('GATEWAY_VIRTUAL_NUMBERS');
  },
};
