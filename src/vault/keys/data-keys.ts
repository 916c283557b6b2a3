import { createSecretKey, type KeyObject, randomBytes, randomFillSync } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import { KEY_BYTES, unwrapKey, wrapKey } from '../envelope.ts';
import type { KeyStore, NumberedKey } from '../stores/port.ts';
import { KeyCache } from './key-cache.ts';
import type { KeyProvider } from './port.ts';

/** A key of a subject, and the subject's number. */
export interface DataKey {
  readonly number: number;
  readonly key: KeyObject;
}

export interface DataKeysOptions {
  readonly store: KeyStore;
  readonly provider: KeyProvider;
  readonly tenant: string;
  readonly nowMs: () => number;
  /** Unwrapped keys that are remembered (up to twice as many), and for how long. */
  readonly cacheSize?: number;
  readonly cacheMs?: number;
}

const CACHE_SIZE = 20_000;
const CACHE_MS = 300_000;

/**
 * Keys of subjects, wrapped by versions of the key-encryption key, which the provider wraps. Only this process's memory has any of them unwrapped.
 */
export class DataKeys {
  readonly #options: DataKeysOptions;
  readonly #cache: KeyCache<KeyObject>;
  #versions: ReadonlyMap<number, KeyObject>;
  #newest: number;

  private constructor(options: DataKeysOptions, versions: ReadonlyMap<number, KeyObject>) {
    this.#options = options;
    this.#cache = new KeyCache(options.cacheSize ?? CACHE_SIZE, options.cacheMs ?? CACHE_MS, options.nowMs);
    this.#versions = versions;
    this.#newest = newestOf(versions);
  }

  /** Unwraps the versions; a new store gets its first one, and a key for indexes. Fails with VAULT_KEY, VAULT_KEY_PROVIDER. */
  static async open(options: DataKeysOptions): Promise<DataKeys> {
    const { store } = options;
    if ((await store.encryptionKeys()).length === 0) await addVersion(options, 1, randomBytes(KEY_BYTES));
    return new DataKeys(options, await readVersions(options));
  }

  /** The newest version of the key-encryption key that this process knows. */
  get newestVersion(): number {
    return this.#newest;
  }

  /** 32 bytes, from which those of the blind indexes come. Fails with VAULT_KEY. */
  async indexKey(): Promise<Uint8Array> {
    const found = await this.#options.store.indexKey();
    if (found === null) throw unusable('the key of the indexes is missing');
    const by = await this.#version(found.version);
    const key = unwrapKey(by, contextOf(this.#options.tenant, 'index', 0, found.version), found.wrapped);
    if (key === null) throw unusable('the key of the indexes cannot be unwrapped');
    return key;
  }

  /** The keys of subjects, in that order; null: destroyed. Fails with VAULT_KEY when one cannot be unwrapped, or was never there. */
  async get(numbers: readonly number[]): Promise<readonly (KeyObject | null)[]> {
    const found: (KeyObject | null)[] = numbers.map((number) => this.#cache.get(number) ?? null);
    const missing = numbers.filter((_, at) => found[at] === null);
    if (missing.length === 0) return found;
    const wrapped = await this.#options.store.keys(missing);
    let next = 0;
    for (const [at, number] of numbers.entries()) {
      if (found[at] !== null) continue;
      const row = wrapped[next++];
      if (row === 'destroyed') continue;
      if (row === null || row === undefined) throw unusable('they are older than the data, or those of another vault');
      const key = this.#unwrap(await this.#version(row.version), { number, ...row });
      this.#cache.set(number, key);
      found[at] = key;
    }
    return found;
  }

  /** Makes keys with consecutive numbers above `floor`, durably. Fails with VAULT_WRITE. */
  async make(count: number, floor: number): Promise<readonly DataKey[]> {
    const { store, tenant } = this.#options;
    const bytes = Buffer.allocUnsafe(count * KEY_BYTES);
    try {
      randomFillSync(bytes);
      const keyAt = (at: number): Buffer => bytes.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES);
      for (;;) {
        const version = this.#newest;
        const by = await this.#version(version);
        let at = 0;
        const first = await store.make(count, floor, version, (number) => {
          return wrapKey(by, contextOf(tenant, 'data', number, version), keyAt(at++));
        });
        if (first === null) {
          // A rotation has begun elsewhere.
          await this.reload();
          if (this.#newest === version) throw unusable('the newest version of the key-encryption key is missing');
          continue;
        }
        return Array.from({ length: count }, (_, i) => {
          const made = { number: first + i, key: createSecretKey(keyAt(i)) };
          this.#cache.set(made.number, made.key);
          return made;
        });
      }
    } finally {
      bytes.fill(0);
    }
  }

  /** Destroys keys. */
  async destroy(subjects: Parameters<KeyStore['destroy']>[0]): Promise<void> {
    try {
      await this.#options.store.destroy(subjects);
    } finally {
      // A connection that breaks may hide that they are destroyed.
      for (const { number } of subjects) this.#cache.delete(number);
    }
  }

  /** Begins a rotation: a new version, under what the provider wraps with now. Fails with VAULT_ROTATION when somebody else has begun one. */
  async addVersion(): Promise<void> {
    const version = this.#newest + 1;
    if (!(await addVersion(this.#options, version, await this.indexKey()))) throw new BoltsealError('VAULT_ROTATION');
    await this.reload();
  }

  /** Wraps keys under the newest version. */
  async rewrap(keys: readonly NumberedKey[]): Promise<readonly (NumberedKey & { readonly from: number })[]> {
    const version = this.#newest;
    const by = await this.#version(version);
    const rewrapped: (NumberedKey & { readonly from: number })[] = [];
    for (const row of keys) {
      const context = contextOf(this.#options.tenant, 'data', row.number, row.version);
      const key = unwrapKey(await this.#version(row.version), context, row.wrapped);
      if (key === null) throw unusable(`that of subject number ${row.number} cannot be unwrapped`);
      const wrapped = wrapKey(by, contextOf(this.#options.tenant, 'data', row.number, version), key);
      key.fill(0);
      rewrapped.push({ number: row.number, version, wrapped, from: row.version });
    }
    return rewrapped;
  }

  /** Reads the versions anew. */
  async reload(): Promise<void> {
    this.#versions = await readVersions(this.#options);
    this.#newest = newestOf(this.#versions);
  }

  async #version(version: number): Promise<KeyObject> {
    if (!this.#versions.has(version)) await this.reload();
    const key = this.#versions.get(version);
    if (key === undefined) throw unusable(`version ${version} of the key-encryption key is missing`);
    return key;
  }

  #unwrap(by: KeyObject, { number, version, wrapped }: NumberedKey): KeyObject {
    const bytes = unwrapKey(by, contextOf(this.#options.tenant, 'data', number, version), wrapped);
    if (bytes === null) throw unusable(`that of subject number ${number} cannot be unwrapped`);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return key;
  }
}

async function addVersion(options: DataKeysOptions, version: number, indexKey: Uint8Array): Promise<boolean> {
  const { store, provider, tenant } = options;
  const bytes = randomBytes(KEY_BYTES);
  const wrapped = await provider.wrap(bytes, providerContext(tenant, version));
  // What cannot be unwrapped again must not be found out when everything is under it.
  const back = await provider.unwrap(wrapped, providerContext(tenant, version));
  if (!bytes.equals(back))
    throw new BoltsealError('VAULT_KEY_PROVIDER', { problem: 'what it has wrapped it unwraps as something else' });
  const index = wrapKey(createSecretKey(bytes), contextOf(tenant, 'index', 0, version), indexKey);
  bytes.fill(0);
  return store.addEncryptionKey(version, wrapped, index);
}

async function readVersions({ store, provider, tenant }: DataKeysOptions): Promise<ReadonlyMap<number, KeyObject>> {
  const versions = new Map<number, KeyObject>();
  for (const { version, wrapped } of await store.encryptionKeys()) {
    if (wrapped === null) continue;
    versions.set(version, createSecretKey(await provider.unwrap(wrapped, providerContext(tenant, version))));
  }
  return versions;
}

function newestOf(versions: ReadonlyMap<number, KeyObject>): number {
  return Math.max(0, ...versions.keys());
}

function providerContext(tenant: string, version: number): string {
  return `boltseal vault key 1 ${version} ${tenant}`;
}

/** Binds a wrapped key to its row: what it is for, number (u64), version (u32), tenant. */
function contextOf(tenant: string, purpose: 'data' | 'index', number: number, version: number): Uint8Array {
  const label = `boltseal vault ${purpose} 1\0`;
  const context = Buffer.allocUnsafe(label.length + 12 + Buffer.byteLength(tenant));
  context.write(label, 'latin1');
  context.writeUInt32BE(Math.floor(number / 2 ** 32), label.length);
  context.writeUInt32BE(number % 2 ** 32, label.length + 4);
  context.writeUInt32BE(version, label.length + 8);
  context.write(tenant, label.length + 12, 'utf8');
  return context;
}

function unusable(problem: string): BoltsealError {
  return new BoltsealError('VAULT_KEY', { problem });
}
