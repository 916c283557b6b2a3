import { randomBytes } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';
import { BlindIndex } from './blind-index.ts';
import { Envelopes } from './envelope.ts';
import { DataKeys } from './keys/data-keys.ts';
import type { KeyProvider } from './keys/port.ts';
import { StoredVault } from './stored-vault.ts';
import type { DataStore, KeyStore } from './stores/port.ts';

/** What a vault is made of. */
export interface VaultRequest {
  readonly data: DataStore;
  readonly keyStore: KeyStore;
  /** `isNew`: there are no keys yet, so that it may make its first. */
  readonly provider: (isNew: boolean) => KeyProvider;
  readonly tenant: string;
  /** ISO 3166-1 alpha-2. */
  readonly region: string;
  readonly nowMs: () => number;
  readonly cacheSize?: number;
  readonly cacheMs?: number;
}

const IDENTITY_BYTES = 16;

/**
 * Opens a vault, made when there is none; what was being erased is erased to its end first. The stores are the vault's from then on, and closed when it cannot be opened.
 * Fails with VAULT_KEY when keys and data do not belong together, VAULT_KEY_PROVIDER, VAULT_READ, VAULT_WRITE, VAULT_DAMAGED.
 */
export async function openVault(request: VaultRequest): Promise<StoredVault> {
  const { data, keyStore, tenant, region, nowMs } = request;
  try {
    const isNew = (await keyStore.encryptionKeys()).length === 0;
    if (isNew && (await data.lastNumber()) > 0)
      throw new BoltsealError('VAULT_KEY', { problem: 'they are missing, and the data are not' });
    const identity = await data.identity(randomBytes(IDENTITY_BYTES));
    if (Buffer.compare(identity, await keyStore.identity(identity)) !== 0)
      throw new BoltsealError('VAULT_KEY', { problem: 'they are those of another vault' });
    const provider = request.provider(isNew);
    const { cacheSize, cacheMs } = request;
    const keys = await DataKeys.open({
      store: keyStore,
      provider,
      tenant,
      nowMs,
      ...(cacheSize === undefined ? {} : { cacheSize }),
      ...(cacheMs === undefined ? {} : { cacheMs }),
    });
    const index = new BlindIndex(await keys.indexKey(), region);
    const vault = new StoredVault({ data, keyStore, keys, envelopes: new Envelopes(tenant), index, nowMs }, provider);
    await vault.resumeErasures();
    return vault;
  } catch (error) {
    await Promise.allSettled([data.close(), keyStore.close()]);
    throw error;
  }
}
