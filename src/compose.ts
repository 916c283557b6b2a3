import type { ComposedServices } from './cli/services.ts';
import { attributeDump } from './compose/attribute.ts';
import { countCanaries, drillCanaries, exportCanaries, listCanaries } from './compose/canaries.ts';
import { addDisclosures, addPrincipals } from './compose/disclosures.ts';
import { createLedgerService } from './compose/ledger.ts';
import { addToRegister } from './compose/register.ts';
import { asOptions, readKey, regionOf } from './compose/shared.ts';
import { createVaultService, type ForgetInGateway } from './compose/vault-service.ts';
import { listKept, removeKept, verify } from './compose/verify.ts';
import type { ReadLedger } from './gateway/port.ts';
import type { GatewayStores, LedgerEvents, OpenDatabase } from './gateway/stores.ts';
import { createHome, openHome } from './home/home.ts';

/**
 * Builds the services of the command line from the domain: the only place that names concrete stores. Each loads what it needs when it is asked for: all of it together takes longer
 * to load than `inspect` has to answer.
 */
export function createServices(forgetInGateway: ForgetInGateway = async () => undefined): ComposedServices {
  return {
    async initialise({ home, region }) {
      const { createKeyFile } = await import('./register/key-file.ts');
      const { paths } = await createHome(home, region, createKeyFile);
      return { keyPath: paths.key, configPath: paths.config };
    },
    register: {
      add: addToRegister,
      async status(folder) {
        const { paths, config } = await openHome(folder);
        const { readOverview } = await import('./register/status.ts');
        const key = await readKey(paths.key);
        const overview = readOverview(folder, key);
        const canaries = await countCanaries(folder, key);
        return { region: config.region, ...overview, subjects: overview.subjects - canaries };
      },
    },
    async inspect({ home, inputs, region, map, hints }) {
      const { inspectDump } = await import('./dump/inspect.ts');
      return inspectDump(inputs, { region: region ?? (await regionOf(home)), map, ...asOptions(hints) });
    },
    verify: { run: verify },
    verifications: { list: listKept, remove: removeKept },
    attribute: { run: attributeDump },
    canaries: { make: exportCanaries, drill: drillCanaries, list: listCanaries },
    disclosures: {
      import: addDisclosures,
      importPrincipals: addPrincipals,
      async status(folder) {
        const { paths } = await openHome(folder);
        const { readOverview } = await import('./disclosures/status.ts');
        return readOverview(folder, await readKey(paths.key));
      },
    },
    ledger: createLedgerService(),
    vault: createVaultService(forgetInGateway),
  };
}

/** Opens what the gateway keeps and reads. Fails with HOME_*, KEY_UNUSABLE, VAULT_*, STORE_*, LEDGER_*. */
export async function openGatewayStores(home: string, events: LedgerEvents): Promise<GatewayStores> {
  const { openGateway } = await import('./compose/gateway.ts');
  return openGateway(home, events);
}

/** Entries of administration of a home's ledger, as far as they are published. Fails with HOME_* and LEDGER_*. */
export async function readHomeAdministration(home: string): Promise<ReadLedger> {
  const { settingsOf } = await import('./compose/ledger.ts');
  const { readAdministration } = await import('./ledger/service/governance.ts');
  return readAdministration(await settingsOf(home));
}

/** Opens one database of a home's gateway; null when there is none yet. Fails with HOME_* and STORE_*. */
export async function openGatewayDatabase(
  home: string,
  name: string,
  migrations: readonly string[],
): Promise<(OpenDatabase & { close(): void }) | null> {
  const { openOneDatabase } = await import('./compose/gateway.ts');
  return openOneDatabase(home, name, migrations);
}

/** Keys of the duties of a home's gateway; null when there is none yet. Fails with HOME_* and KEY_UNUSABLE. */
export async function readGatewayKeys(home: string): Promise<((duty: string) => Uint8Array) | null> {
  const { readKeysOfGateway } = await import('./compose/gateway.ts');
  return readKeysOfGateway(home);
}
