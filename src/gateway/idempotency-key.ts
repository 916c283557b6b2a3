import type { FastifyRequest } from 'fastify';
import { BoltsealError } from '../core/errors.ts';

/** The header `Idempotency-Key`; null when there is none. Fails with GATEWAY_REQUEST for one that is no key. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && /^[\x21-\x7e]{8,128}$/.test(key)) return key;
  throw new BoltsealError('GATEWAY_REQUEST', {
    place: 'Idempotency-Key',
    problem: 'must be 8 to 128 visible ASCII characters',
  });
}
