import { hkdfSync } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { GatewayStores, LedgerEvents, OpenDatabase } from '../gateway/stores.ts';
import { openHome } from '../home/home.ts';
import { createKeyFile, readKeyFile } from '../register/key-file.ts';
import { inTransaction, openSqlite } from '../store/sqlite.ts';
import { createExportCanaries } from './export-canaries.ts';
import { watchCanaries } from './gateway-canaries.ts';
import { openGatewayLedger } from './gateway-ledger.ts';
import { openHomeVault } from './vault.ts';

/** Opens everything that the gateway keeps; the ledger's lock keeps a second one out. Fails with HOME_*, KEY_UNUSABLE, VAULT_*, LEDGER_*. */
export async function openGateway(home: string, events: LedgerEvents): Promise<GatewayStores> {
  const { paths, config } = await openHome(home);
  const {
    log,
    governance,
    publicLedger,
    reading,
    erasing,
    tasks,
    close: closeLedger,
  } = await openGatewayLedger(home, events);
  const folder = path.join(paths.folder, 'gateway');
  const databases: DatabaseSync[] = [];
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const key = readOrMakeKey(path.join(path.dirname(paths.key), 'gateway.key'));
    const vault = await openHomeVault(home, true);
    const canaries = watchCanaries(home);
    return {
      folder,
      region: config.region,
      config,
      vault,
      isCanary: canaries.isCanary,
      exportCanaries: createExportCanaries(home, { region: config.region, canaries: config.canaries }, tasks),
      unfed: async () => (await vault.status()).unfed,
      log,
      governance,
      ledger: publicLedger,
      reading,
      erasing,
      openDatabase(name, migrations, durability = 'full') {
        const database = openSqlite(path.join(folder, `${name}.sqlite`), { migrations, durability });
        databases.push(database);
        return { database, transact: (work) => inTransaction(database, work) };
      },
      keyFor: (duty) => keyOf(key, duty),
      async close() {
        canaries.close();
        for (const database of databases) database.close();
        await vault.close();
        await closeLedger();
      },
    };
  } catch (error) {
    for (const database of databases) database.close();
    await closeLedger();
    throw error;
  }
}

/** Opens one database of the gateway beside whoever uses it; null when no gateway was opened in the home yet. Fails with HOME_* and STORE_*. */
export async function openOneDatabase(
  home: string,
  name: string,
  migrations: readonly string[],
): Promise<(OpenDatabase & { close(): void }) | null> {
  const { paths } = await openHome(home);
  const file = path.join(paths.folder, 'gateway', `${name}.sqlite`);
  if (!existsSync(file)) return null;
  const database = openSqlite(file, { migrations, durability: 'full' });
  return { database, transact: (work) => inTransaction(database, work), close: () => database.close() };
}

/** Keys of the duties of a home's gateway (`GatewayStores.keyFor`); null when none was opened in the home yet. Fails with HOME_* and KEY_UNUSABLE. */
export async function readKeysOfGateway(home: string): Promise<((duty: string) => Uint8Array) | null> {
  const { paths } = await openHome(home);
  const file = path.join(path.dirname(paths.key), 'gateway.key');
  if (!existsSync(file)) return null;
  const key = readKeyFile(file);
  return (duty) => keyOf(key, duty);
}

function keyOf(key: Uint8Array, duty: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, '', `boltseal gateway 1 ${duty}`, 32));
}

function readOrMakeKey(file: string): Uint8Array {
  if (!existsSync(file)) createKeyFile(file);
  return readKeyFile(file);
}
