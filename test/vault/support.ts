import { randomBytes } from 'node:crypto';
import { HeldKeys } from '../../src/vault/keys/held-keys.ts';
import type { KeyProvider } from '../../src/vault/keys/port.ts';
import { openVault } from '../../src/vault/open-vault.ts';
import type { StoredVault } from '../../src/vault/stored-vault.ts';
import type { DataStore, KeyStore } from '../../src/vault/stores/port.ts';
import { SqliteDataStore } from '../../src/vault/stores/sqlite-data.ts';
import { SqliteKeyStore } from '../../src/vault/stores/sqlite-keys.ts';

/** A provider with one key in memory, to which `renew` adds another. */
export function memoryProvider(): KeyProvider {
  const all = [randomBytes(32)];
  let keys = new HeldKeys(all);
  return {
    wrap: async (key, context) => keys.wrap(key, context),
    unwrap: async (wrapped, context) => keys.unwrap(wrapped, context),
    renew: async () => {
      all.push(randomBytes(32));
      keys = new HeldKeys(all);
    },
  };
}

export interface TestVault {
  readonly vault: StoredVault;
  readonly data: DataStore;
  readonly keyStore: KeyStore;
  readonly provider: KeyProvider;
}

export interface TestVaultOptions {
  readonly data?: DataStore;
  readonly keyStore?: KeyStore;
  readonly provider?: KeyProvider;
  readonly tenant?: string;
  readonly nowMs?: () => number;
}

/** A vault in memory, or over what is given. */
export async function openTestVault(options: TestVaultOptions = {}): Promise<TestVault> {
  const data = options.data ?? new SqliteDataStore(':memory:');
  const keyStore = options.keyStore ?? new SqliteKeyStore(':memory:');
  const provider = options.provider ?? memoryProvider();
  const vault = await openVault({
    data,
    keyStore,
    provider: () => provider,
    tenant: options.tenant ?? 'test',
    region: 'CN',
    nowMs: options.nowMs ?? Date.now,
  });
  return { vault, data, keyStore, provider };
}
