import { BoltsealError } from '../../core/errors.ts';
import type { Caller } from '../port.ts';

/** What services of the company do here, each with the roles that may; `integration` is for a company that has one service for all of it. */
const rolesOf = {
  tours: ['dispatch', 'integration'],
  tickets: ['ticketing', 'integration'],
  parcels: ['orders', 'tracking', 'integration'],
  subjects: ['orders', 'integration'],
  events: ['tracking', 'integration'],
} as const satisfies Record<string, readonly string[]>;
export type FeedDuty = keyof typeof rolesOf;

/** People who see to the rights of those whose data these are. */
const privacyRoles: readonly string[] = ['privacy-officer'];

/**
 * Fails with GATEWAY_FORBIDDEN unless the caller is a service of the company with such a role. A partner's service may not: who can say where a parcel is,
 * or whose tour it is on, can make its own reason to read it.
 */
export function requireFeed({ principal }: Caller, duty: FeedDuty): void {
  const roles: readonly string[] = rolesOf[duty];
  if (principal.kind !== 'service' || principal.partner !== null || !roles.includes(principal.role))
    throw new BoltsealError('GATEWAY_FORBIDDEN');
}

/** Whether the caller is one of the company's people for privacy. */
export function isPrivacyOfficer({ principal }: Caller): boolean {
  return principal.kind === 'staff' && principal.partner === null && privacyRoles.includes(principal.role);
}

/** Fails with GATEWAY_FORBIDDEN unless the caller is one. */
export function requirePrivacyOfficer(caller: Caller): void {
  if (!isPrivacyOfficer(caller)) throw new BoltsealError('GATEWAY_FORBIDDEN');
}
