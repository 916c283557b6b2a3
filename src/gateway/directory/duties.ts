import { BoltsealError } from '../../core/errors.ts';
import type { Caller } from '../port.ts';

/** The role that changes principals, keys, stations, partners and policies. */
export const ADMINISTRATOR = 'administrator';

/** Fails with GATEWAY_FORBIDDEN unless the caller is an administrator of the company itself. */
export function requireAdministrator({ principal }: Caller): void {
  if (principal.role !== ADMINISTRATOR || principal.partner !== null) throw new BoltsealError('GATEWAY_FORBIDDEN');
}

/** Fails with GATEWAY_FORBIDDEN unless the caller is an administrator or an auditor of the company itself. */
export function requireReader({ principal }: Caller): void {
  const mayRead = principal.role === ADMINISTRATOR || principal.role === 'auditor';
  if (!mayRead || principal.partner !== null) throw new BoltsealError('GATEWAY_FORBIDDEN');
}
