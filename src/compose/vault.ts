import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { VaultKeysConfig, VaultStoreConfig } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { type Home, openHome } from '../home/home.ts';
import type { Target } from '../store/postgres-url.ts';
import type { KeyProvider } from '../vault/keys/port.ts';
import type { StoredVault } from '../vault/stored-vault.ts';
import type { DataStore, KeyStore } from '../vault/stores/port.ts';

type PostgresStore = Extract<VaultStoreConfig, { readonly kind: 'postgresql' }>;

/** The folder of a home's vault. */
export function vaultFolder({ paths }: Home): string {
  return path.join(paths.folder, 'vault');
}

/**
 * Opens the vault of a home; `makes`: there need not be one yet. Several processes may have it open at once.
 * Fails as `openHome` and `openVault`, and with VAULT_NONE.
 */
export async function openHomeVault(folder: string, makes: boolean): Promise<StoredVault> {
  const { openVault } = await import('../vault/open-vault.ts');
  const home = await openHome(folder);
  const makeProvider = await providerOf(home);
  const stores = await openStores(home, makes);
  if (stores === null) throw new BoltsealError('VAULT_NONE', { path: folder });
  return openVault({
    ...stores,
    provider: makeProvider,
    tenant: home.config.vault?.tenant ?? 'default',
    region: home.config.region,
    nowMs: Date.now,
  });
}

interface Stores {
  readonly data: DataStore;
  readonly keyStore: KeyStore;
}

/** Null: there are none, and none are to be made. */
async function openStores(home: Home, makes: boolean): Promise<Stores | null> {
  const store = home.config.vault?.store;
  return store?.kind === 'postgresql' ? openPostgres(home, store, makes) : openSqliteFiles(home, makes);
}

async function openSqliteFiles(home: Home, makes: boolean): Promise<Stores | null> {
  const { SqliteDataStore } = await import('../vault/stores/sqlite-data.ts');
  const { SqliteKeyStore } = await import('../vault/stores/sqlite-keys.ts');
  const place = vaultFolder(home);
  if (!existsSync(path.join(place, 'data.sqlite'))) {
    if (!makes) return null;
    mkdirSync(place, { recursive: true, mode: 0o700 });
  }
  const data = new SqliteDataStore(path.join(place, 'data.sqlite'));
  try {
    return { data, keyStore: new SqliteKeyStore(path.join(place, 'keys.sqlite')) };
  } catch (error) {
    await data.close();
    throw error;
  }
}

async function openPostgres({ paths }: Home, places: PostgresStore, makes: boolean): Promise<Stores | null> {
  const { readPlace } = await import('../store/postgres-place.ts');
  const { PostgresDataStore } = await import('../vault/stores/postgres-data.ts');
  const { PostgresKeyStore } = await import('../vault/stores/postgres-keys.ts');
  const [dataPlace, keysPlace] = [places.data, places.keys].map((place) => readPlace(place, paths.folder)) as [
    Target,
    Target,
  ];
  const data = await PostgresDataStore.open(dataPlace);
  try {
    const keyStore = await PostgresKeyStore.open(keysPlace);
    if (makes || (await keyStore.encryptionKeys()).length > 0) return { data, keyStore };
    await keyStore.close();
  } catch (error) {
    await data.close();
    throw error;
  }
  await data.close();
  return null;
}

async function providerOf({ paths, config }: Home): Promise<(isNew: boolean) => KeyProvider> {
  const settings: VaultKeysConfig = config.vault?.keys ?? { provider: 'file' };
  switch (settings.provider) {
    case 'environment': {
      const { createEnvironmentProvider } = await import('../vault/keys/environment.ts');
      return () => createEnvironmentProvider(settings.variable, process.env[settings.variable]);
    }
    case 'command': {
      const { createCommandProvider } = await import('../vault/keys/command.ts');
      return () => createCommandProvider(settings.command);
    }
    case 'file': {
      const { createFileProvider } = await import('../vault/keys/key-file.ts');
      return (isNew) => createFileProvider(path.dirname(paths.key), isNew);
    }
  }
}
