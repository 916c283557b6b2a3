import { Value } from 'typebox/value';
import { BoltsealError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { verificationFormat } from './formats.ts';
import { type Verification, verificationSchema } from './verification.ts';

/**
 * The verification that parsed JSON holds, as `verify --json` writes it; keys that this version does not know are left alone. Fails with VERIFICATION_FORMAT,
 * which names the place and never the value.
 */
export function parseVerification(json: unknown): Verification {
  if (Value.Check(verificationSchema, json)) return json;
  const [first] = Value.Errors(verificationSchema, json);
  throw new BoltsealError('VERIFICATION_FORMAT', {
    format: verificationFormat,
    place: printable(first?.instancePath ?? '', 100) || '/',
    problem: first?.message ?? 'is something else',
  });
}
