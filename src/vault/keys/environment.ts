import { BoltsealError } from '../../core/errors.ts';
import { HeldKeys } from './held-keys.ts';
import type { KeyProvider } from './port.ts';

/**
 * Keys of 64 hexadecimal digits each, in a variable's value, separated by commas, the newest last: a new one is put behind the others, and the old one is taken away when a rotation is through.
 * Fails with VAULT_KEY_PROVIDER.
 */
export function createEnvironmentProvider(variable: string, value: string | undefined): KeyProvider {
  const refuse = (problem: string): BoltsealError =>
    new BoltsealError('VAULT_KEY_PROVIDER', { problem: `the variable ${variable} ${problem}` });
  if (value === undefined || value.trim() === '') throw refuse('is not set');
  const words = value.split(',').map((word) => word.trim());
  if (!words.every((word) => /^[0-9a-f]{64}$/i.test(word)))
    throw refuse('must have keys of 64 hexadecimal digits, with commas between them');
  const keys = new HeldKeys(words.map((word) => Buffer.from(word, 'hex')));
  return {
    wrap: async (key, context) => keys.wrap(key, context),
    unwrap: async (wrapped, context) => keys.unwrap(wrapped, context),
    renew: async () => undefined,
  };
}
