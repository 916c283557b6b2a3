import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { VaultKeysConfig } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import { type Home, openHome } from '../home/home.ts';
import type { KeyProvider } from '../vault/keys/port.ts';
import type { StoredVault } from '../vault/stored-vault.ts';

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
  const { SqliteDataStore } = await import('../vault/stores/sqlite-data.ts');
  const { SqliteKeyStore } = await import('../vault/stores/sqlite-keys.ts');
  const home = await openHome(folder);
  const place = vaultFolder(home);
  if (!existsSync(path.join(place, 'data.sqlite'))) {
    if (!makes) throw new BoltsealError('VAULT_NONE', { path: folder });
    mkdirSync(place, { recursive: true, mode: 0o700 });
  }
  const makeProvider = await providerOf(home);
  const data = new SqliteDataStore(path.join(place, 'data.sqlite'));
  return openVault({
    data,
    keyStore: new SqliteKeyStore(path.join(place, 'keys.sqlite')),
    provider: makeProvider,
    tenant: home.config.vault?.tenant ?? 'default',
    region: home.config.region,
    nowMs: Date.now,
  });
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
