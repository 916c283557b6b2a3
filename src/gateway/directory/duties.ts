import { BoltsealError } from '../../core/errors.ts';
import type { Caller, Principal } from '../port.ts';

/** The role that changes principals, keys, stations, partners and policies. */
export const ADMINISTRATOR = 'administrator';

/** Whether somebody is an administrator of the company itself. */
export function isAdministrator({ role, partner }: Principal): boolean {
  return role === ADMINISTRATOR && partner === null;
}

/** Fails with GATEWAY_FORBIDDEN unless the caller is one. */
export function requireAdministrator({ principal }: Caller): void {
  if (!isAdministrator(principal)) throw new BoltsealError('GATEWAY_FORBIDDEN');
}

/** Whether the caller is an administrator or an auditor of the company itself: a partner's auditor is none here. */
export function isReader({ principal }: Caller): boolean {
  return (principal.role === ADMINISTRATOR || principal.role === 'auditor') && principal.partner === null;
}

/** Fails with GATEWAY_FORBIDDEN unless the caller is one. */
export function requireReader(caller: Caller): void {
  if (!isReader(caller)) throw new BoltsealError('GATEWAY_FORBIDDEN');
}
