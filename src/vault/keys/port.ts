/**
 * Keeps what opens everything else: it wraps the few key-encryption keys, never those of subjects, and is asked when the vault is opened and when keys are rotated. So a service
 * for keys may be slow, and away while the vault works.
 */
export interface KeyProvider {
  /** Wraps 32 bytes; `context` names what it is, and is needed to unwrap it. Fails with VAULT_KEY, VAULT_KEY_PROVIDER. */
  wrap(key: Uint8Array, context: string): Promise<Uint8Array>;
  /** What `wrap` wrapped, under its newest key or an older one. Fails with VAULT_KEY, VAULT_KEY_PROVIDER. */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** Makes a new key to wrap with, where that is the provider's to do. */
  renew(): Promise<void>;
}
